// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What a router remembers of flows: found by a key, ordered by when each was used last.
///
/// Every operation takes constant time: a list, linked through positions, runs from the entry that is
/// idle longest to the one used last. Nothing depends on the order of the dictionary. Looks are inlined,
/// so that no table is copied for them.
struct RecencyTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        var value: Value
        var usedAt: Instant
        /// The entry used just before this one; nil: none.
        var older: Int?
        /// The entry used just after this one; nil: none.
        var newer: Int?
    }

    /// Entries stay where they are while they live; `holes` says which ones do not.
    private var entries: [Entry] = []
    private var holes: [Int] = []
    private var positions: [Key: Int] = [:]
    /// Where the entry is that is idle longest.
    private(set) var oldest: Int?
    private var newest: Int?

    /// How many entries live.
    var count: Int { self.positions.count }

    /// Where the entry of a key is; it stays there until it is removed.
    @inline(__always)
    func position(of key: Key) -> Int? { self.positions[key] }

    /// The value of a living entry.
    subscript(position: Int) -> Value {
        _read { yield self.entries[position].value }
        _modify { yield &self.entries[position].value }
    }

    /// When a living entry was used last.
    @inline(__always)
    func usedAt(_ position: Int) -> Instant { self.entries[position].usedAt }

    /// Adds an entry, used now; the key must be new.
    mutating func insert(_ key: Key, _ value: Value, now: Instant) -> Int {
        precondition(self.positions[key] == nil, "a key has one entry")
        let entry = Entry(key: key, value: value, usedAt: now)
        let position: Int
        if let hole = self.holes.popLast() {
            position = hole
            self.entries[hole] = entry
        } else {
            position = self.entries.count
            self.entries.append(entry)
        }
        self.positions[key] = position
        self.link(position)
        return position
    }

    /// An entry is used: it becomes the newest.
    mutating func touch(_ position: Int, now: Instant) {
        self.entries[position].usedAt = now
        guard position != self.newest else { return }
        self.unlink(position)
        self.link(position)
    }

    /// Takes a living entry out.
    mutating func remove(at position: Int) {
        self.unlink(position)
        self.positions[self.entries[position].key] = nil
        self.holes.append(position)
    }

    /// Forgets everything.
    mutating func removeAll() {
        self = RecencyTable()
    }

    private mutating func link(_ position: Int) {
        self.entries[position].older = self.newest
        self.entries[position].newer = nil
        if let newest = self.newest { self.entries[newest].newer = position }
        self.newest = position
        if self.oldest == nil { self.oldest = position }
    }

    private mutating func unlink(_ position: Int) {
        let (older, newer) = (self.entries[position].older, self.entries[position].newer)
        if let older { self.entries[older].newer = newer } else { self.oldest = newer }
        if let newer { self.entries[newer].older = older } else { self.newest = older }
    }
}
