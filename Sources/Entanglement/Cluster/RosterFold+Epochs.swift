// SPDX-License-Identifier: Apache-2.0

extension RosterFold {
    /// The hash over the ids of all who left or were removed, in ascending order.
    func goneHash(_ fates: [Fate], _ primitives: any Primitives) -> [UInt8] {
        let gone = fates.indices.filter { fates[$0].isGone }.map { self.set.members[$0].id }
        return self.goneHash(of: gone.sorted(), primitives)
    }

    private func goneHash(of members: [MemberID], _ primitives: any Primitives) -> [UInt8] {
        var writer = ByteWriter(domain: "spockex/1 gone", self.set.cluster)
        for member in members { writer.put(member) }
        return primitives.hash(writer.bytes)
    }

    /// What an epoch knows of who is gone; that of the founding knows of nobody.
    func gone(_ record: Int?, _ primitives: any Primitives) -> [UInt8] {
        if let record, case .epoch(let epoch) = self.set.entries[record].record.body {
            return epoch.gone
        }
        return self.goneHash(of: [], primitives)
    }

    /// The epoch record that counts: one that knows who is gone before others, then a voter's, then the
    /// one with the highest number, then the one with the smallest id.
    func epoch(_ goneHash: [UInt8], _ fates: [Fate]) -> Int? {
        var epochs: [(record: Int, isFitting: Bool)] = []
        for (record, entry) in self.set.entries.enumerated() {
            guard case .epoch(let epoch) = entry.record.body, self.counts(record) else { continue }
            epochs.append((record, epoch.gone == goneHash))
        }
        let isVoter = fates.map(\.isVoter)
        let excess = self.set.excess(epochs.filter(\.isFitting).map(\.record), isVoter)
        var best: (record: Int, isFitting: Bool)?
        for (record, isFitting) in epochs where !excess.contains(record) {
            let entry = self.set.entries[record]
            guard let held = best else {
                best = (record, isFitting)
                continue
            }
            let other = self.set.entries[held.record]
            let isBetter: Bool
            if isFitting != held.isFitting {
                isBetter = isFitting
            } else if isVoter[entry.author] != isVoter[other.author] {
                isBetter = isVoter[entry.author]
            } else if entry.epoch != other.epoch {
                isBetter = entry.epoch > other.epoch
            } else {
                isBetter =
                    entry.record.id < other.record.id && !self.defects.isActive(.epochByArrival)
            }
            if isBetter { best = (record, isFitting) }
        }
        return best?.record
    }

    /// Proofs that members said two things: of each author the first position that it used twice,
    /// and of each meeting two newcomers with different keys.
    func equivocations() -> [Equivocation] {
        self.doublePositions() + self.doubleMeetings()
    }

    private func doublePositions() -> [Equivocation] {
        let entries = self.set.entries
        let order = entries.indices.dropFirst().sorted { left, right in
            let (one, other) = (entries[left], entries[right])
            if one.author != other.author {
                return self.set.members[one.author].id < self.set.members[other.author].id
            }
            if one.position != other.position { return one.position < other.position }
            return self.defects.isActive(.proofByArrival)
                ? left < right : one.record.id < other.record.id
        }
        var proofs: [Equivocation] = []
        var last: MemberID?
        for (left, right) in zip(order, order.dropFirst()) {
            let (first, second) = (entries[left], entries[right])
            let author = self.set.members[first.author].id
            guard first.author == second.author, first.position == second.position, last != author
            else { continue }
            last = author
            proofs.append(
                .position(
                    author: author, position: first.position, first: first.record.id,
                    second: second.record.id))
        }
        return proofs
    }

    private func doubleMeetings() -> [Equivocation] {
        struct Taking {
            let sponsor: MemberID
            let meeting: [UInt8]
            let newcomer: Int
            let id: RecordID
        }
        var takings = self.set.entries.compactMap { entry -> Taking? in
            guard case .add(_, let meeting) = entry.record.body, let newcomer = entry.newcomer
            else { return nil }
            return Taking(
                sponsor: self.set.members[entry.author].id, meeting: meeting, newcomer: newcomer,
                id: entry.record.id)
        }
        takings.sort { one, other in
            if one.sponsor != other.sponsor { return one.sponsor < other.sponsor }
            if one.meeting != other.meeting {
                return one.meeting.lexicographicallyPrecedes(other.meeting)
            }
            return one.id < other.id
        }
        var proofs: [Equivocation] = []
        var first = 0
        var isProved = false
        for index in takings.indices.dropFirst() {
            let (one, other) = (takings[first], takings[index])
            guard one.sponsor == other.sponsor, one.meeting == other.meeting else {
                (first, isProved) = (index, false)
                continue
            }
            guard !isProved, one.newcomer != other.newcomer else { continue }
            isProved = true
            proofs.append(
                .meeting(
                    sponsor: one.sponsor, meeting: one.meeting, first: one.id, second: other.id))
        }
        return proofs
    }
}
