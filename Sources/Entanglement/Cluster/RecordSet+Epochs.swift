// SPDX-License-Identifier: Apache-2.0

extension RecordSet {
    /// Those of these epoch records, all of one hash of who is gone, that are too many of their authors.
    ///
    /// An author's second one counts if a voter beside it wrote one, its third one if two were written,
    /// and so on: so whoever withholds a secret can be answered, and nobody makes one after the other.
    func excess(_ epochs: [Int], _ isVoter: [Bool]) -> [Int] {
        let order = epochs.sorted { left, right in
            let (one, other) = (self.entries[left], self.entries[right])
            if one.author != other.author { return one.author < other.author }
            if one.position != other.position { return one.position < other.position }
            return one.record.id < other.record.id
        }
        let ofVoters = epochs.count { isVoter[self.entries[$0].author] }
        var excess: [Int] = []
        var start = 0
        while start < order.count {
            let author = self.entries[order[start]].author
            let end =
                order[start...].firstIndex { self.entries[$0].author != author } ?? order.count
            // Those of voters beside the author.
            let others = isVoter[author] ? ofVoters - (end - start) : ofVoters
            excess += order[start..<end].dropFirst(others + 1)
            start = end
        }
        return excess
    }

    /// Whether an epoch of this member, for those who are gone now, would count instead of the present one.
    func mayReplaceEpoch(_ member: MemberID, _ roster: RosterState) -> Bool {
        guard let present = roster.epoch.flatMap({ self.record($0)?.author }),
            let own = self.number(of: member)
        else { return false }
        func isVoter(_ id: MemberID) -> Bool { roster.member(id)?.isVoter ?? false }
        guard isVoter(member) || !isVoter(present) else { return false }
        var (ownCount, otherCount) = (0, 0)
        for entry in self.entries {
            guard case .epoch(let epoch) = entry.record.body, epoch.gone == roster.goneHash else {
                continue
            }
            if entry.author == own {
                ownCount += 1
            } else if isVoter(self.members[entry.author].id) {
                otherCount += 1
            }
        }
        return ownCount <= otherCount
    }
}
