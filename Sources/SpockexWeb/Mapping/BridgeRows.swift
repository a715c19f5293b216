// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI

extension PolicyRow {
    init(_ policy: BridgePolicy) {
        self.init(level: policy.level.name, addresses: policy.addresses)
    }
}

extension BridgeRow {
    init(_ bridge: NodeStatus.Bridge, in status: NodeStatus) {
        let cluster = status.clusters.first { $0.id == bridge.cluster }
        let peer = bridge.relation.flatMap { id in status.peers.first { $0.id == id } }
        let author = cluster?.roster.first { $0.id == bridge.author }
        self.init(
            id: bridge.id.description,
            clusters: [bridge.cluster.description, bridge.alias.description],
            names: [cluster?.name ?? "", bridge.name],
            via: peer?.name ?? author?.name ?? bridge.author.description,
            state: bridge.isClosed
                ? "closed" : bridge.isOpen && bridge.isConnected ? "open" : "unreachable",
            own: bridge.isOwn, policy: PolicyRow(bridge.policy),
            ownPolicy: PolicyRow(bridge.ownPolicy), closers: bridge.closers.map(\.description),
            until: Timestamp(bridge.until))
    }
}

extension BridgeReport {
    /// The bridge of that id with its cards; nil: there is none.
    init?(_ id: BridgeID, in status: NodeStatus) {
        guard let bridge = status.bridges.first(where: { $0.id == id }) else { return nil }
        let given = status.givenCards.filter {
            $0.cluster == bridge.cluster && $0.bridges.contains(id)
        }
        let seen = status.foreignCards.filter {
            $0.cluster == bridge.cluster && $0.bridges.contains(id)
        }
        self.init(
            bridge: BridgeRow(bridge, in: status),
            given: given.map {
                CardRow(
                    id: $0.id.description, name: $0.name, policy: PolicyRow($0.policy),
                    own: $0.isOwn, verified: true, peer: nil)
            },
            seen: seen.map {
                CardRow(
                    id: $0.id.description, name: $0.name, policy: PolicyRow($0.policy),
                    own: false, verified: $0.isConfirmed, peer: $0.relation?.description)
            })
    }
}

extension PairingProblem {
    /// Its name for programs.
    var name: String { self == .undecided ? "undecided" : self.rawValue }
}

extension NodeStatus {
    /// The cluster whose end a member's bridge leads to, by its name or alias; nil: the peer is that end itself.
    func farEnd(by helper: RelationID) -> String? {
        guard let bridge = self.bridges.first(where: { $0.relation == helper && $0.isOpen }),
            !bridge.isOwn
        else { return nil }
        return bridge.name.isEmpty ? bridge.alias.description : bridge.name
    }

    /// The bridge of which a peer is the other end, or across which it is.
    func bridge(of peer: Peer) -> BridgeID? {
        guard peer.cluster == nil else { return nil }
        return self.bridges.first { $0.isOwn && $0.relation == peer.id }?.id
            ?? self.foreignCards.first { $0.relation == peer.id }?.bridges.first
    }
}
