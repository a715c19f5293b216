// SPDX-License-Identifier: Apache-2.0

/// A proposal in the fold, by numbers.
struct Proposal: Sendable {
    let record: Int
    let author: Int
    let accused: Int
    let kept: UInt32
    /// Who is for it, and by which record; the proposal itself is its author's.
    var support: [(member: Int, record: Int)]
}

/// Everything that some removals make void.
struct VoidUnion: Sendable {
    var proposals: [Int] = []
    var void: BitSet?
}

/// Whether removals hold, each given others that do (PROTOCOL.md §11.4).
struct RemovalJudge: Sendable {
    enum Verdict: Equatable {
        /// So many of the voters at its heads are for it.
        case holds(votes: Int)
        case open
        case outnumbered
        case void
    }

    let set: RecordSet
    let defects: RosterDefects
    let graph: MeetingGraph
    /// What is void whatever is decided: records of members after they left, and what depends on
    /// them.
    let base: BitSet
    /// Records by which members left.
    let leaves: [Int]
    /// Ordered so that each comes after those it could know; then by id.
    private(set) var proposals: [Proposal] = []
    let ancestry: Ancestry
    /// Author, admission and position of each record, for loops over all of them.
    private let traits: [(author: Int, root: Int, position: UInt32)]
    private var voidSets: [BitSet?]
    /// The last unions of what removals make void: at heads and in the whole set.
    private var atHeads = VoidUnion()
    private var inWhole = VoidUnion()

    init(_ set: RecordSet, _ defects: RosterDefects) {
        self.set = set
        self.defects = defects
        self.graph = MeetingGraph(set)
        let entries = set.entries
        self.leaves = entries.indices.filter { entries[$0].record.kind == .leave }
        self.base = Self.afterLeaving(entries)
        var proposals: [Proposal] = []
        var numbers: [Int: Int] = [:]
        for (record, entry) in entries.enumerated() {
            if case .remove(let removal) = entry.record.body,
                let accused = set.number(of: removal.accused)
            {
                numbers[record] = proposals.count
                proposals.append(
                    Proposal(
                        record: record, author: entry.author, accused: accused,
                        kept: removal.kept, support: [(entry.author, record)]))
            } else if case .vote(let id) = entry.record.body, let record = set.number(of: id),
                let proposal = numbers[record], let voter = set.number(of: entry.record.id)
            {
                proposals[proposal].support.append((entry.author, voter))
            }
        }
        self.ancestry = Ancestry(proposals.isEmpty ? [] : entries)
        self.traits = proposals.isEmpty ? [] : entries.map { ($0.author, $0.root, $0.position) }
        if !defects.isActive(.judgedByArrival) {
            proposals.sort { left, right in
                let (left, right) = (entries[left.record], entries[right.record])
                return (left.depth, left.record.id) < (right.depth, right.record.id)
            }
        }
        self.voidSets = [BitSet?](repeating: nil, count: proposals.count)
        self.proposals = proposals
    }

    private static func afterLeaving(_ entries: [RecordEntry]) -> BitSet {
        var void = BitSet(room: entries.count)
        for (number, entry) in entries.enumerated().dropFirst() {
            let previous = entry.parents[0]
            let isAfter =
                entries[previous].author == entry.author
                && (entries[previous].record.kind == .leave || void.contains(previous))
            if isAfter || void.contains(entry.root) { void.insert(number) }
        }
        return void
    }

    /// What the removal makes void: what its accused wrote beside it, and what depends on that.
    mutating func voids(_ proposal: Int) -> BitSet {
        if let known = self.voidSets[proposal] { return known }
        let removal = self.proposals[proposal]
        var void = BitSet(room: self.traits.count)
        for number in self.traits.indices.dropFirst() {
            let (author, root, position) = self.traits[number]
            if author == removal.accused {
                let counts =
                    self.isBefore(number, removal.record) && position <= removal.kept
                    && !self.defects.isActive(.pastIsVoid)
                if !counts { void.insert(number) }
            }
            if void.contains(root), !self.defects.isActive(.dependentsStay) { void.insert(number) }
        }
        self.voidSets[proposal] = void
        return void
    }

    private func isBefore(_ record: Int, _ proposal: Int) -> Bool {
        self.defects.isActive(.backdatingCounts)
            ? !self.ancestry.isAncestor(proposal, of: record)
            : self.ancestry.isAncestor(record, of: proposal)
    }

    /// Everything that these removals make void.
    mutating func voids(_ proposals: [Int]) -> BitSet {
        var union = VoidUnion()
        return self.voids(proposals, &union)
    }

    /// The same, going on from the last union if that was of the first of them.
    private mutating func voids(_ proposals: [Int], _ last: inout VoidUnion) -> BitSet {
        var void = self.base
        var done = 0
        if let known = last.void, proposals.starts(with: last.proposals) {
            (void, done) = (known, last.proposals.count)
        }
        for proposal in proposals[done...] { void.formUnion(self.voids(proposal)) }
        last = VoidUnion(proposals: proposals, void: void)
        return void
    }

    private mutating func voidsAtHeads(_ proposals: [Int]) -> BitSet {
        var last = self.atHeads
        defer { self.atHeads = last }
        return self.voids(proposals, &last)
    }

    private mutating func voidsInWhole(_ proposals: [Int]) -> BitSet {
        var last = self.inWhole
        defer { self.inWhole = last }
        return self.voids(proposals, &last)
    }

    func isKnown(_ other: Int, to proposal: Int) -> Bool {
        self.ancestry.isAncestor(
            self.proposals[other].record, of: self.proposals[proposal].record)
    }

    /// Whether another removal takes support from one.
    ///
    /// If it does not, the one holds all the more given the other: its electorate can only shrink,
    /// by voters who are not for it.
    mutating func isTouched(_ proposal: Int, by other: Int) -> Bool {
        let void = self.voids(other)
        return self.proposals[proposal].support.contains { void.contains($0.record) }
    }

    /// Whether a removal holds if these others do.
    mutating func judge(_ proposal: Int, given others: [Int]) -> Verdict {
        let removal = self.proposals[proposal]
        let others = others.filter { $0 != proposal }
        guard removal.support.contains(where: { $0.member != removal.author }),
            case let known = others.filter({ self.isKnown($0, to: proposal) }),
            case let knownVoid = self.voidsAtHeads(known),
            let heads = self.electorate(of: removal, given: known, knownVoid)
        else { return .open }
        let void = self.voidsInWhole(others)
        guard !void.contains(removal.record) else { return .void }
        guard self.isMajority(self.supporters(of: removal, nil), of: heads) else { return .open }
        let supporters = self.supporters(of: removal, void)
        guard self.isMajority(supporters, of: heads) else { return .void }
        let whole = self.wholeElectorate(
            of: removal, heads: heads, supporters: supporters, given: others, void)
        guard self.isMajority(supporters, of: whole) || self.defects.isActive(.wholeUnchecked)
        else { return .outnumbered }
        return .holds(votes: whole.indices.filter { whole[$0] && supporters[$0] }.count)
    }

    func supporters(of removal: Proposal, _ void: BitSet?) -> [Bool] {
        var isFor = [Bool](repeating: false, count: self.set.members.count)
        for (member, record) in removal.support {
            if void?.contains(record) ?? false { continue }
            if self.defects.isActive(.leavingWithdraws), self.hasLeft(member) { continue }
            isFor[member] = true
        }
        return isFor
    }

    private func hasLeft(_ member: Int) -> Bool {
        self.leaves.contains { self.set.entries[$0].author == member }
    }

    func isMajority(_ supporters: [Bool], of electorate: [Bool]) -> Bool {
        let all = electorate.count { $0 }
        let votes = electorate.indices.count { electorate[$0] && supporters[$0] }
        let isEnough = self.defects.isActive(.halfIsEnough) ? 2 * votes >= all : 2 * votes > all
        return votes >= 2 && isEnough
    }

    /// The voters at a proposal's heads without the accused; nil: it cannot be made there.
    func electorate(
        of removal: Proposal, given known: [Int], _ void: BitSet
    ) -> [Bool]? {
        let counts = { (record: Int) in
            self.ancestry.isAncestor(record, of: removal.record) && !void.contains(record)
        }
        var voters = self.graph.voters(self.defects, counts)
        for leave in self.leaves where counts(leave) {
            voters[self.set.entries[leave].author] = false
        }
        for other in known { voters[self.proposals[other].accused] = false }
        let isRemoved = known.contains { self.proposals[$0].accused == removal.accused }
        let isMember = self.set.members[removal.accused].admissions.contains(where: counts)
        let needed = self.defects.isActive(.twoVotersRemove) ? 2 : 3
        guard voters[removal.author], isMember, !isRemoved, voters.count(where: { $0 }) >= needed
        else { return nil }
        if !self.defects.isActive(.accusedVotes) { voters[removal.accused] = false }
        return voters
    }

    /// These, and whoever is a voter by what was not written in knowledge of the proposal, belongs
    /// to the cluster, and is not for it.
    func wholeElectorate(
        of removal: Proposal, heads: [Bool], supporters: [Bool], given others: [Int],
        _ void: BitSet
    ) -> [Bool] {
        let counts = { (record: Int) in
            !void.contains(record)
                && (!self.ancestry.isAncestor(removal.record, of: record)
                    || self.defects.isActive(.growthCounts))
        }
        var voters = self.graph.voters(self.defects, counts)
        for leave in self.leaves where counts(leave) {
            voters[self.set.entries[leave].author] = false
        }
        for other in others { voters[self.proposals[other].accused] = false }
        for member in voters.indices where supporters[member] { voters[member] = false }
        voters[removal.accused] = false
        for member in voters.indices where heads[member] { voters[member] = true }
        if self.defects.isActive(.lateVotesCount) {
            for member in voters.indices where supporters[member] { voters[member] = true }
        }
        return voters
    }
}
