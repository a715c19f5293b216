// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A node with its gate and a store in memory, as one value: what a driver is, without a machine.
public struct Host: Sendable {
    /// A datagram that left the host.
    public struct Sent: Sendable, Hashable {
        /// The bytes.
        public var bytes: [UInt8]
        /// Where from: the host's own endpoint at that time.
        public var from: Endpoint
        /// Where to.
        public var to: Endpoint

        /// A datagram of those bytes.
        public init(bytes: [UInt8], from: Endpoint, to: Endpoint) {
            self.bytes = bytes
            self.from = from
            self.to = to
        }
    }

    /// The core.
    public package(set) var node: Node
    /// What looks at datagrams first.
    public private(set) var gate: Gate
    /// What survives `restart`.
    public private(set) var store: MemoryStore
    /// Where the host sends from and is reached.
    public var endpoint: Endpoint
    /// Replies, oldest first.
    public private(set) var replies: [(id: RequestID, reply: Reply)] = []
    /// Events that were told, oldest first.
    public private(set) var events: [Event] = []
    /// How often the node asked for the IPgetter.
    public private(set) var askedCount = 0
    /// Notes that the node wanted to leave since its start, oldest first.
    public private(set) var leftNotes:
        [(relation: RelationID, note: LastResortNote, slot: LastResortSlot)] = []
    /// Where it wanted to look for notes since its start, oldest first.
    public private(set) var soughtNotes:
        [(relation: RelationID, slots: [LastResortSlot], accepted: UInt64)] = []
    /// The session that the node sealed with last.
    public private(set) var lastSession: UInt32?
    /// Every output of the last step, in order.
    public private(set) var lastOutputs: [Output] = []

    /// The port of the socket by which IPv4 rests are measured; the next one is that of IPv6.
    public static let asidePort: UInt16 = 60_000

    private let primitives: any Primitives
    private let configuration: NodeConfiguration
    private let makeGenerator: @Sendable (UInt64) -> any RandomNumberGenerator & Sendable
    private var seeds: SeededGenerator
    private var requestCount: UInt64 = 0

    /// A host that starts now from what `store` holds.
    public init(
        _ name: String, at endpoint: Endpoint, store: MemoryStore = MemoryStore(),
        primitives: any Primitives, seed: UInt64, now: Moment,
        makeGenerator: @escaping @Sendable (UInt64) -> any RandomNumberGenerator & Sendable = {
            SeededGenerator(seed: $0)
        },
        configure: (inout NodeConfiguration) -> Void = { _ in }, sent: inout [Sent]
    ) {
        var configuration = NodeConfiguration(name: name, allowsLoopback: false)
        configuration.measuresLifetime = false
        configure(&configuration)
        self.configuration = configuration
        self.primitives = primitives
        self.makeGenerator = makeGenerator
        self.seeds = SeededGenerator(seed: seed)
        self.store = store
        self.endpoint = endpoint
        self.gate = Gate(primitives: primitives, mutation: configuration.mutation)
        var outputs: [Output] = []
        self.node = Node(
            loading: store.state, configuration: configuration, primitives: primitives,
            generator: makeGenerator(self.seeds.next()), now: now, into: &outputs)
        self.carryOut(outputs, now, &sent)
        self.handle(
            .ownCandidates([Candidate(endpoint: endpoint, kind: .lan)]), now: now, sent: &sent)
    }

    /// Starts again from a store of another time: a backup.
    public mutating func restore(_ store: MemoryStore, now: Moment, sent: inout [Sent]) {
        self.store = store
        self.restart(now: now, sent: &sent)
    }

    /// Crashes and starts again from the store alone.
    public mutating func restart(now: Moment, sent: inout [Sent]) {
        let configuration = self.configuration
        let seed = self.seeds.next()
        let old = self
        self = Host(
            configuration.name, at: self.endpoint, store: self.store, primitives: self.primitives,
            seed: seed, now: now, makeGenerator: self.makeGenerator,
            configure: { $0 = configuration }, sent: &sent)
        self.events = old.events + self.events
        self.replies = old.replies
        self.requestCount = old.requestCount
        self.askedCount += old.askedCount
    }

    /// Forgets replies and outputs, and all events but the ends of pairings, to take less room.
    mutating func forgetPast() {
        self.lastOutputs = []
        self.replies = []
        self.events.removeAll { if case .pairingEnded = $0 { false } else { true } }
        self.store.forgetEvents()
    }

    /// Moves the host to another address, of which its system tells it.
    public mutating func move(to endpoint: Endpoint, now: Moment, sent: inout [Sent]) {
        self.endpoint = endpoint
        self.handle(
            .ownCandidates([Candidate(endpoint: endpoint, kind: .lan)]), now: now, sent: &sent)
        self.handle(.networkChanged, now: now, sent: &sent)
    }

    /// Hands a datagram to the gate, and what passes to the node.
    public mutating func receive(
        _ bytes: [UInt8], from source: Endpoint, via socket: SocketID = SocketID(0), now: Moment,
        sent: inout [Sent]
    ) {
        let verdict = bytes.withUnsafeBytes {
            self.gate.receive($0, from: source, via: socket, now: now.instant)
        }
        if case .input(let input) = verdict { self.handle(input, now: now, sent: &sent) }
    }

    /// Hands one input to the node, commits, and carries out the rest.
    public mutating func handle(_ input: Input, now: Moment, sent: inout [Sent]) {
        var outputs: [Output] = []
        self.node.handle(input, now: now, into: &outputs)
        self.carryOut(outputs, now, &sent)
    }

    /// Asks for something and returns the reply, if it came at once.
    @discardableResult
    public mutating func request(
        _ request: Request, now: Moment, sent: inout [Sent]
    ) -> Reply? {
        self.requestCount += 1
        let id = RequestID(self.requestCount)
        self.handle(.request(id, request), now: now, sent: &sent)
        return self.replies.last { $0.id == id }?.reply
    }

    /// Carries out one output that the node did not make: what a peer could do that means harm.
    package mutating func carryOut(_ output: Output, _ now: Moment, _ sent: inout [Sent]) {
        self.carryOut([output], now, &sent)
    }

    private mutating func carryOut(_ outputs: [Output], _ now: Moment, _ sent: inout [Sent]) {
        self.lastOutputs = outputs
        self.store.commit(
            outputs.compactMap { if case .persist(let change) = $0 { change } else { nil } })
        var inputs: [Input] = []
        for output in outputs {
            switch output {
            case .persist: break
            case .send(let bytes, let target), .sendMain(let bytes, let target):
                sent.append(Sent(bytes: bytes, from: self.endpoint, to: target))
            case .sendFresh(let bytes, let target, let number):
                let port = UInt16(truncatingIfNeeded: 50_000 + number)
                sent.append(
                    Sent(
                        bytes: bytes, from: Endpoint(address: self.endpoint.address, port: port),
                        to: target))
            case .sendAside(let session, _, let target, let number):
                self.lastSession = session
                let port = Self.asidePort + UInt16(truncatingIfNeeded: number)
                let source = Endpoint(address: self.endpoint.address, port: port)
                if let bytes = self.gate.apply(output, now: now.instant) {
                    sent.append(Sent(bytes: bytes, from: source, to: target))
                }
            case .closeFresh, .closeAside, .bind: break
            case .sendSealed(let session, _, _, let target):
                self.lastSession = session
                if let bytes = self.gate.apply(output, now: now.instant) {
                    sent.append(Sent(bytes: bytes, from: self.endpoint, to: target))
                }
            case .sendRelayed(let session, _, _, let carrier):
                self.lastSession = session
                if let bytes = self.gate.apply(output, now: now.instant) {
                    sent.append(Sent(bytes: bytes, from: self.endpoint, to: carrier.to))
                }
            case .loopback(let bytes, let place, let pid):
                let verdict = self.gate.receive(
                    relayed: bytes, from: place, to: pid, now: now.instant)
                if case .input(let input) = verdict { inputs.append(input) }
            case .admit, .dismiss, .install, .erase, .bury, .unbury:
                _ = self.gate.apply(output, now: now.instant)
            case .multicast(let bytes):
                let group = self.endpoint.address.isIPv6 ? Hello.groupIPv6 : Hello.groupIPv4
                sent.append(
                    Sent(
                        bytes: bytes,
                        from: Endpoint(address: self.endpoint.address, port: Hello.port),
                        to: Endpoint(address: group, port: Hello.port)))
            case .leaveNote(let id, let note, let slot): self.leftNotes.append((id, note, slot))
            case .seekNote(let id, let slots, let accepted):
                self.soughtNotes.append((id, slots, accepted))
            case .gatherCandidates: self.askedCount += 1
            case .reply(let id, let reply): self.replies.append((id, reply))
            case .notify(let event): self.events.append(event)
            }
        }
        for input in inputs { self.handle(input, now: now, sent: &sent) }
    }
}
