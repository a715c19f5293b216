// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation

/// What one town cost: measured in a process that did nothing else.
struct TownFigures: Codable, Sendable, Equatable {
    let hosts: Int
    let pairs: Int
    let connected: Int
    let moves: UInt64
    let simulatedSeconds: Double
    let wallSeconds: Double
    let processorSeconds: Double
    let events: Int
    let packets: UInt64
    /// Memory at the end of the simulated time; nil: the system does not tell.
    let residentKibibytes: Int?
    /// The most memory that there was.
    let peakKibibytes: Int?
    let violations: [String]
    let traceHash: String

    /// Lets a town live, and measures that; what it takes to set it up and to judge it is left out of
    /// the times, not of the memory.
    init(hosts: Int, seconds: Int, seed: UInt64) {
        var town = Town(hostCount: hosts, seconds: seconds, seed: seed)
        let (wall, processor) = (ContinuousClock.now, Self.processorSeconds())
        town.live()
        self.wallSeconds = (ContinuousClock.now - wall) / .seconds(1)
        self.processorSeconds = Self.processorSeconds() - processor
        self.residentKibibytes = Self.kibibytes("VmRSS")
        let outcome = town.look()
        self.peakKibibytes = Self.kibibytes("VmHWM")
        self.hosts = hosts
        self.pairs = outcome.trustedCount
        self.connected = outcome.connectedCount
        self.moves = outcome.moveCount
        self.simulatedSeconds = Double(seconds)
        self.events = outcome.eventCount
        self.packets = outcome.packetCount
        self.violations = outcome.violations.map(\.description)
        self.traceHash = outcome.hash.description
    }

    /// Simulated seconds for a second of one processor.
    var speed: Double { self.simulatedSeconds / max(self.processorSeconds, 1e-9) }

    /// Microseconds of one processor for a host and a simulated second.
    var cost: Double {
        self.processorSeconds * 1e6 / Double(self.hosts) / self.simulatedSeconds
    }

    static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A row of /proc/self/status, where there is one.
    static func kibibytes(_ name: String) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
            return nil
        }
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}

/// One town in a process of its own; `growth` starts it.
struct TownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "town", abstract: "Measures one town of `growth`, and prints JSON.",
        discussion: "Example: simulate town --hosts 50 --seconds 600", shouldDisplay: false)

    @Option(help: "Hosts.") var hosts: Int
    @Option(help: "Simulated seconds.") var seconds = 600
    @Option(help: "The seed that decides everything.") var seed: UInt64 = 1

    func validate() throws {
        try Demand.count(self.hosts, "--hosts", Growth.hostCounts)
        try Demand.count(self.seconds, "--seconds", Growth.seconds)
    }

    func run() throws {
        let figures = TownFigures(hosts: self.hosts, seconds: self.seconds, seed: self.seed)
        print(try Printout.json(figures))
    }
}
