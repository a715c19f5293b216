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
            kept; 1: one was broken, too few met who must meet, or a file could not be written.

            Example: simulate matrix --seeds 20 --svg matrix.svg
            """)

    @Option(help: "Encounters for each pair of places, with the seeds 1 to K.") var seeds = 20
    @Option(help: "Threads; the results do not depend on it.") var jobs = 2
    @Flag(help: "Prints one JSON object.") var json = false
    @Option(help: "Writes a heat map to this file.") var svg: String?
    @Option(help: "Places, separated by commas; all if not given.") var places: String?
    @Option(help: "No router has room for more mappings than this.") var tables: Int?
    @Flag(help: "A line for each pair, with times and datagrams of each side.") var details = false

    func validate() throws {
        try Demand.count(self.seeds, "--seeds", 1...100_000)
        try Demand.count(self.jobs, "--jobs", 1...256)
        if let tables = self.tables { try Demand.count(tables, "--tables", 1...65_536) }
        if let svg = self.svg { try OutputFile.check(svg, "--svg") }
        _ = try self.wanted()
    }

    private func wanted() throws -> [Place] {
        guard let names = self.places else { return Place.allCases }
        return try names.split(separator: ",").map { name in
            guard let place = Place(rawValue: String(name)) else {
                let known = Place.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no place \(name); there are \(known)")
            }
            return place
        }
    }

    func run() throws {
        Interruption.watch()
        let matrix = Self.measure(
            seedCount: self.seeds, jobs: self.jobs, places: try self.wanted(),
            tableCountMax: self.tables)
        if Interruption.isThere { throw ExitCode(Interruption.exitCode) }
        if let svg = self.svg { try OutputFile.write(matrix.svg, to: svg) }
        if self.json {
            Printout.show(try Printout.json(matrix, isPretty: true))
        } else {
            let table = self.details ? matrix.details : matrix.columns
            Printout.show(table.text + "\n\n" + matrix.legend)
        }
        for violation in matrix.violations { Printout.remark("VIOLATION \(violation)") }
        let shortfalls = self.tables == nil ? matrix.shortfalls : []
        for shortfall in shortfalls { Printout.remark("TOO FEW \(shortfall)") }
        if !matrix.violations.isEmpty || !shortfalls.isEmpty { throw ExitCode.failure }
    }

    /// All encounters of all pairs of places.
    static func measure(
        seedCount: Int, jobs: Int, places: [Place] = Place.allCases, tableCountMax: Int? = nil
    ) -> Matrix {
        let matrix = Matrix(places: places)
        return Workers(
            matrix, pieceCount: UInt64(matrix.cells.count * seedCount),
            mayBegin: { !Interruption.isThere },
            work: { Matrix.encounter(Int($0), of: places, tableCountMax: tableCountMax) },
            take: { matrix, number, outcome in
                matrix.add(outcome, number: Int(number))
                return true
            }
        ).run(threads: jobs)
    }
}
