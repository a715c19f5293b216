// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// Many seeds, until one fails.
struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs many seeds of all scenarios.",
        discussion: "Example: simulate sweep --seeds 1..1000")

    @Option(help: "First and last seed, as A..B.") var seeds: String
    @Option(help: "One kind of course alone.") var scenario: Scenario?
    @Option(help: "Stops after so many failing seeds.") var failures = 1

    func validate() throws {
        guard self.range != nil else {
            throw ValidationError("--seeds takes two numbers, as 1..1000.")
        }
    }

    private var range: ClosedRange<UInt64>? {
        let parts = self.seeds.split(separator: ".", omittingEmptySubsequences: true)
        guard parts.count == 2, let first = UInt64(parts[0]), let last = UInt64(parts[1]),
            first <= last
        else { return nil }
        return first...last
    }

    func run() throws {
        guard let range = self.range else { return }
        let scenarios = self.scenario.map { [$0] } ?? Scenario.allCases
        var tally = Tally()
        var (runs, failed, trusted, seconds) = (0, 0, 0, Int64(0))
        for seed in range {
            for scenario in scenarios {
                var course = Course(seed: seed, scenario: scenario)
                let outcome = course.run()
                tally.add(outcome.tally)
                runs += 1
                trusted += outcome.trustedCount
                seconds += outcome.simulated.components.seconds
                guard !outcome.violations.isEmpty else { continue }
                Report.print(outcome)
                failed += 1
                if failed >= self.failures { throw ExitCode.failure }
            }
        }
        print("\(runs) runs, \(failed) failed, \(trusted) pairs of peers, \(seconds) s simulated")
        for row in tally.rows { print("  \(row.name): \(row.count)") }
        if failed > 0 { throw ExitCode.failure }
    }
}
