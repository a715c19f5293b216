// SPDX-License-Identifier: Apache-2.0

/// A record in a ``RecordSet``, with what its ancestors say about it.
struct RecordEntry: Sendable {
    let record: Record
    /// Its author's number; -1 for the genesis.
    let author: Int
    /// 0 for the genesis.
    let position: UInt32
    /// The numbers of all records that it names: the previous one first.
    let parents: [Int]
    /// The record by which its author had become a member.
    let root: Int
    /// Whom it takes in.
    let newcomer: Int?
    /// The longest way from the genesis.
    let depth: Int
    /// The highest number of an epoch among it and its ancestors.
    let epoch: UInt32
    /// Whether no other record names it.
    var isHead = true

    init(genesis: Record) {
        self.record = genesis
        self.author = -1
        self.position = 0
        self.parents = []
        self.root = 0
        self.newcomer = nil
        self.depth = 0
        self.epoch = 0
    }

    init(
        _ record: Record, author: Int, parents: [Int], root: Int, newcomer: Int?,
        among entries: [RecordEntry]
    ) {
        self.record = record
        self.author = author
        self.position = record.place?.position ?? 0
        self.parents = parents
        self.root = root
        self.newcomer = newcomer
        var depth = 0
        var epoch: UInt32 = 0
        for parent in parents {
            depth = max(depth, entries[parent].depth + 1)
            epoch = max(epoch, entries[parent].epoch)
        }
        self.depth = depth
        if case .epoch(let own) = record.body { epoch = own.number }
        self.epoch = epoch
    }

    /// Whether the other, of the same author, goes on where this one stands; of two with one
    /// position it is the one with the smaller id.
    func isBefore(_ other: RecordEntry) -> Bool {
        self.position == other.position
            ? other.record.id < self.record.id : self.position < other.position
    }
}

/// Somebody who was taken in, whatever became of it.
struct MemberEntry: Sendable {
    let id: MemberID
    let keys: MemberKeys
    /// The records that took it in: the genesis, or its sponsor's `add`, maybe repeated.
    var admissions: [Int]
    /// The last record that it wrote.
    var tip: Int?

    init(id: MemberID, keys: MemberKeys, admission: Int) {
        self.id = id
        self.keys = keys
        self.admissions = [admission]
    }
}
