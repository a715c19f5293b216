// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two who have cards talk, by way of the ends of a bridge (PROTOCOL.md §14.6).
@Suite struct CarryingTests {
    private func talking(
        _ level: BridgeLevel = .messages, seed: UInt64 = 1, cards: [Int] = [1, 4],
        configure: (Int, inout NodeConfiguration) -> Void = { _, _ in }
    ) throws -> TwoClusters {
        var clusters = try TwoClusters(seed: seed, configure: configure)
        let id = try clusters.bridge(0, 3)
        clusters.allow(level, at: [0, 3], id)
        clusters.giveCards(cards)
        return clusters
    }

    @Test func twoWithCardsAreConnectedByTheBridge() throws {
        var clusters = try self.talking()
        #expect(clusters.isConnected(1, with: "Emil"))
        #expect(clusters.isConnected(4, with: "Ben"))
        let id = try #require(clusters.relation(1, with: "Emil"))
        let peer = try #require(clusters.status(1).peers.first { $0.id == id })
        #expect(peer.cluster == nil)
        #expect(!peer.isMet)
        #expect(peer.path == nil)
        #expect(peer.reason == .bridge)
        let numbers = [(1, "Emil"), (4, "Ben")].compactMap { number, name in
            let id = clusters.relation(number, with: name)
            return clusters.status(number).peers.first { $0.id == id }?.safetyNumber
        }
        #expect(Set(numbers).count == 1)
        clusters.circle.request(1, .ping(id))
        clusters.circle.run(for: .seconds(1))
        guard
            case .pong(id, _, .relayed(_, .bridge))? = clusters.circle.hosts[1].replies.last?.reply
        else {
            Issue.record("no pong")
            return
        }
    }

    /// Nobody's address crosses, and nothing goes directly.
    @Test func addressesStayAtHome() throws {
        var clusters = try self.talking()
        clusters.circle.run(for: .seconds(200))
        clusters.circle.move(1, to: Endpoint(address: .v4(0x1500_0009), port: 9_999))
        clusters.circle.run(for: .seconds(60))
        #expect(clusters.isConnected(1, with: "Emil"))
        for sent in clusters.circle.log {
            let from = clusters.circle.hosts.firstIndex {
                $0.endpoint.address == sent.from.address
            }
            let to = clusters.circle.hosts.firstIndex { $0.endpoint.address == sent.to.address }
            guard let from, let to, (from < 3) != (to < 3) else { continue }
            #expect([from, to].sorted() == [0, 3])
        }
        for number in 3..<6 {
            let held = clusters.everything(at: number)
            #expect(!held.hold(Circle.endpoint(of: 1).address.bytes))
            #expect(!held.hold([21, 0, 0, 9]))
        }
    }

    @Test func endsTalkToo() throws {
        var clusters = try self.talking(cards: [0, 1, 3, 4])
        clusters.circle.run(for: .seconds(6))
        #expect(clusters.isConnected(0, with: "Emil"))
        #expect(clusters.isConnected(4, with: "Anna"))
        #expect(clusters.isConnected(0, with: "Dora"))
        #expect(clusters.isConnected(3, with: "Anna"))
    }

    @Test func whereBothAgreeTheyMeetDirectly() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, addresses: true, at: [0, 3], id)
        clusters.giveCards([1, 4], BridgePolicy(.messages, addresses: true))
        clusters.giveCards([2])
        clusters.circle.run(for: .seconds(90))
        let relation = try #require(clusters.relation(1, with: "Emil"))
        let peer = try #require(clusters.status(1).peers.first { $0.id == relation })
        #expect(peer.path == Circle.endpoint(of: 4))
        // Who does not allow it is reached by the bridge alone.
        let other = try #require(clusters.relation(2, with: "Emil"))
        let relayed = try #require(clusters.status(2).peers.first { $0.id == other })
        #expect(relayed.isConnected)
        #expect(relayed.path == nil)
    }

    @Test func whereOnlyCardsCrossNobodyTalks() throws {
        let clusters = try self.talking(.cards)
        #expect(clusters.seen(by: 1) == ["Emil"])
        #expect(clusters.relation(1, with: "Emil") == nil)
        #expect(clusters.circle.hosts[0].node.tally.carried == 0)
    }

    @Test func aDatagramIsCarriedOnceAndNotTooFar() throws {
        var clusters = try self.talking()
        let cards = try clusters.cards(1, 4)
        let helper = try #require(
            try clusters.circle.relations(1, with: 0, clusters.family).first?.id)
        func hand(_ hops: UInt8, _ id: UInt64, _ clusters: inout TwoClusters) throws -> UInt64 {
            let before = clusters.circle.hosts[0].node.tally.carried
            let carried = Carried(
                origin: cards.own, target: cards.other, hops: hops, id: id,
                bytes: [UInt8](repeating: 0x81, count: 40))
            try clusters.hand(Frame.bridge(.carry(carried)).bytes, by: helper, from: 1)
            return clusters.circle.hosts[0].node.tally.carried - before
        }
        #expect(try hand(2, 1, &clusters) == 1)
        #expect(try hand(2, 1, &clusters) == 0)
        #expect(try hand(1, 2, &clusters) == 1)
        #expect(try hand(0, 3, &clusters) == 0)
        #expect(
            Frame(
                Frame.bridge(
                    .carry(
                        Carried(
                            origin: cards.own, target: cards.other, hops: 3, id: 1,
                            bytes: [UInt8](repeating: 0, count: 40)))
                ).bytes) == nil)
    }

    /// Another's card, one that does not cross, or nobody's.
    @Test func nobodySendsInAnothersName() throws {
        var clusters = try self.talking(cards: [1, 2, 4])
        let honest = try clusters.cards(1, 4)
        let helper = try #require(
            try clusters.circle.relations(2, with: 0, clusters.family).first?.id)
        let nobody = CardID(high: 1, low: 1)
        for (origin, target) in [
            (honest.own, honest.other), (nobody, honest.other), (honest.other, honest.own),
        ] {
            let before = clusters.circle.hosts[0].node.tally.carried
            let carried = Carried(
                origin: origin, target: target, hops: 2, id: 77,
                bytes: [UInt8](repeating: 0x81, count: 40))
            try clusters.hand(Frame.bridge(.carry(carried)).bytes, by: helper, from: 2)
            #expect(clusters.circle.hosts[0].node.tally.carried == before)
        }
    }

    @Test func eachOriginHasItsPart() throws {
        var clusters = try self.talking()
        let cards = try clusters.cards(1, 4)
        let helper = try #require(
            try clusters.circle.relations(1, with: 0, clusters.family).first?.id)
        let before = clusters.circle.hosts[0].node.tally.carried
        for id in 0..<200 as Range<UInt64> {
            let carried = Carried(
                origin: cards.own, target: cards.other, hops: 2, id: 1_000 + id,
                bytes: [UInt8](repeating: 0x81, count: 1_000))
            try clusters.hand(Frame.bridge(.carry(carried)).bytes, by: helper, from: 1)
        }
        let carried = clusters.circle.hosts[0].node.tally.carried - before
        #expect(carried <= 66)
        #expect(carried >= 50)
    }

    /// Of two bridges one is enough, and which one is found out within two seconds.
    @Test func anotherBridgeTakesOverWithinTwoSeconds() throws {
        var clusters = try TwoClusters()
        let first = try clusters.bridge(0, 3)
        let second = try clusters.bridge(2, 5)
        clusters.allow(.messages, at: [0, 3], first)
        clusters.allow(.messages, at: [2, 5], second)
        clusters.giveCards([1, 4])
        clusters.circle.run(for: .seconds(3))
        let id = try #require(clusters.relation(1, with: "Emil"))
        for silent in [[0, 3], [2, 5]] {
            clusters.circle.stopped = Set(silent)
            clusters.circle.request(1, .ping(id))
            clusters.circle.run(for: .milliseconds(1_900))
            guard case .pong(id, _, _)? = clusters.circle.hosts[1].replies.last?.reply else {
                Issue.record("no pong while \(silent) are silent")
                continue
            }
            clusters.circle.stopped = []
            clusters.circle.run(for: .seconds(180))
        }
    }

    /// A pong by another bridge, of a ping of before, tells nothing of now.
    @Test func onlyAnAnswerToThePingFindsAnotherBridge() throws {
        var clusters = try TwoClusters()
        for (end, other) in [(0, 3), (2, 5)] {
            let bridge = try clusters.bridge(end, other)
            clusters.allow(.messages, at: [end, other], bridge)
        }
        clusters.giveCards([1, 4])
        clusters.circle.run(for: .seconds(3))
        let id = try #require(clusters.relation(1, with: "Emil"))
        let path = try #require(clusters.circle.hosts[1].node.relations[id]?.path)
        let ways = try #require(clusters.circle.hosts[1].node.relations[id]?.seeking.relays)
        let other = try #require(ways.map { Endpoint.relay($0.number) }.first { $0 != path })
        var paths: [Endpoint?] = []
        var turn = clusters.circle.hosts[1].node.turn(clusters.circle.now)
        clusters.circle.hosts[1].node.update(id, &turn) { relation, turn in
            relation.startProbe(&turn)
            guard let base = relation.probe?.base else { return }
            for token in [base &- 1, base &+ 1, base] {
                relation.followBridge(other, token, &turn)
                paths.append(relation.path)
            }
        }
        #expect(paths == [path, path, other])
    }

    /// Of two bridges of one end the way back is the one by which somebody comes, where the other end of the
    /// other one does not reach that member (seed 300014 of `bridge`).
    @Test(arguments: 1...4, [3, 4])
    func theWayBackIsTheOneThatWorks(seed: UInt64, member: Int) throws {
        var clusters = try TwoClusters(seed: seed)
        for other in [3, 4] {
            let id = try clusters.bridge(0, other)
            clusters.allow(.messages, at: [0, other], id)
        }
        clusters.circle.blocked = [(3, 4)]
        clusters.circle.run(for: .seconds(150))
        // Fritz vouches for the end's card.
        clusters.giveCards([1, member, 5])
        clusters.circle.run(for: .seconds(120))
        let name = TwoClusters.names[member]
        #expect(clusters.isConnected(1, with: name))
        #expect(clusters.isConnected(member, with: "Ben"))
    }

    /// What is carried is sealed between the two: the ends of the bridge hold no key of it.
    @Test func whoCarriesReadsNothing() throws {
        let clusters = try self.talking()
        let id = try #require(clusters.relation(1, with: "Emil"))
        let record = try #require(
            clusters.circle.hosts[1].store.state.relations.first { $0.id == id })
        let keys = try #require(record.keys)
        for number in [0, 2, 3, 5] {
            let state = clusters.circle.hosts[number].store.state
            #expect(!state.relations.contains { $0.keys?.psk == keys.psk })
            #expect(!state.relations.contains { $0.keys?.meeting == keys.meeting })
        }
    }
}

extension TwoClusters {
    /// The cards of two hosts, as the first one has them.
    func cards(_ number: Int, _ other: Int) throws -> CardPair {
        let id = try #require(self.relation(number, with: Self.names[other]))
        return try #require(self.circle.hosts[number].node.relations[id]?.across?.cards)
    }
}
