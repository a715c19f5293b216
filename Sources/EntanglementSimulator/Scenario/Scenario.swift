// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// What kind of course a run takes; the seed decides the rest.
public enum Scenario: String, Sendable, Hashable, CaseIterable {
    /// Two people meet, with a fault or two.
    case pair
    /// A few hosts, many meetings, many faults.
    case village
    /// Two people whose clocks and backups betray them.
    case timeTravel
    /// A few hosts of which one was met in person and means harm.
    case villains
    /// Two people who cannot reach each other, and one or two who reach both.
    case triangle
    /// A few people in one room, whose local network may lead nowhere.
    case room
    /// A cluster of several, into which members take others.
    case cluster
    /// Two clusters, and one or two bridges between them.
    case bridge
    /// The same where an end of the first bridge means harm, or both do.
    case hostileBridge

    /// Those of which a sweep with `--drawn` draws.
    public static let drawn = Self.allCases.filter { !$0.isAboutBridges }

    var isAboutBridges: Bool { self == .bridge || self == .hostileBridge }

    var hostCount: ClosedRange<Int> {
        switch self {
        case .pair, .timeTravel: 2...2
        case .village: 3...6
        case .villains: 3...5
        case .triangle: 3...4
        case .room: 2...4
        case .cluster: 4...12
        case .bridge: 4...7
        case .hostileBridge: 4...6
        }
    }

    /// How long faults happen, then how long everything is well.
    var spans: (chaos: Duration, calm: Duration) {
        switch self {
        case .pair: (.seconds(240), .seconds(420))
        case .village: (.seconds(600), .seconds(420))
        case .timeTravel: (.seconds(600), .seconds(420))
        case .villains: (.seconds(300), .seconds(420))
        case .triangle: (.seconds(400), .seconds(420))
        case .room: (.seconds(240), .seconds(240))
        case .cluster, .bridge: (.seconds(500), .seconds(420))
        case .hostileBridge: (.seconds(400), .seconds(210))
        }
    }
}

/// The course of one run: a pure function of seed, scenario and defects.
public struct Course: Sendable {
    /// What came of it.
    public struct Outcome: Sendable {
        /// The seed.
        public let seed: UInt64
        /// The scenario.
        public let scenario: Scenario
        /// Equal for equal courses.
        public let hash: TraceHash
        /// Broken promises; empty: none.
        public let violations: [Violation]
        /// How often what happened.
        public let tally: Tally
        /// Time that passed in the run.
        public let simulated: Duration
        /// Events that were worked off.
        public let eventCount: Int
        /// Meetings that ended with two peers.
        public let trustedCount: Int
        /// The last packets of the hosts concerned, where a promise was broken.
        public let diagram: String?
    }

    var simulation: Simulation
    let scenario: Scenario
    /// Long absences of everybody: when each begins by the time of the plan, and how long it is.
    var absences: [(at: Duration, length: Duration)] = []

    /// A course of that seed; every tenth seed runs with the real cryptography.
    public init(seed: UInt64, scenario: Scenario, defects: Defects = []) {
        self.scenario = scenario
        self.simulation = Simulation(
            seed: seed, internet: .internet, defects: defects,
            usesRealCryptography: seed % 10 == 9 || scenario == .bridge && seed % 2 == 1)
        self.simulation.veilsTexts = scenario.isAboutBridges
    }

    /// Runs it to its end, or to the first broken promise.
    public mutating func run() -> Outcome {
        if self.scenario == .room { self.buildRoom() } else { self.build() }
        switch self.scenario {
        case .triangle: self.planTriangle()
        case .cluster: self.planCluster()
        case .bridge, .hostileBridge: self.planBridge()
        case .pair, .village, .timeTravel, .villains, .room: self.planMeetings()
        }
        self.planFaults()
        self.planVillain()
        if !self.scenario.isAboutBridges { self.planMischief() }
        let calm = self.scenario.spans.calm
        let chaos = self.shifted(self.scenario.spans.chaos)
        self.simulation.plan(.heal, after: chaos)
        self.planPatience(after: self.scenario.spans.chaos + .seconds(5))
        self.simulation.run(until: Instant(nanoseconds: (chaos + calm).nanoseconds))
        if self.simulation.checker.violations.isEmpty {
            if self.scenario.isAboutBridges {
                self.simulation.checkBridgeRecovery()
            } else {
                self.simulation.checkRecovery()
            }
        }
        return self.outcome()
    }

    private func outcome() -> Outcome {
        let violations = self.simulation.checker.violations
        let trusted = self.simulation.people.meetings.count { meeting in
            guard let one = meeting.offeringRelation, let other = meeting.answeringRelation else {
                return false
            }
            return self.simulation.phase(of: one, at: meeting.offering) == .trusted
                && self.simulation.phase(of: other, at: meeting.answering) == .trusted
        }
        return Outcome(
            seed: self.simulation.seed, scenario: self.scenario, hash: self.simulation.hash,
            violations: violations, tally: self.simulation.tally,
            simulated: self.simulation.now - Instant(nanoseconds: 0),
            eventCount: self.simulation.eventCount, trustedCount: trusted,
            diagram: violations.first.map { self.simulation.recent.mermaid(of: $0.hosts) })
    }

    // MARK: The plan

    private mutating func build() {
        let servers = self.simulation.addServers()
        let count = self.number(in: self.scenario.hostCount)
        for number in 0..<count {
            let id = self.simulation.addHost("host \(number)", servers: servers)
            self.settle(id)
            self.simulation.plan(.start(id), after: self.time(within: .seconds(2)))
        }
    }

    private mutating func planMeetings() {
        let count = self.simulation.hosts.count
        for first in 0..<count {
            for second in (first + 1)..<count where count == 2 || self.number(in: 0...2) > 0 {
                let isTurned = self.number(in: 0...1) == 0
                let pair = isTurned ? (second, first) : (first, second)
                self.simulation.plan(
                    .offer(by: HostID(number: pair.0), to: HostID(number: pair.1)),
                    after: .seconds(3) + self.time(within: self.scenario.spans.chaos / 3))
            }
        }
        for meeting in 0..<8 {
            for host in 0..<count where self.number(in: 0...19) == 0 {
                self.simulation.plan(
                    .cancelIfThere(HostID(number: host), meeting: meeting),
                    after: self.time(within: self.scenario.spans.chaos))
            }
        }
    }

    /// What people do when a screen says that it timed out.
    private mutating func planPatience(after: Duration) {
        for round in 0..<6 {
            for meeting in 0..<16 {
                for host in self.simulation.hosts.map(\.id) {
                    self.simulation.plan(
                        .chooseAfterTimeout(by: host, meeting: meeting),
                        after: self.shifted(after * round / 6) + .seconds(1))
                }
            }
        }
    }

    /// When that moment of the plan is, with the long absences before it.
    func shifted(_ time: Duration) -> Duration {
        self.absences.filter { $0.at <= time }.reduce(time) { $0 + $1.length }
    }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self.simulation.generator)
    }

    mutating func time(within span: Duration) -> Duration {
        .nanoseconds(Int64.random(in: 0...span.nanoseconds, using: &self.simulation.generator))
    }
}
