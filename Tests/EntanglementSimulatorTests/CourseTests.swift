// SPDX-License-Identifier: Apache-2.0
import EntanglementSimulator
import Foundation
import Testing

/// Whole courses: they repeat to the bit, keep every promise, and find deliberate defects.
@Suite struct CourseTests {
    private func outcome(
        _ seed: UInt64, _ scenario: Scenario, _ defects: Defects = []
    ) -> Course.Outcome {
        var course = Course(seed: seed, scenario: scenario, defects: defects)
        return course.run()
    }

    @Test(arguments: Scenario.allCases)
    func oneSeedGivesOneCourse(scenario: Scenario) {
        for seed in UInt64(1)...3 {
            let (one, same) = (self.outcome(seed, scenario), self.outcome(seed, scenario))
            #expect(one.hash == same.hash)
            #expect(one.eventCount == same.eventCount)
            #expect(one.hash != self.outcome(seed + 1, scenario).hash)
        }
    }

    /// A few dozen seeds; `simulate sweep` runs as many as one has time for.
    @Test(arguments: Scenario.allCases)
    func promisesAreKept(scenario: Scenario) {
        var trusted = 0
        for seed in UInt64(1)...40 {
            let outcome = self.outcome(seed, scenario)
            #expect(outcome.violations.isEmpty, "seed \(seed)")
            trusted += outcome.trustedCount
        }
        #expect(trusted > 10)
    }

    /// Every seed that ever failed is run again.
    @Test func seedsThatFailedOnceAreClean() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Seeds.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
        for line in lines {
            let words = line.split(separator: " ")
            let seed = try #require(words.first.flatMap { UInt64($0) })
            let scenario = try #require(
                words.count > 1 ? Scenario(rawValue: String(words[1])) : nil)
            #expect(self.outcome(seed, scenario).violations.isEmpty, "seed \(line)")
        }
    }
}
