// SPDX-License-Identifier: Apache-2.0

/// Everything that `status --json` shows.
public struct StatusReport: Codable, Sendable, Equatable {
    /// The node itself.
    public var node: NodeRow
    /// All peers.
    public var peers: [PeerRow]
    /// All clusters.
    public var clusters: [ClusterRow]
    /// All bridges.
    public var bridges: [BridgeRow]
    /// The unfinished pairings, oldest first.
    public var pairings: [PairingRow]
    /// What became of opening the port on the router.
    public var router: RouterRow
    /// The ways by which peers who are lost are looked for.
    public var lastResorts: LastResortsRow
    /// Counters since the start, by name.
    public var counters: [String: UInt64]

    /// A report as filled by the node.
    public init(
        node: NodeRow, peers: [PeerRow], clusters: [ClusterRow], bridges: [BridgeRow],
        pairings: [PairingRow], router: RouterRow, lastResorts: LastResortsRow = LastResortsRow(),
        counters: [String: UInt64]
    ) {
        self.node = node
        self.peers = peers
        self.clusters = clusters
        self.bridges = bridges
        self.pairings = pairings
        self.router = router
        self.lastResorts = lastResorts
        self.counters = counters
    }
}

/// The rows of `peers --json`.
public struct PeerList: Codable, Sendable, Equatable {
    /// All peers.
    public var peers: [PeerRow]

    /// A list of rows.
    public init(peers: [PeerRow]) {
        self.peers = peers
    }
}

/// The rows of `clusters --json`.
public struct ClusterList: Codable, Sendable, Equatable {
    /// All clusters.
    public var clusters: [ClusterRow]

    /// A list of rows.
    public init(clusters: [ClusterRow]) {
        self.clusters = clusters
    }
}

/// The rows of `pairings --json`.
public struct PairingList: Codable, Sendable, Equatable {
    /// The unfinished pairings, oldest first.
    public var pairings: [PairingRow]

    /// A list of rows.
    public init(pairings: [PairingRow]) {
        self.pairings = pairings
    }
}

/// One cluster with everybody in it (`cluster show --json`).
public struct ClusterReport: Codable, Sendable, Equatable {
    /// The cluster.
    public var cluster: ClusterRow
    /// Everybody who was ever taken in, this node included, ordered by id; empty while joining.
    public var members: [MemberRow]
    /// All proposals of removals, ordered by id.
    public var removals: [RemovalRow]
    /// Voters who want no bridges, by id.
    public var forbidders: [String]
    /// Whether these are more than half of the voters: no bridge is open or made.
    public var bridgesForbidden: Bool

    /// A cluster with its members.
    public init(
        cluster: ClusterRow, members: [MemberRow], removals: [RemovalRow],
        forbidders: [String] = [], bridgesForbidden: Bool = false
    ) {
        self.forbidders = forbidders
        self.bridgesForbidden = bridgesForbidden
        self.cluster = cluster
        self.members = members
        self.removals = removals
    }
}
