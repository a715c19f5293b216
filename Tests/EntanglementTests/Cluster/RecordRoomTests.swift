// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// One member, or whoever it takes in, cannot use up a cluster's records (PROTOCOL.md §11.6).
@Suite struct RecordRoomTests {
    private var maker = ClusterMaker(seed: 22)
    private let limits = ClusterLimits(recordCountMax: 40)

    /// As a node does: what the records say is known when the next one comes.
    private func take(_ record: Record, into set: inout RecordSet) -> RecordIntake {
        let intake = set.take(
            record, from: nil, now: Instant(nanoseconds: 0), self.maker.primitives)
        set.note(RosterState(of: set, self.maker.primitives))
        return intake
    }

    private func count(_ records: [Record], into set: inout RecordSet) -> Int {
        records.count { self.take($0, into: &set) == .added([$0]) }
    }

    private func blocks(
        _ count: Int, by person: ClusterMaker.Person, _ view: inout ClusterView
    ) -> [Record] {
        (0..<count).map {
            view.write(
                .block(self.maker.anna.id, isOn: $0.isMultiple(of: 2)), by: person, self.maker)
        }
    }

    @Test mutating func oneVoterHasAQuarterAndItsGuestsTogetherAnother() {
        var view = ClusterView(self.maker.emptySet())
        let carl = view.voter(metBy: self.maker.anna, self.maker.ben, &self.maker)
        let guests = (0..<3).map { _ in view.add(by: carl, &self.maker) }
        var set = self.maker.emptySet(self.limits)
        let early = Array(view.set.records.dropFirst())
        #expect(self.count(early, into: &set) == early.count)
        // 36 places but those of the reserve; Carl has used three of his nine.
        let own = self.blocks(12, by: carl, &view)
        #expect(self.count(own, into: &set) == 6)
        #expect(self.take(own[6], into: &set) == .refused(.full))
        var taken = 0
        for guest in guests {
            view = ClusterView(set)
            taken += self.count(self.blocks(4, by: guest, &view), into: &set)
        }
        #expect(taken == 9)
        view = ClusterView(set)
        let other = self.blocks(1, by: self.maker.ben, &view)
        #expect(self.count(other, into: &set) == 1)
    }

    @Test mutating func theLastPlacesAreForRemovalsVotesLeavesAndEpochsOfVoters() throws {
        var view = ClusterView(self.maker.emptySet())
        let carl = view.voter(metBy: self.maker.anna, self.maker.ben, &self.maker)
        let guest = view.add(by: self.maker.ben, &self.maker)
        let (anna, ben) = (self.maker.anna, self.maker.ben)
        for (person, count) in [(anna, 8), (ben, 7), (carl, 9), (guest, 8)] {
            _ = self.blocks(count, by: person, &view)
        }
        let flood = view.set.records.dropFirst()
        var set = self.maker.emptySet(self.limits)
        let taken = self.count(Array(flood), into: &set)
        #expect(taken == 35)
        view = ClusterView(set)
        let more = self.blocks(1, by: anna, &view)[0]
        #expect(self.take(more, into: &set) == .refused(.full))
        view = ClusterView(set)
        let leave = view.write(.leave, by: guest, self.maker)
        #expect(self.take(leave, into: &set) == .refused(.full))
        view = ClusterView(set)
        let proposal = view.write(.remove(Removal(accused: carl.id)), by: anna, self.maker)
        #expect(self.take(proposal, into: &set) == .added([proposal]))
        let vote = view.write(.vote(proposal.id), by: ben, self.maker)
        #expect(self.take(vote, into: &set) == .added([vote]))
        let state = RosterState(of: set, self.maker.primitives)
        #expect(state.member(carl.id)?.status == .removed)
        // No voter has more of them than its part.
        let second = view.write(.remove(Removal(accused: guest.id)), by: anna, self.maker)
        let third = view.write(.remove(Removal(accused: guest.id)), by: anna, self.maker)
        #expect(self.take(second, into: &set) == .added([second]))
        #expect(self.take(third, into: &set) == .refused(.full))
    }

    /// Where two nodes hold different ones of the last records, both take in what counts then.
    @Test mutating func whatCountsNamesNothingThatOthersHaveNoRoomFor() throws {
        var view = ClusterView(self.maker.emptySet())
        let (anna, ben) = (self.maker.anna, self.maker.ben)
        let carl = view.voter(metBy: anna, ben, &self.maker)
        let dora = view.voter(metBy: anna, ben, &self.maker)
        for (person, count) in [(anna, 7), (ben, 7), (dora, 8), (carl, 5)] {
            _ = self.blocks(count, by: person, &view)
        }
        var sets: [RecordSet] = []
        for target in [ben, dora] {
            var set = self.maker.emptySet(self.limits)
            #expect(self.count(Array(view.set.records.dropFirst()), into: &set) == 31)
            var fork = view
            let flood = (0..<4).map { _ in
                fork.write(.block(target.id, isOn: true), by: carl, self.maker)
            }
            #expect(self.count(flood, into: &set) == 4)
            sets.append(set)
        }
        #expect(sets[0].heads != sets[1].heads)
        let first = ClusterView(sets[0])
        var writing = first
        let proposal = writing.write(.remove(Removal(accused: carl.id)), by: anna, self.maker)
        for index in sets.indices {
            #expect(self.take(proposal, into: &sets[index]) == .added([proposal]))
        }
        writing = ClusterView(sets[1])
        let vote = writing.write(.vote(proposal.id), by: ben, self.maker)
        for index in sets.indices {
            #expect(self.take(vote, into: &sets[index]) == .added([vote]))
        }
    }
}
