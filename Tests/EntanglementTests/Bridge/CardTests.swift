// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Cards of members who agreed (PROTOCOL.md §14.5).
@Suite struct CardTests {
    @Test func whoAgreedIsSeenAndNobodyElse() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1])
        for number in 3..<6 { #expect(clusters.seen(by: number) == ["Ben"]) }
        for number in 0..<3 { #expect(clusters.seen(by: number) == []) }
        let held = clusters.everything(at: 4)
        #expect(!held.hold(Array("Carla".utf8)))
        let row = try #require(clusters.status(4).foreignCards.first)
        #expect(!row.isConfirmed)
        #expect(row.relation == nil)
        // The one end does not make the other's card, and learns none of its cluster.
        let membership = try #require(clusters.circle.record(1, clusters.family)?.membership)
        let (keys, _) = try #require(membership.keys(CryptoPrimitives()))
        #expect(!held.hold(keys.signingKey.bytes))
        #expect(!held.hold(keys.agreementKey.bytes))
        #expect(!held.hold(membership.member.bytes))
    }

    @Test func whoTakesItBackIsSeenNoMore() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1, 2])
        #expect(clusters.seen(by: 5) == ["Ben", "Carla"])
        let reply = clusters.circle.request(
            1, .giveCard(clusters.family, for: clusters.hackersAlias, nil))
        #expect(reply == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        for number in 3..<6 { #expect(clusters.seen(by: number) == ["Carla"]) }
    }

    /// Who goes by another name over there goes on so, whatever else of the card changes.
    @Test func aCardKeepsItsName() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        func give(_ policy: BridgePolicy, _ name: String?) -> Reply? {
            clusters.circle.request(
                1,
                .giveCard(
                    clusters.family, for: clusters.hackersAlias, over: id, policy, name: name))
        }
        #expect(give(BridgePolicy(.messages), "Nobody") == .done)
        clusters.circle.run(for: .seconds(2))
        #expect(clusters.seen(by: 5) == ["Nobody"])
        #expect(give(BridgePolicy(.messages, addresses: true), nil) == .done)
        clusters.circle.run(for: .seconds(2))
        #expect(clusters.seen(by: 5) == ["Nobody"])
        #expect(give(BridgePolicy(.messages), "Ben") == .done)
        clusters.circle.run(for: .seconds(2))
        #expect(clusters.seen(by: 5) == ["Ben"])
    }

    @Test func whatTheBridgeDoesNotAllowDoesNotCross() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.giveCards([1])
        clusters.allow(.nothing, at: [3], id)
        for number in 3..<6 { #expect(clusters.seen(by: number) == []) }
        clusters.allow(.cards, at: [3], id)
        clusters.circle.run(for: .seconds(3))
        for number in 3..<6 { #expect(clusters.seen(by: number) == ["Ben"]) }
    }

    /// The end of a bridge cannot vouch for itself: another member who has a card does.
    @Test func anEndsCardNeedsAnotherMembersWord() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([0])
        #expect(clusters.seen(by: 4) == [])
        clusters.giveCards([2])
        clusters.circle.run(for: .seconds(3))
        #expect(clusters.seen(by: 4) == ["Anna", "Carla"])
    }

    /// A newer card of an end waits for another member's word; the former one stays meanwhile.
    @Test func anEndsNewCardReplacesTheFormerOneWithoutAGap() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([0, 2, 4])
        clusters.circle.run(for: .seconds(3))
        #expect(clusters.isConnected(4, with: "Anna"))
        let card = try #require(clusters.status(4).foreignCards.first { $0.name == "Anna" }?.id)
        clusters.giveCards([0], BridgePolicy(.relaying))
        clusters.circle.run(for: .seconds(3))
        #expect(clusters.isConnected(4, with: "Anna"))
        #expect(clusters.circle.count(4, .cardGone(clusters.hackers, card)) == 0)
        let row = clusters.status(4).foreignCards.first { $0.name == "Anna" }
        #expect(row?.policy == BridgePolicy(.relaying))
    }

    @Test func aSecondBridgeConfirms() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1])
        #expect(clusters.status(5).foreignCards.first?.isConfirmed == false)
        try clusters.bridge(2, 4)
        // It was not given for this one.
        #expect(clusters.status(5).foreignCards.first?.isConfirmed == false)
        clusters.giveCards([1])
        let row = try #require(clusters.status(5).foreignCards.first)
        #expect(row.isConfirmed)
        #expect(Set(row.bridges) == Set(clusters.bridges))
    }

    @Test func itIsThereAfterARestart() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([1, 5])
        #expect(clusters.isConnected(5, with: "Ben"))
        let relation = try #require(clusters.relation(5, with: "Ben"))
        clusters.circle.request(5, .rename(relation, "the neighbour"))
        clusters.circle.request(5, .matched(relation))
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(20))
        #expect(clusters.isConnected(5, with: "Ben"))
        let peer = clusters.status(5).peers.first { $0.id == relation }
        #expect(peer?.name == "the neighbour")
        #expect(clusters.status(5).foreignCards.first?.isConfirmed == true)
    }

    /// What a person said of somebody across is there again when the card is; nothing else goes on meanwhile.
    @Test func whatAPersonSaidOutlastsTheCard() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([1, 5])
        let relation = try #require(clusters.relation(5, with: "Ben"))
        clusters.circle.request(5, .rename(relation, "the neighbour"))
        clusters.circle.request(5, .matched(relation))
        clusters.circle.request(0, .closeBridge(id))
        clusters.circle.run(for: .seconds(5))
        #expect(clusters.seen(by: 5) == [])
        clusters.circle.restart(5)
        clusters.circle.run(for: .seconds(5))
        let resting = try #require(clusters.status(5).peers.first { $0.id == relation })
        #expect(resting.name == "the neighbour" && !resting.isConnected)
        let held = clusters.circle.hosts[5].node.relations[relation]
        #expect(held?.sessions.count == 0 && held?.across == nil)
        #expect(held?.record.endpoints == [])
        let other = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], other)
        clusters.giveCards([1, 5])
        clusters.circle.run(for: .seconds(20))
        let peer = clusters.status(5).peers.first { $0.id == relation }
        #expect(peer?.name == "the neighbour" && peer?.isConnected == true)
        #expect(clusters.status(5).foreignCards.first?.isConfirmed == true)
    }

    /// A card without a second member's word, with another's, or changed on the way.
    @Test func whatIsForgedIsRefused() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1])
        let honest = try #require(clusters.vouchedCard(of: 1, at: 3))
        let primitives = CryptoPrimitives()
        let keys = try #require(clusters.bridgeKeys(of: 0))
        let stranger = try #require(
            primitives.signingKey(from: Secret([UInt8](repeating: 5, count: 32))))
        func made(_ change: (inout Card) -> Void, by key: SigningKey, voucher: SigningKey)
            -> VouchedCard
        {
            var card = honest.card
            card.sequence += 10
            change(&card)
            card.signature = primitives.sign(card.signedBytes, with: key)
            return VouchedCard(
                card: card,
                voucher: CardVoucher(
                    key: voucher.publicKey,
                    signature: primitives.sign(card.voucherBytes(primitives), with: voucher)))
        }
        let forged: [VouchedCard] = [
            // Another name for a card of somebody else.
            made({ $0.name = "Mallory" }, by: keys, voucher: keys),
            // Nobody known vouches.
            made({ $0.keys.signingKey = stranger.publicKey }, by: stranger, voucher: stranger),
            made(
                { $0.keys.signingKey = keys.publicKey }, by: keys, voucher: keys),
            // For another cluster, or from one.
            made(
                {
                    $0.keys.signingKey = stranger.publicKey
                    $0.target = clusters.familyAlias
                }, by: stranger, voucher: keys),
            made(
                {
                    $0.keys.signingKey = stranger.publicKey
                    $0.origin = ClusterAlias(high: 7, low: 7)
                }, by: stranger, voucher: keys),
            // Over, or for ever.
            made(
                {
                    $0.keys.signingKey = stranger.publicKey
                    $0.until = 1_700_000_000
                }, by: stranger, voucher: keys),
            made(
                {
                    $0.keys.signingKey = stranger.publicKey
                    $0.until = .max
                }, by: stranger, voucher: keys),
        ]
        for card in forged {
            try clusters.hand(.card(card), from: 0, to: 3)
            clusters.circle.run(for: .milliseconds(300))
            #expect(clusters.seen(by: 4).allSatisfy { $0 == "Ben" }, "\(card.card.name)")
            #expect(clusters.status(4).foreignCards.count <= 1)
        }
    }
}

extension TwoClusters {
    /// What one end of a bridge sends the other, as a program that means harm could.
    mutating func hand(_ frame: BridgeFrame, from number: Int, to other: Int) throws {
        let id = try #require(
            self.circle.hosts[number].node.bridgeLinks.first?.relation)
        try self.hand(Frame.bridge(frame).bytes, by: id, from: number)
    }

    mutating func hand(_ bytes: [UInt8], by id: RelationID, from number: Int) throws {
        let relation = try #require(self.circle.hosts[number].node.relations[id])
        let view = try #require(relation.sendingSession(self.circle.now.instant))
        let path = try #require(relation.path)
        self.circle.act(number) { host, now, sent in
            host.carryOut(
                .sendSealed(session: view.index, .frame, bytes, to: path), now, &sent)
        }
        while self.circle.deliverNext() {}
    }

    /// A card of a host's as another one took it.
    func vouchedCard(of number: Int, at other: Int) -> VouchedCard? {
        let node = self.circle.hosts[other].node
        for notice in node.live.flatMap(\.notices.notices) {
            if case .foreign(_, _, let card?) = notice.body,
                card.card.name == Self.names[number]
            {
                return card
            }
        }
        return nil
    }

    /// What signs at the end of a bridge.
    func bridgeKeys(of number: Int) -> SigningKey? {
        let node = self.circle.hosts[number].node
        return node.bridgeLinks.first.flatMap { node.relations[$0.relation]?.memberSigningKey }
    }
}
