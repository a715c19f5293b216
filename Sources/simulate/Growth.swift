// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation

/// What more hosts cost.
struct Growth: ParsableCommand {
    static let hostCounts = 2...10_000
    static let seconds = Town.secondsMin...1_000_000

    static let configuration = CommandConfiguration(
        abstract: "Measures towns of more and more hosts, each in a process of its own.",
        discussion: """
            In a town everybody has about four meetings, then life goes on, and every host moves about \
            once in 1,000 seconds. The speed is that of one processor core.
            Exit 0: fast and small enough, and every promise was kept; 1: not so.

            Example: simulate growth --hosts 10,50,100,1000
            """)

    @Option(help: "Numbers of hosts, with commas.", transform: Growth.counts)
    var hosts = [10, 50, 100, 1_000]
    @Option(help: "Simulated seconds.") var seconds = 600
    @Option(help: "The seed that decides everything.") var seed: UInt64 = 1
    @Option(help: "Times real time that 50 hosts (and fewer) must reach on one core.")
    var leastSpeed = 1_000.0
    @Option(help: "Mebibytes of memory that no town may exceed.") var mostMebibytes = 2_048
    @Flag(help: "Prints one JSON object for each number of hosts.") var json = false

    func validate() throws {
        try Demand.count(self.seconds, "--seconds", Self.seconds)
        try Demand.count(self.mostMebibytes, "--most-mebibytes", 1...1_048_576)
        guard self.leastSpeed.isFinite, self.leastSpeed >= 0 else {
            throw ValidationError("--least-speed takes a number from 0, as 1000.")
        }
    }

    func run() throws {
        Interruption.watch()
        let figures = try Self.measure(self.hosts, seconds: self.seconds, seed: self.seed)
        if self.json {
            for town in figures { Printout.show(try Printout.json(town)) }
        } else {
            Printout.show(Self.columns(figures).text)
        }
        let failures = Self.failures(
            of: figures, leastSpeed: self.leastSpeed, mostMebibytes: self.mostMebibytes)
        for failure in failures { Printout.remark("FAILED: \(failure)") }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    /// Reads "10,50,100".
    static func counts(_ text: String) throws -> [Int] {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let counts = numbers.compactMap { $0 }
        guard counts.count == numbers.count, counts.allSatisfy(Self.hostCounts.contains) else {
            throw ValidationError(
                "--hosts takes numbers from \(Self.hostCounts.lowerBound) to "
                    + "\(Self.hostCounts.upperBound) with commas, as 10,50,100, not "
                    + "\(text.debugDescription).")
        }
        return counts
    }

    static func measure(_ counts: [Int], seconds: Int, seed: UInt64) throws -> [TownFigures] {
        try counts.map { count in
            let output = try ChildProcess.run([
                "town", "--hosts", "\(count)", "--seconds", "\(seconds)", "--seed", "\(seed)",
            ])
            let town = try JSONDecoder().decode(TownFigures.self, from: output)
            Printout.remark(
                "growth: \(count) hosts in \(Decimals.text(town.wallSeconds, places: 1)) s")
            return town
        }
    }

    /// What is too slow, too large, or broken.
    static func failures(
        of figures: [TownFigures], leastSpeed: Double, mostMebibytes: Int
    ) -> [String] {
        figures.flatMap { town -> [String] in
            var failures = town.violations.map { "\(town.hosts) hosts: \($0)" }
            if town.hosts <= 50, town.speed < leastSpeed {
                failures.append(
                    "\(town.hosts) hosts ran at \(Decimals.text(town.speed)) times real time; "
                        + "\(Decimals.text(leastSpeed)) are wanted.")
            }
            if let peak = town.peakKibibytes, peak > mostMebibytes * 1_024 {
                failures.append(
                    "\(town.hosts) hosts took \(peak / 1_024) MiB; \(mostMebibytes) are allowed.")
            }
            return failures
        }
    }

    /// A row for each town; the last column compares with the smallest.
    static func columns(_ figures: [TownFigures]) -> Columns {
        var columns = Columns([
            "hosts", "pairs", "connected", "simulated s", "wall s", "CPU s", "times real time",
            "events/s", "packets", "memory MiB", "peak MiB", "CPU µs/host/s", "ratio",
        ])
        let least = figures.min { $0.hosts < $1.hosts }?.cost ?? 0
        for town in figures {
            columns.add([
                Decimals.text(town.hosts), Decimals.text(town.pairs),
                Decimals.text(town.connected), Decimals.text(town.simulatedSeconds),
                Decimals.text(town.wallSeconds, places: 2),
                Decimals.text(town.processorSeconds, places: 2), Decimals.text(town.speed),
                Decimals.text(Double(town.events) / max(town.wallSeconds, 1e-9)),
                Decimals.text(town.packets), Self.mebibytes(town.residentKibibytes),
                Self.mebibytes(town.peakKibibytes), Decimals.text(town.cost, places: 1),
                Decimals.text(town.cost / max(least, 1e-9), places: 2),
            ])
        }
        return columns
    }

    private static func mebibytes(_ kibibytes: Int?) -> String {
        kibibytes.map { Decimals.text(Double($0) / 1_024, places: 1) } ?? "unknown"
    }
}
