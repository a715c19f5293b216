// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation

/// Everything measured, written into a page.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a sweep, the matrix and growth, and writes their figures into a page.",
        discussion: """
            Replaces what is between "\(Figures.begin)" and "\(Figures.end)" in the page, and nothing \
            else; without these marks they are added at the end. The heat map is \
            simulation-matrix.svg beside the page. Nothing is written when a promise was broken.

            Example: simulate report --seeds 1..1000 --file docs/SIMULATION.md
            """)

    @Option(help: "First and last seed of the sweep, as A..B.", transform: SeedRange.read)
    var seeds = SeedRange(first: 1, last: 1_000)
    @Option(help: "Begins no more courses of the sweep after so many minutes.")
    var minutes: Double?
    @Option(help: "Threads of sweep and matrix.") var jobs = 2
    @Option(help: "Encounters for each pair of places.") var encounters = 20
    @Option(help: "Numbers of hosts of growth.", transform: Growth.counts)
    var hosts = [10, 50, 200, 1_000]
    @Option(help: "The page.") var file = "docs/SIMULATION.md"

    private static let pictureName = "simulation-matrix.svg"

    func validate() throws {
        try Demand.minutes(self.minutes)
        try Demand.count(self.jobs, "--jobs", 1...256)
        try Demand.count(self.encounters, "--encounters", 1...100_000)
        try OutputFile.check(self.file, "--file")
        guard FileManager.default.fileExists(atPath: self.file) else {
            throw ValidationError("--file \(self.file): there is no such page.")
        }
        _ = try Figures.placed("", in: self.page())
    }

    func run() throws {
        Interruption.watch()
        let sweeping = Sweeping(
            seeds: self.seeds, scenarios: Scenario.allCases, minutes: self.minutes, jobs: self.jobs,
            failureCountMax: 1)
        let result = sweeping.run()
        let matrix = MatrixCommand.measure(seedCount: self.encounters, jobs: self.jobs)
        if Interruption.isThere { throw ExitCode(Interruption.exitCode) }
        let towns = try Growth.measure(self.hosts, seconds: 600, seed: 1)
        let broken = matrix.violations + towns.flatMap(\.violations)
        for violation in broken { Printout.remark("VIOLATION \(violation)") }
        let missed = Growth.failures(of: towns, leastSpeed: 1_000, mostMebibytes: 2_048)
        for failure in missed { Printout.remark(failure) }
        guard broken.isEmpty, missed.isEmpty, result.totals.failureCount == 0 else {
            throw ExitCode.failure
        }
        let parts = [
            self.head(sweeping, result), self.sweepPart(sweeping, result), self.matrixPart(matrix),
            Self.growthPart(towns),
        ]
        let picture = URL(fileURLWithPath: self.file).deletingLastPathComponent()
            .appendingPathComponent(Self.pictureName).path
        try OutputFile.write(matrix.svg, to: picture)
        let text = parts.joined(separator: "\n\n")
        try OutputFile.write(Figures.placed(text, in: self.page()), to: self.file)
        Printout.show("\(self.file) and \(picture) are written.")
    }

    private func page() throws -> String {
        try String(contentsOfFile: self.file, encoding: .utf8)
    }

    private func head(_ sweeping: Sweeping, _ result: Sweeping.Result) -> String {
        let date = Date().formatted(.iso8601.year().month().day())
        let words = ["scripts/simulate"] + CommandLine.arguments.dropFirst()
        return "Sweep over the seeds \(self.seeds.first) to \(sweeping.last(of: result)), commit "
            + "\(Printout.commit), \(date): `\(words.joined(separator: " "))`. Times are those of "
            + "one machine, which others may have used as well."
    }

    private func sweepPart(_ sweeping: Sweeping, _ result: Sweeping.Result) -> String {
        var columns = Columns(["sweep", "value"])
        for (name, value) in sweeping.figures(result) { columns.add([name, value]) }
        let missing = result.totals.tally.missing.map { "\($0)" }.joined(separator: ", ")
        return [
            "### Sweep", columns.markdown, result.totals.tally.faultColumns.markdown,
            missing.isEmpty
                ? "Every kind of fault happened." : "Faults that never happened: \(missing).",
            result.totals.tally.packetColumns.markdown,
        ].joined(separator: "\n\n")
    }

    private func matrixPart(_ matrix: Matrix) -> String {
        [
            "### Who can meet whom", "![Direct connections by places](\(Self.pictureName))",
            matrix.columns.markdown, matrix.legend.replacing("\n", with: "\n\n"),
        ].joined(separator: "\n\n")
    }

    private static func growthPart(_ towns: [TownFigures]) -> String {
        [
            "### Growth", Growth.columns(towns).markdown,
            "One core each, a process each; times real time and µs are those of processor time. "
                + "Ratio: µs for a host and a simulated second, compared with the smallest town. A pair "
                + "that is not connected has lost each other for good (both have moved behind routers "
                + "that filter); whoever can find the other must be connected, or nothing is written.",
        ].joined(separator: "\n\n")
    }
}
