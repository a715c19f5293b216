// SPDX-License-Identifier: Apache-2.0

/// What a record needs before it can be taken in.
enum RecordNeed: Hashable, Sendable {
    case record(RecordID)
    case member(MemberID)
}

/// Records that wait for others, in memory alone, so many of each peer; the oldest go.
///
/// The signature of an author who is not known yet is checked when it is.
struct OrphanPen: Sendable {
    struct Orphan: Sendable {
        let record: Record
        let peer: MemberID?
        /// Whether its author's pace was charged for it already.
        let isPaid: Bool
        var need: RecordNeed
    }

    private var orphans: [Orphan] = []

    var count: Int { self.orphans.count }

    var wanted: [RecordID] {
        let ids = self.orphans.compactMap { orphan -> RecordID? in
            guard case .record(let id) = orphan.need,
                !self.orphans.contains(where: { $0.record.id == id })
            else { return nil }
            return id
        }
        return Set(ids).sorted()
    }

    /// Whether exactly this record waits; a copy with another signature is another one.
    func holds(_ record: Record) -> Bool {
        self.orphans.contains { $0.record.id == record.id && $0.record == record }
    }

    mutating func put(
        _ record: Record, waitingFor need: RecordNeed, from peer: MemberID?, isPaid: Bool,
        _ limits: ClusterLimits
    ) {
        let others = self.orphans.filter { $0.peer == peer }.count
        if others >= limits.orphanCountMax,
            let oldest = self.orphans.firstIndex(where: { $0.peer == peer })
        {
            self.orphans.remove(at: oldest)
        }
        if self.orphans.count >= limits.orphanCountMaxOfAll { self.orphans.removeFirst() }
        self.orphans.append(Orphan(record: record, peer: peer, isPaid: isPaid, need: need))
    }

    mutating func putBack(_ orphan: Orphan, waitingFor need: RecordNeed) {
        var orphan = orphan
        orphan.need = need
        self.orphans.append(orphan)
    }

    mutating func take(waitingFor need: RecordNeed) -> [Orphan] {
        guard self.orphans.contains(where: { $0.need == need }) else { return [] }
        let taken = self.orphans.filter { $0.need == need }
        self.orphans.removeAll { $0.need == need }
        return taken
    }
}
