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

    var hostCount: ClosedRange<Int> {
        switch self {
        case .pair, .timeTravel: 2...2
        case .village: 3...6
        }
    }

    /// How long faults happen, then how long everything is well.
    var spans: (chaos: Duration, calm: Duration) {
        switch self {
        case .pair: (.seconds(240), .seconds(240))
        case .village: (.seconds(600), .seconds(300))
        case .timeTravel: (.seconds(600), .seconds(300))
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
    private let scenario: Scenario

    /// A course of that seed; every tenth seed runs with the real cryptography.
    public init(seed: UInt64, scenario: Scenario, defects: Defects = []) {
        self.scenario = scenario
        self.simulation = Simulation(
            seed: seed, internet: .internet, defects: defects,
            usesRealCryptography: seed % 10 == 9)
    }

    /// Runs it to its end, or to the first broken promise.
    public mutating func run() -> Outcome {
        self.build()
        self.planMeetings()
        self.planFaults()
        let (chaos, calm) = self.scenario.spans
        self.simulation.plan(.heal, after: chaos)
        self.planPatience(after: chaos + .seconds(5))
        self.simulation.run(until: Instant(nanoseconds: (chaos + calm).nanoseconds))
        if self.simulation.checker.violations.isEmpty { self.simulation.checkRecovery() }
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
            self.simulation.settle(id, in: self.place())
            self.simulation.plan(.start(id), after: self.time(within: .seconds(2)))
        }
    }

    private mutating func place() -> Place {
        Place.allCases[self.number(in: 0...Place.allCases.count - 1)]
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
                        after: after * round / 6 + .seconds(1))
                }
            }
        }
    }

    private mutating func planFaults() {
        let hosts = self.simulation.hosts.map(\.id)
        let count = self.number(in: 0...(self.scenario == .pair ? 4 : 24))
        for _ in 0..<count {
            let at = self.time(within: self.scenario.spans.chaos)
            for action in self.fault(hosts[self.number(in: 0...hosts.count - 1)], hosts) {
                self.simulation.plan(action, after: at)
            }
        }
    }

    private mutating func fault(_ host: HostID, _ hosts: [HostID]) -> [Action] {
        let other = hosts[self.number(in: 0...hosts.count - 1)]
        let networks = self.simulation.hosts[host.number].interfaces.map(\.network)
        let network = networks.first ?? .internet
        switch self.number(in: 0...(self.scenario == .timeTravel ? 19 : 14)) {
        case 0, 1: return [.crash(host, atNextStepAfter: self.number(in: 0...6))]
        case 2: return [.crash(host, atNextStepAfter: nil)]
        case 3: return [.losePower(host)]
        case 4: return [.suspend(host, .seconds(self.number(in: 1...400)))]
        case 5, 6: return [.move(host)]
        case 7: return network == .internet ? [] : [.restartRouter(network, renumbers: false)]
        case 8:
            let isCarried = self.simulation.places[host.number] == .carrier
            return network == .internet || isCarried
                ? [] : [.restartRouter(network, renumbers: true)]
        case 9, 10: return [.setInternet(self.badInternet())]
        case 11: return host == other ? [] : [.cut(from: host, to: other)]
        case 12: return [.split([host])]
        case 13: return network == .internet ? [] : [.setUDP(network, isDropped: true)]
        case 14: return [.attack(on: host)]
        case 15, 16: return [.jumpClock(host, self.clockError())]
        case 17: return [.backUp(host)]
        case 18: return [.restore(host)]
        default: return [.setDisk(host, isFull: true)]
        }
    }

    private mutating func badInternet() -> LinkConditions {
        LinkConditions(
            delay: .milliseconds(self.number(in: 1...400)),
            jitter: .milliseconds(self.number(in: 0...100)),
            lossPerMille: self.number(in: 0...600), duplicatePerMille: self.number(in: 0...300),
            reorderPerMille: self.number(in: 0...300),
            reorderDelayMax: .seconds(self.number(in: 0...10)),
            corruptPerMille: self.number(in: 0...100),
            byteCountMax: self.number(in: 0...9) == 0 ? 1_100 : 1_472)
    }

    /// Minutes or years, forward or backward.
    private mutating func clockError() -> Duration {
        let seconds = [60, 3_600, 86_400, 315_360_000][self.number(in: 0...3)]
        return .seconds(self.number(in: 0...1) == 0 ? seconds : -seconds)
    }

    private mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self.simulation.generator)
    }

    private mutating func time(within span: Duration) -> Duration {
        .nanoseconds(Int64.random(in: 0...span.nanoseconds, using: &self.simulation.generator))
    }
}
