// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation

/// How fast a cluster knows of a move, and finds two who moved together.
struct ClusterCommand: ParsableCommand {
    static let memberCounts = 2...10_000
    static let runningCounts = 2...1_024

    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Measures how fast a cluster knows of moves and removals.",
        discussion: """
            Each cluster exists already, and lives in a process of its own. One member after the other \
            moves; then the last one is removed by three others. Beside that, pairs of members move at one \
            moment behind routers that filter, with one common peer that stands still: at a public address, \
            behind a router that opens ports, behind one that lets everybody in.
            Exit 0: with 64 members at most 99 of 100 know of a move within 1 s, 99 of 100 pairs are back \
            within 10 s, nothing went to anybody but them, and every promise was kept; 1: not so.

            Example: simulate cluster --members 2,8,32,64,128 --loss 1
            """)

    @Option(help: "Numbers of members, with commas.", transform: ClusterCommand.counts)
    var members = [2, 8, 32, 64, 128]
    @Option(help: "Members of each that run, at most; the others are never there.")
    var running = 1_024
    @Flag(help: "Anybody runs, not members who follow each other in the ring.") var scattered =
        false
    @Option(help: "Packets of a hundred that the internet loses.") var loss = 1.0
    @Option(help: "Moves in each cluster.") var moves = 24
    @Option(help: "Pairs that move together, for each place of the common peer.") var pairs = 400
    @Option(help: "The seed that decides everything.") var seed: UInt64 = 1
    @Flag(help: "Prints JSON.") var json = false

    func validate() throws {
        guard self.loss.isFinite, (0...50).contains(self.loss) else {
            throw ValidationError("--loss takes a number from 0 to 50, not \(self.loss).")
        }
        try Demand.count(self.running, "--running", Self.runningCounts)
        try Demand.count(self.moves, "--moves", 1...1_000)
        try Demand.count(self.pairs, "--pairs", 1...100_000)
    }

    func run() throws {
        Interruption.watch()
        let figures = try self.members.map { count in
            let output = try ChildProcess.run(
                [
                    "cluster-of", "--members", "\(count)", "--running",
                    "\(min(count, self.running))", "--loss", "\(self.loss)", "--moves",
                    "\(self.moves)", "--seed", "\(self.seed)",
                ] + (self.scattered ? ["--scattered"] : []))
            let figures = try JSONDecoder().decode(ClusterFigures.self, from: output)
            Printout.remark("cluster: \(count) members")
            return figures
        }
        let pairs = ClusterPair.thirdPlaces.map { place in
            PairFigures(
                third: place, count: self.pairs, lossPerMille: Int(self.loss * 10),
                seed: self.seed)
        }
        if self.json {
            for one in figures { Printout.show(try Printout.json(one)) }
            for one in pairs { Printout.show(try Printout.json(one)) }
        } else {
            Printout.show(
                ClusterFigures.columns(figures).text + "\n\n" + PairFigures.columns(pairs).text)
        }
        let failures = figures.flatMap(\.failures) + pairs.flatMap(\.failures)
        for failure in failures { Printout.remark("FAILED: \(failure)") }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    /// Reads "2,8,32".
    static func counts(_ text: String) throws -> [Int] {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let counts = numbers.compactMap { $0 }
        guard counts.count == numbers.count, counts.allSatisfy(Self.memberCounts.contains) else {
            throw ValidationError(
                "--members takes numbers from \(Self.memberCounts.lowerBound) to "
                    + "\(Self.memberCounts.upperBound) with commas, as 2,8,32, not "
                    + "\(text.debugDescription).")
        }
        return counts
    }
}

/// One cluster in a process of its own; `cluster` starts it.
struct ClusterOfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster-of", abstract: "Measures one cluster of `cluster`, and prints JSON.",
        discussion: "Example: simulate cluster-of --members 64 --loss 1", shouldDisplay: false)

    @Option(help: "Members.") var members: Int
    @Option(help: "Members that run.") var running: Int?
    @Flag(help: "Anybody runs, not members who follow each other in the ring.") var scattered =
        false
    @Option(help: "Packets of a hundred that the internet loses.") var loss = 1.0
    @Option(help: "Moves.") var moves = 24
    @Option(help: "The seed that decides everything.") var seed: UInt64 = 1

    func validate() throws {
        try Demand.count(self.members, "--members", ClusterCommand.memberCounts)
        try Demand.count(self.moves, "--moves", 1...1_000)
        try Demand.count(
            self.running ?? 2, "--running",
            2...min(self.members, ClusterCommand.runningCounts.upperBound))
    }

    func run() throws {
        let figures = ClusterFigures(
            members: self.members, running: self.running ?? min(self.members, 1_024),
            isScattered: self.scattered, lossPerMille: Int(self.loss * 10), moves: self.moves,
            seed: self.seed)
        print(try Printout.json(figures))
    }
}
