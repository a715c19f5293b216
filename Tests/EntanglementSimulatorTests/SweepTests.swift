// SPDX-License-Identifier: Apache-2.0
import EntanglementSimulator
import Foundation
import Synchronization
import Testing

@testable import simulate

/// Many courses together: sums, threads, traces, JSON.
@Suite struct SweepTests {
    private func outcomes(_ seeds: ClosedRange<UInt64>) -> [Course.Outcome] {
        seeds.map { seed in
            var course = Course(seed: seed, scenario: .pair)
            return course.run()
        }
    }

    @Test func talliesAddInAnyOrder() {
        let outcomes = self.outcomes(1...6)
        var (forward, backward, halves) = (SweepTotals(), SweepTotals(), SweepTotals())
        for outcome in outcomes { forward.add(outcome) }
        for outcome in outcomes.reversed() { backward.add(outcome) }
        for half in [outcomes[3...], outcomes[..<3]] {
            var part = SweepTotals()
            for outcome in half { part.add(outcome) }
            halves.add(part)
        }
        #expect(forward == backward)
        #expect(forward == halves)
        #expect(forward.runCount == 6)
        #expect(forward.tally.packetCount > 0)
    }

    @Test func whatNeverHappenedIsNamed() {
        #expect(Tally().missing == Fault.allCases)
        var totals = SweepTotals()
        for outcome in self.outcomes(1...6) { totals.add(outcome) }
        for fault in Fault.allCases {
            #expect(totals.tally.missing.contains(fault) == (totals.tally.count(of: fault) == 0))
        }
    }

    @Test(arguments: [1, 2, 5])
    func threadsDoNotChangeTheResult(jobs: Int) throws {
        let sweeping = Sweeping(
            seeds: try SeedRange("1..8"), scenarios: [.pair, .timeTravel], minutes: nil,
            jobs: jobs, failureCountMax: 1)
        var expected = SweepTotals()
        for seed in UInt64(1)...8 {
            for scenario in [Scenario.pair, .timeTravel] {
                var course = Course(seed: seed, scenario: scenario)
                expected.add(course.run())
            }
        }
        #expect(sweeping.run().totals == expected)
    }

    /// The third multiple of 7 ends it, whoever came first.
    @Test(arguments: [1, 2, 4, 9])
    func workEndsAtTheSamePieceWithAnyNumberOfThreads(threads: Int) {
        let workers = Workers(
            [UInt64](), pieceCount: 1_000, mayBegin: { true },
            work: { number in
                (0..<(number % 5 * 2_000)).reduce(number) { sum, _ in sum } % 1_000
            },
            take: { state, number, result in
                #expect(number == result)
                state.append(result)
                return state.count { $0 % 7 == 0 } < 3
            })
        #expect(workers.run(threads: threads) == Array(0...14))
    }

    @Test func traceLinesTellTheCourseAndChangeNothing() {
        let lines = Lines()
        var course = Course(seed: 2, scenario: .pair)
        course.trace { lines.append($0) }
        let outcome = course.run()
        #expect(outcome.hash == self.outcomes(2...2)[0].hash)
        let all = lines.all
        #expect(all.contains { $0.contains("message 1, 512 bytes: ") })
        #expect(all.contains { $0.contains("plan: offer(by: host") })
        #expect(all.contains { $0.contains("tells trusted(") || $0.contains("pairingStarted(") })
        #expect(all.allSatisfy { !$0.contains("\n") && $0.contains(" s  ") })
        let times = all.compactMap { line in
            Double(String(line.prefix { $0 != "s" }.filter { $0 != " " }))
        }
        #expect(times.count == all.count)
        #expect(times == times.sorted())
    }

    @Test func theJSONOfACourseIsComplete() throws {
        let outcomes = (UInt64(1)...20).lazy.map { seed in
            var course = Course(seed: seed, scenario: .village, defects: .lazyDisk)
            return course.run()
        }
        let outcome = try #require(outcomes.first { !$0.violations.isEmpty })
        let text = try Printout.json(RunAccount(outcome, commit: "a\"b\\c\n"))
        #expect(!text.contains("\n"))
        let object = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "seed", "traceHash", "outcome", "scenario", "commit", "violations", "events",
                "simulatedSeconds",
            ])
        #expect(object["commit"] as? String == "a\"b\\c\n")
        #expect(object["outcome"] as? String == "violation")
        #expect(object["traceHash"] as? String == outcome.hash.description)
        let violations = try #require(object["violations"] as? [[String: Any]])
        #expect(violations.count == outcome.violations.count)
        let report = Printout.text(outcome)
        #expect(report.contains("scripts/simulate run --seed \(outcome.seed) --scenario village"))
        #expect(report.contains("commit: "))
        #expect(report.contains("sequenceDiagram"))
    }
}

/// Lines that a trace has handed over.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { self.lines.withLock { $0 } }

    func append(_ line: String) { self.lines.withLock { $0.append(line) } }
}
