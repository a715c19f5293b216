// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Three clusters in a chain and in a ring: nothing crosses two bridges (PROTOCOL.md §14.5, §14.6).
@Suite struct ChainAndRingTests {
    private static let (first, middle, last) = (0, 1, 2)
    /// The end in the middle is one and the same member, or two are.
    private static let chains = [[(0, 3), (3, 6)], [(0, 3), (4, 6)]]
    private static let ring = [(0, 3), (4, 6), (7, 1)]

    /// At one end of a chain nobody holds, or is sent, anything of the other end: not even that
    /// there is such a cluster.
    @Test(arguments: [0, 1], [false, true])
    func oneEndOfAChainHearsNothingOfTheOther(chain: Int, addresses: Bool) throws {
        var three = try ThreeClusters(Self.chains[chain], addresses: addresses)
        #expect(three.seen(by: 1) == ["Dora", "Emil", "Fritz"])
        #expect(three.seen(by: 8) == ["Dora", "Emil", "Fritz"])
        #expect(three.isConnected(1, with: 4))
        #expect(three.isConnected(8, with: 4))
        let former = try [Self.first, Self.last].map { try three.needles(of: $0) }
        for number in [1, 4, 7] {
            let place = Endpoint(address: .v4(0x1500_0001 + UInt32(number) << 16), port: 9_999)
            three.circle.move(number, to: place)
            three.circle.run(for: .seconds(30))
        }
        for number in 0..<9 { three.circle.restart(number) }
        three.circle.run(for: .seconds(60))
        for (one, hosts, old) in [(Self.first, 6..<9, former[0]), (Self.last, 0..<3, former[1])] {
            #expect(!three.anybody(of: hosts, knows: old))
            #expect(!three.anybody(of: hosts, knows: try three.needles(of: one)))
            // Those in the middle know the cards of both.
            #expect(three.anybody(of: 3..<6, knows: try three.needles(of: one)))
        }
        let places = three.circle.hosts.map(\.endpoint)
        let isDirect = three.circle.log.contains { sent in
            let numbers = [sent.from, sent.to].compactMap(places.firstIndex).map { $0 / 3 }
            return Set(numbers) == [Self.first, Self.last]
        }
        #expect(!isDirect)
    }

    /// Who is seen from both sides has a card for each, and nobody can tell that they are of one
    /// member but by the name.
    @Test func whoIsInTheMiddleIsAnotherOneToEach() throws {
        let three = try ThreeClusters(Self.chains[1])
        for number in 3..<6 {
            let cards = try [Self.first, Self.last].map { try three.card(of: number, for: $0) }
            #expect(cards[0] != cards[1])
            #expect(three.anybody(of: 0..<3, knows: Needles([cards[0].bytes])))
            #expect(!three.anybody(of: 0..<3, knows: Needles([cards[1].bytes])))
            #expect(three.anybody(of: 6..<9, knows: Needles([cards[1].bytes])))
            #expect(!three.anybody(of: 6..<9, knows: Needles([cards[0].bytes])))
        }
    }

    /// An end in the middle that hands on cards of others: as they are, as its own side's, for the
    /// other one, with its own word that it saw them.
    @Test(arguments: [0, 1])
    func aCardOfAThirdClusterIsRefused(chain: Int) throws {
        var three = try ThreeClusters(Self.chains[chain])
        let hostile = Self.chains[chain][1].0
        let node = three.circle.hosts[hostile].node
        let own = try #require(node.bridgeLinks.first { $0.alias == three.alias(Self.last) })
        let key = try #require(node.relations[own.relation]?.memberSigningKey)
        let cards = node.live[0].bridges.foreign.map(\.card)
            .filter { $0.origin == three.alias(Self.first) }
        #expect(cards.count == 3)
        let before = three.seen(by: 8)
        for card in cards {
            for change in 0..<4 {
                var changed = card
                if change & 1 == 1 { changed.origin = three.alias(Self.middle) }
                if change & 2 == 2 { changed.target = three.alias(Self.last) }
                let voucher = CardVoucher(
                    key: key.publicKey,
                    signature: ThreeClusters.primitives.sign(
                        changed.voucherBytes(ThreeClusters.primitives), with: key))
                let frame = BridgeFrame.card(VouchedCard(card: changed, voucher: voucher))
                _ = try three.say(.bridge(frame), by: hostile, to: 6)
            }
        }
        three.circle.run(for: .seconds(20))
        #expect(three.seen(by: 8) == before)
        for card in cards {
            let needles = Needles([
                card.id(ThreeClusters.primitives).bytes, card.keys.signingKey.bytes,
                card.keys.agreementKey.bytes,
            ])
            for number in 6..<9 {
                #expect(!three.circle.held(by: number).contains { needles.stand(in: $0) })
            }
        }
    }

    /// Whoever knows a card beyond the next bridge reaches nobody by it, from whatever side and
    /// place.
    @Test(arguments: [0, 1])
    func nothingIsCarriedOnBeyondTheOwnSide(chain: Int) throws {
        var three = try ThreeClusters(Self.chains[chain])
        let ends = Self.chains[chain]
        var number: UInt64 = 0
        for target in 6..<9 {
            let far = try three.card(of: target, for: Self.middle)
            for member in 0..<3 {
                let own = try three.card(of: member, for: Self.middle)
                // To the own end, over the bridge by this, and by who was let in further on.
                for (by, to) in [(1, 0), (2, 0), (0, 3), (5, ends[1].0), (ends[1].0, 6)] {
                    for (origin, goal) in [(own, far), (far, own)] {
                        number += 1
                        let sent = try three.carry(origin, goal, number, by: by, to: to)
                        #expect(sent.carried == 0)
                        #expect(sent.count == 1)
                    }
                }
            }
        }
        // A member in the middle has a card for each side, and uses one for the other side.
        for member in 3..<6 {
            let wrong = try three.card(of: member, for: Self.first)
            let far = try three.card(of: 8, for: Self.middle)
            number += 1
            let end = ends[1].0
            let by = member == end ? 5 : member
            #expect(try three.carry(wrong, far, number, by: by, to: end).carried == 0)
            number += 1
            #expect(try three.carry(far, wrong, number, by: 6, to: end).carried == 0)
        }
    }

    /// In a ring another way round is no way: only a second bridge between the same two clusters is
    /// one.
    @Test(arguments: [false, true])
    func onlyASecondBridgeOfTheSameTwoIsAnotherWay(isDoubled: Bool) throws {
        let base = try ThreeClusters(Self.ring + (isDoubled ? [(2, 5)] : []))
        for silent in isDoubled ? [(0, 3), (2, 5)] : [(0, 3)] {
            var three = base
            #expect(three.isConnected(1, with: 4))
            let id = try #require(three.relation(1, with: 4))
            three.circle.blocked = [silent]
            three.circle.run(for: .seconds(20))
            three.circle.request(1, .ping(id))
            three.circle.run(for: .seconds(200))
            #expect(three.isConnected(1, with: 4) == isDoubled)
            #expect(three.isConnected(4, with: 1) == isDoubled)
            let replies = three.circle.hosts[1].replies.map(\.reply)
            let isAnswered = replies.contains {
                if case .pong(id, _, _) = $0 { true } else { false }
            }
            #expect(isAnswered == isDoubled)
            // Those of the third cluster talk with both as before, and nothing of the two passes
            // there.
            #expect(three.isConnected(8, with: 1) && three.isConnected(8, with: 4))
            let cards = [
                try three.card(of: 1, for: Self.middle), try three.card(of: 4, for: Self.first),
            ]
            #expect(!three.anybody(of: 6..<9, knows: Needles(cards.map(\.bytes))))
        }
    }

    /// Whatever anybody hands to anybody is carried twice at most: by the two ends of one bridge.
    @Test func nothingCirculatesInARing() throws {
        var three = try ThreeClusters(Self.ring + [(2, 5)])
        let neighbors = [(0, 3), (3, 0), (4, 6), (6, 4), (7, 1), (1, 7), (2, 5), (5, 2)]
        let inside = (0..<9).flatMap { one in
            (0..<9).filter { $0 != one && $0 / 3 == one / 3 }.map { (one, $0) }
        }
        var cards: [CardID] = []
        for member in [1, 4, 8] {
            for cluster in 0..<3 where cluster != member / 3 {
                cards.append(try three.card(of: member, for: cluster))
            }
        }
        var number: UInt64 = 0
        var counts: Set<UInt64> = []
        for (by, to) in neighbors + inside {
            for origin in cards {
                for target in cards where target != origin {
                    number += 1
                    let sent = try three.carry(origin, target, number, by: by, to: to)
                    counts.insert(sent.carried)
                    #expect(sent.count <= 3)
                    // The same again goes nowhere.
                    let again = try three.carry(origin, target, number, by: by, to: to)
                    #expect(again.carried == 0)
                }
            }
        }
        #expect(counts == [0, 1, 2])
    }

    /// A ring at rest says as much in each quarter of an hour, and no more than its pairs have to
    /// say.
    @Test func aRingAtRestStaysAtRest() throws {
        var three = try ThreeClusters(Self.ring)
        three.circle.run(for: .seconds(120))
        let counts = (0..<3).map { _ in
            let before = (three.circle.log.count, three.carried.reduce(0, +))
            three.circle.run(for: .seconds(900))
            return (
                three.circle.log.count - before.0, three.carried.reduce(0, +) - before.1
            )
        }
        // Of 27 pairs across both ping every 15 s at most and are answered, and have a new session
        // every two minutes; each datagram is carried twice at most.
        let (pings, sessions): (UInt64, UInt64) = (900 / 15 * 4, 900 / 120 * 12)
        let most = 27 * 2 * (pings + sessions)
        for count in counts {
            #expect(count.1 > 0 && count.1 <= most)
            #expect(abs(count.0 - counts[0].0) * 50 < counts[0].0)
        }
    }

    /// What one bridge of a ring brought is gone when that one is closed, and does not come by the
    /// others.
    @Test func whatIsClosedDoesNotComeRound() throws {
        var three = try ThreeClusters(Self.ring)
        let id = try #require(
            three.status(0).bridges.first { $0.alias == three.alias(Self.middle) }?.id)
        #expect(three.seen(by: 5) == ["Anna", "Beate", "Carla", "Gerda", "Hanno", "Irene"])
        #expect(three.circle.request(3, .closeBridge(id)) == .done)
        three.circle.run(for: .seconds(60))
        for number in 0..<9 { three.circle.restart(number) }
        three.circle.run(for: .seconds(200))
        for number in 3..<6 { #expect(three.seen(by: number) == ["Gerda", "Hanno", "Irene"]) }
        for number in 0..<3 { #expect(three.seen(by: number) == ["Gerda", "Hanno", "Irene"]) }
        #expect(three.seen(by: 8) == ["Anna", "Beate", "Carla", "Dora", "Emil", "Fritz"])
        #expect(three.isConnected(8, with: 1) && three.isConnected(8, with: 4))
    }
}

extension ThreeClusters {
    /// Hands a datagram to an end as a program that means harm could; how much was carried and sent
    /// because of it.
    fileprivate mutating func carry(
        _ origin: CardID, _ target: CardID, _ id: UInt64, by number: Int, to other: Int
    ) throws -> (carried: UInt64, count: Int) {
        let before = self.carried.reduce(0, +)
        let carried = Carried(
            origin: origin, target: target, hops: BridgeLimits.hopCountMax, id: id,
            bytes: [UInt8](repeating: 0x81, count: 40))
        let count = try self.say(.bridge(.carry(carried)), by: number, to: other)
        return (self.carried.reduce(0, +) - before, count)
    }
}
