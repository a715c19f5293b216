// SPDX-License-Identifier: Apache-2.0

/// What is left of a cancelled pairing for 30 days: enough to say "gone", with proof.
public struct Tombstone: Sendable, Equatable {
    /// SHA-256 of the 16 bytes of the own `pid`.
    public var pidHash: [UInt8]
    /// The own cancel token, 16 bytes.
    public var token: [UInt8]
    /// When it is deleted too.
    public var expiresAt: WallTime

    /// A tombstone of one pairing.
    public init(pidHash: [UInt8], token: [UInt8], expiresAt: WallTime) {
        self.pidHash = pidHash
        self.token = token
        self.expiresAt = expiresAt
    }
}

/// One durable change; all of a batch are committed in one transaction before anything else.
public enum Change: Sendable, Equatable {
    /// Inserts or replaces the whole record of a relation, counters included.
    ///
    /// `erasing` says that secrets of the former record are gone in this one, so the store must
    /// leave no trace of them in any file.
    case relation(RelationRecord, erasing: Bool)
    /// Deletes a relation and, by cascade, all that belongs to it; leaves no trace in any file.
    case deleteRelation(RelationID)
    /// Counters `n` below `until` may be used from now on.
    case reserveCounters(RelationID, until: UInt64)
    /// The highest `n` accepted of the other.
    case acceptCounter(RelationID, UInt64)
    /// Where the other may be, best first, and when it was heard last.
    case endpoints(RelationID, [Endpoint], lastHeardAt: WallTime?)
    /// Numbers of notes (PROTOCOL.md §13.2): the greatest that may have been used, and the greatest
    /// that was accepted of the other.
    case lastResort(RelationID, used: UInt64, accepted: UInt64)
    /// Keeps the proof of a cancelled pairing.
    case bury(Tombstone)
    /// Deletes a tombstone by its `pidHash`.
    case unbury([UInt8])
    /// Inserts or replaces a cluster, all its epochs' secrets included.
    ///
    /// `erasing` says that secrets of the former one are gone in this one.
    case cluster(ClusterRecord, erasing: Bool)
    /// Deletes a cluster and, by cascade, its records and secrets; leaves no trace in any file.
    case deleteCluster(ClusterID)
    /// Appends a record of a cluster's roster, under its id.
    case record(StoredRecord, RecordID)
    /// Inserts or replaces the endpoint record of a member.
    case endpointRecord(StoredRecord, MemberID)
    /// Inserts or replaces a member's notice about bridges.
    case notice(StoredNotice, NoticeKey)
    /// Deletes one, if it is there.
    case deleteNotice(ClusterID, NoticeKey)
    /// Inserts or replaces what a relation had used up that was dropped.
    case spentCounters(SpentCounters)
    /// Forgets that, if it is there.
    case forgetSpent(ClusterID, RelationID)
    /// What this node calls itself.
    case nodeName(String)
    /// Appends to the log of events (a bounded one: the oldest go).
    case event(Event, at: WallTime)

    /// The relation that comes, goes, or may have another phase by it.
    var relation: RelationID? {
        switch self {
        case .relation(let record, _): record.id
        case .deleteRelation(let id): id
        case .reserveCounters, .acceptCounter, .endpoints, .lastResort, .bury, .unbury, .cluster,
            .deleteCluster, .record, .endpointRecord, .notice, .deleteNotice, .spentCounters,
            .forgetSpent, .nodeName, .event:
            nil
        }
    }

    /// Whether it changes which relations there are, or the phase of one.
    var concernsRelations: Bool { self.relation != nil }
}

/// Everything durable of a node, as loaded at its start.
public struct DurableState: Sendable, Equatable {
    /// What this node calls itself.
    public var nodeName: String
    /// All relations, ordered by id.
    public var relations: [RelationRecord]
    /// All clusters, ordered by id.
    public var clusters: [ClusterRecord]
    /// The records of all rosters, by cluster, each cluster's in the order in which they were appended.
    public var records: [StoredRecord]
    /// The newest endpoint record of each member, by cluster, then by member.
    public var endpointRecords: [StoredRecord]
    /// The newest notices about bridges, by cluster, then by key.
    public var notices: [StoredNotice]
    /// What dropped relations had used up, by cluster, then by relation.
    public var spentCounters: [SpentCounters]
    /// All tombstones, ordered by hash.
    public var tombstones: [Tombstone]

    /// The state of a new node.
    public init(
        nodeName: String = "", relations: [RelationRecord] = [], clusters: [ClusterRecord] = [],
        records: [StoredRecord] = [], endpointRecords: [StoredRecord] = [],
        notices: [StoredNotice] = [], spentCounters: [SpentCounters] = [],
        tombstones: [Tombstone] = []
    ) {
        self.nodeName = nodeName
        self.relations = relations
        self.clusters = clusters
        self.records = records
        self.endpointRecords = endpointRecords
        self.notices = notices
        self.spentCounters = spentCounters
        self.tombstones = tombstones
    }
}
