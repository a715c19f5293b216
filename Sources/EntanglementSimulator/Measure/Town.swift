// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Many hosts at random places: everybody meets about four others, then life goes on.
///
/// Nobody is behind a router with another port for each destination: probing such a router is a
/// thousand datagrams, and a town is to show what a host costs, not what its neighbours' routers do.
///
/// Meetings are in the first quarter of the time. From then on every host moves to another place
/// about once in ``moveInterval`` (of 200 hosts one every five seconds), until the last
/// ``calmSpan``, in which nothing happens but what nodes do by themselves. The internet is calm.
public struct Town: Sendable {
    /// What came of it.
    public struct Outcome: Sendable {
        /// How many hosts there were.
        public let hostCount: Int
        /// Pairs of hosts that trust each other.
        public let trustedCount: Int
        /// How many of those are connected at the end.
        public let connectedCount: Int
        /// Hosts that moved.
        public let moveCount: UInt64
        /// Events that were worked off.
        public let eventCount: Int
        /// Packets that were sent, with copies.
        public let packetCount: UInt64
        /// Broken promises; whoever can find the other must be connected to it.
        public let violations: [Violation]
        /// Equal for equal courses.
        public let hash: TraceHash
    }

    /// From one move of a host to its next, on average; so a host's work does not depend on how many
    /// hosts there are.
    public static let moveInterval = Duration.seconds(1_000)
    /// Time at the end in which nobody moves, so that everybody can be found again.
    public static let calmSpan = Duration.seconds(150)
    /// The shortest time that has room for all of it, in seconds.
    public static let secondsMin = 300

    /// Where its hosts begin.
    private static let places = Place.connected.filter { !$0.isPerDestination }

    private var simulation: Simulation
    private let end: Instant

    /// A town of so many hosts for so many simulated seconds (at least ``secondsMin``).
    public init(hostCount: Int, seconds: Int, seed: UInt64) {
        precondition(hostCount >= 2, "a town has at least two hosts")
        let span = Duration.seconds(max(seconds, Self.secondsMin))
        self.end = Instant(nanoseconds: span.nanoseconds)
        self.simulation = Simulation(
            seed: seed, internet: .internet, defects: [], usesRealCryptography: false)
        self.simulation.people.areResolute = true
        let servers = self.simulation.addServers()
        for number in 0..<hostCount {
            let id = self.simulation.addHost("host \(number)", servers: servers)
            let place = self.number(in: 0...Self.places.count - 1)
            self.simulation.settle(id, in: Self.places[place])
            self.simulation.plan(.start(id), after: self.time(within: .seconds(2)))
        }
        self.planMeetings(hostCount, within: span / 4)
        var moveAt = span / 4
        while moveAt < span - Self.calmSpan {
            let host = HostID(number: self.number(in: 0...hostCount - 1))
            self.simulation.plan(.move([host]), after: moveAt)
            moveAt += Self.moveInterval / hostCount
        }
    }

    /// Lets the time pass; this is what is measured.
    public mutating func live() { self.simulation.run(until: self.end) }

    /// Looks at what has become of everybody.
    public mutating func look() -> Outcome {
        if self.simulation.checker.violations.isEmpty { self.simulation.checkRecovery() }
        let trusted = self.simulation.people.meetings.filter { meeting in
            [meeting.offering, meeting.answering].allSatisfy { host in
                meeting.relation(of: host).map {
                    self.simulation.phase(of: $0, at: host) == .trusted
                } ?? false
            }
        }
        return Outcome(
            hostCount: self.simulation.hosts.count, trustedCount: trusted.count,
            connectedCount: trusted.count { self.simulation.isConnected($0) },
            moveCount: self.simulation.tally.count(of: .addressChange),
            eventCount: self.simulation.eventCount,
            packetCount: self.simulation.tally.packetCount,
            violations: self.simulation.checker.violations, hash: self.simulation.hash)
    }

    /// Every host shows two offers to hosts that it has not met: four meetings for each on average.
    private mutating func planMeetings(_ count: Int, within span: Duration) {
        var met: Set<[Int]> = []
        for host in 0..<count {
            for _ in 0..<2 {
                let other = (host + self.number(in: 1...count - 1)) % count
                guard met.insert([min(host, other), max(host, other)]).inserted else { continue }
                self.simulation.plan(
                    .offer(by: HostID(number: host), to: HostID(number: other)),
                    after: .seconds(3) + self.time(within: span - .seconds(20)))
            }
        }
    }

    private mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self.simulation.generator)
    }

    private mutating func time(within span: Duration) -> Duration {
        .nanoseconds(Int64.random(in: 0...span.nanoseconds, using: &self.simulation.generator))
    }
}
