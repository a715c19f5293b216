// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Foundation
import Testing

/// Two real cores under everything that a network and two people do: in the end they agree.
///
/// `scripts/explore` goes deeper: it sets `SPOCKEX_EXPLORE_STEPS`, `SPOCKEX_EXPLORE_FAULTS` and
/// `SPOCKEX_EXPLORE_START`.
@Suite struct ExplorationTests {
    private static func setting(_ name: String) -> String? {
        ProcessInfo.processInfo.environment["SPOCKEX_EXPLORE_" + name]
    }

    /// One loss, one duplicate, one crash, one cancel, one expiry and one forged error: how many
    /// steps are explored, and how many of the six may happen on one way.
    private static let depths: [(steps: Int, faults: Int)] = {
        guard let steps = setting("STEPS").flatMap({ Int($0) }) else { return [(4, 6), (8, 0)] }
        return [(steps, setting("FAULTS").flatMap { Int($0) } ?? 6)]
    }()

    private static let starts = Exploration.Start.allCases.filter {
        setting("START").map([$0.rawValue].contains) ?? true
    }

    @Test(arguments: starts)
    func bothSidesAlwaysAgreeInTheEnd(start: Exploration.Start) {
        for depth in Self.depths {
            let report = Exploration.run(
                from: start, steps: depth.steps, faultCountMax: depth.faults)
            #expect(report.counterexample == nil)
            #expect(report.worldCountsByDepth.count == depth.steps + 1)
            #expect(report.trustedCount > 0)
            #expect(report.overflowCount == 0)
            print(
                "explored \(depth.steps) steps from \(start), at most \(depth.faults) of 6 faults:",
                report.summary)
        }
    }

    /// So many distinct worlds there were when this was written.
    ///
    /// A change of the core moves the counts a little; much fewer or more mean that something else
    /// is explored than is thought.
    @Test(arguments: [
        (Exploration.Start.offered, 257), (.answered, 1_369), (.accepted, 3_749),
        (.bothInitiate, 5_615), (.onlyBobInitiates, 2_457),
    ])
    func theExplorationReachesItsWorlds(start: Exploration.Start, count: Int) {
        let report = Exploration.run(from: start, steps: 4)
        #expect((count * 3 / 4...count * 5 / 4).contains(report.worldCount))
        #expect(report.worldCount == report.worldCountsByDepth.last)
        #expect(report.trustedCount > 0)
        #expect(report.goneCount > 0)
    }

    @Test func theOrderOfTheKeysDoesNotMatter() throws {
        let smaller = try #require((1...64).first { Exploration.isAliceSmaller(seed: $0) })
        let greater = try #require((1...64).first { !Exploration.isAliceSmaller(seed: $0) })
        for seed in [smaller, greater] {
            let report = Exploration.run(
                from: .bothInitiate, steps: 5, faultCountMax: 2, seed: seed)
            #expect(report.counterexample == nil)
        }
    }

    /// Both times that a side may run out come on one way: the 90 seconds, then the 30 days.
    @Test func aSideThatTimesOutForGoodAgreesToo() {
        let budget = Budget(losses: 1, crashes: 1, expiries: 2)
        let report = Exploration.run(from: .accepted, steps: 5, budget: budget)
        #expect(report.counterexample == nil)
        #expect(report.goneCount > 0)
    }

    @Test(
        arguments: [
            Mutation.noConfirmation, .errorsDelete, .foundingNotStored, .noTombstone,
        ], Exploration.Start.allCases)
    func deliberateDefectsAreCaught(mutation: Mutation, start: Exploration.Start) throws {
        let report = Exploration.run(from: start, steps: 6, mutation: mutation)
        let trace = try #require(report.counterexample)
        print("caught", mutation.rawValue, "from", start, "by", trace.joined(separator: "; "))
    }
}
