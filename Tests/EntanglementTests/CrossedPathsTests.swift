// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two of whom each may send by another way than the other, or come back to one that was left
/// (PROTOCOL.md §8.5).
@Suite struct CrossedPathsTests {
    private static let alice6 = at("[2001:db8:a::1]:41414")
    private static let bob6 = at("[2001:db8:b::2]:41414")
    private static let bobBeside = at("198.51.100.77:41414")
    private static let bobPort = Endpoint(address: Pair.bobEndpoint.address, port: 50_001)
    /// The smaller `pid` is Alice's with some, Bob's with others.
    private static let seeds = Array(UInt64(1)...6)

    /// Datagrams take their time, and come from where their way leads out.
    private struct Wires {
        var pair: Pair
        private var queue: [(due: Instant, sent: Host.Sent)] = []
        /// How many datagrams have arrived.
        private(set) var count = 0

        init(_ pair: Pair) { self.pair = pair }

        private mutating func take(_ route: (Host.Sent) -> (from: Endpoint, Duration)?) {
            for sent in self.pair.inFlight {
                guard let (source, delay) = route(sent) else { continue }
                let isToAlice = [Pair.aliceEndpoint, alice6].contains(sent.to)
                let target = isToAlice ? Pair.aliceEndpoint : Pair.bobEndpoint
                self.queue.append(
                    (
                        self.pair.now.instant + delay,
                        Host.Sent(bytes: sent.bytes, from: source, to: target)
                    ))
            }
            self.pair.inFlight = []
        }

        /// Lets time pass; `route` says from where a datagram comes and after what time, if at all.
        mutating func run(
            for duration: Duration, _ route: (Host.Sent) -> (from: Endpoint, Duration)?
        ) {
            let end = self.pair.now.instant + duration
            while true {
                self.take(route)
                let dues = Pair.Side.allCases.compactMap { self.pair[$0].node.deadline }
                guard let due = (dues + self.queue.map(\.due)).min(), due <= end else { break }
                self.pair.advance(to: max(due, self.pair.now.instant))
                if let next = self.queue.firstIndex(where: { $0.due <= due }) {
                    self.count += 1
                    self.pair.deliver(self.queue.remove(at: next).sent)
                    continue
                }
                for side in Pair.Side.allCases
                where self.pair[side].node.deadline.map({ $0 <= due }) ?? false {
                    self.pair.act(side) { $0.handle(.timer, now: $1, sent: &$2) }
                }
            }
            self.pair.advance(to: end)
        }

        func path(_ side: Pair.Side) -> Endpoint? {
            self.pair.relation(side).flatMap { self.pair[side].node.relations[$0.id]?.path }
        }

        mutating func ping(_ side: Pair.Side) {
            self.pair.act(side) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        }

        /// As after a session that was begun by that way.
        mutating func move(_ side: Pair.Side, to endpoint: Endpoint) throws {
            try self.change(side) { $0.move(to: endpoint, &$1) }
        }

        mutating func change(
            _ side: Pair.Side, _ body: (inout Relation, inout Turn) -> Void
        ) throws {
            let id = try #require(self.pair.relation(side)?.id)
            if side == .alice {
                var turn = self.pair.alice.node.turn(self.pair.now)
                self.pair.alice.node.update(id, &turn, body)
            } else {
                var turn = self.pair.bob.node.turn(self.pair.now)
                self.pair.bob.node.update(id, &turn, body)
            }
        }

        var moveCount: Int {
            Pair.Side.allCases.reduce(0) { count, side in
                count
                    + self.pair[side].events.count {
                        if case .peerMoved = $0 { true } else { false }
                    }
            }
        }

        var wasLost: Bool {
            Pair.Side.allCases.contains { side in
                self.pair[side].events.contains {
                    if case .peerUnreachable = $0 { true } else { false }
                }
            }
        }
    }

    /// IPv4 takes 20 ms, IPv6 as long as it is said.
    private static func dual(
        _ six: Duration
    ) -> (Host.Sent) -> (from: Endpoint, Duration)? {
        { sent in
            switch sent.to {
            case Self.bob6: (Self.alice6, six)
            case Self.alice6: (Self.bob6, six)
            case Pair.aliceEndpoint: (Pair.bobEndpoint, .milliseconds(20))
            case Pair.bobEndpoint: (Pair.aliceEndpoint, .milliseconds(20))
            default: nil
            }
        }
    }

    private func areAgreed(_ wires: Wires) -> Bool {
        let (one, other) = (wires.path(.alice), wires.path(.bob))
        return one != nil && one?.address.isIPv6 == other?.address.isIPv6
    }

    /// Connected by IPv4, and then one of them by IPv6.
    private func crossed(
        _ seed: UInt64, _ six: Duration, sharesRecords: Bool = true
    ) throws -> Wires {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: sharesRecords))
        let places = [
            (Pair.Side.alice, Pair.aliceEndpoint, Self.alice6),
            (.bob, Pair.bobEndpoint, Self.bob6),
        ]
        for (side, four, six) in places {
            let known = [
                Candidate(endpoint: four, kind: .lan), Candidate(endpoint: six, kind: .ipv6),
            ]
            wires.pair.act(side) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        }
        wires.run(for: .seconds(4), Self.dual(six))
        try #require(wires.path(.alice) == Pair.bobEndpoint)
        try #require(wires.path(.bob) == Pair.aliceEndpoint)
        try wires.move(.alice, to: Self.bob6)
        return wires
    }

    /// Both send at one moment, each by its own way.
    @Test(arguments: Self.seeds, [20, 60, 150])
    func waysThatCrossMeet(seed: UInt64, six: Int) throws {
        let delay = Duration.milliseconds(six)
        var wires = try self.crossed(seed, delay)
        let count = wires.moveCount
        for side in Pair.Side.allCases { wires.ping(side) }
        wires.run(for: .seconds(5), Self.dual(delay))
        #expect(self.areAgreed(wires))
        #expect(wires.moveCount - count < 6)
        #expect(!wires.wasLost)
    }

    /// Nobody has anything to say but that it is there.
    @Test(arguments: Self.seeds, [20, 60, 150])
    func waysThatCrossMeetAtRest(seed: UInt64, six: Int) throws {
        let delay = Duration.milliseconds(six)
        var wires = try self.crossed(seed, delay, sharesRecords: false)
        wires.run(for: .seconds(60), Self.dual(delay))
        let count = wires.moveCount
        wires.run(for: .seconds(600), Self.dual(delay))
        #expect(self.areAgreed(wires))
        #expect(wires.moveCount - count < 3)
        #expect(!wires.wasLost)
    }

    /// Bob has two places of one family and sends from the first, whichever of them Alice calls.
    private static func twoPlaces(
        _ isBesideUp: Bool
    ) -> (Host.Sent) -> (from: Endpoint, Duration)? {
        { sent in
            switch sent.to {
            case Pair.aliceEndpoint: (Pair.bobEndpoint, .milliseconds(2))
            case Pair.bobEndpoint: (Pair.aliceEndpoint, .milliseconds(2))
            case Self.bobBeside where isBesideUp: (Pair.aliceEndpoint, .milliseconds(2))
            default: nil
            }
        }
    }

    /// Whether Alice is the one who goes back only when her path does not answer.
    private func isAliceWaiting(_ wires: Wires) throws -> Bool {
        let record = try #require(wires.pair.relation(.alice))
        let (own, other) = (record.ownPID, try #require(record.keys?.peerPID))
        return (own.high, own.low) < (other.high, other.low)
    }

    @Test func eitherOfThemWaits() throws {
        let waiting = try Self.seeds.map { try self.isAliceWaiting(Wires(Pair.trusted(seed: $0))) }
        #expect(Set(waiting) == [true, false])
    }

    /// Asked a little more than once a second while Bob pings ten times a second; after 150 s she is back.
    @Test(arguments: Self.seeds)
    func whoSendsFromAPlaceThatWasLeftIsNotAskedWithoutEnd(seed: UInt64) throws {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: false))
        wires.run(for: .seconds(1), Self.twoPlaces(true))
        try wires.move(.alice, to: Self.bobBeside)
        let count = wires.count
        for _ in 0..<300 {
            wires.ping(.bob)
            wires.run(for: .milliseconds(100), Self.twoPlaces(true))
        }
        let isWaiting = try self.isAliceWaiting(wires)
        #expect(wires.path(.alice) == (isWaiting ? Self.bobBeside : Pair.bobEndpoint))
        // Ping and pong are 600, and a question each 0.8 s some more; asked each time it were 1,800.
        #expect(wires.count - count < 1_000)
        wires.run(for: .seconds(125), Self.twoPlaces(true))
        wires.ping(.bob)
        wires.run(for: .seconds(1), Self.twoPlaces(true))
        #expect(wires.path(.alice) == Pair.bobEndpoint)
        #expect(!wires.wasLost)
    }

    /// Also when it has been kept a moment ago.
    @Test(arguments: Self.seeds, [0, 1, 100, 400, 700])
    func aPlaceThatWasLeftIsTakenWhenTheOtherEnds(seed: UInt64, before: Int) throws {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: false))
        wires.run(for: .seconds(1), Self.twoPlaces(true))
        try wires.move(.alice, to: Self.bobBeside)
        wires.run(for: .seconds(3), Self.twoPlaces(true))
        if before > 0 {
            wires.ping(.bob)
            wires.run(for: .milliseconds(before), Self.twoPlaces(true))
        }
        wires.ping(.bob)
        wires.run(for: .milliseconds(1_500), Self.twoPlaces(false))
        #expect(wires.path(.alice) == Pair.bobEndpoint)
        wires.run(for: .seconds(10), Self.twoPlaces(false))
        #expect(!wires.wasLost)
    }

    /// The answer of the former place to a ping of before is no sign that it still works.
    @Test(arguments: Self.seeds)
    func aLatePongKeepsNothing(seed: UInt64) throws {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: false))
        wires.run(for: .seconds(1), Self.twoPlaces(true))
        try wires.move(.alice, to: Self.bobBeside)
        wires.ping(.alice)
        // The ping arrives, and its pong takes its time; meanwhile Bob has only his first place.
        let slow = { (sent: Host.Sent) -> (from: Endpoint, Duration)? in
            switch sent.to {
            case Self.bobBeside: (Pair.aliceEndpoint, .milliseconds(2))
            case Pair.aliceEndpoint: (Self.bobBeside, .milliseconds(40))
            default: nil
            }
        }
        wires.run(for: .milliseconds(3), slow)
        wires.ping(.bob)
        wires.run(for: .milliseconds(200), Self.twoPlaces(false))
        #expect(wires.path(.alice) == Pair.bobEndpoint)
    }

    /// A pong of a ping of before is followed by one of now: the path works, and is kept.
    @Test(arguments: Self.seeds)
    func aLatePongEndsNoQuestion(seed: UInt64) throws {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: false))
        let route = { (sent: Host.Sent) -> (from: Endpoint, Duration)? in
            switch sent.to {
            case Pair.aliceEndpoint: (Pair.bobEndpoint, .milliseconds(20))
            case Pair.bobEndpoint: (Pair.aliceEndpoint, .milliseconds(5))
            case Self.bobBeside: (Pair.aliceEndpoint, .milliseconds(20))
            default: nil
            }
        }
        wires.run(for: .seconds(1), route)
        try wires.move(.alice, to: Self.bobBeside)
        wires.ping(.alice)
        wires.run(for: .seconds(1), route)
        wires.ping(.alice)
        wires.run(for: .milliseconds(3), route)
        wires.ping(.bob)
        wires.run(for: .seconds(2), route)
        let isWaiting = try self.isAliceWaiting(wires)
        #expect(wires.path(.alice) == (isWaiting ? Self.bobBeside : Pair.bobEndpoint))
        #expect(!wires.wasLost)
    }

    private static func slowly(
        _ delay: Duration
    ) -> (Host.Sent) -> (from: Endpoint, Duration)? {
        { sent in Self.twoPlaces(true)(sent).map { ($0.from, delay) } }
    }

    /// Alice pings, and hears Bob at the place that she has left before the pong.
    ///
    /// That takes longer than last time, 240 ms. Nil where she does not wait.
    private func aboutToAskAgain(_ seed: UInt64) throws -> Wires? {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: false))
        guard try self.isAliceWaiting(wires) else { return nil }
        wires.run(for: .seconds(1), Self.slowly(.milliseconds(50)))
        try wires.move(.alice, to: Self.bobBeside)
        wires.ping(.alice)
        wires.run(for: .seconds(1), Self.slowly(.milliseconds(50)))
        wires.ping(.alice)
        wires.run(for: .milliseconds(110), Self.slowly(.milliseconds(120)))
        wires.ping(.bob)
        return wires
    }

    /// A common peer has named a third place, and that has answered: it is taken only if the path is silent.
    @Test(arguments: Self.seeds)
    func aThirdPlaceWaitsForThePathThatIsAskedAgain(seed: UInt64) throws {
        guard var wires = try self.aboutToAskAgain(seed) else { return }
        let third = HeldMove(
            endpoint: Self.bobPort, dueAt: wires.pair.now.instant + .milliseconds(290))
        try wires.change(.alice) { relation, _ in relation.heldMove = third }
        wires.run(for: .milliseconds(600), Self.slowly(.milliseconds(120)))
        #expect(wires.path(.alice) == Self.bobBeside)
        let told = wires.pair.alice.events.compactMap {
            if case .peerMoved(_, _, let path) = $0 { path } else { nil }
        }
        #expect(told.allSatisfy { $0 == Self.bobBeside }, "\(told)")
    }

    /// Who can help only now is asked for a peer in doubt as before.
    @Test(arguments: Self.seeds)
    func aPathThatIsAskedAgainIsInDoubtAsLong(seed: UInt64) throws {
        guard var wires = try self.aboutToAskAgain(seed) else { return }
        let sought = wires.pair.now.instant
        var waits: [Bool] = []
        for pause in [0, 121] {
            wires.run(for: .milliseconds(pause), Self.slowly(.milliseconds(120)))
            try wires.change(.alice) { relation, turn in
                relation.seeking.soughtAt = sought
                relation.seeking.seekAt = turn.instant + .seconds(1)
                waits.append(relation.waitsForHelp)
            }
        }
        let id = try #require(wires.pair.relation(.alice)?.id)
        let asked = try #require(wires.pair.alice.node.relations[id]?.leftPath?.askedAt)
        #expect(asked > sought)
        #expect(waits == [true, true])
    }

    /// The new port of an address falls silent: the repeated ping goes to the former one as well, and its
    /// answer is no sign of the new one.
    @Test(arguments: Self.seeds)
    func aPortThatFallsSilentIsNotKept(seed: UInt64) throws {
        var wires = Wires(try Pair.trusted(seed: seed, sharesRecords: false))
        let route = { (sent: Host.Sent) -> (from: Endpoint, Duration)? in
            switch sent.to {
            case Pair.aliceEndpoint: (Pair.bobEndpoint, .milliseconds(30))
            case Pair.bobEndpoint: (Pair.aliceEndpoint, .milliseconds(30))
            default: nil
            }
        }
        wires.run(for: .seconds(1), route)
        try wires.move(.alice, to: Self.bobPort)
        wires.ping(.alice)
        wires.run(for: .milliseconds(600), route)
        #expect(wires.path(.alice) == Pair.bobEndpoint)
        wires.run(for: .seconds(10), route)
        #expect(!wires.wasLost)
    }
}
