// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Stores and fetches items of the BitTorrent DHT (BEP 5, 42, 43, 44), and serves nothing.
///
/// It sends nothing before something is asked of it. Only answers to its own open questions, from
/// the place that was asked, count; questions of others are not answered, and everybody is told so
/// (BEP 43). It speaks one address family: the DHTs of IPv4 and IPv6 are two.
public struct DHTClient: Sendable {
    /// What can happen to it.
    public enum Input: Sendable, Equatable {
        /// Somebody wants something.
        case request(DHTRequestID, DHTRequest)
        /// Nobody wants it any more; there will be no result.
        case cancel(DHTRequestID)
        /// Where the first nodes are, as ``Output/needsEntries`` asked for; may be empty.
        case entries([Endpoint])
        /// A datagram came in, whatever it is.
        case datagram([UInt8], from: Endpoint)
        /// The ``DHTClient/deadline`` has passed.
        case timer
        /// Our network is another one: our address is not known any more.
        case networkChanged
    }

    /// What is to be done, and what came out.
    public enum Output: Sendable, Equatable {
        /// Send the bytes from the DHT's own socket.
        case send([UInt8], to: Endpoint)
        /// Too few nodes are known: look up the configured ones and hand in what was found.
        case needsEntries
        /// A request is over.
        case finished(DHTRequestID, DHTResult)
    }

    private var shared: Surroundings
    private var lookups: [Lookup] = []
    private var waiting: [(id: DHTRequestID, request: DHTRequest)] = []
    private var hasAskedForEntries = false

    /// A client of one address family.
    ///
    /// `contacts` are nodes that answered in an earlier run. `allowsLocal`: whether nodes on
    /// loopback and private addresses are spoken to; only where there is a DHT of one's own.
    public init(
        isIPv6: Bool = false, allowsLocal: Bool = false, contacts: [NodeContact] = [],
        _ primitives: any Primitives, using generator: inout some RandomNumberGenerator
    ) {
        self.shared = Surroundings(
            id: NodeID(using: &generator), isIPv6: isIPv6, allowsLocal: allowsLocal, primitives)
        for contact in contacts where self.shared.mayAsk(contact.endpoint) {
            self.shared.table.noteAnswer(of: contact, own: self.shared.id)
        }
    }

    /// What it calls itself; made for its address as soon as two networks see the same one.
    public var id: NodeID { self.shared.id }

    /// Where two networks see it.
    public var externalAddress: IPAddress? { self.shared.externalAddress }

    /// Counts of what was sent and what came.
    public var counters: DHTCounters { self.shared.counters }

    /// Nodes that answered, worth keeping for the next run; at most 128.
    public var contacts: [NodeContact] { self.shared.table.contacts }

    /// When the next ``Input/timer`` is due; nil while nothing is asked.
    public var deadline: Instant? {
        self.lookups.compactMap(\.deadline).min()
    }

    /// Takes one input; the generator makes ids and transactions.
    public mutating func handle(
        _ input: Input, now: Instant, using generator: inout some RandomNumberGenerator,
        into outputs: inout [Output]
    ) {
        switch input {
        case .request(let id, let request):
            self.take(id, request, now: now, using: &generator, into: &outputs)
        case .cancel(let id):
            self.lookups.removeAll { $0.id == id }
            self.waiting.removeAll { $0.id == id }
        case .entries(let endpoints):
            self.hasAskedForEntries = false
            for index in self.lookups.indices {
                self.lookups[index].take(
                    entries: endpoints, now: now, &self.shared, using: &generator, into: &outputs)
            }
        case .datagram(let bytes, let source):
            self.receive(bytes, from: source, now: now, using: &generator, into: &outputs)
        case .timer:
            for index in self.lookups.indices {
                self.lookups[index].tick(
                    now: now, &self.shared, using: &generator, into: &outputs)
            }
        case .networkChanged:
            self.shared.forgetAddress(using: &generator)
        }
        self.conclude(now: now, using: &generator, into: &outputs)
    }

    private mutating func take(
        _ id: DHTRequestID, _ request: DHTRequest, now: Instant,
        using generator: inout some RandomNumberGenerator, into outputs: inout [Output]
    ) {
        if self.lookups.count < Limits.lookupCount {
            self.begin(id, request, now: now, using: &generator, into: &outputs)
        } else if self.waiting.count < Limits.waitingCount {
            self.waiting.append((id, request))
        } else {
            outputs.append(.finished(id, .busy))
        }
    }

    private mutating func begin(
        _ id: DHTRequestID, _ request: DHTRequest, now: Instant,
        using generator: inout some RandomNumberGenerator, into outputs: inout [Output]
    ) {
        var lookup = Lookup(id: id, request, now: now)
        lookup.begin(now: now, &self.shared, using: &generator, into: &outputs)
        self.lookups.append(lookup)
    }

    private mutating func receive(
        _ bytes: [UInt8], from source: Endpoint, now: Instant,
        using generator: inout some RandomNumberGenerator, into outputs: inout [Output]
    ) {
        guard let message = try? KRPCMessage(parsing: bytes),
            let index = self.lookups.firstIndex(where: {
                $0.expects(message.transaction, from: source)
            })
        else {
            self.shared.counters.strange += 1
            return
        }
        if case .query = message.body {
            self.shared.counters.strange += 1
            return
        }
        self.shared.counters.answered += 1
        if let seenAt = message.seenAt {
            self.shared.note(seenAt: seenAt.address, by: source.address, using: &generator)
        }
        self.lookups[index].receive(
            message, from: source, now: now, &self.shared, using: &generator, into: &outputs)
    }

    /// Tells what is over, begins what has waited, and asks for entries once for all.
    private mutating func conclude(
        now: Instant, using generator: inout some RandomNumberGenerator,
        into outputs: inout [Output]
    ) {
        repeat {
            for lookup in self.lookups {
                if let result = lookup.result { outputs.append(.finished(lookup.id, result)) }
            }
            self.lookups.removeAll { $0.result != nil }
            while self.lookups.count < Limits.lookupCount, !self.waiting.isEmpty {
                let (id, request) = self.waiting.removeFirst()
                self.begin(id, request, now: now, using: &generator, into: &outputs)
            }
        } while self.lookups.contains { $0.result != nil }
        if !self.hasAskedForEntries, self.lookups.contains(where: \.awaitsEntries) {
            self.hasAskedForEntries = true
            outputs.append(.needsEntries)
        }
    }
}
