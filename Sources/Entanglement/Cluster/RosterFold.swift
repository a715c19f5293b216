// SPDX-License-Identifier: Apache-2.0

extension RosterState {
    /// What the records of a set say together (PROTOCOL.md §11.3 to §11.5).
    ///
    /// Depends on which records the set holds, not on the order in which they came. It comes to an
    /// end for every set, and fails for none.
    public init(of set: RecordSet, _ primitives: any Primitives) {
        self.init(of: set, defects: [], primitives)
    }

    /// The same with deliberate defects.
    package init(of set: RecordSet, defects: RosterDefects, _ primitives: any Primitives) {
        var judge = RemovalJudge(set, defects)
        let decision = judge.decide()
        let fold = RosterFold(
            set: set, defects: defects, judge: judge, void: judge.voids(decision.inEffect),
            inEffect: decision.inEffect)
        let fates = fold.fates()
        let goneHash = fold.goneHash(fates, primitives)
        let epoch = fold.epoch(goneHash, fates)
        self.cluster = set.cluster
        self.members = fold.members(fates)
        self.removals = fold.removals(decision.outcomes)
        self.blocks = fold.blocks(fates)
        self.equivocations = fold.equivocations()
        self.epoch = epoch.map { set.entries[$0].record.id }
        self.epochNumber = epoch.map { set.entries[$0].epoch } ?? 0
        self.goneHash = goneHash
        self.needsEpoch = fold.gone(epoch, primitives) != goneHash
    }
}

/// One fold of a set, once it is known which removals are in effect.
struct RosterFold {
    let set: RecordSet
    let defects: RosterDefects
    let judge: RemovalJudge
    let void: BitSet
    let inEffect: [Int]

    /// What became of a member, by its number.
    struct Fate {
        var status: MemberStatus
        var isVoter: Bool
        var metBy: [Int]
        /// Whether an epoch ends with it: it left or was removed after it belonged to the cluster.
        var isGone: Bool
    }

    func counts(_ record: Int) -> Bool { !self.void.contains(record) }

    func fates() -> [Fate] {
        let admitted = self.judge.graph.admitted(self.counts)
        let voters = self.judge.graph.voters(self.defects, self.counts)
        let neighbors = self.judge.graph.neighbors(self.counts)
        var fates = self.set.members.indices.map { member in
            Fate(
                status: admitted[member] ? .present : .removed, isVoter: voters[member],
                metBy: neighbors[member], isGone: false)
        }
        for leave in self.judge.leaves where self.counts(leave) {
            fates[self.set.entries[leave].author].status = .left
            fates[self.set.entries[leave].author].isGone = true
        }
        for proposal in self.inEffect {
            fates[self.judge.proposals[proposal].accused].status = .removed
            fates[self.judge.proposals[proposal].accused].isGone = true
        }
        self.limit(&fates)
        for member in fates.indices where fates[member].status != .present {
            fates[member].isVoter = false
        }
        return fates
    }

    /// Those beyond the limit wait: first the voters have their places, then guests whom voters took in,
    /// then their guests, and so on; of each sponsor's the first, then the second, and so on.
    ///
    /// How early somebody came is the last that counts: with old parents everybody can look early.
    private func limit(_ fates: inout [Fate]) {
        let present = fates.indices.filter { fates[$0].status == .present }
        guard present.count > self.set.limits.memberCountMax else { return }
        let depths = self.set.members.map { member in
            member.admissions.filter(self.counts).map { self.set.entries[$0].depth }.min() ?? 0
        }
        let byDepth = present.sorted { left, right in
            (depths[left], self.set.members[left].id)
                < (depths[right], self.set.members[right].id)
        }
        var guestCounts = [Int](repeating: 0, count: fates.count)
        var ranks = [(generation: Int, place: Int)](repeating: (0, 0), count: fates.count)
        for member in byDepth where !fates[member].isVoter {
            guard let sponsor = self.sponsor(of: member) else { continue }
            ranks[member] = (self.generation(of: member, fates), guestCounts[sponsor])
            guestCounts[sponsor] += 1
        }
        let order = byDepth.enumerated().sorted { left, right in
            let (one, other) = (ranks[left.element], ranks[right.element])
            return (one.generation, one.place, left.offset)
                < (other.generation, other.place, right.offset)
        }
        let ranked = order.map(\.element)
        for member in ranked.dropFirst(self.set.limits.memberCountMax) {
            fates[member].status = .waiting
        }
    }

    /// Who took a member in, by its number; nil: it is a founder.
    private func sponsor(of member: Int) -> Int? {
        let author = self.set.entries[self.set.members[member].admissions[0]].author
        return author < 0 ? nil : author
    }

    /// How many sponsors there are from a guest up to the first voter.
    private func generation(of guest: Int, _ fates: [Fate]) -> Int {
        var (count, above) = (1, self.sponsor(of: guest))
        while let sponsor = above, !fates[sponsor].isVoter {
            count += 1
            above = self.sponsor(of: sponsor)
        }
        return count
    }

    func members(_ fates: [Fate]) -> [RosterMember] {
        zip(self.set.members, fates).enumerated().map { number, pair in
            let (member, fate) = pair
            return RosterMember(
                id: member.id, keys: member.keys, origin: self.origin(number, member),
                status: fate.status, isVoter: fate.isVoter,
                metBy: fate.metBy.map { self.set.members[$0].id }.sorted())
        }.sorted { $0.id < $1.id }
    }

    private func origin(_ number: Int, _ member: MemberEntry) -> MemberOrigin {
        let admission = self.set.entries[member.admissions[0]]
        guard case .add(_, let meeting) = admission.record.body else {
            return .founder(number == 0 ? .offering : .answering)
        }
        return .sponsored(by: self.set.members[admission.author].id, meeting: meeting)
    }

    func removals(_ outcomes: [RemovalOutcome]) -> [RosterRemoval] {
        zip(self.judge.proposals, outcomes).map { proposal, outcome in
            let supporters = Set(proposal.support.map { self.set.members[$0.member].id })
            return RosterRemoval(
                id: self.set.entries[proposal.record].record.id,
                accused: self.set.members[proposal.accused].id,
                author: self.set.members[proposal.author].id, supporters: supporters.sorted(),
                outcome: outcome)
        }.sorted { $0.id < $1.id }
    }

    /// The last word of each present author about each member.
    func blocks(_ fates: [Fate]) -> [RosterBlock] {
        struct Word {
            let author: MemberID
            let member: MemberID
            let isOn: Bool
            let position: UInt32
            let id: RecordID
        }
        var words: [Word] = []
        for (record, entry) in self.set.entries.enumerated() {
            guard case .block(let member, let isOn) = entry.record.body, self.counts(record),
                fates[entry.author].status == .present
            else { continue }
            words.append(
                Word(
                    author: self.set.members[entry.author].id, member: member, isOn: isOn,
                    position: entry.position, id: entry.record.id))
        }
        words.sort {
            ($0.author, $0.member, $1.position, $0.id) < ($1.author, $1.member, $0.position, $1.id)
        }
        return words.indices.compactMap { index in
            let word = words[index]
            if index > 0, words[index - 1].author == word.author,
                words[index - 1].member == word.member
            {
                return nil
            }
            return word.isOn ? RosterBlock(author: word.author, member: word.member) : nil
        }
    }
}
