// SPDX-License-Identifier: Apache-2.0

/// What a node knows at one moment, for `status` and the lists.
public struct NodeStatus: Sendable, Equatable {
    /// One own address.
    public struct OwnAddress: Sendable, Equatable {
        /// Where, and how it is known.
        public var candidate: Candidate
        /// How many peers of different networks (or the router, or the servers) say so.
        public var confirmedBy: Int
    }

    /// One unfinished pairing.
    public struct Pairing: Sendable, Equatable {
        /// Its id.
        public var id: RelationID
        /// Which code this node showed.
        public var role: MeetingRole
        /// How far it is.
        public var phase: RelationPhase
        /// When it was made.
        public var createdAt: WallTime
        /// When it expires or is given up.
        public var expiresAt: WallTime
        /// The last problem.
        public var problem: PairingProblem?
        /// The safety number, once both codes are known.
        public var safetyNumber: String?
        /// Why the other side is not reached, while the online step runs or has timed out.
        public var obstacle: Obstacle?
    }

    /// One peer.
    public struct Peer: Sendable, Equatable {
        /// Its id.
        public var id: RelationID
        /// The given name, else the claimed one, else the beginning of the id.
        public var name: String
        /// An authenticated packet came within 130 s and nothing waits in vain.
        public var isConnected: Bool
        /// The path in use, if it is direct.
        public var path: Endpoint?
        /// The peer by way of which it is reached.
        public var via: RelationID?
        /// Why it is reached by way of another.
        public var reason: RelayReason?
        /// The last measured round trip.
        public var roundTrip: Duration?
        /// The last authenticated packet.
        public var lastHeardAt: WallTime?
        /// The cluster that the meeting founded.
        public var cluster: ClusterID?
        /// Which code this node showed.
        public var role: MeetingRole
        /// The safety number.
        public var safetyNumber: String
        /// When two people compared it.
        public var matchedAt: WallTime?
        /// Where the peer sees this node.
        public var echo: Endpoint?
        /// `forget` was asked and not acknowledged yet.
        public var isForgetting: Bool
        /// Why it is not reached directly; nil: it is.
        public var obstacle: Obstacle?
    }

    /// One cluster.
    public struct Cluster: Sendable, Equatable {
        /// Its UID.
        public var id: ClusterID
        /// Its name.
        public var name: String
        /// How many members, this node included.
        public var members: Int
        /// How many of the others are connected.
        public var connected: Int
    }

    /// What the node calls itself.
    public var name: String
    /// The own addresses, best first.
    public var addresses: [OwnAddress]
    /// What was seen of the network.
    public var network: NetworkFindings
    /// The peers, ordered by id.
    public var peers: [Peer]
    /// The clusters, ordered by id.
    public var clusters: [Cluster]
    /// The unfinished pairings, ordered by time.
    public var pairings: [Pairing]
    /// Counters of the core by name, in a fixed order.
    public var counters: [(name: String, count: UInt64)]

    /// Whether all parts are equal.
    public static func == (left: NodeStatus, right: NodeStatus) -> Bool {
        left.name == right.name && left.addresses == right.addresses
            && left.network == right.network && left.peers == right.peers
            && left.clusters == right.clusters && left.pairings == right.pairings
            && left.counters.map(\.name) == right.counters.map(\.name)
            && left.counters.map(\.count) == right.counters.map(\.count)
    }
}
