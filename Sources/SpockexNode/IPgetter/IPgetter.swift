// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import SpockexTransport

/// Asks the configured STUN servers for the own endpoint: the rare exception, and counted.
///
/// Nobody is asked, and no name is looked up, before the core wants it. No server is built in.
/// While a code with the learned endpoint is shown or a meeting goes on, a packet every 20 seconds
/// keeps the router's mapping alive; afterwards the endpoint counts only while a peer sees it.
struct IPgetter: Sendable {
    /// What is to be done for it.
    enum Step: Sendable, Equatable {
        /// Look these up and hand in what was found.
        case lookUp([HostPort])
        /// Send this.
        case send([UInt8], to: Endpoint)
        /// Tell the core.
        case told(IPgetterAnswer)
        /// Tell the core that the endpoint told is not kept alive any more.
        case lapsed
    }

    /// For the event loop: whether STUN is expected at all.
    let question = OpenQuestion()

    private let servers: [HostPort]
    private var client: STUNClient?
    /// Where the names led, to which the client sends.
    private var endpoints: [Endpoint] = []
    /// Whether the names may lead elsewhere by now.
    private var isStale = true
    private var isLookingUp = false
    /// Whether the look-up that goes on began in another network.
    private var isOutdated = false
    /// Whether an endpoint was told that is not known to have lapsed.
    private var isOwed = false
    private var generator = SystemRandomNumberGenerator()
    private var isBusy = false
    private var keepAliveAt: Instant?
    /// How many packets kept a mapping alive.
    private(set) var keepAliveCount: UInt64 = 0

    /// An IPgetter of those settings; names are checked, not looked up.
    init(settings: NodeSettings) throws(NodeError) {
        let servers = settings.stunServers.compactMap { HostPort($0) }
        guard servers.count == settings.stunServers.count, servers.count <= Limits.serverCountMax
        else { throw .badServer(limit: Limits.serverCountMax) }
        self.servers = settings.usesIPgetter ? servers : []
    }

    /// Whether there is somebody to ask.
    var mayAsk: Bool { !self.servers.isEmpty }

    /// How many questions were asked.
    var queryCount: UInt64 { UInt64(self.client?.questionCount ?? 0) }

    /// When `tick` is due.
    var deadline: Instant? {
        [self.client?.deadline, self.keepAliveAt].compactMap { $0 }.min()
    }

    /// The core wants to know; the answer comes as `told`, exactly one for all who asked meanwhile.
    mutating func gather(now: Instant) -> [Step] {
        guard self.mayAsk else { return [.told(.unclear)] }
        guard !self.isBusy else { return [] }
        self.isBusy = true
        let isPausing = self.client?.pauseEnd.map { now < $0 } ?? false
        guard self.isStale, !isPausing else { return self.ask(now: now) }
        return self.lookUp()
    }

    private mutating func lookUp() -> [Step] {
        guard !self.isLookingUp else { return [] }
        self.isLookingUp = true
        self.isOutdated = false
        return [.lookUp(self.servers)]
    }

    /// The look-up is done.
    mutating func found(_ endpoints: [Endpoint], now: Instant) -> [Step] {
        self.isLookingUp = false
        guard self.isBusy else { return [] }
        if self.isOutdated { return self.lookUp() }
        guard !endpoints.isEmpty else { return [self.conclude(.unclear)] }
        self.isStale = false
        if self.client == nil {
            self.client = STUNClient(servers: endpoints, using: &self.generator)
        } else if Set(endpoints) != Set(self.endpoints) {
            self.client?.replaceServers(endpoints, using: &self.generator)
        }
        self.endpoints = endpoints
        return self.ask(now: now)
    }

    /// A datagram of the form of STUN came in.
    mutating func receive(_ bytes: [UInt8], from source: Endpoint, now: Instant) -> [Step] {
        self.run(.datagram(bytes, from: source), now: now)
    }

    /// Time has passed; `isShown`: somebody may be about to use the learned endpoint.
    mutating func tick(now: Instant, isShown: () -> Bool) -> [Step] {
        var steps: [Step] = []
        if let deadline = self.client?.deadline, deadline <= now {
            steps += self.run(.timer, now: now)
        }
        if let keepAliveAt = self.keepAliveAt, keepAliveAt <= now {
            self.keepAliveAt = nil
            if isShown() {
                steps += self.run(.keepAlive, now: now)
                self.keepAliveCount += 1
                self.keepAliveAt = now + Limits.keepAliveInterval
            } else {
                self.isOwed = false
                steps.append(.lapsed)
            }
        }
        return steps
    }

    /// What was learned, and what is on its way, is of another network; `isShown`: somebody may be about to
    /// use the learned endpoint.
    mutating func networkChanged(now: Instant, isShown: () -> Bool) -> [Step] {
        self.keepAliveAt = nil
        self.isStale = true
        self.isOutdated = true
        var steps = self.run(.networkChanged, now: now)
        // An unfinished look-up is done again; a question is over.
        if self.isBusy, !self.isLookingUp { steps.append(self.conclude(.unclear)) }
        // The router may have forgotten the mapping, or be another one; a change may come in steps.
        self.isOwed = self.isOwed && isShown()
        if self.isOwed { steps += self.gather(now: now) }
        return steps
    }

    private mutating func ask(now: Instant) -> [Step] {
        let steps = self.run(.ask, now: now)
        // Within the pause after the last question nothing happens: nobody shall wait for it.
        return self.isBusy && self.client?.deadline == nil
            ? steps + [self.conclude(.unclear)] : steps
    }

    private mutating func conclude(_ answer: IPgetterAnswer) -> Step {
        self.isBusy = false
        return .told(answer)
    }

    private mutating func run(_ input: STUNClient.Input, now: Instant) -> [Step] {
        var outputs: [STUNClient.Output] = []
        self.client?.handle(input, now: now, using: &self.generator, into: &outputs)
        self.question.isOpen = self.client?.deadline != nil
        return outputs.map { output in
            switch output {
            case .send(let bytes, let server): return .send(bytes, to: server)
            case .learned(let endpoint, let count):
                self.keepAliveAt = now + Limits.keepAliveInterval
                self.isOwed = true
                return self.conclude(.seen(endpoint, by: count))
            case .mapsPerDestination(let endpoints):
                // Not for its port, which is nobody else's, but so that the address lapses too.
                self.keepAliveAt = now + Limits.keepAliveInterval
                self.isOwed = true
                return self.conclude(.perDestination(endpoints))
            case .disagreement: return self.conclude(.unclear)
            case .failed:
                self.isStale = true
                return self.conclude(.nothing)
            }
        }
    }
}
