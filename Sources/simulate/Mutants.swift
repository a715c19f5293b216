// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// Deliberate defects: each must be found.
struct Mutants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs seeds with each deliberate defect until its first violation.",
        discussion: "Example: simulate mutants --seeds 10000")

    @Option(help: "Seeds for each defect at most.") var seeds: UInt64 = 10_000
    @Option(help: "One defect alone.") var defect: String?
    @Option(help: "One kind of course alone.") var scenario: Scenario?

    func validate() throws {
        guard self.seeds > 0 else {
            throw ValidationError("--seeds takes a number of at least 1, as 10000.")
        }
        let names = Defects.named.map(\.name)
        if let defect = self.defect, !names.contains(defect) {
            throw ValidationError("There is no defect \(defect): \(names.joined(separator: ", ")).")
        }
    }

    func run() throws {
        var survivors = 0
        for (name, defect) in Defects.named where self.defect.map({ $0 == name }) ?? true {
            let scenarios = self.scenario.map { [$0] } ?? Scenario.that(meets: name)
            if let (seeds, violation) = self.firstViolation(defect, scenarios) {
                Printout.show("\(name): found after \(seeds) seeds by \(violation)")
            } else {
                survivors += 1
                Printout.show("\(name): NOT FOUND in \(self.seeds) seeds")
            }
        }
        if survivors > 0 { throw ExitCode.failure }
    }

    private func firstViolation(
        _ defect: Defects, _ scenarios: [Scenario]
    ) -> (UInt64, Violation)? {
        for seed in 1...self.seeds {
            for scenario in scenarios {
                var course = Course(seed: seed, scenario: scenario, defects: defect)
                if let violation = course.run().violations.first { return (seed, violation) }
            }
        }
        return nil
    }
}
