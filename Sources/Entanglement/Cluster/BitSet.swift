// SPDX-License-Identifier: Apache-2.0

/// A set of small numbers, of fixed room.
struct BitSet: Sendable, Equatable {
    private(set) var words: [UInt64]

    init(room: Int) {
        self.words = [UInt64](repeating: 0, count: (room + 63) / 64)
    }

    func contains(_ number: Int) -> Bool {
        self.words[number >> 6] >> UInt64(number & 63) & 1 != 0
    }

    mutating func insert(_ number: Int) {
        self.words[number >> 6] |= 1 << UInt64(number & 63)
    }

    mutating func formUnion(_ other: BitSet) {
        for index in self.words.indices { self.words[index] |= other.words[index] }
    }
}

/// Which records are ancestors of which: n x n bits.
struct Ancestry: Sendable {
    private let width: Int
    private var rows: [UInt64]

    /// The ancestors of records of which each comes after its parents.
    init(_ entries: [RecordEntry]) {
        self.width = (entries.count + 63) / 64
        self.rows = [UInt64](repeating: 0, count: entries.count * self.width)
        for (number, entry) in entries.enumerated() {
            let row = number * self.width
            for parent in entry.parents {
                let other = parent * self.width
                for word in 0...(parent >> 6) { self.rows[row + word] |= self.rows[other + word] }
                self.rows[row + parent >> 6] |= 1 << UInt64(parent & 63)
            }
        }
    }

    /// Whether the first is an ancestor of the second.
    func isAncestor(_ first: Int, of second: Int) -> Bool {
        self.rows[second * self.width + first >> 6] >> UInt64(first & 63) & 1 != 0
    }
}
