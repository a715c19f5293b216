// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Two hosts and a network between them that a test rules: loss, order, delay, moves, restarts.
public struct Pair: Sendable {
    /// Which of the two.
    public enum Side: Sendable, CaseIterable {
        /// Showed the offer.
        case alice
        /// Showed the answer.
        case bob
    }

    /// Shows the offer in `meet`.
    public var alice: Host
    /// Shows the answer in `meet`.
    public var bob: Host
    /// The clock of both.
    public var now: Moment
    /// How far each side's wall clock is wrong.
    public var wallOffsets: (alice: Duration, bob: Duration) = (.zero, .zero)
    /// Datagrams on their way, oldest first.
    public var inFlight: [Host.Sent] = []
    /// Everything ever sent.
    public private(set) var log: [Host.Sent] = []

    /// 192.0.2.1:41414, of alice.
    public static let aliceEndpoint = Endpoint(address: .v4(0xc000_0201), port: 41414)
    /// 198.51.100.2:41414, of bob.
    public static let bobEndpoint = Endpoint(address: .v4(0xc633_6402), port: 41414)

    /// Two new hosts.
    public init(
        seed: UInt64 = 1, primitives: any Primitives = CryptoPrimitives(),
        configure: (inout NodeConfiguration) -> Void = { _ in }
    ) {
        let now = Moment(
            instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(seconds: 1_795_000_000))
        self.now = now
        var sent: [Host.Sent] = []
        self.alice = Host(
            "Alice", at: Self.aliceEndpoint, primitives: primitives, seed: seed &* 2, now: now,
            configure: configure, sent: &sent)
        self.bob = Host(
            "Bob", at: Self.bobEndpoint, primitives: primitives, seed: seed &* 2 &+ 1, now: now,
            configure: configure, sent: &sent)
        self.take(sent)
    }

    /// One of the two.
    public subscript(side: Side) -> Host {
        get { side == .alice ? self.alice : self.bob }
        set { if side == .alice { self.alice = newValue } else { self.bob = newValue } }
    }

    /// Lets one side do something; what it sends is in flight afterwards.
    @discardableResult
    public mutating func act<R>(
        _ side: Side, _ body: (inout Host, Moment, inout [Host.Sent]) -> R
    ) -> R {
        var sent: [Host.Sent] = []
        let now = self.moment(of: side)
        let result =
            side == .alice ? body(&self.alice, now, &sent) : body(&self.bob, now, &sent)
        self.take(sent)
        return result
    }

    /// Asks one side for something.
    @discardableResult
    public mutating func request(_ side: Side, _ request: Request) -> Reply? {
        self.act(side) { $0.request(request, now: $1, sent: &$2) }
    }

    /// Delivers the oldest datagram, or drops it where nobody has its address; false if none.
    @discardableResult
    public mutating func deliverNext() -> Bool {
        guard !self.inFlight.isEmpty else { return false }
        self.deliver(self.inFlight.removeFirst())
        return true
    }

    /// Delivers one datagram to whoever has its address, and a hello to everybody but its sender.
    public mutating func deliver(_ datagram: Host.Sent) {
        if datagram.to.port == Hello.port {
            for side in Side.allCases
            where self[side].endpoint.address != datagram.from.address {
                self.act(side) {
                    $0.handle(.hello(datagram.bytes, from: datagram.from), now: $1, sent: &$2)
                }
            }
            return
        }
        for side in Side.allCases where self[side].endpoint == datagram.to {
            self.act(side) { $0.receive(datagram.bytes, from: datagram.from, now: $1, sent: &$2) }
        }
    }

    /// Delivers until nothing is in flight (at most 10,000 datagrams).
    public mutating func settle() {
        for _ in 0..<10_000 { guard self.deliverNext() else { return } }
    }

    /// Lets time pass in steps of the nodes' own deadlines; `keep` says what is delivered.
    public mutating func run(
        for duration: Duration, keep: (Host.Sent) -> Bool = { _ in true }
    ) {
        let end = self.now.instant + duration
        while true {
            self.inFlight.removeAll { !keep($0) }
            while self.deliverNext() { self.inFlight.removeAll { !keep($0) } }
            let due = Side.allCases.compactMap { self[$0].node.deadline }.min()
            guard let due, due <= end else { break }
            self.advance(to: max(due, self.now.instant))
            for side in Side.allCases where self[side].node.deadline.map({ $0 <= due }) ?? false {
                self.act(side) { $0.handle(.timer, now: $1, sent: &$2) }
            }
        }
        self.advance(to: end)
    }

    /// Moves both clocks forward.
    public mutating func advance(to instant: Instant) {
        let step = instant - self.now.instant
        self.now = Moment(instant: instant, wall: self.now.wall + step)
    }

    /// Offer, answer and accept by text; nothing is delivered yet.
    @discardableResult
    public mutating func meet(
        alice: MeetingOptions = MeetingOptions(), bob: MeetingOptions = MeetingOptions()
    ) -> (offer: String, answer: String)? {
        guard case .offered(_, let offer, _) = self.request(.alice, .offer(alice)),
            case .answered(_, let answer, _) = self.request(.bob, .answer(offer, bob)),
            case .accepted = self.request(.alice, .accept(answer))
        else { return nil }
        return (offer, answer)
    }

    /// The one relation of a side, if it has exactly one.
    public func relation(_ side: Side) -> RelationRecord? {
        let relations = self[side].store.state.relations
        return relations.count == 1 ? relations.first : nil
    }

    /// What both clocks of a side say.
    public func moment(of side: Side) -> Moment {
        let offset = side == .alice ? self.wallOffsets.alice : self.wallOffsets.bob
        return Moment(instant: self.now.instant, wall: self.now.wall + offset)
    }

    private mutating func take(_ sent: [Host.Sent]) {
        self.inFlight += sent
        self.log += sent
    }
}
