// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What all lookups of one client share.
struct Surroundings: Sendable {
    let primitives: any Primitives
    let isIPv6: Bool
    let allowsLocal: Bool
    var id: NodeID
    var table = RoutingTable()
    var counters = DHTCounters()
    var externalAddress: IPAddress?
    private var votes: [(network: UInt64, address: IPAddress)] = []
    private var distrusted: [Endpoint] = []

    init(id: NodeID, isIPv6: Bool, allowsLocal: Bool, _ primitives: any Primitives) {
        self.id = id
        self.isIPv6 = isIPv6
        self.allowsLocal = allowsLocal
        self.primitives = primitives
    }

    /// Whether a node at that place may be asked.
    func mayAsk(_ endpoint: Endpoint) -> Bool {
        let address = endpoint.address
        return address.isIPv6 == self.isIPv6 && endpoint.isUsable
            && (address.isPublic || self.allowsLocal)
            && !self.distrusted.contains { known in
                known == endpoint || address.isPublic && known.address == address
            }
    }

    /// Who says what cannot be true is not asked again.
    mutating func distrust(_ endpoint: Endpoint) {
        self.counters.lies += 1
        let isPublic = endpoint.address.isPublic
        self.table.remove(endpoint.address, port: isPublic ? nil : endpoint.port)
        if self.distrusted.count >= Limits.distrustedCount { self.distrusted.removeFirst() }
        self.distrusted.append(endpoint)
    }

    /// A node that we asked tells where it sees us.
    ///
    /// Two networks must see the same address; then our id is made for it (BEP 42).
    mutating func note(
        seenAt address: IPAddress, by source: IPAddress,
        using generator: inout some RandomNumberGenerator
    ) {
        guard address.isIPv6 == self.isIPv6, address.isUnicast else { return }
        self.votes.removeAll { $0.network == source.votingNetwork }
        if self.votes.count >= Limits.voteCount { self.votes.removeFirst() }
        self.votes.append((source.votingNetwork, address))
        let voices = self.votes.filter { $0.address == address }.count
        let needed = source.isPublic ? Limits.voicesNeeded : 1
        guard voices >= needed, self.externalAddress != address else { return }
        self.externalAddress = address
        if !self.id.fits(address) { self.id = NodeID(at: address, using: &generator) }
    }

    /// Another network: nobody has seen us there yet.
    mutating func forgetAddress(using generator: inout some RandomNumberGenerator) {
        self.votes = []
        self.externalAddress = nil
        self.id = NodeID(using: &generator)
    }
}
