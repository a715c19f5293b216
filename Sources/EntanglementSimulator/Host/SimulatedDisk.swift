// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// The store's contract without SQLite: whole transactions, durable once `commit` returns.
///
/// A transaction in whose middle the power goes (a torn page, a write-ahead log that ends in it) is
/// not there afterwards. Some ``Defects`` break that, and a test must notice.
struct SimulatedDisk: Sendable {
    private(set) var store: MemoryStore
    private var synced: MemoryStore
    private var backups: [MemoryStore] = []
    /// No transaction succeeds while there is no room.
    var isFull = false
    /// The power goes in the middle of the next transaction.
    var tears = false
    private let defects: Defects
    private var unsyncedCount = 0

    init(_ store: MemoryStore = MemoryStore(), defects: Defects = []) {
        self.store = store
        self.synced = store
        self.defects = defects
    }

    /// One transaction; false when there is no room or no power: then nothing of it is stored.
    mutating func commit(_ changes: [Change]) -> Bool {
        guard !changes.isEmpty else { return true }
        guard !self.isFull else { return false }
        if self.tears {
            self.tears = false
            if self.defects.contains(.tornCommit) {
                self.write(Array(changes.prefix(changes.count / 2)))
            }
            return false
        }
        self.write(changes)
        // Otherwise nothing is ever unsynced; a copy beside it would be copied by every commit.
        guard self.defects.contains(.lazyDisk) else { return true }
        self.unsyncedCount += 1
        if self.unsyncedCount >= 64 {
            self.synced = self.store
            self.unsyncedCount = 0
        }
        return true
    }

    private mutating func write(_ changes: [Change]) {
        self.store.commit(changes.filter { self.isStored($0) })
        self.store.forgetEvents()
    }

    private func isStored(_ change: Change) -> Bool {
        switch change {
        case .deleteRelation: !self.defects.contains(.deletionsNotStored)
        case .endpoints: !self.defects.contains(.endpointsNotStored)
        case .acceptCounter: !self.defects.contains(.acceptedNotStored)
        case .cluster, .record, .endpointRecord, .notice, .spentCounters:
            !self.defects.contains(.clusterNotStored)
        // What a defect kept may be changed no more.
        case .relation, .reserveCounters, .lastResort, .bury, .unbury, .deleteCluster, .nodeName,
            .deleteNotice, .forgetSpent, .event:
            true
        }
    }

    /// The power goes: what was not synced is lost.
    mutating func losePower() {
        guard self.defects.contains(.lazyDisk) else { return }
        self.store = self.synced
        self.unsyncedCount = 0
    }

    /// Keeps a copy of the folder as it is now.
    mutating func backUp() {
        self.backups.append(self.store)
        if self.backups.count > 8 { self.backups.removeFirst() }
    }

    /// Puts an old copy back; false when there is none.
    mutating func restore(using generator: inout SeededGenerator) -> Bool {
        guard let backup = self.backups.randomElement(using: &generator) else { return false }
        self.store = backup
        self.synced = backup
        return true
    }

    /// Somebody writes into the folder while the program is stopped.
    mutating func edit(_ body: (inout DurableState) -> Void) {
        var state = self.store.state
        body(&state)
        self.store = MemoryStore(state)
        self.synced = self.store
    }
}
