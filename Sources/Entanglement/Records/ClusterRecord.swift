// SPDX-License-Identifier: Apache-2.0

/// Whether this node belongs to a cluster that it knows.
public enum ClusterStanding: String, Sendable, Hashable, CaseIterable {
    /// Somebody took it in, and the records that say so have not come yet.
    case joining
    /// It is a member.
    case member
    /// It has left, and nobody has said yet that he heard it.
    case leaving
}

/// This node as a member of one cluster: its id and its keys there.
public struct Membership: Sendable, Equatable {
    /// The own member id.
    public var member: MemberID
    /// The Ed25519 key that signs records (seed, 32 bytes).
    public var signingKey: Secret
    /// The X25519 key of sessions with members whom nobody of the two met, 32 bytes.
    public var agreementKey: Secret

    /// A membership as made or loaded.
    public init(member: MemberID, signingKey: Secret, agreementKey: Secret) {
        self.member = member
        self.signingKey = signingKey
        self.agreementKey = agreementKey
    }
}

/// The secret that all members of one time share (PROTOCOL.md §12.3).
public struct EpochSecret: Sendable, Equatable {
    /// The number of the epoch; 0 is that of the founding.
    public var number: UInt32
    /// Its record; nil: the epoch of the founding.
    public var record: RecordID?
    /// 32 bytes.
    public var secret: Secret
    /// When this node got it.
    public var since: WallTime

    /// A secret as made, received or loaded.
    public init(number: UInt32, record: RecordID?, secret: Secret, since: WallTime) {
        self.number = number
        self.record = record
        self.secret = secret
        self.since = since
    }
}

/// A cluster that this node is a member of, or is about to be; its records are kept apart.
public struct ClusterRecord: Sendable, Equatable {
    /// The cluster UID.
    public var id: ClusterID
    /// What this node's person calls it.
    public var name: String
    /// When this node became a member.
    public var createdAt: WallTime
    /// Whether it is one.
    public var standing: ClusterStanding
    /// Who this node is there.
    public var membership: Membership
    /// The secrets that still count, the newest last.
    public var epochs: [EpochSecret]

    /// A cluster as founded, joined or loaded.
    public init(
        id: ClusterID, name: String, createdAt: WallTime, standing: ClusterStanding = .member,
        membership: Membership, epochs: [EpochSecret] = []
    ) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.standing = standing
        self.membership = membership
        self.epochs = epochs
    }
}

/// What a relation had used up that was dropped, and whose keys may come back (PROTOCOL.md §12.3).
public struct SpentCounters: Sendable, Equatable {
    /// Of which cluster.
    public var cluster: ClusterID
    /// The relation's id, which comes back with its keys.
    public var relation: RelationID
    /// Counters `n` below this may have been used.
    public var reserved: UInt64
    /// The highest `n` accepted of the other.
    public var accepted: UInt64

    /// Counters as used up or loaded.
    public init(cluster: ClusterID, relation: RelationID, reserved: UInt64, accepted: UInt64) {
        self.cluster = cluster
        self.relation = relation
        self.reserved = reserved
        self.accepted = accepted
    }
}

/// A record of a cluster as it is stored: verified before, and never changed.
public struct StoredRecord: Sendable, Equatable {
    /// Of which cluster.
    public var cluster: ClusterID
    /// Its bytes (``Record/bytes``).
    public var bytes: [UInt8]

    /// A record as taken in or loaded.
    public init(cluster: ClusterID, bytes: [UInt8]) {
        self.cluster = cluster
        self.bytes = bytes
    }
}
