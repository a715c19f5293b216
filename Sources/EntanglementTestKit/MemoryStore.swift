// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// The store's contract in memory: what a batch of changes makes of a durable state.
public struct MemoryStore: Sendable, Equatable {
    /// What would be loaded now.
    public private(set) var state: DurableState
    /// The log of events, oldest first.
    public private(set) var events: [Event] = []

    /// A store that holds this state.
    public init(_ state: DurableState = DurableState()) {
        self.state = state
        // Relations are looked for by halves.
        self.state.relations.sort { $0.id < $1.id }
    }

    /// Applies all changes, in order.
    public mutating func commit(_ changes: [Change]) {
        for change in changes { self.apply(change) }
    }

    /// Empties the log.
    package mutating func forgetEvents() {
        self.events = []
    }

    private mutating func apply(_ change: Change) {
        switch change {
        case .relation(let record, _):
            let position = self.position(of: record.id)
            if self.holds(record.id, at: position) {
                self.state.relations[position] = record
            } else {
                self.state.relations.insert(record, at: position)
            }
        case .deleteRelation(let id):
            let position = self.position(of: id)
            if self.holds(id, at: position) { self.state.relations.remove(at: position) }
        case .reserveCounters(let id, let until): self.update(id) { $0.reservedCounter = until }
        case .acceptCounter(let id, let counter): self.update(id) { $0.acceptedCounter = counter }
        case .endpoints(let id, let endpoints, let heardAt):
            self.update(id) {
                $0.endpoints = endpoints
                $0.lastHeardAt = heardAt
            }
        case .lastResort(let id, let used, let accepted):
            self.update(id) { ($0.usedNote, $0.acceptedNote) = (used, accepted) }
        case .bury(let tombstone):
            self.state.tombstones.removeAll { $0.pidHash == tombstone.pidHash }
            self.state.tombstones.append(tombstone)
        case .unbury(let hash): self.state.tombstones.removeAll { $0.pidHash == hash }
        case .cluster(let cluster, _):
            self.state.clusters.removeAll { $0.id == cluster.id }
            self.state.clusters.append(cluster)
            self.state.clusters.sort { $0.id < $1.id }
        case .deleteCluster(let id):
            self.state.clusters.removeAll { $0.id == id }
            self.state.records.removeAll { $0.cluster == id }
            self.state.endpointRecords.removeAll { $0.cluster == id }
            self.state.notices.removeAll { $0.cluster == id }
            self.state.spentCounters.removeAll { $0.cluster == id }
        case .record(let record, _): self.append(record)
        case .endpointRecord(let record, let member): self.replace(record, of: member)
        case .notice(let notice, let key): self.replace(notice, key)
        case .deleteNotice(let cluster, let key):
            self.state.notices.removeAll { $0.cluster == cluster && Self.key(of: $0) == key.bytes }
        case .spentCounters(let spent): self.replace(spent)
        case .forgetSpent(let cluster, let relation):
            self.state.spentCounters.removeAll { $0.cluster == cluster && $0.relation == relation }
        case .nodeName(let name): self.state.nodeName = name
        case .event(let event, _): self.events.append(event)
        }
    }

    private mutating func append(_ record: StoredRecord) {
        self.requireCluster(record.cluster)
        let end = self.state.records.lastIndex { $0.cluster <= record.cluster }.map { $0 + 1 } ?? 0
        let start = self.state.records[..<end].lastIndex { $0.cluster < record.cluster }
        assert(
            !self.state.records[(start.map { $0 + 1 } ?? 0)..<end].contains(record),
            "a record that is stored already")
        self.state.records.insert(record, at: end)
    }

    private mutating func replace(_ record: StoredRecord, of member: MemberID) {
        self.requireCluster(record.cluster)
        let index = self.state.endpointRecords.firstPosition {
            $0.cluster > record.cluster
                || $0.cluster == record.cluster && Self.author(of: $0).map { $0 >= member } ?? false
        }
        guard index < self.state.endpointRecords.count else {
            return self.state.endpointRecords.append(record)
        }
        let found = self.state.endpointRecords[index]
        if found.cluster == record.cluster, Self.author(of: found) == member {
            self.state.endpointRecords[index] = record
        } else {
            self.state.endpointRecords.insert(record, at: index)
        }
    }

    private mutating func replace(_ notice: StoredNotice, _ key: NoticeKey) {
        self.requireCluster(notice.cluster)
        self.state.notices.removeAll {
            $0.cluster == notice.cluster && Self.key(of: $0) == key.bytes
        }
        let index = self.state.notices.firstIndex { other in
            guard other.cluster == notice.cluster else { return other.cluster > notice.cluster }
            return key.bytes.lexicographicallyPrecedes(Self.key(of: other))
        }
        self.state.notices.insert(notice, at: index ?? self.state.notices.count)
    }

    private mutating func replace(_ spent: SpentCounters) {
        self.requireCluster(spent.cluster)
        let index = self.state.spentCounters.firstPosition {
            ($0.cluster, $0.relation) >= (spent.cluster, spent.relation)
        }
        let isThere =
            index < self.state.spentCounters.count
            && self.state.spentCounters[index].cluster == spent.cluster
            && self.state.spentCounters[index].relation == spent.relation
        if isThere {
            self.state.spentCounters[index] = spent
        } else {
            self.state.spentCounters.insert(spent, at: index)
        }
    }

    /// Author, kind and subject: u8 kind | author | subject (PROTOCOL.md §14.2).
    private static func key(of notice: StoredNotice) -> [UInt8] {
        let bytes = notice.bytes
        return Array(bytes.dropFirst().prefix(16)) + bytes.prefix(1)
            + bytes.dropFirst(17).prefix(16)
    }

    /// Whose endpoint record it is: u16 length | u8 kind | member (PROTOCOL.md §11.1).
    private static func author(of record: StoredRecord) -> MemberID? {
        MemberID(bytes: record.bytes.dropFirst(3).prefix(16))
    }

    private func requireCluster(_ id: ClusterID) {
        precondition(
            self.state.clusters.contains { $0.id == id },
            "a record of a cluster that is not stored")
    }

    private mutating func update(_ id: RelationID, _ body: (inout RelationRecord) -> Void) {
        let index = self.position(of: id)
        guard self.holds(id, at: index) else {
            preconditionFailure("a change of a relation that is not stored")
        }
        body(&self.state.relations[index])
    }

    /// Where a relation is, or would be.
    private func position(of id: RelationID) -> Int {
        self.state.relations.firstPosition { $0.id >= id }
    }

    private func holds(_ id: RelationID, at position: Int) -> Bool {
        position < self.state.relations.count && self.state.relations[position].id == id
    }
}

extension Array {
    /// The position of the first element that is so, where all after it are too; else the end.
    fileprivate func firstPosition(where isSo: (Element) -> Bool) -> Int {
        var (low, high) = (0, self.count)
        while low < high {
            let middle = (low + high) / 2
            if isSo(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
