// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// One seed, once.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one seed.", discussion: "Example: simulate run --seed 17 --scenario village"
    )

    @Option(help: "The seed that decides everything.") var seed: UInt64
    @Option(help: "The kind of course.") var scenario = Scenario.pair
    @Flag(help: "Prints one JSON object.") var json = false

    func run() throws {
        var course = Course(seed: self.seed, scenario: self.scenario)
        let outcome = course.run()
        let isClean = outcome.violations.isEmpty
        if self.json {
            print(
                "{\"seed\":\(outcome.seed),\"traceHash\":\"\(outcome.hash)\","
                    + "\"outcome\":\"\(isClean ? "clean" : "violation")\"}")
        } else {
            Report.print(outcome)
        }
        if !isClean { throw ExitCode.failure }
    }
}
