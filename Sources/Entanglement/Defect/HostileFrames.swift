// SPDX-License-Identifier: Apache-2.0

/// Frames as a peer may make them that has the keys and bad intentions (simulator alone).
package enum HostileFrame {
    /// A ping that lies about where its receiver is seen.
    package static func ping(token: UInt64, echo: Endpoint) -> [UInt8] {
        Frame.ping(token: token, echo: echo).bytes
    }

    /// A list of addresses that need not be the sender's.
    package static func addresses(sequence: UInt32, _ endpoints: [Endpoint]) -> [UInt8] {
        Frame.addresses(sequence: sequence, endpoints).bytes
    }

    /// An honest frame with another echo in it; nil: it has none.
    package static func lie(_ echo: Endpoint, in bytes: [UInt8]) -> [UInt8]? {
        switch Frame(bytes) {
        case .ping(let token, _): Frame.ping(token: token, echo: echo).bytes
        case .pong(let token, _): Frame.pong(token: token, echo: echo).bytes
        case .challenge(let bytes, _): Frame.challenge(bytes, echo: echo).bytes
        case .challengeAnswer(let bytes, _): Frame.challengeAnswer(bytes, echo: echo).bytes
        case .restAnswer(let token, let ordinal, let late, _):
            Frame.restAnswer(token: token, ordinal: ordinal, late: late, echo: echo).bytes
        case .addresses, .addressesAnswer, .forget, .forgetAnswer, .natHint, .natHintAnswer, .rest,
            .seek, .found, .relay, .sought, .gossip, .bridge, nil:
            nil
        }
    }

    /// Whether it is an answer to a question after a rest.
    package static func isRestAnswer(_ bytes: [UInt8]) -> Bool {
        if case .restAnswer? = Frame(bytes) { true } else { false }
    }
}

/// The sequence of a frame that lists addresses, for checking that old ones replace nothing.
package struct AnnouncedAddresses: Sendable {
    /// Counts in one session.
    package let sequence: UInt32

    /// Nil: another frame, or none.
    package init?(frame bytes: [UInt8]) {
        guard bytes.first == 5, case .addresses(let sequence, _) = Frame(bytes) else { return nil }
        self.sequence = sequence
    }
}

extension Node {
    /// The sessions that this node sends on now, and where to, by the order of its relations.
    package func openSessions(now: Instant) -> [(session: UInt32, path: Endpoint)] {
        self.ids.compactMap { id in
            guard let relation = self.relations[id], relation.isTrusted,
                let session = relation.sendingSession(now), let path = relation.path
            else { return nil }
            return (session.index, path)
        }
    }

    /// The own addresses that peers are told.
    package var publishedEndpoints: [Endpoint] { self.announced }
}

extension Node {
    /// So many fresh messages 1 to every peer, each with a right MAC and a right seal.
    package mutating func questions(count: Int, now: Moment) -> [(bytes: [UInt8], to: Endpoint)] {
        var turn = self.turn(now)
        var made: [(bytes: [UInt8], to: Endpoint)] = []
        for id in self.ids {
            guard var relation = self.relations[id] else { continue }
            for _ in 0..<count {
                guard let question = relation.question(&turn) else { break }
                made += question
            }
            self.relations[id] = relation
        }
        self.generator = turn.generator
        return made
    }
}

extension DurableState {
    /// Gives a relation other member keys than the meeting began with.
    package mutating func substituteMemberKeys(
        of position: Int, using generator: inout some RandomNumberGenerator
    ) {
        guard self.relations.indices.contains(position) else { return }
        self.relations[position].memberSigningKey = Secret(byteCount: 32, using: &generator)
        self.relations[position].memberAgreementKey = Secret(byteCount: 32, using: &generator)
    }
}
