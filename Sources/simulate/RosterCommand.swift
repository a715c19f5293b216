// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// Random sets of cluster records in random orders: each set must give one state.
struct RosterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract: "Delivers random sets of cluster records in random orders, and compares states.",
        discussion: """
            Exit 0: each set gave one state; 1: one gave two.

            Example: simulate roster --sets 1000000 --orders 10 --jobs 2
            """)

    @Option(help: "How many sets.") var sets: UInt64 = 10_000
    @Option(help: "The seed of the first set.") var first: UInt64 = 1
    @Option(help: "Orders in which each set is delivered.") var orders = 10
    @Option(help: "Threads.") var jobs = 2
    @Option(help: "Instead: processor time of one fold of so many records.") var cost: Int?

    func validate() throws {
        try Demand.count(self.orders, "--orders", 1...1_000)
        try Demand.count(self.jobs, "--jobs", 1...256)
        if let cost = self.cost { try Demand.count(cost, "--cost", 2_000...10_000) }
        guard self.sets > 0, self.first <= .max - self.sets else {
            throw ValidationError("--sets takes a number of at least 1, as 10000.")
        }
    }

    func run() throws {
        if let cost = self.cost { return self.showCost(records: cost) }
        Interruption.watch()
        let start = ContinuousClock.now
        let pieceCount = (self.sets + Self.setsOfPiece - 1) / Self.setsOfPiece
        let workers = Workers(
            RosterRun(), pieceCount: pieceCount, mayBegin: { !Interruption.isThere },
            work: { [first, sets, orders] piece in
                let begin = piece * Self.setsOfPiece
                let seeds = first + begin..<first + min(begin + Self.setsOfPiece, sets)
                return RosterRun(seeds: seeds, orders: orders)
            },
            take: { result, _, piece in
                result.add(piece)
                return piece.failure == nil
            })
        let result = workers.run(threads: self.jobs)
        self.show(result, ContinuousClock.now - start)
        if Interruption.isThere { throw ExitCode(Interruption.exitCode) }
        if result.failure != nil { throw ExitCode.failure }
    }

    private static let setsOfPiece: UInt64 = 500

    private func show(_ result: RosterRun, _ elapsed: Duration) {
        if let (seed, order) = result.failure {
            Printout.show("seed \(seed): order \(order) gives ANOTHER STATE")
        }
        var columns = Columns(["roster", "\(self.orders) orders of each set"])
        for (name, count) in result.figures { columns.add([name, Decimals.text(count)]) }
        columns.add(["seconds", Decimals.text(elapsed / .seconds(1), places: 1)])
        Printout.show(columns.text)
    }

    private func showCost(records: Int) {
        var columns = Columns(["fold", "records", "removals", "others", "ms", "digest ms"])
        for make in [RosterCost.honest, RosterCost.backdating, RosterCost.owners] {
            let cost = make(records)
            let start = TownFigures.processorSeconds()
            let (inEffect, others) = cost.fold()
            let folded = TownFigures.processorSeconds()
            _ = cost.digest()
            let end = TownFigures.processorSeconds()
            columns.add([
                cost.name, Decimals.text(cost.recordCount), Decimals.text(inEffect),
                Decimals.text(others),
                Decimals.text((folded - start) * 1_000, places: 1),
                Decimals.text((end - folded) * 1_000, places: 1),
            ])
        }
        Printout.show(columns.text)
    }
}
