// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Foundation
import Testing

@testable import Entanglement

@Suite struct RosterTests {
    @Test(arguments: RosterScenario.all)
    func thePromiseIsKept(scenario: RosterScenario) {
        #expect(scenario.holds())
    }

    /// `SPOCKEX_ROSTER_SETS` says how many sets; `scripts/prove-roster` runs a million.
    @Test func aSetGivesOneStateInEveryOrder() async {
        let text = ProcessInfo.processInfo.environment["SPOCKEX_ROSTER_SETS"] ?? ""
        let sets = UInt64(text) ?? 10_000
        let chunks: UInt64 = 4
        let total = await withTaskGroup(of: RosterProof.Tally.self) { group in
            for chunk in 0..<chunks {
                group.addTask {
                    let seeds = stride(from: chunk, to: sets, by: Int(chunks))
                    return self.prove(seeds)
                }
            }
            return await group.reduce(into: RosterProof.Tally()) { $0.add($1) }
        }
        #expect(total.sets == Int(sets))
        #expect(sets < 1_000 || (total.removals > 100 && total.conflicts > 0 && total.voids > 0))
        // Who has a place and who waits is decided too.
        #expect(sets < 1_000 || total.crowds > 100)
    }

    private func prove(_ seeds: some Sequence<UInt64>) -> RosterProof.Tally {
        let proof = RosterProof(orders: 10)
        var tally = RosterProof.Tally()
        for seed in seeds {
            let order = proof.differingOrder(seed: seed, &tally)
            #expect(order == nil, "the set of seed \(seed)")
            if order != nil { break }
        }
        return tally
    }

    @Test func everyRemovalInEffectHoldsGivenTheOthers() {
        // In the last one a removal accuses a late voter whose vote another removal has.
        for seed in Array(UInt64(0)..<1_500) + [55_563] {
            let random = RandomRecords(seed: seed)
            var judge = RemovalJudge(random.view.set, [])
            let decision = judge.decide()
            for proposal in decision.inEffect {
                guard case .holds = judge.judge(proposal, given: decision.inEffect) else {
                    Issue.record("the set of seed \(seed)")
                    return
                }
            }
        }
    }

    @Test func eachDefectIsFound() {
        for (name, defect) in RosterDefects.named {
            let isFound =
                RosterScenario.all.contains { !$0.holds(defects: defect) }
                || self.isFoundByOrder(defect)
            #expect(isFound, "\(name)")
        }
    }

    private func isFoundByOrder(_ defect: RosterDefects) -> Bool {
        let proof = RosterProof(orders: 3, defects: defect)
        var tally = RosterProof.Tally()
        return (0..<3_000).contains { proof.differingOrder(seed: $0, &tally) != nil }
    }

    @Test func whoIsBeyondTheLimitWaits() {
        var maker = ClusterMaker(seed: 3)
        var view = ClusterView(maker.emptySet(ClusterLimits(memberCountMax: 4)))
        let first = view.add(by: maker.anna, &maker)
        let second = view.add(by: maker.anna, &maker)
        let third = view.add(by: maker.anna, &maker)
        var state = view.state(maker)
        #expect(state.present.count == 4)
        #expect(state.member(second.id)?.status == .present)
        #expect(state.member(third.id)?.status == .waiting)
        view.confirm(maker.ben, third, &maker)
        state = view.state(maker)
        #expect(state.member(third.id)?.status == .present)
        #expect(state.member(second.id)?.status == .waiting)
        view.write(.leave, by: first, maker)
        state = view.state(maker)
        #expect(state.member(second.id)?.status == .present)
    }

    /// Guests of a guest have no places while guests of voters need them, wherever they say that they came.
    @Test func whoTakesInManyByAnOldPlacePushesOutNobody() {
        var maker = ClusterMaker(seed: 4)
        var view = ClusterView(maker.emptySet(ClusterLimits(memberCountMax: 6)))
        let eve = view.add(by: maker.ben, &maker)
        let old = view.set.nextPlace(of: eve.id)
        for _ in 0..<5 { view.write(.block(eve.id, isOn: true), by: maker.anna, maker) }
        let guests = (0..<2).map { _ in view.add(by: maker.anna, &maker) }
        for _ in 0..<4 {
            guard let old else { return }
            let (_, record) = maker.newcomer(of: eve, at: old)
            view.take([record], maker)
        }
        let state = view.state(maker)
        #expect(state.members.count == 9 && state.present.count == 6)
        for person in guests + [eve] {
            #expect(state.member(person.id)?.status == .present)
        }
    }

    /// The guests of each sponsor have places in turn.
    @Test func oneVotersManyGuestsLeavePlacesForThoseOfOthers() {
        var maker = ClusterMaker(seed: 5)
        var view = ClusterView(maker.emptySet(ClusterLimits(memberCountMax: 6)))
        for _ in 0..<8 { _ = view.add(by: maker.ben, &maker) }
        let guests = (0..<2).map { _ in view.add(by: maker.anna, &maker) }
        let state = view.state(maker)
        #expect(state.present.count == 6)
        for person in guests { #expect(state.member(person.id)?.status == .present) }
    }

    @Test func aStateHashTellsStatesApart() {
        var maker = ClusterMaker(seed: 3)
        var view = ClusterView(maker.emptySet())
        var hashes = [view.state(maker).hash(maker.primitives)]
        let guest = view.add(by: maker.anna, &maker)
        hashes.append(view.state(maker).hash(maker.primitives))
        view.confirm(maker.ben, guest, &maker)
        hashes.append(view.state(maker).hash(maker.primitives))
        view.write(.block(guest.id, isOn: true), by: maker.ben, maker)
        hashes.append(view.state(maker).hash(maker.primitives))
        view.write(.leave, by: guest, maker)
        hashes.append(view.state(maker).hash(maker.primitives))
        #expect(Set(hashes).count == hashes.count)
    }
}
