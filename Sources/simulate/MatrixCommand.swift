// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// Who can meet whom.
struct MatrixCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix",
        abstract: "Lets two hosts meet at each pair of places, on a calm internet.",
        discussion: """
            Rows are who shows the offer, columns who shows the answer. Exit 0: every promise was \
            kept; 1: one was broken, or a file could not be written.

            Example: simulate matrix --seeds 20 --svg matrix.svg
            """)

    @Option(help: "Encounters for each pair of places, with the seeds 1 to K.") var seeds = 20
    @Option(help: "Threads; the results do not depend on it.") var jobs = 2
    @Flag(help: "Prints one JSON object.") var json = false
    @Option(help: "Writes a heat map to this file.") var svg: String?

    func validate() throws {
        try Demand.count(self.seeds, "--seeds", 1...100_000)
        try Demand.count(self.jobs, "--jobs", 1...256)
        if let svg = self.svg { try OutputFile.check(svg, "--svg") }
    }

    func run() throws {
        Interruption.watch()
        let matrix = Self.measure(seedCount: self.seeds, jobs: self.jobs)
        if Interruption.isThere { throw ExitCode(Interruption.exitCode) }
        if let svg = self.svg { try OutputFile.write(matrix.svg, to: svg) }
        if self.json {
            Printout.show(try Printout.json(matrix, isPretty: true))
        } else {
            Printout.show(matrix.columns.text + "\n\n" + matrix.legend)
        }
        for violation in matrix.violations { Printout.remark("VIOLATION \(violation)") }
        if !matrix.violations.isEmpty { throw ExitCode.failure }
    }

    /// All encounters of all pairs of places.
    static func measure(seedCount: Int, jobs: Int) -> Matrix {
        let matrix = Matrix()
        return Workers(
            matrix, pieceCount: UInt64(matrix.cells.count * seedCount),
            mayBegin: { !Interruption.isThere },
            work: { Matrix.encounter(Int($0)) },
            take: { matrix, number, outcome in
                matrix.add(outcome, number: Int(number))
                return true
            }
        ).run(threads: jobs)
    }
}
