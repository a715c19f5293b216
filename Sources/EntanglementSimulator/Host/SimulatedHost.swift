// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

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
        var sent: [(bytes: [UInt8], to: Endpoint)] = []
        var replies: [(RequestID, Reply)] = []
        var events: [Event] = []
        /// Sessions that were installed.
        var installedCount = 0
        /// Whether the list of a peer's endpoints was stored.
        var hasStoredEndpoints = false
        /// The program has ended in the middle of it.
        var hasDied = false

        /// Adds what followed after.
        mutating func append(_ later: Effects) {
            self.sent += later.sent
            self.replies += later.replies
            self.events += later.events
            self.installedCount += later.installedCount
            self.hasStoredEndpoints = self.hasStoredEndpoints || later.hasStoredEndpoints
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
    private(set) var incarnation = 0
    private(set) var node: Node?
    private(set) var gate: Gate
    /// The output after which the program dies, counted from 0 over the next step's outputs; 0: before the
    /// transaction, 1: right after it.
    var diesAfter: Int?

    /// When the queue will look at this host next.
    var timerAt: Instant?
    /// The node's and the IPgetter's next deadlines, by the host's clock.
    private var nextDue: Instant?
    /// What a hostile peer does instead of what it should; nil: it is honest.
    var villain: Villain?
    /// What a few defects of the driver need.
    private var defective = DefectiveDriver()
    private var ipgetter: SimulatedIPgetter?
    let servers: [Endpoint]
    private let primitives: any Primitives
    private let configuration: NodeConfiguration
    private let defects: Defects
    private var seeds: SeededGenerator
    private var requestCount: UInt64 = 0

    init(
        id: HostID, name: String, port: UInt16, primitives: any Primitives, seed: UInt64,
        servers: [Endpoint], defects: Defects, disk: SimulatedDisk? = nil, now: Instant
    ) {
        self.id = id
        self.name = name
        self.port = port
        self.interfaces = []
        self.primitives = primitives
        self.servers = servers
        self.defects = defects
        self.disk = disk ?? SimulatedDisk(defects: defects)
        self.clock = HostClock(zero: now)
        var configuration = NodeConfiguration(
            name: name, allowsLoopback: false, usesIPgetter: !servers.isEmpty)
        configuration.mutation = defects.mutation
        self.configuration = configuration
        self.gate = Gate(primitives: primitives, mutation: defects.mutation)
        self.seeds = SeededGenerator(seed: seed)
    }

    var isRunning: Bool { self.power == .running }

    /// When something is due here, by the true time; `mutating`, so that no host is copied for it.
    mutating func due(now: Instant) -> Instant? {
        guard self.isRunning, let due = self.nextDue else { return nil }
        return self.clock.time(of: due, now: now)
    }

    /// Looks up when something is due next; in place, so that no node is copied for it.
    mutating func noteDue() {
        let own = self.node?.nextDeadline()
        let asked = self.ipgetter?.nextDeadline()
        self.nextDue = [own ?? nil, asked ?? nil].compactMap { $0 }.min()
    }

    // MARK: Life

    /// Starts the program from what is on the disk.
    mutating func start(at now: Instant) -> Effects {
        self.incarnation += 1
        self.timerAt = nil
        self.power = .running
        self.diesAfter = nil
        self.hasMissedNews = false
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
        self.carryOut(outputs, at: now, &effects)
        if !effects.hasDied { self.handle(.ownCandidates(self.candidates), at: now, &effects) }
        return effects
    }

    /// The program ends without a word.
    mutating func stop(losesPower: Bool) {
        self.power = .stopped
        self.node = nil
        if losesPower { self.disk.losePower() }
    }

    /// The computer wakes: the jump of time is noticed, and what the system noted about networks.
    mutating func wake(at now: Instant) -> Effects {
        self.power = .running
        var effects = self.handle(.resumed, at: now)
        guard self.isRunning, self.hasMissedNews else { return effects }
        effects.append(self.networkChanged(at: now))
        return effects
    }

    // MARK: Steps

    mutating func handle(_ input: Input, at now: Instant) -> Effects {
        var effects = Effects()
        self.handle(input, at: now, &effects)
        return effects
    }

    /// Time has passed.
    mutating func tick(at now: Instant) -> Effects {
        var effects = Effects()
        let local = self.clock.local(now)
        if let due = self.ipgetter?.deadline, due <= local {
            let pairings = self.node?.status(now: self.clock.moment(at: now)).pairings ?? []
            let isNeeded = pairings.contains { $0.phase != .timedOut }
            self.follow(
                self.ipgetter?.tick(now: local, isNeeded: isNeeded) ?? [], at: now, &effects)
        }
        if !effects.hasDied { self.handle(.timer, at: now, &effects) }
        return effects
    }

    /// The system tells that the addresses are others.
    mutating func networkChanged(at now: Instant) -> Effects {
        self.hasMissedNews = false
        var effects = Effects()
        let steps = self.ipgetter?.networkChanged(now: self.clock.local(now)) ?? []
        if !self.defects.contains(.changeUntold) {
            self.handle(.ownCandidates(self.candidates), at: now, &effects)
        }
        if !effects.hasDied, !self.defects.contains(.changeUntold) {
            self.handle(.networkChanged, at: now, &effects)
        }
        if !effects.hasDied { self.follow(steps, at: now, &effects) }
        return effects
    }

    private mutating func follow(
        _ steps: [SimulatedIPgetter.Step], at now: Instant, _ effects: inout Effects
    ) {
        for step in steps where !effects.hasDied {
            switch step {
            case .send(let bytes, let server): effects.sent.append((bytes, server))
            case .told(let endpoint): self.handle(.ipgetter(endpoint), at: now, &effects)
            case .lapsed: self.handle(.ipgetterLapsed, at: now, &effects)
            }
        }
    }

    /// A person asks for something; the reply may come later.
    mutating func request(_ request: Request, at now: Instant) -> (RequestID, Effects) {
        self.requestCount += 1
        let id = RequestID(self.requestCount)
        return (id, self.handle(.request(id, request), at: now))
    }

    /// A datagram arrives: what the gate says, and what follows.
    mutating func receive(
        _ packet: Packet, at now: Instant
    ) -> (verdict: Gate.Verdict, effects: Effects) {
        let local = self.clock.local(now)
        let verdict = packet.bytes.withUnsafeBytes {
            self.gate.receive($0, from: packet.source, via: SocketID(0), now: local)
        }
        var effects = Effects()
        switch verdict {
        case .input(let input):
            self.handle(input, at: now, &effects)
        case .stun:
            let steps = self.ipgetter?.receive(packet.bytes, from: packet.source, now: local)
            self.follow(steps ?? [], at: now, &effects)
        case .dropped: break
        }
        return (verdict, effects)
    }

    /// A hostile peer seals what it likes in its own sessions.
    mutating func misbehave(at now: Instant) -> Effects {
        var effects = Effects()
        let local = self.clock.local(now)
        let sessions = self.node?.openSessions(now: local) ?? []
        for (session, path) in sessions {
            for (content, bytes) in self.villain?.plaintexts() ?? [] {
                self.carryOut(
                    .sendSealed(session: session, content, bytes, to: path), at: now, &effects)
            }
        }
        effects.sent += self.villain?.repetitions() ?? []
        if self.villain?.strategy == .floods { self.handle(.resumed, at: now, &effects) }
        return effects
    }

    private mutating func handle(_ input: Input, at now: Instant, _ effects: inout Effects) {
        var outputs: [Output] = []
        self.node?.handle(input, now: self.clock.moment(at: now), into: &outputs)
        self.carryOut(outputs, at: now, &effects)
    }

    /// The one contract of the driver: commit, then the rest, in order.
    private mutating func carryOut(
        _ outputs: [Output], at now: Instant, _ effects: inout Effects
    ) {
        var left = self.diesAfter
        self.diesAfter = nil
        func dies() -> Bool {
            guard let count = left else { return false }
            left = count - 1
            return count <= 0
        }
        if dies() { return self.die(&effects) }
        effects.hasStoredEndpoints =
            effects.hasStoredEndpoints || outputs.contains(where: \.isEndpoints)
        if !self.defects.contains(.commitAfterSend), !self.commit(outputs) {
            return self.die(&effects)
        }
        for output in outputs where !output.isPersist {
            if dies() { return self.die(&effects) }
            self.carryOut(self.villain?.twisted(output) ?? output, at: now, &effects)
        }
        if self.defects.contains(.commitAfterSend), !self.commit(outputs) { self.die(&effects) }
    }

    private mutating func commit(_ outputs: [Output]) -> Bool {
        self.disk.commit(
            outputs.compactMap { if case .persist(let change) = $0 { change } else { nil } })
    }

    private mutating func carryOut(
        _ output: Output, at now: Instant, _ effects: inout Effects
    ) {
        switch output {
        case .persist: break
        case .send(let bytes, let target):
            effects.sent.append((bytes, target))
            self.villain?.note(bytes, to: target)
            if self.defects.contains(.reinstallation),
                let session = self.defective.sessionAgain(answering: bytes)
            {
                _ = self.gate.apply(.install(session), now: self.clock.local(now))
            }
        case .sendSealed(_, _, _, let target):
            if let bytes = self.gate.apply(output, now: self.clock.local(now)) {
                effects.sent.append((bytes, target))
                self.villain?.note(bytes, to: target)
            }
        case .install(let session):
            effects.installedCount += 1
            self.defective.note(session, self.defects)
            _ = self.gate.apply(output, now: self.clock.local(now))
        case .erase where self.defects.contains(.erasureIgnored): break
        case .admit, .dismiss, .erase, .bury, .unbury:
            _ = self.gate.apply(output, now: self.clock.local(now))
        case .gatherCandidates:
            let steps = self.ipgetter?.gather(now: self.clock.local(now)) ?? [.told(nil)]
            self.follow(steps, at: now, &effects)
        case .reply(let id, let reply): effects.replies.append((id, reply))
        case .notify(let event): effects.events.append(event)
        }
    }

    private mutating func die(_ effects: inout Effects) {
        effects.hasDied = true
        self.stop(losesPower: false)
    }
}

extension Output {
    fileprivate var isPersist: Bool {
        if case .persist = self { true } else { false }
    }

    fileprivate var isEndpoints: Bool {
        if case .persist(.endpoints) = self { true } else { false }
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

extension SimulatedIPgetter {
    fileprivate mutating func nextDeadline() -> Instant? { self.deadline }
}

extension SimulatedHost {
    /// What is wrong with the tables of node and gate, and whether one of these endpoints is published.
    mutating func inspect(_ lies: Set<Endpoint>) -> (excess: String?, publishesLie: Bool) {
        guard let (excess, publishesLie) = self.node?.inspect(lies) else { return (nil, false) }
        let relationCount = self.disk.store.state.relations.count
        return (excess ?? self.gate.excess(relationCount: relationCount), publishesLie)
    }
}
