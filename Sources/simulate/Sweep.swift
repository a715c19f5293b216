// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// Many seeds, until one fails.
struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs many seeds of all scenarios.",
        discussion: """
            Prints a line of progress every 10 s, and tables of what happened at the end. Ctrl-C ends \
            it early, with the tables of what was done.
            Exit 0: every promise was kept; 1: one was broken; 130: ended by Ctrl-C.

            Example: simulate sweep --seeds 1..100000 --minutes 10 --jobs 2
            """)

    @Option(
        help: "First and last seed, as A..B.",
        transform: SeedRange.read)
    var seeds: SeedRange
    @Option(help: "Begins no more courses after so many minutes.") var minutes: Double?
    @Option(help: "Threads that run courses; the results do not depend on it.") var jobs = 2
    @Option(help: "One kind of course alone.") var scenario: Scenario?
    @Flag(help: "Each seed runs one kind of course, which it draws itself, instead of all kinds.")
    var drawn = false
    @Option(help: "Stops after so many failed courses.") var failures = 1

    func validate() throws {
        try Demand.minutes(self.minutes)
        try Demand.count(self.jobs, "--jobs", 1...256)
        guard !self.drawn || self.scenario == nil else {
            throw ValidationError("--drawn and --scenario exclude each other.")
        }
        try Demand.count(self.failures, "--failures", 1...1_000_000)
    }

    func run() throws {
        Interruption.watch()
        let sweeping = Sweeping(
            seeds: self.seeds,
            scenarios: self.scenario.map { [$0] }
                ?? (self.drawn ? Scenario.drawn : Scenario.allCases),
            isDrawn: self.drawn, minutes: self.minutes, jobs: self.jobs,
            failureCountMax: self.failures)
        let result = sweeping.run()
        Printout.show(sweeping.text(result))
        if result.totals.failureCount > 0 { throw ExitCode.failure }
        if Interruption.isThere { throw ExitCode(Interruption.exitCode) }
        guard result.totals.runCount > 0 else {
            Printout.remark("No course was run in that time: give --minutes more.")
            throw ExitCode.failure
        }
    }
}
