// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Two hosts at given places meet once, on a calm internet and without faults.
///
/// The course ends when both trust each other and are connected, or after ``timeMax``.
public struct Encounter: Sendable {
    /// How the two hosts reach each other in the end.
    public enum Path: String, Sendable, Hashable, CaseIterable, Encodable {
        /// Both trust each other, and packets go from one to the other without anybody between.
        case direct
        /// By way of a common peer; the two have none, so no encounter ends so.
        case relayed
        /// Not within the time.
        case impossible
    }

    /// What came of it.
    public struct Outcome: Sendable, Hashable {
        /// How they reach each other.
        public let path: Path
        /// From the moment at which the second code is scanned to trust on both sides; nil: never.
        public let trustedAfter: Duration?
        /// Datagrams that the side with the offer has sent, to peers and servers.
        public let offeringSent: Int
        /// The same of the side with the answer.
        public let answeringSent: Int
        /// Broken promises; there should be none.
        public let violations: [Violation]
    }

    /// Simulated time that an encounter has, from the start of both programs.
    public static let timeMax = Duration.seconds(60)

    private var simulation: Simulation
    private let offering: HostID
    private let answering: HostID
    private var acceptedAt: Instant?
    private var trustedAt: Instant?

    /// An encounter of a host that shows an offer and one that shows the answer.
    ///
    /// With `tableCountMax` no router between them has room for more mappings.
    public init(offering: Place, answering: Place, seed: UInt64, tableCountMax: Int? = nil) {
        var simulation = Simulation(
            seed: seed, internet: .internet, defects: [], usesRealCryptography: false)
        simulation.people.areResolute = true
        simulation.world.tableCountMax = tableCountMax
        let servers = simulation.addServers()
        self.offering = simulation.addHost("offering", servers: servers)
        self.answering = simulation.addHost("answering", servers: servers)
        simulation.settle(self.offering, in: offering)
        simulation.settle(self.answering, in: answering)
        for host in [self.offering, self.answering] {
            let delay = Int64.random(in: 0...1_000_000_000, using: &simulation.generator)
            simulation.plan(.start(host), after: .nanoseconds(delay))
        }
        simulation.plan(.offer(by: self.offering, to: self.answering), after: .seconds(2))
        self.simulation = simulation
    }

    /// Runs it to its end.
    public mutating func run() -> Outcome {
        let end = Instant(nanoseconds: Self.timeMax.nanoseconds)
        var isConnected = false
        while !isConnected, self.simulation.checker.violations.isEmpty,
            let due = self.simulation.queue.due, due <= end
        {
            self.simulation.run(until: due)
            isConnected = self.look()
        }
        let span = self.acceptedAt.flatMap { start in self.trustedAt.map { $0 - start } }
        return Outcome(
            path: isConnected ? .direct : .impossible, trustedAfter: span,
            offeringSent: self.simulation.hosts[self.offering.number].sentCount,
            answeringSent: self.simulation.hosts[self.answering.number].sentCount,
            violations: self.simulation.checker.violations)
    }

    /// Notes when what was reached first; whether everything is.
    private mutating func look() -> Bool {
        guard let meeting = self.simulation.people.meetings.first,
            let one = meeting.offeringRelation, let other = meeting.answeringRelation
        else { return false }
        let phases = [
            self.simulation.phase(of: one, at: self.offering),
            self.simulation.phase(of: other, at: self.answering),
        ]
        if self.acceptedAt == nil, phases[0] != .offered { self.acceptedAt = self.simulation.now }
        guard phases == [.trusted, .trusted] else { return false }
        if self.trustedAt == nil { self.trustedAt = self.simulation.now }
        return self.simulation.isConnected(meeting)
    }
}

extension Simulation {
    /// Whether both sides of a meeting see the other as connected now.
    func isConnected(_ meeting: Meeting) -> Bool {
        [meeting.offering, meeting.answering].allSatisfy { id in
            let host = self.hosts[id.number]
            let status = host.node?.status(now: host.clock.moment(at: self.now))
            let relation = meeting.relation(of: id)
            return status?.peers.contains { $0.id == relation && $0.isConnected } ?? false
        }
    }
}
