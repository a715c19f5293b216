// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import EntanglementSimulator

/// The simulator's command line.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs SpockEx nodes on simulated time, and finds the seed of a failure.",
        discussion: "Example: simulate run --seed 17 --scenario village",
        subcommands: [
            Run.self, Sweep.self, Mutants.self, MatrixCommand.self, Growth.self, TownCommand.self,
            Repeat.self, Report.self, RosterCommand.self, ClusterCommand.self,
            ClusterOfCommand.self,
        ])
}

extension Scenario: ExpressibleByArgument {}
