// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What came out of asking a router by one protocol.
enum Verdict: Sendable, Equatable {
    /// It opened this endpoint, for so long.
    case granted(Endpoint, Duration)
    /// It is itself behind a NAT: this is its address.
    case secondNAT(IPAddress)
    /// It refused, or did not answer.
    case failed
}

/// One input on its way through the machine: the time, randomness, and what comes out.
struct MapperTurn<Generator: RandomNumberGenerator> {
    let now: Instant
    var generator: Generator
    var outputs: [PortMapper.Output] = []
    /// What is to end at the router, by PCP or NAT-PMP.
    var deletions: [Deletion] = []
    /// What the UPnP session has found out and no opening has taken yet.
    var verdicts: [(inner: Endpoint, verdict: Verdict)] = []
}

extension IPAddress {
    /// How far a router's external address reaches.
    enum Reach {
        case everywhere, behindNAT, nowhere
    }

    var reach: Reach {
        self.isPublic ? .everywhere : self.isUnicast ? .behindNAT : .nowhere
    }
}
