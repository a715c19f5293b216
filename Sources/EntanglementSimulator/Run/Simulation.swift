// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Whole computers, networks and people on simulated time; one seed, one course of events.
///
/// The driver of each host is the contract of the real one; the node and its gate are the real ones.
public struct Simulation: Sendable {
    /// What is planned.
    enum Event: Sendable {
        /// A packet has crossed a network.
        case arrival(Packet, at: NetworkID)
        /// A host's HTTP request reaches a router, or the router's answer the host.
        case http(RouterExchange)
        /// A node's deadline, if the program has not been started anew since.
        case timer(HostID, incarnation: Int)
        /// Something that the plan of the run does.
        case action(Action)
    }

    /// The seed that decided everything.
    public let seed: UInt64
    let defects: Defects
    /// The true time; no host knows it.
    private(set) var now = Instant(nanoseconds: 0)
    var generator: SeededGenerator
    var network: Network
    var hosts: [SimulatedHost] = []
    var checker = Checker()
    var people = People()
    var world = World()
    /// What a course about a cluster remembers; nil: it is about something else.
    var story: ClusterStory?
    /// What a course about two linked clusters remembers.
    var bridges: BridgeStory?
    /// How much of a cluster hosts take in.
    var clusterLimits = ClusterLimits()
    /// Hosts whose disk has been set back: what others know of them may be newer.
    var restored: Set<HostID> = []
    /// Hosts whose clock has been put back.
    var setBack: Set<HostID> = []
    /// Copies of homes, and of whom.
    var copies: [HostID: HostID] = [:]
    /// Copies that were found out and switched off for good.
    var retired: Set<HostID> = []
    /// Whether all faults have ended.
    var isHealed = false
    /// Until when an adversary sits on the way to a host.
    var interceptions: [HostID: Instant] = [:]
    /// Where each host is.
    var places: [Place] = []
    private(set) var queue = EventQueue<Event>()
    private var packetCount: UInt64 = 0
    private(set) var hash = TraceHash()
    /// How often each kind of fault and fate happened.
    private(set) var tally = Tally()
    /// The last packets, for the diagram of a failed run.
    private(set) var recent = RecentPackets()
    private(set) var eventCount = 0
    /// Takes a line about everything that happens, if somebody wants to read it.
    var trace: (@Sendable (String) -> Void)?
    let usesRealCryptography: Bool
    /// Whether stand-ins for the cryptography hide what they seal.
    var veilsTexts = false
    /// How the internet is when nothing is wrong.
    let calm: LinkConditions
    /// Addresses that hosts have or had, in measures that count how many datagrams go to others; and how many
    /// have gone there.
    var ownAddresses: Set<IPAddress> = []
    private(set) var outsideCount = 0
    private let computed = ComputedBefore()
    /// What the host that does something now has opened, in courses about bridges.
    let opened = OpenedTexts()

    init(
        seed: UInt64, internet: LinkConditions, defects: Defects, usesRealCryptography: Bool
    ) {
        self.seed = seed
        self.defects = defects
        self.generator = SeededGenerator(seed: seed)
        self.network = Network(internet: internet)
        self.usesRealCryptography = usesRealCryptography
        self.calm = internet
    }

    /// A computer without networks, not started yet.
    mutating func addHost(
        _ name: String, servers: [Endpoint] = [], disk: SimulatedDisk? = nil
    ) -> HostID {
        let id = HostID(number: self.hosts.count)
        let base: any Primitives =
            self.usesRealCryptography
            ? CryptoPrimitives() : StandInPrimitives(isVeiled: self.veilsTexts)
        let primitives = WatchedPrimitives(
            base: base, ledger: self.checker.ledger,
            opened: self.veilsTexts ? self.opened : nil, computed: self.computed, host: id)
        self.hosts.append(
            SimulatedHost(
                id: id, name: name, port: 41_414, primitives: primitives,
                seed: self.generator.next(), servers: servers, defects: self.defects,
                disk: disk, clusterLimits: self.clusterLimits, now: self.now))
        self.places.append(.publicHost)
        return id
    }

    // MARK: Time

    /// Plans an action.
    mutating func plan(_ action: Action, after delay: Duration) {
        self.queue.put(.action(action), at: self.now + delay)
    }

    /// Lets time pass, event by event, or to the first broken promise.
    mutating func run(until end: Instant) {
        while self.checker.violations.isEmpty, let due = self.queue.due, due <= end {
            guard let (at, event) = self.queue.next() else { break }
            self.now = max(self.now, at)
            self.eventCount += 1
            self.happen(event, due: at)
        }
        if self.checker.violations.isEmpty { self.now = max(self.now, end) }
    }

    private mutating func happen(_ event: Event, due at: Instant) {
        switch event {
        case .arrival(let packet, let network): self.arrive(packet, at: network)
        case .http(let exchange): self.goOn(exchange)
        case .timer(let id, let incarnation):
            guard self.hosts[id.number].incarnation == incarnation,
                self.hosts[id.number].timerAt == at
            else { return }
            self.hosts[id.number].timerAt = nil
            guard let due = self.hosts[id.number].due(now: self.now) else { return }
            guard due <= self.now else { return self.planTimer(of: id) }
            self.step(id) { $0.tick(at: $1) }
        case .action(let action):
            self.trace?(self.line(about: action))
            self.carryOut(action)
        }
    }

    // MARK: Hosts

    /// Lets one host do something, checks it, and sends what it sends.
    mutating func step(
        _ id: HostID, _ body: (inout SimulatedHost, Instant) -> SimulatedHost.Effects
    ) {
        let effects = body(&self.hosts[id.number], self.now)
        self.follow(effects, of: id)
    }

    mutating func follow(_ effects: SimulatedHost.Effects, of id: HostID) {
        self.checker.looks(at: &self.hosts[id.number], effects, now: self.now)
        if effects.hasClusterNews, self.story != nil { self.followStory(effects, of: id) }
        self.followBridges(effects, of: id)
        for (bytes, target, port) in effects.sent {
            self.send(bytes, to: target, from: id, port: port)
        }
        self.sayHello(effects, of: id)
        self.askRouters(effects, of: id)
        for event in effects.events { self.note(event, of: id) }
        if effects.hasDied {
            self.count(.crash)
            self.plan(.start(id), after: .seconds(2))
            return
        }
        for (request, reply) in effects.replies { self.hear(reply, to: request, at: id) }
        self.planTimer(of: id)
    }

    private mutating func planTimer(of id: HostID) {
        self.hosts[id.number].noteDue()
        guard let due = self.hosts[id.number].due(now: self.now) else { return }
        // A planned timer that is early enough does: what is due is looked up when it comes.
        if let planned = self.hosts[id.number].timerAt, planned <= due, planned >= self.now {
            return
        }
        self.hosts[id.number].timerAt = due
        self.queue.put(.timer(id, incarnation: self.hosts[id.number].incarnation), at: due)
    }

    private mutating func note(_ event: Entanglement.Event, of id: HostID) {
        self.hash.absorb(UInt64(id.number) << 32 | UInt64(event.kindNumber))
        self.trace?(self.line(about: event, of: id))
    }

    // MARK: Packets

    mutating func put(_ exchange: RouterExchange, after delay: Duration) {
        self.queue.put(.http(exchange), at: self.now + delay)
    }

    /// The number of the next packet.
    mutating func nextPacketNumber() -> UInt64 {
        self.packetCount += 1
        return self.packetCount
    }

    private mutating func send(
        _ bytes: [UInt8], to target: Endpoint, from id: HostID, port: UInt16
    ) {
        let digest = self.hosts[id.number].digest(of: bytes)
        self.hosts[id.number].sentCount += 1
        if !self.ownAddresses.isEmpty, !self.ownAddresses.contains(target.address) {
            self.outsideCount += 1
        }
        self.checker.sends(
            bytes, digest: digest, to: target, isFresh: port != self.hosts[id.number].port, id,
            incarnation: self.hosts[id.number].incarnation, at: self.now)
        guard let interface = self.hosts[id.number].interface(toward: target.address) else {
            return self.count(.noRoute)
        }
        self.packetCount += 1
        let packet = Packet(
            number: self.packetCount, bytes: bytes,
            source: Endpoint(address: interface.address, port: port),
            destination: target, origin: id, digest: digest)
        self.emit(packet, from: interface.network)
    }

    /// Lets a packet into a network: a host's, or one that an adversary repeats or makes up.
    mutating func emit(_ packet: Packet, from network: NetworkID) {
        switch self.network.goOut(
            packet, from: network, now: self.now, using: &self.generator)
        {
        case .ended(let fate): self.end(packet, fate)
        case .reached(let network, let packet, let copies):
            self.planArrivals(of: packet, at: network, copies)
        }
    }

    private mutating func planArrivals(
        of packet: Packet, at network: NetworkID, _ copies: [Network.Crossing]
    ) {
        if copies.isEmpty { return self.end(packet, .lost) }
        if copies.count > 1 { self.count(.duplicate) }
        for copy in copies {
            var arriving = packet
            if copy.isCorrupt { self.corrupt(&arriving) }
            self.queue.put(.arrival(arriving, at: network), at: self.now + copy.delay)
        }
    }

    mutating func corrupt(_ packet: inout Packet) {
        guard !packet.bytes.isEmpty else { return }
        self.count(.corruption)
        let isMadeUp = packet.isForged && packet.genuineDigest == nil
        if packet.genuineDigest == nil { packet.genuineDigest = packet.digest }
        for _ in 0..<Int.random(in: 1...3, using: &self.generator) {
            let position = Int.random(in: 0..<packet.bytes.count, using: &self.generator)
            packet.bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self.generator)
        }
        packet.digest = TraceHash()
        packet.digest.absorb(packet.bytes)
        // The same bit may be turned back.
        packet.isForged = isMadeUp || packet.digest != packet.genuineDigest
    }

    private mutating func arrive(_ packet: Packet, at network: NetworkID) {
        switch self.network.comeIn(packet, at: network, now: self.now) {
        case .ended(let fate): self.end(packet, fate)
        case .server(let packet):
            self.end(packet, .delivered)
            guard let reply = STUNServer.reply(to: packet) else { return }
            self.packetCount += 1
            self.emit(
                Packet(
                    number: self.packetCount, bytes: reply, source: packet.destination,
                    destination: packet.source, origin: nil, digest: packet.digest),
                from: .internet)
        case .host(let id, let packet):
            if !self.intercept(packet, to: id) { self.deliver(packet, to: id) }
        case .group(let ids, let packet):
            for id in ids where self.hosts[id.number].groups.contains(packet.destination.address) {
                self.deliver(packet, to: id)
            }
            self.hear(packet, inGroupOf: network)
        case .router(let router, let packet): self.ask(router, packet)
        case .entered(let network, let packet):
            let copies = self.network.cross(network, packet, using: &self.generator)
            self.planArrivals(of: packet, at: network, copies)
        }
    }

    /// A datagram comes out of the wire at a host.
    mutating func deliver(_ packet: Packet, to id: HostID) {
        guard self.hosts[id.number].power == .running else {
            return self.end(packet, .blocked, at: id)
        }
        guard self.hosts[id.number].listens(at: packet.destination.port) else {
            return self.end(packet, .unmapped, at: id)
        }
        self.end(packet, .delivered, at: id)
        self.recent.note(packet, at: self.now, to: id)
        // What is due at this very moment is not the datagram's doing.
        if let due = self.hosts[id.number].due(now: self.now), due <= self.now {
            self.step(id) { $0.tick(at: $1) }
            guard self.hosts[id.number].power == .running else { return }
        }
        if packet.destination.port == Hello.port {
            let effects = self.hosts[id.number].hearHello(packet, at: self.now)
            if self.areStrangers(packet.origin, id) {
                self.checker.hearsStranger(packet, id, effects, at: self.now)
            }
            return self.follow(effects, of: id)
        }
        // Kept for forgeries alone: a second reference costs a copy of the disk at the next commit.
        guard packet.destination.port != SimulatedMapper.port,
            packet.destination.port != SimulatedMapper.announcementPort
        else { return self.step(id) { $0.hearRouter(packet, at: $1) } }
        let before = packet.isForged ? self.hosts[id.number].disk.store.state : nil
        let (verdict, effects) = self.hosts[id.number].receive(packet, at: self.now)
        self.checker.receives(packet, verdict, id, effects, at: self.now)
        if case .input(.opened(let opened)) = verdict {
            self.checker.helps(opened, &self.hosts[id.number], effects, at: self.now)
            self.hearsOfClusters([opened] + effects.openedInside, id)
            self.hearsAcross(opened, effects, at: id)
        }
        if case .input(let input) = verdict { self.checkBorder(packet, input, at: id) }
        if let before {
            self.checker.resists(
                packet, verdict, from: before, &self.hosts[id.number], effects, at: self.now)
        }
        self.checker.accepts(packet, id, effects, at: self.now)
        self.checker.keepsPath(packet, id, effects, at: self.now)
        self.follow(effects, of: id)
    }

    mutating func end(_ packet: Packet, _ fate: Fate, at host: HostID? = nil) {
        self.trace?(self.line(about: packet, fate, at: host))
        self.tally.count(fate)
        self.hash.absorb(packet.number << 8 | UInt64(fate.rawValue))
        if fate == .delivered {
            self.hash.absorb(UInt64(bitPattern: self.now.nanoseconds))
            self.hash.absorb(packet.digest)
        }
    }

    mutating func count(_ fault: Fault) {
        self.trace?(self.line(about: fault))
        self.tally.count(fault)
    }
}
