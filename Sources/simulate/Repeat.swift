// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation

/// One seed several times, in fresh processes.
struct Repeat: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one seed again and again in fresh processes, and compares the traces.",
        discussion: """
            Exit 0: all traces are equal; 1: one differs.

            Example: simulate repeat --seed 17 --times 20
            """)

    @Option(help: "The seed that decides everything.") var seed: UInt64
    @Option(help: "How many times.") var times = 20
    @Option(help: "One kind of course alone.") var scenario: Scenario?

    func validate() throws { try Demand.count(self.times, "--times", 2...100_000) }

    func run() throws {
        Interruption.watch()
        var isEqual = true
        for scenario in self.scenario.map({ [$0] }) ?? Scenario.allCases {
            let name = scenario.rawValue
            let first = try self.hash(of: name)
            var other: (number: Int, hash: String)?
            for number in 2...self.times where other == nil {
                let hash = try self.hash(of: name)
                if hash != first { other = (number, hash) }
            }
            if let (number, hash) = other {
                isEqual = false
                Printout.show(
                    "seed \(self.seed), \(name): DIFFERENT: run 1 \(first), run \(number) \(hash)")
            } else {
                Printout.show("seed \(self.seed), \(name): \(self.times) times \(first)")
            }
        }
        if !isEqual { throw ExitCode.failure }
    }

    private func hash(of scenario: String) throws -> String {
        let output = try ChildProcess.run([
            "run", "--seed", "\(self.seed)", "--scenario", scenario, "--json",
        ])
        return try JSONDecoder().decode(RunAccount.self, from: output).traceHash
    }
}
