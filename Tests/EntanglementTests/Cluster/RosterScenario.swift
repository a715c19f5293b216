// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A cluster whose people do something, and what must be true of the roster then.
struct RosterScenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let play: @Sendable (inout Stage) -> Bool

    init(_ promise: String, _ play: @escaping @Sendable (inout Stage) -> Bool) {
        self.testDescription = promise
        self.play = play
    }

    /// Whether the promise is kept by a fold with these defects.
    func holds(defects: RosterDefects = []) -> Bool {
        var stage = Stage(defects: defects)
        return self.play(&stage)
    }

    static let all = voters + majorities + conflicts + voids + afterwards
}

/// Where a scenario is played: one maker and one view that has everything.
struct Stage {
    typealias Person = ClusterMaker.Person

    let defects: RosterDefects
    var maker = ClusterMaker(seed: 7)
    var all: ClusterView

    init(defects: RosterDefects) {
        self.defects = defects
        self.all = ClusterView(self.maker.emptySet())
    }

    var anna: Person { self.maker.anna }
    var ben: Person { self.maker.ben }
    var state: RosterState { self.all.state(self.maker, defects: self.defects) }

    /// So many voters more, each met by both founders.
    mutating func voters(_ count: Int) -> [Person] {
        (0..<count).map { _ in self.all.voter(metBy: self.anna, self.ben, &self.maker) }
    }

    /// Proposes and votes one after the other in a view of their own, which is merged then.
    @discardableResult
    mutating func remove(
        _ accused: Person, by people: [Person], kept: UInt32 = Removal.keepsAll,
        seeing view: ClusterView? = nil
    ) -> RecordID {
        var view = view ?? self.all
        let body = RecordBody.remove(Removal(accused: accused.id, kept: kept))
        let proposal = view.write(body, by: people[0], self.maker)
        for voter in people.dropFirst() { view.write(.vote(proposal.id), by: voter, self.maker) }
        self.merge(view)
        return proposal.id
    }

    mutating func merge(_ view: ClusterView) { self.all.take(view.set.records, self.maker) }

    /// What a view that has nothing but this history would do.
    func status(_ person: Person) -> MemberStatus? { self.state.member(person.id)?.status }

    func isVoter(_ person: Person) -> Bool { self.state.member(person.id)?.isVoter ?? false }

    func outcome(_ proposal: RecordID) -> RemovalOutcome? {
        self.state.removals.first { $0.id == proposal }?.outcome
    }
}

extension RosterScenario {
    static let voters = [
        RosterScenario("both founders are voters, and have met") { stage in
            stage.isVoter(stage.anna) && stage.isVoter(stage.ben)
                && stage.state.member(stage.anna.id)?.metBy == [stage.ben.id]
        },
        RosterScenario("who was met by one voter is a guest") { stage in
            let guest = stage.all.add(by: stage.anna, &stage.maker)
            return stage.status(guest) == .present && !stage.isVoter(guest)
        },
        RosterScenario("who was met by two voters is one") { stage in
            let carl = stage.voters(1)[0]
            let metBy = [stage.anna.id, stage.ben.id].sorted()
            return stage.isVoter(carl) && stage.state.member(carl.id)?.metBy == metBy
        },
        RosterScenario("meeting one voter twice makes no voter") { stage in
            let guest = stage.all.add(by: stage.anna, &stage.maker)
            stage.all.confirm(guest, stage.anna, &stage.maker)
            return !stage.isVoter(guest)
        },
        RosterScenario("guests make no voters") { stage in
            let one = stage.all.add(by: stage.anna, &stage.maker)
            let other = stage.all.add(by: stage.ben, &stage.maker)
            let third = stage.all.voter(metBy: one, other, &stage.maker)
            return !stage.isVoter(one) && !stage.isVoter(third)
        },
        RosterScenario("voters make voters, along chains of sponsors") { stage in
            let carl = stage.voters(1)[0]
            let dora = stage.all.voter(metBy: stage.anna, carl, &stage.maker)
            let emil = stage.all.voter(metBy: carl, dora, &stage.maker)
            return stage.isVoter(emil)
                && stage.state.member(emil.id)?.metBy == [carl.id, dora.id].sorted()
        },
        RosterScenario("what a voter did before it was removed stays") { stage in
            let carl = stage.voters(1)[0]
            let dora = stage.all.voter(metBy: stage.anna, carl, &stage.maker)
            stage.remove(carl, by: [stage.anna, stage.ben, dora])
            return stage.status(carl) == .removed && stage.isVoter(dora)
        },
    ]

    static let majorities = [
        RosterScenario("a strict majority removes") { stage in
            let people = stage.voters(2)
            let proposal = stage.remove(people[1], by: [stage.anna, stage.ben])
            return stage.status(people[1]) == .removed && stage.outcome(proposal) == .inEffect
        },
        RosterScenario("half of the voters are no majority") { stage in
            let people = stage.voters(3)
            let proposal = stage.remove(people[2], by: [stage.anna, stage.ben])
            guard stage.outcome(proposal) == .open else { return false }
            stage.all.write(.vote(proposal), by: people[0], stage.maker)
            return stage.outcome(proposal) == .inEffect
        },
        RosterScenario("with two voters nobody can be removed") { stage in
            let guest = stage.all.add(by: stage.anna, &stage.maker)
            let proposal = stage.remove(guest, by: [stage.anna, stage.ben])
            return stage.outcome(proposal) == .open && stage.status(guest) == .present
        },
        RosterScenario("with three voters the other two can remove one, a founder too") { stage in
            let carl = stage.voters(1)[0]
            stage.remove(stage.anna, by: [stage.ben, carl])
            return stage.status(stage.anna) == .removed && stage.status(carl) == .present
        },
        RosterScenario("one voter alone removes nobody") { stage in
            let carl = stage.voters(1)[0]
            let guest = stage.all.add(by: stage.anna, &stage.maker)
            let proposal = stage.remove(guest, by: [stage.anna])
            return stage.outcome(proposal) == .open && stage.status(carl) == .present
        },
        RosterScenario("the accused is not counted") { stage in
            let carl = stage.voters(1)[0]
            let proposal = stage.remove(carl, by: [stage.anna, carl])
            return stage.outcome(proposal) == .open
        },
        RosterScenario("the votes of guests do not count, nor their proposals") { stage in
            let people = stage.voters(3)
            let guests = [
                stage.all.add(by: stage.anna, &stage.maker),
                stage.all.add(by: stage.ben, &stage.maker),
            ]
            let one = stage.remove(people[2], by: [stage.anna] + guests)
            let other = stage.remove(people[1], by: [guests[0], stage.anna, stage.ben, people[0]])
            return stage.outcome(one) == .open && stage.outcome(other) == .open
        },
        RosterScenario("votes long after the proposal count") { stage in
            let people = stage.voters(2)
            let proposal = stage.remove(people[1], by: [stage.anna])
            for _ in 0..<3 { _ = stage.all.add(by: stage.ben, &stage.maker) }
            stage.all.write(.vote(proposal), by: people[0], stage.maker)
            return stage.outcome(proposal) == .inEffect
        },
        RosterScenario("who became a voter after the proposal has no vote about it") { stage in
            let people = stage.voters(3)
            let proposal = stage.remove(people[2], by: [stage.anna])
            let late = stage.all.voter(metBy: stage.ben, people[0], &stage.maker)
            for voter in [late, stage.ben] {
                stage.all.write(.vote(proposal), by: voter, stage.maker)
            }
            guard stage.outcome(proposal) == .open else { return false }
            stage.all.write(.vote(proposal), by: people[0], stage.maker)
            return stage.outcome(proposal) == .inEffect
        },
        RosterScenario("who joins after a removal does not undo it") { stage in
            let people = stage.voters(2)
            stage.remove(people[1], by: [stage.anna, stage.ben])
            for _ in 0..<6 { _ = stage.voters(1) }
            return stage.status(people[1]) == .removed
        },
        RosterScenario("a majority of long ago is outnumbered by today's voters") { stage in
            let carl = stage.voters(1)[0]
            let old = stage.all
            for _ in 0..<4 {
                _ = stage.all.voter(metBy: carl, stage.ben, &stage.maker)
            }
            let proposal = stage.remove(carl, by: [stage.anna, stage.ben], seeing: old)
            return stage.outcome(proposal) == .outnumbered && stage.status(carl) == .present
        },
        RosterScenario("voters of today stand against it until they vote for it") { stage in
            let people = stage.voters(2)
            let old = stage.all
            let late = stage.voters(2)
            let proposal = stage.remove(people[1], by: [stage.anna, stage.ben], seeing: old)
            guard stage.outcome(proposal) == .outnumbered else { return false }
            stage.all.write(.vote(proposal), by: late[0], stage.maker)
            guard stage.outcome(proposal) == .outnumbered else { return false }
            stage.all.write(.vote(proposal), by: late[1], stage.maker)
            return stage.outcome(proposal) == .inEffect
        },
        RosterScenario("a majority of today is none if there was none at the heads") { stage in
            let people = stage.voters(4)
            let old = stage.all
            let late = stage.voters(3)
            let proposal = stage.remove(people[3], by: [stage.anna, stage.ben], seeing: old)
            for voter in late { stage.all.write(.vote(proposal), by: voter, stage.maker) }
            return stage.outcome(proposal) == .open
        },
    ]
}
