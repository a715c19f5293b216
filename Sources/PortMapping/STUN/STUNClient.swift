// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// The IPgetter: asks two STUN servers at which endpoint they see us.
///
/// It sends nothing before it is told to ask, and a question while another one is open or within
/// the pause after it changes nothing. The pause is 20 s, and doubles with every failure in a row
/// up to an hour; another network ends it. Only an answer from the server asked, with the transaction of the question,
/// counts; anything else is ignored. Both servers are of one address family: IPv4 if any is
/// configured.
public struct STUNClient: Sendable {
    /// What can happen to it.
    public enum Input: Sendable, Equatable {
        /// Nothing else tells our address: ask the servers.
        case ask
        /// A datagram came in, whatever it is.
        case datagram([UInt8], from: Endpoint)
        /// The ``STUNClient/deadline`` has passed.
        case timer
        /// A code with the learned endpoint is still shown: keep the router's mapping alive.
        case keepAlive
        /// Our network is another one: answers to an open question mean nothing any more.
        case networkChanged
    }

    /// What is to be done, and what came out.
    public enum Output: Sendable, Equatable {
        /// Send the bytes from the socket whose endpoint is asked for.
        case send([UInt8], to: Endpoint)
        /// We are seen at this endpoint, say so many servers; the others gave no answer.
        case learned(Endpoint, confirmedBy: Int)
        /// The servers see one address, each another port: the router maps per destination. In the order
        /// in which they were asked.
        case mapsPerDestination([Endpoint])
        /// The servers see different addresses: none is believed.
        case disagreement
        /// No server gave an answer.
        case failed
    }

    /// How many questions were asked; each goes to at most two servers.
    public private(set) var questionCount = 0

    private enum Phase { case idle, asking }

    private var servers: [Endpoint]
    private var phase = Phase.idle
    private var exchanges: [Exchange] = []
    private var nextServer = 0
    private var askedAt: Instant?
    private var failureCount = 0
    /// Who told the endpoint last: its mapping is the one to keep alive.
    private var answeredBy: Endpoint?

    /// A client of these servers; the generator decides which ones are asked first.
    ///
    /// Without servers every question fails at once: the IPgetter is switched off.
    public init(servers: [Endpoint], using generator: inout some RandomNumberGenerator) {
        self.servers = Self.inOneFamily(servers).shuffled(using: &generator)
    }

    /// Asks these servers from now on, as their names lead elsewhere; the pause stays.
    ///
    /// A question that is open is over.
    public mutating func replaceServers(
        _ servers: [Endpoint], using generator: inout some RandomNumberGenerator
    ) {
        self.servers = Self.inOneFamily(servers).shuffled(using: &generator)
        self.exchanges = []
        self.phase = .idle
        self.nextServer = 0
        self.answeredBy = nil
    }

    private static func inOneFamily(_ servers: [Endpoint]) -> [Endpoint] {
        let usable = servers.filter(\.isUsable)
        let family = usable.filter { !$0.address.isIPv6 }
        return family.isEmpty ? usable : family
    }

    /// When the next ``Input/timer`` is due; `nil` while no question is open.
    public var deadline: Instant? {
        self.exchanges.filter { $0.isOpen }.map(\.deadline).min()
    }

    /// The earliest time at which a question has an effect; `nil` means now.
    public var pauseEnd: Instant? {
        self.askedAt.map { $0 + self.pause }
    }

    /// Whether a datagram answers an open question, without reading its attributes.
    public func isOwnTransaction(_ bytes: [UInt8], from source: Endpoint) -> Bool {
        guard
            bytes.count >= STUNMessage.headerByteCount,
            bytes[4..<8].elementsEqual(STUNTransaction.cookie)
        else { return false }
        return self.exchanges.contains {
            $0.isOpen && $0.server == source && $0.transaction.bytes.elementsEqual(bytes[8..<20])
        }
    }

    /// Takes one input; the generator makes the transactions.
    public mutating func handle(
        _ input: Input, now: Instant, using generator: inout some RandomNumberGenerator,
        into outputs: inout [Output]
    ) {
        self.phase = self.next(after: input, now: now, using: &generator, into: &outputs)
    }

    private mutating func next(
        after input: Input, now: Instant, using generator: inout some RandomNumberGenerator,
        into outputs: inout [Output]
    ) -> Phase {
        switch (self.phase, input) {
        case (.idle, .ask):
            if let pauseEnd, now < pauseEnd { return .idle }
            return self.ask(now: now, using: &generator, into: &outputs)
        case (.asking, .datagram(let bytes, let source)):
            return self.receive(bytes, from: source, into: &outputs)
        case (.asking, .timer):
            return self.sendAgain(now: now, into: &outputs)
        case (.idle, .keepAlive):
            self.keepAlive(using: &generator, into: &outputs)
            return .idle
        case (_, .networkChanged):
            self.exchanges = []
            self.failureCount = 0
            self.askedAt = nil
            self.answeredBy = nil
            return .idle
        case (.idle, .datagram), (.idle, .timer), (.asking, .ask), (.asking, .keepAlive):
            return self.phase
        }
    }

    private var pause: Duration {
        let doublings = min(max(self.failureCount - 1, 0), 8)
        return min(Limits.pauseMin * (1 << doublings), Limits.pauseMax)
    }
}

extension STUNClient {
    /// One request to one server.
    private struct Exchange: Sendable {
        enum Result { case open, answered(Endpoint), failed }

        let server: Endpoint
        let transaction: STUNTransaction
        var result = Result.open
        var sendCount = 0
        var deadline: Instant

        var isOpen: Bool {
            if case .open = self.result { return true }
            return false
        }

        var answer: Endpoint? {
            if case .answered(let endpoint) = self.result { return endpoint }
            return nil
        }

        /// Sends once more, or gives up after the last wait.
        mutating func send(now: Instant, into outputs: inout [Output]) {
            guard self.sendCount < Limits.sendsPerRequest else {
                self.result = .failed
                return
            }
            let request = STUNMessage(.request, transaction: self.transaction)
            outputs.append(.send(request.encoded(), to: self.server))
            self.deadline = now + Limits.firstRetransmission * (1 << self.sendCount)
            self.sendCount += 1
        }

        mutating func receive(_ message: STUNMessage) {
            switch message.messageClass {
            case .success:
                let endpoint = message.reflexiveEndpoint
                let isUnderstood = !message.attributes.contains(where: \.isUnknownButRequired)
                if let endpoint, endpoint.isUsable, isUnderstood {
                    self.result = .answered(endpoint)
                } else {
                    self.result = .failed
                }
            case .failure:
                self.result = .failed
            case .request, .indication:
                break
            }
        }
    }

    private mutating func ask(
        now: Instant, using generator: inout some RandomNumberGenerator,
        into outputs: inout [Output]
    ) -> Phase {
        guard !self.servers.isEmpty else {
            outputs.append(.failed)
            return .idle
        }
        self.askedAt = now
        self.questionCount += 1
        self.exchanges = self.takeServers().map {
            Exchange(server: $0, transaction: STUNTransaction(using: &generator), deadline: now)
        }
        for index in self.exchanges.indices {
            self.exchanges[index].send(now: now, into: &outputs)
        }
        return .asking
    }

    /// The next server in turn, and after it the first one at another address.
    private mutating func takeServers() -> [Endpoint] {
        let count = self.servers.count
        var taken: [Endpoint] = []
        for step in 0..<count where taken.count < Limits.serversPerQuestion {
            let server = self.servers[(self.nextServer + step) % count]
            if !taken.contains(where: { $0.address == server.address }) { taken.append(server) }
        }
        self.nextServer = (self.nextServer + taken.count) % count
        return taken
    }

    private mutating func receive(
        _ bytes: [UInt8], from source: Endpoint, into outputs: inout [Output]
    ) -> Phase {
        guard
            self.isOwnTransaction(bytes, from: source),
            let message = try? STUNMessage(parsing: bytes), message.method == STUNMessage.binding,
            let index = self.exchanges.firstIndex(where: {
                $0.isOpen && $0.server == source && $0.transaction == message.transaction
            })
        else { return .asking }
        self.exchanges[index].receive(message)
        return self.conclude(into: &outputs)
    }

    private mutating func sendAgain(now: Instant, into outputs: inout [Output]) -> Phase {
        for index in self.exchanges.indices
        where self.exchanges[index].isOpen && self.exchanges[index].deadline <= now {
            self.exchanges[index].send(now: now, into: &outputs)
        }
        return self.conclude(into: &outputs)
    }

    /// Says what came out as soon as no request is open.
    private mutating func conclude(into outputs: inout [Output]) -> Phase {
        guard !self.exchanges.contains(where: \.isOpen) else { return .asking }
        let answers = self.exchanges.compactMap(\.answer)
        self.answeredBy = self.exchanges.first { $0.answer != nil }?.server
        self.exchanges = []
        guard let first = answers.first else {
            self.failureCount += 1
            outputs.append(.failed)
            return .idle
        }
        if answers.allSatisfy({ $0 == first }) {
            self.failureCount = 0
            outputs.append(.learned(first, confirmedBy: answers.count))
        } else if answers.allSatisfy({ $0.address == first.address }) {
            self.failureCount = 0
            outputs.append(.mapsPerDestination(answers))
        } else {
            self.failureCount += 1
            outputs.append(.disagreement)
        }
        return .idle
    }

    /// One indication to the server that answered: it is not answered, and it is no question.
    private func keepAlive(
        using generator: inout some RandomNumberGenerator, into outputs: inout [Output]
    ) {
        guard let server = self.answeredBy else { return }
        let indication = STUNMessage(
            .indication, transaction: STUNTransaction(using: &generator))
        outputs.append(.send(indication.encoded(), to: server))
    }
}
