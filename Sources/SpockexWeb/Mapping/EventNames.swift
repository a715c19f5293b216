// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What clusters and members are called, also those that are not there any more.
struct EventNames {
    private(set) var clusters: [ClusterID: String] = [:]
    private(set) var members: [MemberID: String] = [:]
    private(set) var cards: [CardID: String] = [:]
    /// What the cluster at the other end of a bridge is called.
    private(set) var bridges: [BridgeID: String] = [:]

    /// The names of this moment.
    init(_ status: NodeStatus) {
        self.learn(status)
    }

    /// Adds the names of this moment to the former ones.
    mutating func learn(_ status: NodeStatus) {
        for bridge in status.bridges where !bridge.name.isEmpty {
            self.bridges[bridge.id] = bridge.name
        }
        for card in status.foreignCards { self.cards[card.id] = card.name }
        for cluster in status.clusters {
            self.clusters[cluster.id] = cluster.name
            for member in cluster.roster { self.members[member.id] = member.name }
        }
    }
}
