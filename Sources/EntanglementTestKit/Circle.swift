// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Several hosts and a network between them that a test rules: who reaches whom, what is lost, time.
public struct Circle: Sendable {
    /// The hosts, by number.
    public package(set) var hosts: [Host] = []
    /// The clock of all.
    public package(set) var now = Moment(
        instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(seconds: 1_795_000_000))
    /// Datagrams on their way, oldest first.
    public var inFlight: [Host.Sent] = []
    /// Everything ever sent.
    public private(set) var log: [Host.Sent] = []
    /// Hosts between which nothing arrives.
    public var blocked: [(Int, Int)] = []
    /// Hosts that do not run.
    public var stopped: Set<Int> = []

    /// New hosts of these names, each in a network of its own.
    public init(
        _ names: [String], seed: UInt64 = 1, primitives: any Primitives = CryptoPrimitives(),
        configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) {
        for (number, name) in names.enumerated() {
            var sent: [Host.Sent] = []
            self.hosts.append(
                Host(
                    name, at: Self.endpoint(of: number), primitives: primitives,
                    seed: seed &* 16 &+ UInt64(number), now: self.now,
                    configure: { configure(number, &$0) }, sent: &sent))
            self.take(sent)
        }
    }

    /// Where a host is: 20.0.0.1:41414, 20.1.0.1:41414, ...
    public static func endpoint(of number: Int) -> Endpoint {
        Endpoint(address: .v4(0x1400_0001 + UInt32(number) << 16), port: 41_414)
    }

    /// Lets one host do something; what it sends is in flight afterwards.
    @discardableResult
    public mutating func act<R>(
        _ number: Int, _ body: (inout Host, Moment, inout [Host.Sent]) -> R
    ) -> R {
        var sent: [Host.Sent] = []
        let result = body(&self.hosts[number], self.now, &sent)
        self.take(sent)
        return result
    }

    /// Asks one host for something.
    @discardableResult
    public mutating func request(_ number: Int, _ request: Request) -> Reply? {
        self.act(number) { $0.request(request, now: $1, sent: &$2) }
    }

    /// One host crashes and starts again from its store.
    public mutating func restart(_ number: Int) {
        self.act(number) { $0.restart(now: $1, sent: &$2) }
    }

    /// One host starts again from a backup.
    public mutating func restore(_ number: Int, _ store: MemoryStore) {
        self.act(number) { $0.restore(store, now: $1, sent: &$2) }
    }

    /// One host gets another address, of which its system tells it.
    public mutating func move(_ number: Int, to endpoint: Endpoint) {
        self.act(number) { $0.move(to: endpoint, now: $1, sent: &$2) }
    }

    /// One host gets another address from its provider; its system notices nothing, at most its router tells
    /// the node.
    public mutating func renumber(_ number: Int, to endpoint: Endpoint, isTold: Bool = true) {
        self.act(number) { host, now, sent in
            host.endpoint = endpoint
            guard isTold else { return }
            host.handle(
                .ownCandidates([Candidate(endpoint: endpoint, kind: .mapped)]), now: now,
                sent: &sent)
        }
    }

    /// Two hosts exchange their codes; nothing is delivered yet.
    ///
    /// Returns the relation's id at each.
    public mutating func meet(_ one: Int, _ other: Int) -> (RelationID, RelationID)? {
        let options = MeetingOptions(intent: .private)
        func ask(_ number: Int, _ request: Request) -> Reply? {
            self.act(number) { $0.request(request, now: $1, sent: &$2) }
        }
        guard case .offered(let first, let offer, _) = ask(one, .offer(options)),
            case .answered(let second, let answer, _) = ask(other, .answer(offer, options)),
            case .accepted = ask(one, .accept(answer))
        else { return nil }
        return (first, second)
    }

    /// Delivers the oldest datagram, where it arrives; false if none is in flight.
    @discardableResult
    public mutating func deliverNext() -> Bool {
        guard !self.inFlight.isEmpty else { return false }
        self.deliver(self.inFlight.removeFirst())
        return true
    }

    /// Delivers one datagram to whoever has its address, unless something is between them.
    public mutating func deliver(_ datagram: Host.Sent) {
        guard let to = self.hosts.firstIndex(where: { $0.endpoint == datagram.to }),
            !self.stopped.contains(to)
        else { return }
        let from = self.hosts.firstIndex { $0.endpoint == datagram.from }
        let isBlocked = self.blocked.contains { pair in
            (pair.0, pair.1) == (from ?? -1, to) || (pair.1, pair.0) == (from ?? -1, to)
        }
        guard !isBlocked else { return }
        self.act(to) { $0.receive(datagram.bytes, from: datagram.from, now: $1, sent: &$2) }
    }

    /// Lets time pass in steps of the nodes' own deadlines; `keep` says what is delivered.
    public mutating func run(for duration: Duration, keep: (Host.Sent) -> Bool = { _ in true }) {
        let end = self.now.instant + duration
        while true {
            self.inFlight.removeAll { !keep($0) }
            while self.deliverNext() { self.inFlight.removeAll { !keep($0) } }
            let running = self.hosts.indices.filter { !self.stopped.contains($0) }
            let due = running.compactMap { self.hosts[$0].node.deadline }.min()
            guard let due, due <= end else { break }
            self.advance(to: max(due, self.now.instant))
            for number in running
            where self.hosts[number].node.deadline.map({ $0 <= due }) ?? false {
                self.act(number) { $0.handle(.timer, now: $1, sent: &$2) }
            }
        }
        self.advance(to: end)
    }

    private mutating func advance(to instant: Instant) {
        let step = instant - self.now.instant
        self.now = Moment(instant: instant, wall: self.now.wall + step)
    }

    private mutating func take(_ sent: [Host.Sent]) {
        self.inFlight += sent
        self.log += sent
    }
}
