// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Members of one cluster that exists already; one after the other moves, then one is removed.
///
/// Half of them are at public addresses, half behind common home routers; each mover moves behind a new home
/// router or to a new public address. The internet loses packets, nothing else goes wrong. Of a cluster that
/// is too large to run as a whole some are there and the others never: then nobody is removed. Who is there
/// may be anybody, or a part of the ring without a gap (PROTOCOL.md §12.7).
public struct ClusterTown: Sendable {
    /// What came of it.
    public struct Outcome: Sendable {
        /// From each move to the moment at which each member knew of the mover's new address, in order.
        public let spans: [Duration]
        /// The same until the last member knew, for each move.
        public let lastSpans: [Duration]
        /// From each move to a path to the new address, for each member who was connected, in order.
        public let pathSpans: [Duration]
        /// Members who did not know within ``patience``.
        public let missedCount: Int
        /// Members who were connected and had no path to the new address within ``patience``.
        public let lostCount: Int
        /// From the last vote to the moment at which each member knew of a removal, in order.
        public let removalSpans: [Duration]
        /// Members who did not know of it within ``patience``.
        public let unremovedCount: Int
        /// From a ping to the connection, of members who were not connected, in order.
        public let callSpans: [Duration]
        /// Members who were not connected ``callPatience`` after a ping.
        public let unreachedCount: Int
        /// Connections of a member, on average.
        public let connectedCount: Double
        /// Datagrams that a member sent within 10 s of a move, on average, beyond what it sends in 10 s of rest.
        public let sentPerMove: Double
        /// Datagrams that a member sends in a second at rest, on average.
        public let sentPerSecond: Double
        /// Datagrams after the first start to where no member is or was: servers, and anybody else.
        public let outsideCount: Int
        /// Broken promises.
        public let violations: [Violation]
        /// Equal for equal courses.
        public let hash: TraceHash
    }

    /// So long a change has to get around.
    public static let patience = Duration.seconds(20)
    /// So long somebody who rests may take to answer: as long as a ping waits.
    public static let callPatience = Duration.seconds(5)
    /// So many pairs are tried.
    private static let callCount = 24
    private static let warmUp = Duration.seconds(90)
    private static let step = Duration.milliseconds(5)

    private var simulation: Simulation
    private let members: [MemberID]
    private let moveCount: Int
    private let absentCount: Int

    /// A cluster of so many members, of whom so many run and so many move.
    public init(
        memberCount: Int, runningCount: Int, isScattered: Bool = false, lossPerMille: Int,
        moveCount: Int, seed: UInt64
    ) {
        var conditions = LinkConditions.internet
        conditions.lossPerMille = lossPerMille
        self.simulation = Simulation(
            seed: seed, internet: conditions, defects: [], usesRealCryptography: false)
        self.simulation.people.areResolute = true
        self.moveCount = moveCount
        self.absentCount = memberCount - runningCount
        self.simulation.checker.isSparing =
            memberCount > self.simulation.clusterLimits.memberCountMax
        self.simulation.clusterLimits = ReadyCluster.limits(memberCount: memberCount)
        let places = (0..<runningCount).map { number -> Place in
            number.isMultiple(of: 2) || memberCount == 2 ? .publicHost : .home
        }
        self.members = self.simulation.settle(
            places, absentCount: self.absentCount, isScattered: isScattered, seed: seed)
    }

    /// Lets it live, and measures.
    public mutating func run() -> Outcome {
        self.simulation.run(until: Instant(nanoseconds: Self.warmUp.nanoseconds))
        let outside = self.simulation.outsideCount
        let connected = self.connectedCount()
        let rest = self.sent(during: .seconds(30)) / 30
        var (spans, last, paths): ([Duration], [Duration], [Duration]) = ([], [], [])
        var (missed, lost, sentCount) = (0, 0, 0)
        for number in 0..<self.moveCount {
            let before = self.simulation.sentCount
            // Of two, one stands still at a public address: nobody else could tell of a move.
            let movers = self.members.count == 2 ? 1 : self.members.count
            let mover = HostID(number: number % movers)
            let move = self.move(mover, to: number.isMultiple(of: 3) ? .publicHost : .home)
            sentCount += self.simulation.sentCount - before
            spans += move.known
            last += [move.known.max()].compactMap { $0 }
            paths += move.paths
            missed += move.missed
            lost += move.lost
        }
        let moving = Double(sentCount) / Double(max(1, self.moveCount * self.members.count))
        let (calls, unreached) = self.call()
        let (removal, unremoved) = self.remove()
        return Outcome(
            spans: spans.sorted(), lastSpans: last.sorted(), pathSpans: paths.sorted(),
            missedCount: missed, lostCount: lost, removalSpans: removal,
            unremovedCount: unremoved, callSpans: calls, unreachedCount: unreached,
            connectedCount: connected,
            sentPerMove: moving - rest * (Self.patience / .seconds(1)), sentPerSecond: rest,
            outsideCount: self.simulation.outsideCount - outside,
            violations: self.simulation.checker.violations, hash: self.simulation.hash)
    }

    /// Members ping such as they are not connected with, from all over the ring.
    private mutating func call() -> ([Duration], Int) {
        var (spans, unreached): ([Duration], Int) = ([], 0)
        let count = self.members.count
        for number in 0..<Self.callCount where count > 2 {
            let one = HostID(number: number * 5 % count)
            let distance = 1 + number * (count / 2 - 1) / Self.callCount
            let other = self.members[(one.number + distance) % count]
            guard !self.simulation.isConnected(one, with: other) else { continue }
            let start = self.simulation.now
            self.simulation.ping(other, by: one)
            while self.simulation.now - start < Self.callPatience,
                !self.simulation.isConnected(one, with: other)
            {
                self.simulation.run(until: self.simulation.now + Self.step)
            }
            if self.simulation.isConnected(one, with: other) {
                spans.append(self.simulation.now - start)
            } else {
                unreached += 1
            }
        }
        return (spans.sorted(), unreached)
    }

    private func connectedCount() -> Double {
        let count = self.simulation.hosts.map(\.id).reduce(0) { sum, id in
            sum + self.simulation.connectedRelations(of: id).count
        }
        return Double(count) / Double(self.members.count)
    }

    private mutating func sent(during span: Duration) -> Double {
        let before = self.simulation.sentCount
        self.simulation.run(until: self.simulation.now + span)
        return Double(self.simulation.sentCount - before) / Double(self.members.count)
    }

    private mutating func move(
        _ mover: HostID, to place: Place
    ) -> (known: [Duration], paths: [Duration], missed: Int, lost: Int) {
        let start = self.simulation.now
        let id = self.members[mover.number]
        var ignorant = self.simulation.hosts.map(\.id).filter { $0 != mover }
        var pathless = ignorant.filter { self.simulation.isConnected($0, with: id) }
        self.simulation.settle(mover, in: place)
        self.simulation.noteAddresses(of: mover)
        self.simulation.tellOfNetworks(mover)
        let address = self.simulation.outerAddress(of: mover)
        var (known, paths): ([Duration], [Duration]) = ([], [])
        while self.simulation.now - start < Self.patience {
            self.simulation.run(until: self.simulation.now + Self.step)
            let span = self.simulation.now - start
            ignorant.removeAll { host in
                let knows = self.simulation.knows(host, that: id, isAt: address)
                if knows { known.append(span) }
                return knows
            }
            pathless.removeAll { host in
                let reaches = self.simulation.reaches(host, id, at: address)
                if reaches { paths.append(span) }
                return reaches
            }
        }
        return (known, paths, ignorant.count, pathless.count)
    }

    /// Those with votes remove the last member.
    private mutating func remove() -> ([Duration], Int) {
        guard self.members.count >= 6, self.absentCount == 0, let accused = self.members.last else {
            return ([], 0)
        }
        for number in 0..<3 {
            self.simulation.remove(accused, by: HostID(number: number))
            if number < 2 { self.simulation.run(until: self.simulation.now + .seconds(3)) }
        }
        let start = self.simulation.now
        var ignorant = self.simulation.hosts.dropLast().map(\.id)
        var spans: [Duration] = []
        while self.simulation.now - start < Self.patience, !ignorant.isEmpty {
            self.simulation.run(until: self.simulation.now + Self.step)
            let span = self.simulation.now - start
            let left = ignorant.filter { !self.simulation.knows($0, isRemoved: accused) }
            spans += ignorant.filter { !left.contains($0) }.map { _ in span }
            ignorant = left
        }
        return (spans, ignorant.count)
    }
}

// What measures of clusters do and look at.
extension Simulation {
    /// Plugs in one host for each place, and starts them as members of one cluster, of whom so many more are
    /// never there.
    mutating func settle(
        _ places: [Place], absentCount: Int = 0, isScattered: Bool = false, seed: UInt64
    ) -> [MemberID] {
        let servers = self.addServers()
        for (number, place) in places.enumerated() {
            let id = self.addHost("member \(number)", servers: servers)
            self.settle(id, in: place)
            self.noteAddresses(of: id)
        }
        let endpoints = self.hosts.map(\.id).map { id in
            self.outerAddress(of: id).map { Endpoint(address: $0, port: 41_414) }
        }
        let ready = ReadyCluster(
            endpoints, absentCount: absentCount, isScattered: isScattered, seed: seed)
        var story = ClusterStory()
        story.cluster = ready.cluster
        for (id, member) in zip(self.hosts.map(\.id), ready.members) {
            self.hosts[id.number].disk = SimulatedDisk(MemoryStore(ready.states[id.number]))
            story.members[id] = member
            story.hosts[member] = id
            let delay = Int64.random(in: 0...2_000, using: &self.generator)
            self.plan(.start(id), after: .milliseconds(delay))
        }
        self.story = story
        return ready.members
    }

    /// Datagrams that all hosts have sent.
    var sentCount: Int { self.hosts.reduce(0) { $0 + $1.sentCount } }

    /// Where others see a host; nil: behind a carrier, or nowhere.
    func outerAddress(of id: HostID) -> IPAddress? {
        guard let interface = self.hosts[id.number].interfaces.first(where: { !$0.address.isIPv6 })
        else { return nil }
        guard let nat = self.network.nat(of: interface.network) else { return interface.address }
        return self.network.nats[nat].outer
    }

    /// What goes to where a host is now goes to nobody outside.
    mutating func noteAddresses(of id: HostID) {
        for interface in self.hosts[id.number].interfaces {
            self.ownAddresses.insert(interface.address)
        }
        if let outer = self.outerAddress(of: id) { self.ownAddresses.insert(outer) }
    }

    /// The relations that a host sees as connected.
    func connectedRelations(of id: HostID) -> [RelationRecord] {
        let host = self.hosts[id.number]
        let now = host.clock.moment(at: self.now)
        return host.disk.store.state.relations.filter {
            host.node?.isConnected($0.id, now: now) ?? false
        }
    }

    func isConnected(_ id: HostID, with member: MemberID) -> Bool {
        self.connectedRelations(of: id).contains { $0.member == member }
    }

    /// Whether a host would look for a member at that address.
    func knows(_ id: HostID, that member: MemberID, isAt address: IPAddress?) -> Bool {
        self.hosts[id.number].disk.store.state.relations.contains { record in
            record.member == member
                && self.hosts[id.number].node?.knownEndpoints(of: record.id).contains {
                    $0.address == address
                } ?? false
        }
    }

    /// Whether a host is connected with a member at that address.
    func reaches(_ id: HostID, _ member: MemberID, at address: IPAddress?) -> Bool {
        self.connectedRelations(of: id).contains { record in
            record.member == member
                && self.hosts[id.number].node?.path(of: record.id)?.address == address
        }
    }

    func knows(_ id: HostID, isRemoved member: MemberID) -> Bool {
        let held = self.hosts[id.number].node?.heldClusters.first
        return held?.roster?.member(member)?.status == .removed
    }

    /// A person wants to know whether a member is there.
    mutating func ping(_ member: MemberID, by id: HostID) {
        let relation = self.hosts[id.number].disk.store.state.relations.last {
            $0.member == member
        }
        guard let relation else { return }
        let (_, effects) = self.hosts[id.number].request(.ping(relation.id), at: self.now)
        self.follow(effects, of: id)
    }

    mutating func remove(_ member: MemberID, by id: HostID) {
        guard let cluster = self.story?.cluster else { return }
        let (_, effects) = self.hosts[id.number].request(
            .removeMember(cluster, member), at: self.now)
        self.follow(effects, of: id)
    }
}
