// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What may be used once, and what has used it.
struct Uses: Sendable {
    /// What both ends call a session: an index has 32 bits, and in 100,000 courses some come twice.
    struct SessionName: Hashable, Sendable {
        var own: UInt32
        var remote: UInt32
    }

    private struct Index: Hashable, Sendable {
        var host: HostID
        var index: UInt32
    }

    /// A counter of a session, or an `n` of a relation, at the host that sends.
    struct Counter: Hashable, Sendable {
        var host: HostID
        var scope: UInt64
        /// The own index of the session; nil: the question of a relation.
        var session: UInt32?
        var isQuestion: Bool
        var counter: UInt64
    }

    /// A packet at the host that opens.
    struct Opening: Hashable, Sendable {
        var host: HostID
        var session: UInt32
        /// The other's index of the session.
        var remote: UInt32?
        var counter: UInt64
    }

    /// Which datagram used each counter.
    var counters: [Counter: TraceHash] = [:]
    /// Packets that were opened.
    var openings: Set<Opening> = []
    /// What was sealed to be relayed or carried, and in which session, by fingerprint.
    private var said: Set<TraceHash> = []
    /// The newest list of addresses that came in each session; the counter is 0.
    var sequences: [Opening: UInt32] = [:]
    /// Questions that a session was made of, by the host that accepted them.
    var acceptances: Set<Counter> = []
    /// The session that each index means, of those that the host or its peers have drawn.
    private var remotes: [Index: UInt32] = [:]
    private var owns: [Index: UInt32] = [:]

    /// From now on the two indices mean these sessions at the host.
    mutating func install(_ sessions: [SessionName], at host: HostID) {
        for session in sessions {
            self.remotes[Index(host: host, index: session.own)] = session.remote
            self.owns[Index(host: host, index: session.remote)] = session.own
        }
    }

    /// A host seals something that others relay or carry.
    mutating func say(_ plaintext: [UInt8], in session: UInt32, by host: HostID) {
        guard let remote = self.remotes[Index(host: host, index: session)] else { return }
        self.said.insert(Self.mark(of: plaintext, from: session, to: remote))
    }

    /// Whether somebody has sealed what a host opens, in the very session.
    func wasSaid(_ packet: OpenedPacket, at host: HostID) -> Bool {
        guard let remote = self.remotes[Index(host: host, index: packet.session)] else {
            return false
        }
        return self.said.contains(
            Self.mark(of: packet.plaintext, from: remote, to: packet.session))
    }

    private static func mark(
        of plaintext: [UInt8], from sender: UInt32, to receiver: UInt32
    ) -> TraceHash {
        var mark = TraceHash()
        mark.absorb(UInt64(sender) << 32 | UInt64(receiver))
        mark.absorb(plaintext)
        return mark
    }

    /// The packet that a host opens.
    func opening(of packet: OpenedPacket, at host: HostID) -> Opening {
        Opening(
            host: host, session: packet.session,
            remote: self.remotes[Index(host: host, index: packet.session)],
            counter: packet.counter)
    }

    /// The counter that a datagram of a host uses up.
    func counter(of use: DatagramUses, by host: HostID) -> Counter {
        let session =
            use.isQuestion
            ? nil : self.owns[Index(host: host, index: UInt32(truncatingIfNeeded: use.scope))]
        return Counter(
            host: host, scope: use.scope, session: session, isQuestion: use.isQuestion,
            counter: use.counter)
    }
}

/// How often something may be answered, and when it was last.
struct Rates: Sendable {
    private struct Key: Hashable, Sendable {
        var host: HostID
        var incarnation: Int
        var subject: TraceHash
    }

    private struct Farewell: Sendable {
        let began: Instant
        var answered: Instant?
    }

    private var farewells: [Key: Farewell] = [:]
    private var resyncs: [Key: Instant] = [:]
    private var questions: [Key: Questions] = [:]
    private var moves: [Checker.RelationKey: Moves] = [:]
    /// When the last of them were sent.
    private var toNamed: [Key: [Instant]] = [:]

    /// The three 410s of a Cancel come within this.
    private static let farewellSpan = Duration.milliseconds(1_100)
    /// Datagrams to one endpoint that a peer named, in a minute: 13 attempts of 6 sends, and some.
    private static let toNamedCountMax = 100

    /// Where a host asked lately, and when it did so at places that were new then.
    private struct Questions: Sendable {
        var places: [Endpoint: Instant] = [:]
        var newTimes = RecentTimes()
        var freshTimes = RecentTimes()

        mutating func isTooMuch(
            _ endpoint: Endpoint, _ isFresh: Bool, others: Int, freshOthers: Int, at now: Instant
        ) -> Bool {
            if isFresh {
                return self.freshTimes.isTooMuch(
                    Constants.probeCountMax + freshOthers, within: Rates.openerSpan, at: now)
            }
            let last = self.places.updateValue(now, forKey: endpoint)
            if let last, now - last < Rates.roundSpan { return false }
            return self.newTimes.isTooMuch(
                Constants.probeCountMax + others, within: Rates.roundSpan, at: now)
        }
    }

    /// When something happened last, oldest first.
    private struct RecentTimes: Sendable {
        private var times: [Instant] = []
        /// Where in `times` the oldest is: those before it go many at once.
        private var start = 0

        /// Notes one more; whether so many before it lie within the span.
        mutating func isTooMuch(
            _ countMax: Int, within span: Duration, at now: Instant
        ) -> Bool {
            self.times.append(now)
            guard self.times.count - self.start > countMax else { return false }
            let oldest = self.times[self.start]
            self.start += 1
            if self.start > countMax {
                self.times.removeFirst(self.start)
                self.start = 0
            }
            return now - oldest < span
        }
    }

    /// Where a peer was, when last, and when it came back to such a place.
    private struct Moves: Sendable {
        var places: [Endpoint: Instant] = [:]
        var times = RecentTimes()
        var calmTimes = RecentTimes()
    }

    private static let swingSpan = Duration.seconds(240)
    /// A round of birthday probing and the pause after it take a little longer.
    private static let roundSpan = Duration.seconds(40)
    /// The same of who sends from 384 sockets to two places.
    private static let openerSpan = Duration.seconds(27)
    /// Places that are asked besides: candidates and predicted ports of some relations.
    static let otherPlaceCountMax = 300
    /// The same of a member of a cluster, who has a dozen relations, and some with former keys.
    static let memberPlaceCountMax = 1_000
    /// Messages 1 that leave by a fresh socket besides, to places that have answered it: a dozen members
    /// that are sought at once, or people who scan each other again every few seconds until it works;
    /// with them still less than an opener without pause.
    static let boundPlaceCountMax = 1_500

    /// Whether more messages 1 go to new places, or leave by fresh sockets, than one round of birthday
    /// probing has.
    mutating func isTooMuch(
        questionTo endpoint: Endpoint, isFresh: Bool, _ host: HostID, incarnation: Int,
        others: Int = Rates.otherPlaceCountMax, freshOthers: Int = 0, at now: Instant
    ) -> Bool {
        let key = Key(host: host, incarnation: incarnation, subject: TraceHash())
        return self.questions[key, default: Questions()].isTooMuch(
            endpoint, isFresh, others: others, freshOthers: freshOthers, at: now)
    }

    /// A computer has slept: what is left of a Cancel's three 410s comes now.
    mutating func wakes(_ host: HostID) {
        self.farewells = self.farewells.filter { $0.key.host != host }
    }

    /// Whether a 410 comes sooner after the last one than it may.
    mutating func isHasty(
        gone subject: TraceHash, _ host: HostID, incarnation: Int, at now: Instant
    ) -> Bool {
        let key = Key(host: host, incarnation: incarnation, subject: subject)
        guard let farewell = self.farewells[key] else {
            self.farewells[key] = Farewell(began: now, answered: nil)
            return false
        }
        guard now - farewell.began > Self.farewellSpan, farewell.answered != now else {
            return false
        }
        self.farewells[key]?.answered = now
        return farewell.answered.map { now - $0 < Constants.goneInterval } ?? false
    }

    /// Whether a 409 comes sooner after the last one than it may.
    mutating func isHasty(
        resync subject: TraceHash, _ host: HostID, incarnation: Int, at now: Instant
    ) -> Bool {
        let key = Key(host: host, incarnation: incarnation, subject: subject)
        let last = self.resyncs.updateValue(now, forKey: key)
        return last.map { now - $0 < Constants.resyncInterval } ?? false
    }

    /// Whether a peer has come back to places where it was more often than 60 times within a minute, or
    /// than six times within four when nothing has been wrong for long.
    ///
    /// Where many packets are seconds late (`isLate`) a path may follow them, twice as often.
    /// A router that forgets gives another port each time: that is no swinging.
    mutating func isRestless(
        _ relation: Checker.RelationKey, at endpoint: Endpoint, isCalm: Bool, isLate: Bool = false,
        at now: Instant
    ) -> Bool {
        let last = self.moves[relation, default: Moves()].places.updateValue(now, forKey: endpoint)
        guard let last, now - last < Self.swingSpan else { return false }
        if self.moves[relation, default: Moves()].times.isTooMuch(
            isLate ? 120 : 60, within: .seconds(60), at: now)
        {
            return true
        }
        return isCalm
            && self.moves[relation, default: Moves()].calmTimes.isTooMuch(
                6, within: Self.swingSpan, at: now)
    }

    /// Whether an endpoint that a peer made up gets more of one relation than it may within a minute.
    mutating func isTooMuch(
        _ bytes: [UInt8], toNamed endpoint: Endpoint, _ host: HostID, at now: Instant
    ) -> Bool {
        var subject = TraceHash()
        // The beginning of a message names the relation, that of a packet the session.
        subject.absorb(Array(bytes.prefix(bytes.first == 0x7b ? 60 : 8)))
        subject.absorb(UInt64(endpoint.hashable))
        let key = Key(host: host, incarnation: 0, subject: subject)
        var times = self.toNamed[key] ?? []
        times.append(now)
        if times.count > Self.toNamedCountMax { times.removeFirst() }
        self.toNamed[key] = times
        return times.count == Self.toNamedCountMax && now - times[0] < .seconds(60)
    }
}

extension Endpoint {
    /// Address and port as one number, good enough to tell a run's endpoints apart.
    fileprivate var hashable: UInt64 {
        switch self.address {
        case .v4(let bits): UInt64(bits) << 16 | UInt64(self.port)
        case .v6(let high, let low): (high ^ low &* 0x9e37_79b9_7f4a_7c15) ^ UInt64(self.port)
        }
    }
}
