// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// All local states, datagrams and texts that an exploration has met, by number.
///
/// What one side does depends on its state and the input alone, so each such step is computed by
/// the real core once, however many worlds it happens in.
struct Catalogue: Sendable {
    /// What may happen to one side.
    enum LocalInput: Hashable, Sendable {
        /// A datagram, after so many nanoseconds.
        case receive(Int32, after: Int64)
        /// So many nanoseconds pass, then the timer.
        case timer(after: Int64)
        case restart
        case cancel
        case forge
        case answer(Int32)
        case accept(Int32)
    }

    /// What it led to.
    struct Outcome: Sendable {
        var state: Int32
        var sent: [Int32] = []
        /// The code that is shown now.
        var shown: Int32 = -1
    }

    /// One datagram, readable by the stand-in's seals.
    struct Datagram: Sendable {
        let bytes: [UInt8]
        let head: DatagramHead
        let sender: Pair.Side
        let tokens: [StateTokens.Token]
        /// Equal for repetitions of one message.
        let body: MixingDigest
    }

    private struct Key: Hashable {
        var state: Int32
        var input: LocalInput
    }

    private struct DatagramKey: Hashable {
        var bytes: [UInt8]
        var sender: Pair.Side
    }

    private var states: [LocalState?] = []
    private var datagrams: [Datagram?] = []
    private(set) var texts: [String] = []
    private(set) var stepCount = 0
    private var stateNumbers: [MixingDigest: Int32] = [:]
    private var datagramNumbers: [DatagramKey: Int32] = [:]
    private var textNumbers: [String: Int32] = [:]
    private var outcomes: [Key: Outcome] = [:]

    /// What has come since ``beginTrial()``; nil outside a trial.
    private var trial: Trial?

    private struct Trial {
        let stateCount: Int
        let datagramCount: Int
        var stateKeys: [MixingDigest] = []
        var datagramKeys: [DatagramKey] = []
        var outcomeKeys: [Key] = []
    }

    static let start = Moment(
        instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(seconds: 1_795_000_000))

    /// How many states there were, those of trials included.
    var stateCount: Int { self.states.count }

    /// The state of a number that is still in use.
    func state(_ number: Int32) -> LocalState {
        guard let state = self.states[Int(number)] else {
            preconditionFailure("a state of a trial that is over")
        }
        return state
    }

    /// The datagram of a number that is still in use.
    func datagram(_ number: Int32) -> Datagram {
        guard let datagram = self.datagrams[Int(number)] else {
            preconditionFailure("a datagram of a trial that is over")
        }
        return datagram
    }

    /// What comes from now on is forgotten at the end of the trial, to take less room.
    mutating func beginTrial() {
        self.trial = Trial(stateCount: self.states.count, datagramCount: self.datagrams.count)
    }

    /// Forgets what has come since the trial began; its numbers are never used again.
    mutating func endTrial() {
        guard let trial = self.trial.take() else { return }
        for number in trial.stateCount..<self.states.count { self.states[number] = nil }
        for number in trial.datagramCount..<self.datagrams.count { self.datagrams[number] = nil }
        for key in trial.stateKeys { self.stateNumbers[key] = nil }
        for key in trial.datagramKeys { self.datagramNumbers[key] = nil }
        for key in trial.outcomeKeys { self.outcomes[key] = nil }
    }

    /// A new host of that side, with nothing done yet.
    ///
    /// What two peers tell each other about their cluster is not explored: it changes no trust.
    mutating func addHost(_ side: Pair.Side, seed: UInt64, _ mutation: Mutation) -> Int32 {
        var sent: [Host.Sent] = []
        let host = Host(
            side == .alice ? "Alice" : "Bob", at: Self.endpoint(side),
            primitives: StandInPrimitives(), seed: 2 &* seed &+ (side == .alice ? 0 : 1),
            now: Self.start,
            makeGenerator: { CountingGenerator(seed: $0) },
            configure: {
                $0.mutation = mutation
                $0.sharesRecords = false
            }, sent: &sent)
        return self.number(of: LocalState(host, now: Self.start), side)
    }

    /// Lets one side do something.
    mutating func step(_ state: Int32, of side: Pair.Side, _ input: LocalInput) -> Outcome {
        let key = Key(state: state, input: input)
        if let known = self.outcomes[key] { return known }
        let outcome = self.compute(state, side, input)
        self.outcomes[key] = outcome
        self.trial?.outcomeKeys.append(key)
        return outcome
    }

    /// What a datagram can do at its receiver.
    func use(of datagram: Int32, at state: Int32) -> DatagramUse {
        let local = self.state(state)
        return self.datagram(datagram).head.use(
            at: local.host.node, gate: local.host.gate, now: local.now.instant)
    }

    /// Shows an offer; for start states.
    mutating func offer(_ state: Int32) -> Outcome {
        let local = self.state(state)
        var host = local.host
        var sent: [Host.Sent] = []
        let reply = host.request(.offer(MeetingOptions()), now: local.now, sent: &sent)
        return self.outcome(host, local.now, .alice, sent, reply)
    }

    private mutating func compute(
        _ state: Int32, _ side: Pair.Side, _ input: LocalInput
    ) -> Outcome {
        self.stepCount += 1
        let local = self.state(state)
        var host = local.host
        var now = local.now
        var sent: [Host.Sent] = []
        var reply: Reply?
        switch input {
        case .receive(let number, let nanoseconds):
            now = Self.later(now, nanoseconds)
            let other: Pair.Side = side == .alice ? .bob : .alice
            host.receive(
                self.datagram(number).bytes, from: Self.endpoint(other), now: now,
                sent: &sent)
        case .timer(let nanoseconds):
            now = Self.later(now, nanoseconds)
            host.handle(.timer, now: now, sent: &sent)
        case .restart: host.restart(now: now, sent: &sent)
        case .cancel:
            if let id = host.store.state.relations.first?.id {
                reply = host.request(.cancel(id), now: now, sent: &sent)
            }
        case .forge:
            if let pid = host.store.state.relations.first?.ownPID {
                let n = host.node.outstandingCounter ?? 1
                let text =
                    "{\"response\":400,\"pid\":\"\(pid)\",\"n\":\(n),\"mac\":\""
                    + String(repeating: "A", count: 22) + "\"}"
                let stranger = Endpoint(address: .v4(0xcb00_7107), port: 666)
                host.receive(Array(text.utf8), from: stranger, now: now, sent: &sent)
            }
        case .answer(let text):
            reply = host.request(
                .answer(self.texts[Int(text)], MeetingOptions()), now: now, sent: &sent)
        case .accept(let text):
            reply = host.request(.accept(self.texts[Int(text)]), now: now, sent: &sent)
        }
        return self.outcome(host, now, side, sent, reply)
    }

    private mutating func outcome(
        _ host: Host, _ now: Moment, _ side: Pair.Side, _ sent: [Host.Sent], _ reply: Reply?
    ) -> Outcome {
        var host = host
        host.forgetPast()
        var outcome = Outcome(state: self.number(of: LocalState(host, now: now), side))
        let other: Pair.Side = side == .alice ? .bob : .alice
        for datagram in sent where datagram.to == Self.endpoint(other) {
            let number = self.number(of: datagram.bytes, from: side)
            if !outcome.sent.contains(number) { outcome.sent.append(number) }
        }
        switch reply {
        case .offered(_, let text, _), .answered(_, let text, _):
            outcome.shown = self.number(of: text)
        case .accepted, .done, .pong, .noAnswer, .refused, nil: break
        }
        return outcome
    }

    private mutating func number(of state: LocalState, _ side: Pair.Side) -> Int32 {
        var digest = state.exact
        digest.absorb(side == .alice ? 1 : 2)
        if let known = self.stateNumbers[digest] { return known }
        let number = Int32(self.states.count)
        self.stateNumbers[digest] = number
        self.trial?.stateKeys.append(digest)
        self.states.append(state)
        return number
    }

    private mutating func number(of bytes: [UInt8], from sender: Pair.Side) -> Int32 {
        let key = DatagramKey(bytes: bytes, sender: sender)
        if let known = self.datagramNumbers[key] { return known }
        var tokens = StateTokens(now: Self.start)
        tokens.put(readableDatagram: bytes)
        let number = Int32(self.datagrams.count)
        self.datagramNumbers[key] = number
        self.trial?.datagramKeys.append(key)
        self.datagrams.append(
            Datagram(
                bytes: bytes, head: DatagramHead(of: bytes), sender: sender, tokens: tokens.tokens,
                body: Self.body(tokens.tokens)))
        return number
    }

    private mutating func number(of text: String) -> Int32 {
        if let known = self.textNumbers[text] { return known }
        let number = Int32(self.texts.count)
        self.textNumbers[text] = number
        self.texts.append(text)
        return number
    }

    private static func body(_ tokens: [StateTokens.Token]) -> MixingDigest {
        var digest = MixingDigest()
        for token in tokens {
            switch token {
            case .plain(let value), .name(let value), .ownCounter(let value),
                .peerCounter(let value):
                digest.absorb(value)
            case .time(let value): digest.absorb(UInt64(bitPattern: value))
            case .serial, .serialName: break
            }
        }
        return digest
    }

    static func endpoint(_ side: Pair.Side) -> Endpoint {
        side == .alice ? Pair.aliceEndpoint : Pair.bobEndpoint
    }

    private static func later(_ now: Moment, _ nanoseconds: Int64) -> Moment {
        let step = Duration.nanoseconds(nanoseconds)
        return Moment(instant: now.instant + step, wall: now.wall + step)
    }
}
