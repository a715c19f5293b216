// SPDX-License-Identifier: Apache-2.0

/// A proposal that can still take effect.
struct OpenRemoval: Sendable, Equatable {
    let id: RecordID
    /// What the accused wrote after this position is void too.
    let kept: UInt32
    /// Who is for it, by votes that count.
    let supporters: [MemberID]
    /// Whose vote would count for it, or end standing against it.
    let awaited: [MemberID]
}

extension RecordSet {
    /// The proposals to remove a member that take effect if all voters who can vote for them do, those
    /// with most votes first.
    func openRemovals(of accused: MemberID, _ roster: RosterState) -> [OpenRemoval] {
        var judge = RemovalJudge(self, [])
        let inEffect = judge.decide().inEffect
        let isPresent = self.members.map { roster.isPresent($0.id) }
        var open: [OpenRemoval] = []
        for number in judge.proposals.indices where !inEffect.contains(number) {
            let proposal = judge.proposals[number]
            guard self.members[proposal.accused].id == accused,
                let prospect = judge.prospect(of: number, given: inEffect, isPresent)
            else { continue }
            open.append(
                OpenRemoval(
                    id: self.entries[proposal.record].record.id, kept: proposal.kept,
                    supporters: prospect.supporters.map { self.members[$0].id },
                    awaited: prospect.awaited.map { self.members[$0].id }))
        }
        return open.sorted {
            (-$0.supporters.count, $0.id) < (-$1.supporters.count, $1.id)
        }
    }

    /// The position of a member's after which it took in only guests of its own, for whom nobody else
    /// answers; ``Removal/keepsAll`` if there are none.
    func keptWithoutGuests(of member: MemberID, _ roster: RosterState) -> UInt32 {
        let first = self.lateGuests(of: member, roster).map(\.position).min()
        return first.map { $0 - 1 } ?? Removal.keepsAll
    }

    /// Whom a member took in after the last one who is a voter now, and in which place of its own.
    func lateGuests(
        of member: MemberID, _ roster: RosterState
    ) -> [(position: UInt32, guest: MemberID)] {
        guard let author = self.number(of: member) else { return [] }
        var last: UInt32 = 0
        var takings: [(position: UInt32, guest: MemberID)] = []
        for entry in self.entries where entry.author == author {
            guard let newcomer = entry.newcomer.map({ self.members[$0].id }) else { continue }
            takings.append((entry.position, newcomer))
            if roster.member(newcomer)?.isVoter ?? false { last = max(last, entry.position) }
        }
        return takings.filter { $0.position > last }
    }
}

extension RemovalJudge {
    /// Who is for a proposal and whose vote it waits for; nil: all of these are not enough.
    fileprivate mutating func prospect(
        of proposal: Int, given inEffect: [Int], _ isPresent: [Bool]
    ) -> (supporters: [Int], awaited: [Int])? {
        let removal = self.proposals[proposal]
        let others = inEffect.filter { $0 != proposal }
        let known = others.filter { self.isKnown($0, to: proposal) }
        let knownVoid = self.voids(known)
        let void = self.voids(others)
        guard let heads = self.electorate(of: removal, given: known, knownVoid),
            !void.contains(removal.record)
        else { return nil }
        let supporters = self.supporters(of: removal, void)
        func whole(_ supporters: [Bool]) -> [Bool] {
            self.wholeElectorate(
                of: removal, heads: heads, supporters: supporters, given: others, void)
        }
        let electorate = whole(supporters)
        let awaited = electorate.indices.filter {
            electorate[$0] && !supporters[$0] && isPresent[$0]
        }
        var hopeful = supporters
        for member in awaited { hopeful[member] = true }
        guard !awaited.isEmpty, self.isMajority(hopeful, of: heads),
            self.isMajority(hopeful, of: whole(hopeful))
        else { return nil }
        return (supporters.indices.filter { supporters[$0] }, awaited)
    }
}
