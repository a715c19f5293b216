// SPDX-License-Identifier: Apache-2.0
public import Entanglement
public import Logging
import SpockexTransport

/// A complete node: the core with its store, sockets, clocks and randomness.
///
/// One loop takes inputs in order, lets the core decide, commits, and only then carries out. The
/// event loop of the sockets never waits for it.
public actor NodeDriver {
    /// The Unix socket of the local API, in the home folder.
    public nonisolated let socketPath: String

    let settings: NodeSettings
    let logger: Logger
    let queue: InputQueue
    let gate: GuardedGate
    let sockets: DatagramSockets
    /// Nil: no hellos are said.
    let multicast: MulticastSockets?
    let routers: RouterSockets
    let routerInbox: RouterInbox
    let alarm = Alarm()
    let feed = EventFeed()
    let storage: any DurableStorage
    let lastResorts: LastResorts
    let startedAt: WallTime
    let lookUps: AsyncStream<[HostPort]>
    let lookUp: AsyncStream<[HostPort]>.Continuation

    var node: Node
    var clockJumps: ClockJumps
    var ipgetter: IPgetter
    var opener: PortOpener
    var formerWays: FormerWays
    /// Requests for a code that wait a moment for the router.
    var held: [(id: RequestID, request: Request)] = []
    var pending: [Output]
    var commitCount: UInt64 = 0
    var lastEventID: Int64

    private let lock: HomeLock
    private var life = Life.ready
    private var nextRequest: UInt64 = 0
    private var openRequests: [RequestID: CheckedContinuation<Result<Reply, NodeError>, Never>] =
        [:]

    private enum Life {
        case ready
        case running
        case over
    }

    /// Locks the home, opens the store and binds the sockets; nothing is sent before ``run()``.
    public init(settings: NodeSettings, logger: Logger) async throws(NodeError) {
        try await self.init(settings: settings, logger: logger) { home throws(NodeError) in
            try StoredState(home: home)
        }
    }

    /// The same with a storage of the caller's choice.
    package init(
        settings: NodeSettings, logger: Logger,
        opening open: @Sendable (String) throws(NodeError) -> any DurableStorage
    ) async throws(NodeError) {
        let ipgetter = try IPgetter(settings: settings)
        try settings.check()
        let lastResorts = try LastResorts(settings: settings)
        try HomeFolder.prepare(settings.home)
        self.lock = try HomeLock(home: settings.home)
        let storage = try open(settings.home)
        let queue = InputQueue()
        let gate = GuardedGate(primitives: CryptoPrimitives())
        let question = ipgetter.question
        do throws(NodeError) {
            let state = try storage.load()
            self.lastEventID = try storage.lastEventID()
            let zones = LinkZones()
            self.sockets = try await Self.bind(settings.listen, gate, queue, question, zones)
            let helloPorts = settings.helloPorts(bound: self.sockets.bound)
            self.multicast = await Self.multicast(
                helloPorts, bound: self.sockets.bound, queue, zones)
            let reading = SystemClock.read()
            var outputs: [Output] = []
            var configuration = settings.configuration(of: state, helloPorts)
            configuration.usesIPgetter = ipgetter.mayAsk
            configuration.usesLastResorts = lastResorts.isOn
            self.node = Node(
                loading: state, configuration: configuration,
                primitives: CryptoPrimitives(), generator: SystemRandomNumberGenerator(),
                now: reading.moment, into: &outputs)
            self.pending = outputs
            self.clockJumps = ClockJumps(since: reading)
            self.startedAt = reading.wall
        } catch {
            // The first error is the one to tell.
            try? storage.close()
            throw error
        }
        self.storage = storage
        self.lastResorts = lastResorts
        self.queue = queue
        self.gate = gate
        self.ipgetter = ipgetter
        self.opener = PortOpener(
            isAllowed: settings.opensPorts,
            after: TraceFile(home: settings.home).loadAndTidy(now: SystemClock.read().moment))
        self.formerWays = FormerWays(routes: DefaultRoute.currentIPv4())
        let inbox = RouterInbox(queue)
        self.routerInbox = inbox
        self.routers = RouterSockets { inbox.offer(.router($0, from: $1)) }
        self.settings = settings
        self.logger = logger
        self.socketPath = settings.home + "/api.sock"
        (self.lookUps, self.lookUp) = AsyncStream.makeStream(
            of: [HostPort].self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs the node until ``stop()``, cancellation, or a failed commit, which is thrown.
    ///
    /// At the end what was taken is decided and committed, and then the sockets and the store are
    /// closed and the home is free, unless somebody holds it. A node runs once.
    public func run() async throws(NodeError) {
        guard case .ready = self.life else { throw .stopping }
        self.life = .running
        let failure = await self.runUntilStopped()
        await self.end(because: failure ?? .stopping)
        if let failure { throw failure }
    }

    /// Ends the node; ``run()`` returns when everything is closed.
    public func stop() async {
        self.queue.close()
        if case .ready = self.life { await self.end(because: .stopping) }
    }

    /// Keeps the home locked until the hold is released, also when the node has ended by then.
    ///
    /// Throws `stopping` when the home is free already.
    public nonisolated func holdHome() throws(NodeError) -> HomeHold {
        try HomeHold(self.lock)
    }

    /// Asks the core for something and waits for its one reply.
    ///
    /// Before ``run()`` it waits for it. Throws `stopping` or `overloaded`; a request that was taken and cut off by the end of the
    /// node throws too, and was done if its changes were committed.
    public func perform(_ request: Request) async throws(NodeError) -> Reply {
        guard self.openRequests.count < Limits.openRequestCountMax else {
            throw .overloaded(limit: Limits.openRequestCountMax)
        }
        self.nextRequest += 1
        let id = RequestID(self.nextRequest)
        let result = await withCheckedContinuation { continuation in
            self.openRequests[id] = continuation
            if !self.queue.offer(.request(id, request)) {
                self.finish(id, .failure(.stopping))
            }
        }
        return try result.get()
    }

    /// Everything that `status` shows, at this moment.
    public func status() -> NodeReport {
        let now = SystemClock.read().moment
        let status = self.node.status(now: now)
        let own: [(name: String, count: UInt64)] = [
            ("datagramsDroppedQueueFull", self.queue.droppedCount),
            ("eventsDropped", self.feed.droppedCount),
            ("commits", self.commitCount),
            ("ipgetterKeepAlives", self.ipgetter.keepAliveCount),
        ]
        return NodeReport(
            status: status, version: SpockexVersion.current, startedAt: self.startedAt,
            listen: self.sockets.bound, ipgetterQueries: self.ipgetter.queryCount,
            router: self.opener.report(now: now.instant), lastResorts: self.lastResorts.report,
            counters: status.counters + self.gate.counters + self.sockets.counters
                + self.routers.counters + (self.multicast?.counters ?? [])
                + self.lastResorts.counters + own)
    }

    /// The events from now on.
    ///
    /// A reader that is more than 1,024 behind loses the oldest; the counter `eventsDropped` tells.
    /// Throws `tooManyReaders` for the 65th.
    public func events() throws(NodeError) -> AsyncStream<LoggedEvent> {
        try self.feed.subscribe()
    }

    /// The newest events of the log, oldest first; also those before this start.
    public func history(limit: Int) throws(NodeError) -> [LoggedEvent] {
        if case .over = self.life { throw .stopping }
        return try self.storage.history(limit: min(max(limit, 0), Limits.historyCountMax))
    }

    /// Hands a reply, or the lack of one, to whoever waits for it.
    func finish(_ id: RequestID, _ result: Result<Reply, NodeError>) {
        self.openRequests.removeValue(forKey: id)?.resume(returning: result)
    }

    private func end(because reason: NodeError) async {
        self.life = .over
        self.lookUp.finish()
        let open = self.openRequests.keys
        for id in open { self.finish(id, .failure(reason)) }
        await self.multicast?.close()
        self.routers.close()
        await self.sockets.close()
        do throws(NodeError) {
            try self.storage.close()
        } catch {
            self.logger.warning("the store did not close", metadata: ["error": "\(error.sentence)"])
        }
        self.feed.finish()
        self.lock.release()
        self.logger.info("node ended")
    }

    private static func bind(
        _ listen: [Endpoint], _ gate: GuardedGate, _ queue: InputQueue, _ question: OpenQuestion,
        _ zones: LinkZones
    ) async throws(NodeError) -> DatagramSockets {
        do throws(TransportError) {
            return try await NodeSettings.opening(listen) { listen throws(TransportError) in
                try await DatagramSockets(listen: listen, zones: zones) { bytes, source, socket in
                    let now = SystemClock.instant()
                    switch gate.receive(bytes, from: source, via: socket, now: now) {
                    case .dropped: return .stranger
                    case .input(let input):
                        queue.offer(.datagram(input))
                        if case .opened = input { return .proved }
                        return .claimed
                    case .stun:
                        if question.isOpen { queue.offer(.stun(Array(bytes), from: source)) }
                        return .stranger
                    }
                }
            }
        } catch {
            switch error {
            case .portInUse(let endpoint): throw .portInUse(endpoint)
            case .cannotListen(let endpoint, let code):
                throw .cannotListen(endpoint, code: code)
            case .cannotRead(let endpoint): throw .cannotListen(endpoint, code: 0)
            case .wrongListenCount: throw .wrongListenCount(limit: Limits.listenCountMax)
            }
        }
    }
}

extension NodeSettings {
    /// What of it the core has to know.
    fileprivate func configuration(
        of state: DurableState, _ helloPorts: HelloPorts?
    ) -> NodeConfiguration {
        var configuration = NodeConfiguration(
            name: self.name ?? (state.nodeName.isEmpty ? self.firstName : state.nodeName),
            allowsLoopback: self.allowsLoopback, usesIPgetter: self.usesIPgetter,
            helloPorts: helloPorts)
        configuration.usesCommonPeers = self.usesCommonPeers
        configuration.makesBridges = self.makesBridges
        return configuration
    }
}
