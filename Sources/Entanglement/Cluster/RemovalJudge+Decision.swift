// SPDX-License-Identifier: Apache-2.0

extension RemovalJudge {
    /// Which removals take effect, and what became of the others.
    struct Decision {
        /// Numbers of proposals, in order.
        var inEffect: [Int]
        /// For each proposal.
        var outcomes: [RemovalOutcome]
    }

    /// Passes over what is left undecided, at most.
    private static let passCountMax = 3

    /// Decides about all proposals.
    ///
    /// First each is judged given those that hold among its ancestors; then conflicts between those
    /// that hold are resolved; then those that do not hold any more are dropped, and those taken in
    /// that hold given what was decided and undo none of it.
    mutating func decide() -> Decision {
        var holding: [Int] = []
        var votes = [Int](repeating: 0, count: self.proposals.count)
        for proposal in self.proposals.indices {
            let known = holding.filter {
                self.isKnown($0, to: proposal) || self.defects.isActive(.judgedByArrival)
            }
            guard case .holds(let count) = self.judge(proposal, given: known) else { continue }
            votes[proposal] = count
            holding.append(proposal)
        }
        var (inEffect, lost) = self.resolve(holding, votes)
        self.drop(&inEffect, of: holding)
        self.support(&inEffect, apartFrom: lost)
        var isInEffect = [Bool](repeating: false, count: self.proposals.count)
        for proposal in inEffect { isInEffect[proposal] = true }
        let outcomes = self.proposals.indices.map { proposal -> RemovalOutcome in
            if isInEffect[proposal] { return .inEffect }
            if lost.contains(proposal) { return .conflicting }
            switch self.judge(proposal, given: inEffect) {
            case .holds: return .conflicting
            case .open: return .open
            case .outnumbered: return .outnumbered
            case .void: return .void
            }
        }
        return Decision(inEffect: inEffect, outcomes: outcomes)
    }

    /// Takes those that nobody undoes, and where they undo each other the one with more votes.
    private mutating func resolve(
        _ holding: [Int], _ votes: [Int]
    ) -> (inEffect: [Int], lost: [Int]) {
        if self.defects.isActive(.conflictsStand) { return (holding, []) }
        let undoing = self.undoing(holding)
        guard !undoing.isEmpty else { return (holding, []) }
        var (undecided, taken, lost) = (holding, [Int](), [Int]())
        while !undecided.isEmpty {
            let free = undecided.filter { each in
                !undoing.contains { $0.undone == each && undecided.contains($0.by) }
            }
            var winners = free
            if free.isEmpty {
                let circle = Self.circle(undecided, undoing)
                let best =
                    circle.map { votes[$0] }
                    .reduce(nil) { self.better($0, $1) } ?? 0
                let tied = circle.filter { votes[$0] == best }
                winners = self.winner(tied).map { [$0] } ?? []
                let losers =
                    winners.isEmpty
                    ? tied
                    : circle.filter { other in
                        undoing.contains { $0.by == other && winners.contains($0.undone) }
                    }
                lost += losers
                undecided.removeAll { losers.contains($0) || winners.contains($0) }
            } else {
                undecided.removeAll { free.contains($0) }
            }
            taken += winners
            undecided.removeAll { each in
                undoing.contains { $0.undone == each && winners.contains($0.by) }
            }
        }
        return (taken.sorted(), lost)
    }

    private func better(_ best: Int?, _ votes: Int) -> Int {
        guard let best else { return votes }
        return self.defects.isActive(.fewerVotesWin) ? min(best, votes) : max(best, votes)
    }

    /// Which of those that hold undo which others.
    private mutating func undoing(_ holding: [Int]) -> [(by: Int, undone: Int)] {
        var undoing: [(by: Int, undone: Int)] = []
        for undone in holding {
            for by in holding where by != undone && !self.isKnown(by, to: undone) {
                guard self.isTouched(undone, by: by) else { continue }
                let known = holding.filter { self.isKnown($0, to: undone) }
                if case .holds = self.judge(undone, given: known + [by]) { continue }
                undoing.append((by, undone))
            }
        }
        return undoing
    }

    /// Some that undo each other all the way round and that nobody else undoes: of all such circles
    /// the one with the first proposal.
    private static func circle(
        _ undecided: [Int], _ undoing: [(by: Int, undone: Int)]
    ) -> [Int] {
        func reach(_ start: Int) -> [Int] {
            var (reached, next) = ([start], [start])
            while let by = next.popLast() {
                for edge in undoing
                where edge.by == by && undecided.contains(edge.undone)
                    && !reached.contains(edge.undone)
                {
                    reached.append(edge.undone)
                    next.append(edge.undone)
                }
            }
            return reached
        }
        let reached = undecided.map { reach($0) }
        for start in undecided.indices {
            let from = undecided.indices.filter { reached[$0].contains(undecided[start]) }
            if from.allSatisfy({ reached[start].contains(undecided[$0]) }) {
                return from.map { undecided[$0] }
            }
        }
        return undecided
    }

    /// Of removals with equal votes the one whose accused joined after all others' accused.
    private func winner(_ tied: [Int]) -> Int? {
        if self.defects.isActive(.tieByArrival) { return tied.min { self.came($0, before: $1) } }
        if tied.count == 1 { return tied[0] }
        return tied.first { candidate in
            tied.allSatisfy { other in
                other == candidate
                    || (self.defects.isActive(.earlierJoinerGoes)
                        ? self.joined(candidate, before: other)
                        : self.joined(other, before: candidate))
            }
        }
    }

    private func came(_ one: Int, before other: Int) -> Bool {
        self.proposals[one].record < self.proposals[other].record
    }

    /// Whether one's accused had joined when the other's did.
    private func joined(_ one: Int, before other: Int) -> Bool {
        let one = self.set.members[self.proposals[one].accused].admissions
        let other = self.set.members[self.proposals[other].accused].admissions
        return other.allSatisfy { later in
            one.contains { $0 != later && self.ancestry.isAncestor($0, of: later) }
        }
    }

    /// Drops those that do not hold given the rest, until all do.
    private mutating func drop(_ inEffect: inout [Int], of holding: [Int]) {
        var isStable = false
        while !isStable {
            isStable = true
            for proposal in inEffect where self.isInDoubt(proposal, inEffect, holding) {
                if case .holds = self.judge(proposal, given: inEffect) { continue }
                inEffect.removeAll { $0 == proposal }
                isStable = false
            }
        }
    }

    /// Whether what was found about a removal, given its ancestors, may not be true any more.
    ///
    /// So it is if one of them was given up, or if another one takes support from it. All else makes
    /// majorities easier.
    private mutating func isInDoubt(
        _ proposal: Int, _ inEffect: [Int], _ holding: [Int]
    ) -> Bool {
        if inEffect.count < holding.count,
            holding.contains(where: { self.isKnown($0, to: proposal) && !inEffect.contains($0) })
        {
            return true
        }
        for other in inEffect where other != proposal && !self.isKnown(other, to: proposal) {
            if self.isTouched(proposal, by: other) { return true }
        }
        return false
    }

    /// Takes in those that hold given what is in effect, if that still holds then.
    private mutating func support(_ inEffect: inout [Int], apartFrom lost: [Int]) {
        for _ in 0..<Self.passCountMax {
            let before = inEffect.count
            for proposal in self.proposals.indices
            where !inEffect.contains(proposal) && !lost.contains(proposal) {
                guard case .holds = self.judge(proposal, given: inEffect),
                    self.isCompatible(proposal, inEffect)
                else { continue }
                inEffect.append(proposal)
            }
            if inEffect.count == before { break }
        }
        inEffect.sort()
    }

    private mutating func isCompatible(_ proposal: Int, _ inEffect: [Int]) -> Bool {
        for held in inEffect
        where self.isKnown(proposal, to: held) || self.isTouched(held, by: proposal) {
            if case .holds = self.judge(held, given: inEffect + [proposal]) { continue }
            return false
        }
        return true
    }
}
