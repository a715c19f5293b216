// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// One seed, once.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one seed.",
        discussion: """
            Exit 0: every promise was kept; 1: one was broken.

            Example: simulate run --seed 17 --scenario village
            """)

    @Option(help: "The seed that decides everything.") var seed: UInt64
    @Option(help: "The kind of course.") var scenario = Scenario.pair
    @Flag(help: "Prints a line about every event as it happens.") var trace = false
    @Flag(help: "Prints one JSON object.") var json = false

    func validate() throws {
        if self.trace, self.json {
            throw ValidationError(
                "--trace and --json both write to standard output; give one of them.")
        }
    }

    func run() throws {
        var course = Course(seed: self.seed, scenario: self.scenario)
        if self.trace { course.trace { print($0) } }
        let outcome = course.run()
        if self.json {
            print(try Printout.json(RunAccount(outcome, commit: Printout.commit)))
        } else {
            print(Printout.text(outcome))
        }
        if !outcome.violations.isEmpty { throw ExitCode.failure }
    }
}
