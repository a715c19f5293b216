// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping

/// One computer: the real node and gate, a disk, two clocks, and addresses in networks.
struct SimulatedHost: Sendable {
    /// Whether the program runs.
    enum Power: Sendable, Equatable {
        case running
        case stopped
        /// The computer sleeps: nothing runs, and the clocks go on.
        case asleep
    }

    /// What one step of the driver led to, in order.
    struct Effects: Sendable {
        var sent: [(bytes: [UInt8], to: Endpoint, port: UInt16)] = []
        /// For the groups of hellos, on every LAN.
        var hellos: [[UInt8]] = []
        /// Datagrams of the port mapper, and its HTTP requests.
        var toRouters: [(bytes: [UInt8], to: Endpoint)] = []
        var http: [(PortMapper.RequestID, to: Endpoint, bytes: [UInt8])] = []
        var replies: [(RequestID, Reply)] = []
        var events: [Event] = []
        /// Sessions that were installed.
        var installed: [Uses.SessionName] = []
        /// Packets that were opened inside relayed ones, and what was relayed for others.
        var openedInside: [OpenedPacket] = []
        /// What was sealed to be relayed or carried.
        var saidInside: [(session: UInt32, plaintext: [UInt8])] = []
        /// Whole datagrams that were relayed or carried to it.
        var datagramsInside: [[UInt8]] = []
        var looped: [Input] = []
        var relayed: [(session: UInt32, tag: RendezvousTag)] = []
        /// What was carried across bridges, or sent across.
        var carried: [BridgeFrameView] = []
        /// Where answers after a rest went that is not the peer's address.
        var strayAnswers: [Endpoint] = []
        /// Whether the list of a peer's endpoints was stored.
        var hasStoredEndpoints = false
        /// Whether clusters, their records or relations were stored.
        var hasClusterNews = false
        /// The program has ended in the middle of it.
        var hasDied = false

        /// Adds what followed after.
        mutating func append(_ later: Effects) {
            self.sent += later.sent
            self.hellos += later.hellos
            self.toRouters += later.toRouters
            self.http += later.http
            self.replies += later.replies
            self.events += later.events
            self.installed += later.installed
            self.openedInside += later.openedInside
            self.saidInside += later.saidInside
            self.datagramsInside += later.datagramsInside
            self.relayed += later.relayed
            self.carried += later.carried
            self.strayAnswers += later.strayAnswers
            self.hasStoredEndpoints = self.hasStoredEndpoints || later.hasStoredEndpoints
            self.hasClusterNews = self.hasClusterNews || later.hasClusterNews
            self.hasDied = self.hasDied || later.hasDied
        }
    }

    let id: HostID
    let name: String
    let port: UInt16
    /// Where it is plugged in; the first of each family is the default route.
    var interfaces: [Interface]
    /// Links that are gone for a while.
    var unplugged: [Interface] = []
    /// Whether networks have changed while the computer slept.
    var hasMissedNews = false
    /// Multicast groups that the program has joined, on all links.
    var groups: Set<IPAddress> = []
    var power = Power.stopped
    var disk: SimulatedDisk
    var clock: HostClock
    /// Counts the starts of the program; planned timers of former ones mean nothing.
    var incarnation = 0
    var node: Node?
    var gate: Gate
    /// The output after which the program dies, counted from 0 over the next step's outputs; 0: before the
    /// transaction, 1: right after it.
    var diesAfter: Int?

    /// When the queue will look at this host next.
    var timerAt: Instant?
    /// The node's and the IPgetter's next deadlines, by the host's clock.
    var nextDue: Instant?
    /// What a hostile peer does instead of what it should; nil: it is honest.
    var villain: Villain?
    /// What a few defects of the driver need.
    var defective = DefectiveDriver()
    /// Asks routers to open ports; nil: this host does not.
    var mapper: SimulatedMapper?
    /// When its next step is due, by the host's clock.
    var mapperDue: Instant?
    let asksRouters: Bool
    /// Sockets beside the one at `port`.
    var fresh: FreshSockets
    var ipgetter: SimulatedIPgetter?
    let servers: [Endpoint]
    let primitives: any Primitives
    let configuration: NodeConfiguration
    let defects: Defects
    var seeds: SeededGenerator
    var requestCount: UInt64 = 0
    /// Datagrams that it has sent to peers and servers.
    var sentCount = 0
    /// The last of them, and its fingerprint.
    private var lastSent: (bytes: [UInt8], digest: TraceHash) = ([], TraceHash())

    init(
        id: HostID, name: String, port: UInt16, primitives: any Primitives, seed: UInt64,
        servers: [Endpoint], defects: Defects, disk: SimulatedDisk? = nil, asksRouters: Bool = true,
        clusterLimits: ClusterLimits = ClusterLimits(), now: Instant
    ) {
        self.id = id
        self.name = name
        self.port = port
        self.fresh = FreshSockets(main: port)
        self.interfaces = []
        self.primitives = primitives
        self.servers = servers
        self.asksRouters = asksRouters
        self.defects = defects
        self.disk = disk ?? SimulatedDisk(defects: defects)
        self.clock = HostClock(zero: now)
        var configuration = NodeConfiguration(
            name: name, allowsLoopback: false, usesIPgetter: !servers.isEmpty,
            helloPorts: HelloPorts(ipv4: port, ipv6: port))
        configuration.clusterLimits = clusterLimits
        configuration.mutation = defects.mutation
        self.configuration = configuration
        self.gate = Gate(primitives: primitives, mutation: defects.mutation)
        self.seeds = SeededGenerator(seed: seed)
    }

    var isRunning: Bool { self.power == .running }

    /// The fingerprint of a datagram that it sends: often the same goes to many places, one by one.
    mutating func digest(of bytes: [UInt8]) -> TraceHash {
        guard self.lastSent.bytes != bytes || bytes.isEmpty else { return self.lastSent.digest }
        var digest = TraceHash()
        digest.absorb(bytes)
        self.lastSent = (bytes, digest)
        return digest
    }

    /// When something is due here, by the true time; `mutating`, so that no host is copied for it.
    mutating func due(now: Instant) -> Instant? {
        guard self.isRunning, let due = self.nextDue else { return nil }
        return self.clock.time(of: due, now: now)
    }

    /// Looks up when something is due next; in place, so that no node is copied for it.
    mutating func noteDue() {
        let own = self.node?.nextDeadline()
        let asked = self.ipgetter?.nextDeadline()
        var due = own ?? nil
        if let asked = asked ?? nil { due = min(asked, due ?? asked) }
        if let mapping = self.mapperDue { due = min(mapping, due ?? mapping) }
        self.nextDue = due
    }

    // MARK: Life

    /// Starts the program from what is on the disk.
    mutating func start(at now: Instant) -> Effects {
        self.incarnation += 1
        self.timerAt = nil
        self.power = .running
        self.hasMissedNews = false
        self.fresh.close(keeping: [])
        for number in 0..<SocketID.asideCount { self.fresh.closeAside(number) }
        self.ipgetter =
            self.servers.isEmpty
            ? nil : SimulatedIPgetter(servers: self.servers, seed: self.seeds.next())
        self.gate = Gate(primitives: self.primitives, mutation: self.configuration.mutation)
        if self.defects.contains(.sessionsSurvive) {
            for session in self.defective.installed {
                _ = self.gate.apply(.install(session), now: now)
            }
        }
        var outputs: [Output] = []
        let seed = self.seeds.next()
        self.node = Node(
            loading: self.disk.store.state, configuration: self.configuration,
            primitives: self.primitives,
            generator: SeededGenerator(
                seed: self.defects.contains(.sameRandomness) ? UInt64(self.id.number) : seed),
            now: self.clock.moment(at: now), into: &outputs)
        var effects = Effects()
        effects.hasClusterNews = true
        self.carryOut(outputs, at: now, &effects)
        self.groups = [Hello.groupIPv4, Hello.groupIPv6]
        if self.asksRouters, !effects.hasDied {
            self.groups.insert(NATPMP.announcementGroup)
            self.mapper = SimulatedMapper(seed: self.seeds.next())
            self.tellMapper(at: now, &effects)
        }
        if !effects.hasDied { self.tellLAN(at: now, &effects) }
        if !effects.hasDied { self.handle(.ownCandidates(self.candidates), at: now, &effects) }
        return effects
    }

    /// The program ends without a word.
    mutating func stop(losesPower: Bool) {
        self.power = .stopped
        self.node = nil
        self.diesAfter = nil
        self.mapper = nil
        self.mapperDue = nil
        if losesPower { self.disk.losePower() }
    }

    /// The computer wakes: the jump of time is noticed, and what the system noted about networks.
    mutating func wake(at now: Instant) -> Effects {
        self.power = .running
        var effects = self.handle(.resumed, at: now)
        if self.isRunning { self.feedMapper(.refresh, at: now, &effects) }
        guard self.isRunning, self.hasMissedNews else { return effects }
        effects.append(self.networkChanged(at: now))
        return effects
    }
}

// Reading through `mutating` reads in place: an optional value is not copied for it.
extension Node {
    fileprivate mutating func nextDeadline() -> Instant? { self.deadline }

    /// What is wrong with its tables, and whether one of these endpoints is published.
    mutating func inspect(_ lies: Set<Endpoint>) -> (excess: String?, publishesLie: Bool) {
        (self.excess, !lies.isEmpty && self.publishedEndpoints.contains(where: lies.contains))
    }
}

extension SimulatedHost {
    /// What its node holds of its clusters.
    mutating func heldClusters() -> [HeldCluster] { self.node?.hold() ?? [] }

    /// The relation whose session that is.
    mutating func relation(ofSession index: UInt32) -> RelationID? {
        self.node?.find(ofSession: index) ?? nil
    }

    /// Where the peer of a session is reached now.
    mutating func path(ofSession index: UInt32) -> Endpoint? {
        self.node?.findPath(ofSession: index) ?? nil
    }

    /// Whether it is this host itself that is looked for under a tag; nil: nobody is there.
    mutating func isEnd(of tag: RendezvousTag) -> Bool? { self.node?.mayEnd(tag) }
}

extension Node {
    fileprivate mutating func hold() -> [HeldCluster] { self.heldClusters }

    fileprivate mutating func find(ofSession index: UInt32) -> RelationID? {
        self.relation(ofSession: index)
    }

    fileprivate mutating func findPath(ofSession index: UInt32) -> Endpoint? {
        self.path(ofSession: index)
    }

    fileprivate mutating func mayEnd(_ tag: RendezvousTag) -> Bool { self.isEnd(of: tag) }
}

extension SimulatedIPgetter {
    mutating func nextDeadline() -> Instant? { self.deadline }
}

extension SimulatedHost {
    /// What is wrong with the tables of node and gate, and whether one of these endpoints is published.
    mutating func inspect(_ lies: Set<Endpoint>) -> (excess: String?, publishesLie: Bool) {
        guard let (excess, publishesLie) = self.node?.inspect(lies) else { return (nil, false) }
        let relationCount = self.disk.store.state.relations.count
        return (excess ?? self.gate.excess(relationCount: relationCount), publishesLie)
    }
}
