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
        /// What the person here wants of it, as far as it was said.
        public var wish: Intent
        /// What an answer to the offer shown names; nil: an answer was shown.
        public var reference: String?
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
        /// Who it is in that cluster.
        public var member: MemberID?
        /// Whether the two met; else a member of the cluster introduced it.
        public var isMet: Bool
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

    /// A member of a cluster, this node included.
    public struct Member: Sendable, Equatable {
        /// Its id there.
        public var id: MemberID
        /// What it is called: the peer's name, else what it calls itself, else the beginning of the id.
        public var name: String
        /// The relation by which it is reached; nil: this node itself, or somebody who is gone or blocked.
        public var relation: RelationID?
        /// Whether it is this node.
        public var isSelf: Bool
        /// How it came.
        public var origin: MemberOrigin
        /// What became of it.
        public var status: MemberStatus
        /// Whether its vote counts.
        public var isVoter: Bool
        /// The members who met it in person, ordered by id.
        public var metBy: [MemberID]
        /// Whether it is connected.
        public var isConnected: Bool
        /// Whether this node blocks it.
        public var isBlocked: Bool
        /// Whether it blocks this node.
        public var blocksThis: Bool
        /// Whether two of its records prove that it said two different things, or that it runs twice.
        public var isSuspect: Bool
        /// Where it says it may be reached, by its newest record.
        public var addresses: [Endpoint]
        /// When it said so, by its clock.
        public var publishedAt: WallTime?
        /// With whom it is connected: of this node as it is, of others what they answered to the last
        /// question (``Request/askLinks(_:)``), the first 60 of them; nil: they said nothing.
        public var links: [MemberID]?
    }

    /// A proposal to remove a member.
    public struct Removal: Sendable, Equatable {
        /// Its record.
        public var id: RecordID
        /// Who is to go.
        public var accused: MemberID
        /// Who proposed it.
        public var author: MemberID
        /// Everybody who voted for it.
        public var supporters: [MemberID]
        /// What became of it.
        public var outcome: RemovalOutcome
    }

    /// One cluster.
    public struct Cluster: Sendable, Equatable {
        /// Its UID.
        public var id: ClusterID
        /// Its name.
        public var name: String
        /// Whether this node is a member yet.
        public var standing: ClusterStanding
        /// Who this node is there.
        public var own: MemberID
        /// How many members are present, this node included.
        public var members: Int
        /// How many of the others are connected.
        public var connected: Int
        /// Everybody who was ever taken in, ordered by id; empty while joining.
        public var roster: [Member]
        /// All proposals of removals, ordered by id.
        public var removals: [Removal]
        /// Voters who want no bridges, ordered by id.
        public var forbidders: [MemberID]
        /// Whether these are more than half: no bridge is open or made.
        public var isForbidden: Bool
        /// The number of the epoch.
        public var epoch: UInt32
        /// How many records there are.
        public var records: Int
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
    /// The bridges of these clusters.
    public var bridges: [Bridge]
    /// The cards that members of these clusters have given.
    public var givenCards: [GivenCard]
    /// The cards of others that came across bridges.
    public var foreignCards: [ForeignCard]
    /// The unfinished pairings, ordered by time.
    public var pairings: [Pairing]
    /// Counters of the core by name, in a fixed order.
    public var counters: [(name: String, count: UInt64)]

    /// Whether all parts are equal.
    public static func == (left: NodeStatus, right: NodeStatus) -> Bool {
        left.name == right.name && left.addresses == right.addresses
            && left.network == right.network && left.peers == right.peers
            && left.clusters == right.clusters && left.bridges == right.bridges
            && left.givenCards == right.givenCards && left.foreignCards == right.foreignCards
            && left.pairings == right.pairings
            && left.counters.map(\.name) == right.counters.map(\.name)
            && left.counters.map(\.count) == right.counters.map(\.count)
    }
}
