// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What the store promises, without a database.
struct StoreModel {
    struct Entry: Equatable {
        var event: Event
        var at: WallTime
        var owner: RelationID?
    }

    private(set) var state = DurableState()
    private(set) var entries: [Entry] = []
    private var records: [(record: StoredRecord, id: RecordID)] = []
    private var endpointRecords: [(record: StoredRecord, member: MemberID)] = []
    private var notices: [(notice: StoredNotice, key: NoticeKey)] = []

    /// The keys of the notices in a cluster.
    func noticeKeys(in cluster: ClusterID) -> [NoticeKey] {
        self.notices.filter { $0.notice.cluster == cluster }.map(\.key)
    }

    /// Whose endpoint records there are in a cluster.
    func publishers(in cluster: ClusterID) -> [MemberID] {
        self.endpointRecords.filter { $0.record.cluster == cluster }.map(\.member)
    }

    mutating func apply(_ change: Change) throws {
        switch change {
        case .relation(let record, erasing: _):
            self.state.relations.removeAll { $0.id == record.id }
            self.state.relations.append(record)
            self.state.relations.sort { $0.id < $1.id }
        case .deleteRelation(let id):
            self.state.relations.removeAll { $0.id == id }
            self.entries.removeAll { $0.owner == id }
        case .reserveCounters(let id, let until):
            self.state.relations[try self.index(id)].reservedCounter = until
        case .acceptCounter(let id, let counter):
            self.state.relations[try self.index(id)].acceptedCounter = counter
        case .endpoints(let id, let endpoints, let lastHeardAt):
            self.state.relations[try self.index(id)].endpoints = endpoints
            self.state.relations[try self.index(id)].lastHeardAt = lastHeardAt
        case .lastResort(let id, let used, let accepted):
            self.state.relations[try self.index(id)].usedNote = used
            self.state.relations[try self.index(id)].acceptedNote = accepted
        case .bury(let tombstone):
            self.state.tombstones.removeAll { $0.pidHash == tombstone.pidHash }
            self.state.tombstones.append(tombstone)
            self.state.tombstones.sort { $0.pidHash.lexicographicallyPrecedes($1.pidHash) }
        case .unbury(let hash):
            self.state.tombstones.removeAll { $0.pidHash == hash }
        case .cluster(let record, erasing: _):
            self.state.clusters.removeAll { $0.id == record.id }
            self.state.clusters.append(record)
            self.state.clusters.sort { $0.id < $1.id }
        case .deleteCluster(let id):
            self.state.clusters.removeAll { $0.id == id }
            self.records.removeAll { $0.record.cluster == id }
            self.endpointRecords.removeAll { $0.record.cluster == id }
            self.notices.removeAll { $0.notice.cluster == id }
            self.state.spentCounters.removeAll { $0.cluster == id }
        case .record(let record, let id):
            self.records.append((record, id))
            // Sorting arrays is stable: each cluster's records stay in their order.
            self.records.sort { $0.record.cluster < $1.record.cluster }
        case .endpointRecord(let record, let member):
            self.endpointRecords.removeAll {
                $0.record.cluster == record.cluster && $0.member == member
            }
            self.endpointRecords.append((record, member))
            self.endpointRecords.sort {
                ($0.record.cluster, $0.member) < ($1.record.cluster, $1.member)
            }
        case .notice(let notice, let key):
            self.notices.removeAll { $0.notice.cluster == notice.cluster && $0.key == key }
            self.notices.append((notice, key))
            self.notices.sort { ($0.notice.cluster, $0.key) < ($1.notice.cluster, $1.key) }
        case .deleteNotice(let cluster, let key):
            self.notices.removeAll { $0.notice.cluster == cluster && $0.key == key }
        case .spentCounters(let spent):
            self.state.spentCounters.removeAll {
                $0.cluster == spent.cluster && $0.relation == spent.relation
            }
            self.state.spentCounters.append(spent)
            self.state.spentCounters.sort { ($0.cluster, $0.relation) < ($1.cluster, $1.relation) }
        case .forgetSpent(let cluster, let relation):
            self.state.spentCounters.removeAll { $0.cluster == cluster && $0.relation == relation }
        case .nodeName(let name):
            self.state.nodeName = name
        case .event(let event, let at):
            let owner = self.state.relations.map(\.id).first { "\(event)".contains("\($0)") }
            self.entries.append(Entry(event: event, at: at, owner: owner))
        }
        self.state.records = self.records.map(\.record)
        self.state.endpointRecords = self.endpointRecords.map(\.record)
        self.state.notices = self.notices.map(\.notice)
    }

    private func index(_ id: RelationID) throws -> Int {
        try some(self.state.relations.firstIndex { $0.id == id })
    }
}

extension SeededGenerator {
    /// A change that makes sense after those before it, or touches nothing.
    mutating func change(after model: StoreModel) throws -> Change {
        let state = model.state
        let known = state.relations.randomElement(using: &self)
        let id = known?.id ?? RelationID(using: &self)
        switch (Int.random(in: 0..<21, using: &self), known) {
        case (0...2, _): return .relation(try self.relation(), erasing: self.chance(10))
        case (3...4, let known?):
            var record = known
            try self.vary(&record)
            return .relation(record, erasing: self.chance(30))
        case (5, _): return .deleteRelation(id)
        case (6, _?): return .reserveCounters(id, until: self.counter())
        case (7, _?): return .acceptCounter(id, self.counter())
        case (8, _?):
            return .endpoints(
                id, self.endpoints(), lastHeardAt: self.chance(80) ? self.time() : nil)
        case (20, _?):
            return .lastResort(id, used: self.noteNumber(), accepted: self.noteNumber())
        case (9, _): return .bury(self.tombstone())
        case (10, _):
            return .unbury(state.tombstones.randomElement(using: &self)?.pidHash ?? self.bytes(32))
        case (11, _): return .cluster(try self.cluster(), erasing: self.chance(10))
        case (12...17, _):
            guard let cluster = state.clusters.randomElement(using: &self) else {
                return .nodeName(try self.name())
            }
            return try self.change(of: cluster, after: model)
        case (_, _): return .event(try self.event(of: id), at: self.time())
        }
    }

    private mutating func change(
        of cluster: ClusterRecord, after model: StoreModel
    ) throws -> Change {
        switch Int.random(in: 0..<13, using: &self) {
        case 11:
            let known = model.state.spentCounters.randomElement(using: &self)?.relation
            return .spentCounters(
                SpentCounters(
                    cluster: cluster.id,
                    relation: self.chance(30)
                        ? known ?? RelationID(using: &self) : RelationID(using: &self),
                    reserved: self.counter(), accepted: self.counter()))
        case 12:
            let known = model.state.spentCounters.randomElement(using: &self)?.relation
            return .forgetSpent(cluster.id, known ?? RelationID(using: &self))
        case 8...9:
            let (notice, key) = try self.notice(in: cluster.id)
            return .notice(notice, key)
        case 10:
            let known = model.noticeKeys(in: cluster.id).randomElement(using: &self)
            let (_, other) = try self.notice(in: cluster.id)
            return .deleteNotice(cluster.id, known ?? other)
        case 0: return .deleteCluster(cluster.id)
        case 1...2:
            var record = cluster
            try self.vary(&record)
            return .cluster(record, erasing: self.chance(30))
        case 3...5:
            let (record, id) = try self.record(in: cluster.id)
            return .record(record, id)
        default:
            let former = model.publishers(in: cluster.id).randomElement(using: &self)
            let member = self.chance(50) ? former : nil
            let (record, author) = try self.endpointRecord(in: cluster.id, of: member)
            return .endpointRecord(record, author)
        }
    }
}
