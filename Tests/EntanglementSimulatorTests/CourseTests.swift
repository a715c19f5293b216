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

    /// What was broken, and the command that shows more.
    private func replay(_ outcome: Course.Outcome) -> String {
        let command =
            "scripts/simulate run --seed \(outcome.seed) --scenario \(outcome.scenario.rawValue)"
        return (outcome.violations.map(\.description) + [command]).joined(separator: "\n")
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

    /// A few seeds; `scripts/simulate sweep` runs as many as one has time for.
    @Test(arguments: Scenario.allCases)
    func promisesAreKept(scenario: Scenario) {
        var trusted = 0
        for seed in UInt64(1)...(scenario == .cluster ? 8 : 20) {
            let outcome = self.outcome(seed, scenario)
            #expect(outcome.violations.isEmpty, "\(self.replay(outcome))")
            trusted += outcome.trustedCount
        }
        #expect(trusted > 3)
    }

    /// The lines of a file beside this one, without comments, split at spaces.
    private func lines(of name: String) throws -> [[Substring]] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent(name)
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    }

    private func course(of line: [Substring]) throws -> (UInt64, Scenario) {
        let seed = try #require(line.first.flatMap { UInt64($0) })
        let scenario = try #require(
            line.count > 1 ? Scenario(rawValue: String(line[1])) : nil)
        return (seed, scenario)
    }

    /// Every seed that ever failed is run again.
    @Test func seedsThatFailedOnceAreClean() throws {
        for line in try self.lines(of: "Seeds.txt") {
            let (seed, scenario) = try self.course(of: line)
            let outcome = self.outcome(seed, scenario)
            #expect(outcome.violations.isEmpty, "\(self.replay(outcome))")
        }
    }

    /// One seed gives one trace in another process and on another machine.
    @Test func tracesAreThoseOfTheGoldenFile() throws {
        let lines = try self.lines(of: "GoldenHashes.txt")
        #expect(lines.count >= 6)
        for line in lines {
            let (seed, scenario) = try self.course(of: line)
            #expect(self.outcome(seed, scenario).hash.description == line.last.map(String.init))
        }
    }

    /// What lets checks bite: two defects that the first seeds show.
    @Test(arguments: [(Defects.commitAfterSend, UInt64(4)), (.lazyDisk, 6)])
    func deliberateDefectsAreFound(defect: Defects, seedMax: UInt64) {
        let found = (1...seedMax).contains { seed in
            Scenario.allCases.contains { !self.outcome(seed, $0, defect).violations.isEmpty }
        }
        #expect(found)
    }
}
