// SPDX-License-Identifier: Apache-2.0

extension RecordSet {
    /// The records that no other one names, in ascending order.
    public var heads: [RecordID] {
        self.entries.filter(\.isHead).map(\.record.id).sorted()
    }

    /// 32 bytes that sessions carry: equal if, and only if, both sides hold the same records.
    ///
    /// Heads name their ancestors by hash, so equal heads are equal sets (endpoint records apart).
    public func headsHash(_ primitives: any Primitives) -> [UInt8] {
        var writer = ByteWriter(domain: "spockex/1 heads", self.cluster)
        for head in self.heads { writer.put(head) }
        return primitives.hash(writer.bytes)
    }

    /// Where the next record of this member stands; nil: nobody of that id was ever taken in.
    ///
    /// It names as many heads as it may; when there are more, those that are the furthest from the
    /// genesis, and later records the rest. In a full set it names only what others have too: which
    /// of the last records a node had a place for may differ.
    public func nextPlace(of member: MemberID) -> RecordPlace? {
        guard let number = self.number(of: member) else { return nil }
        let entry = self.members[number]
        guard let previous = entry.tip ?? entry.admissions.min(by: self.isSmaller) else {
            return nil
        }
        let position = entry.tip.map { self.entries[$0].position } ?? 0
        guard position < UInt32.max else { return nil }
        let others = self.commonHeads.filter { $0 != previous }
            .sorted { left, right in
                let (left, right) = (self.entries[left], self.entries[right])
                return (right.depth, left.record.id) < (left.depth, right.record.id)
            }
        let parents = others.prefix(ClusterLimits.parentCountMax)
            .map { self.entries[$0].record.id }.sorted()
        return RecordPlace(
            author: member, position: position + 1,
            previous: self.entries[previous].record.id, parents: parents)
    }

    private var commonHeads: [Int] {
        guard self.entries.count >= self.limits.commonCountMax else {
            return self.entries.indices.filter { self.entries[$0].isHead }
        }
        var isCommon = [Bool](repeating: false, count: self.entries.count)
        var isHead = isCommon
        for (number, entry) in self.entries.enumerated() {
            isCommon[number] =
                number < self.limits.settledCount
                || (entry.record.kind.isReserved && entry.parents.allSatisfy { isCommon[$0] })
            guard isCommon[number] else { continue }
            isHead[number] = true
            for parent in entry.parents { isHead[parent] = false }
        }
        return self.entries.indices.filter { isHead[$0] }
    }

    private func isSmaller(_ left: Int, _ right: Int) -> Bool {
        self.entries[left].record.id < self.entries[right].record.id
    }

    /// The epoch number that the next record of this kind has, at that place.
    public func nextEpoch(at place: RecordPlace) -> UInt32? {
        let numbers = ([place.previous] + place.parents).compactMap { self.number(of: $0) }
        let highest = numbers.map { self.entries[$0].epoch }.max() ?? 0
        return highest < UInt32.max ? highest + 1 : nil
    }
}
