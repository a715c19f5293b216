// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// The store's contract without SQLite: whole transactions, durable once `commit` returns.
///
/// With ``Durability/lazy`` (a defect that a test must find) commits stay in memory until the next
/// sync, and a loss of power takes them away.
struct SimulatedDisk: Sendable {
    /// When a transaction reaches the platter.
    enum Durability: Sendable, Hashable {
        /// Before `commit` returns (`synchronous = FULL`).
        case full
        /// Sometime later (`synchronous = NORMAL` with a write-ahead log).
        case lazy
    }

    private(set) var store: MemoryStore
    private var synced: MemoryStore
    private var backups: [MemoryStore] = []
    /// No transaction succeeds while there is no room.
    var isFull = false
    let durability: Durability
    private var unsyncedCount = 0

    init(_ store: MemoryStore = MemoryStore(), durability: Durability = .full) {
        self.store = store
        self.synced = store
        self.durability = durability
    }

    /// One transaction; false when there is no room: then nothing of it is stored.
    mutating func commit(_ changes: [Change]) -> Bool {
        guard !changes.isEmpty else { return true }
        guard !self.isFull else { return false }
        self.store.commit(changes)
        self.store.forgetEvents()
        // With `full` nothing is ever unsynced; a copy beside it would be copied by every commit.
        guard self.durability == .lazy else { return true }
        self.unsyncedCount += 1
        if self.unsyncedCount >= 64 {
            self.synced = self.store
            self.unsyncedCount = 0
        }
        return true
    }

    /// The process ends: what the system has written to its cache stays.
    mutating func crash() {}

    /// The power goes: what was not synced is lost.
    mutating func losePower() {
        guard self.durability == .lazy else { return }
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
}
