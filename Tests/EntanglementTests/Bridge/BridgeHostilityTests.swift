// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Members, and people across, who mean harm (PROTOCOL.md §14.2, §14.6, §14.7).
@Suite struct BridgeHostilityTests {
    /// What one member said, said by another as its own, to a third one.
    private func repeated(
        _ clusters: inout TwoClusters, from author: Int, by thief: Int, to witness: Int,
        later seconds: UInt64 = 0, _ body: (Notice.Body) -> Notice.Body?
    ) throws -> [Notice] {
        let cluster = clusters.cluster(of: author)
        let (own, other) = (
            try clusters.circle.member(author, cluster), try clusters.circle.member(thief, cluster)
        )
        let membership = try #require(clusters.circle.record(thief, cluster)).membership
        let signing = try #require(membership.keys(CryptoPrimitives())).1
        // Who really said it would say it again.
        clusters.circle.stopped = author == thief ? [author] : []
        let table = try clusters.circle.live(witness, cluster).notices.notices
        for notice in table where notice.author == own {
            guard let body = body(notice.body) else { continue }
            var copy = Notice(
                author: other, sequence: notice.sequence + 9,
                issuedAt: notice.issuedAt + seconds, body)
            copy.signature = CryptoPrimitives().sign(
                copy.signedBytes(in: cluster), with: signing)
            try clusters.circle.hand(
                .notice(copy.bytes), of: cluster, to: witness, from: thief)
        }
        clusters.circle.run(for: .seconds(1))
        return try clusters.circle.live(witness, cluster).notices.notices.filter {
            $0.author == other
        }
    }

    /// A member cannot say of itself that it is the end of another's bridge.
    @Test func nobodyIsTheEndOfAnothersBridge() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        let stolen = try self.repeated(&clusters, from: 0, by: 1, to: 2) { body in
            guard case .bridge(let id, var bridge) = body else { return nil }
            bridge.isOpen = false
            return .bridge(id, bridge)
        }
        #expect(stolen.isEmpty)
        #expect(clusters.status(2).bridges.map(\.author).count == 1)
        #expect(clusters.status(2).bridges.first { $0.id == id }?.isOpen == true)
    }

    /// A closing counts whatever the clock of who closes says, and although the other's word is over by it.
    @Test(arguments: [UInt64(3), 40])
    func aClosingCountsByAnyClock(days: UInt64) throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        _ = try self.repeated(&clusters, from: 0, by: 0, to: 2, later: days * 86_400) { body in
            guard case .bridge(let id, var bridge) = body else { return nil }
            bridge.isOpen = false
            return .bridge(id, bridge)
        }
        #expect(clusters.status(2).bridges.first { $0.id == id }?.isOpen == false)
    }

    /// Who says one thing to one member and another to another, with one sequence, splits no count.
    @Test func twoNoticesOfOneSequenceMeet() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        let own = try clusters.circle.member(1, clusters.family)
        let membership = try #require(clusters.circle.record(1, clusters.family)).membership
        let signing = try #require(membership.keys(CryptoPrimitives())).1
        clusters.circle.stopped = [1]
        clusters.circle.blocked = [(0, 2)]
        let now = UInt64(clusters.circle.now.wall.seconds)
        for (witness, isOn) in [(0, true), (2, false)] {
            var notice = Notice(
                author: own, sequence: now << 10, issuedAt: now, .vote(id, isOn: isOn))
            notice.signature = CryptoPrimitives().sign(
                notice.signedBytes(in: clusters.family), with: signing)
            try clusters.circle.hand(
                .notice(notice.bytes), of: clusters.family, to: witness, from: 1)
        }
        clusters.circle.run(for: .seconds(1))
        clusters.circle.blocked = []
        clusters.circle.run(for: .seconds(20))
        let votes = try [0, 2].map { number in
            try clusters.circle.live(number, clusters.family).notices.notices
                .filter { $0.author == own }.map(\.bytes)
        }
        #expect(votes[0].count == 1)
        #expect(votes[0] == votes[1])
    }

    /// A word by a card for another cluster keeps no end's card from crossing.
    @Test(arguments: [1, 2])
    func onlyCardsForTheOtherClusterVouch(member: Int) throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.circle.stopped = [3, 4, 5]
        clusters.giveCards([0, 1, 2])
        clusters.circle.run(for: .seconds(5))
        let live = try clusters.circle.live(member, clusters.family)
        let own = try clusters.circle.member(0, clusters.family)
        let end = try #require(live.bridges.given.first { $0.author == own })
        let membership = try #require(clusters.circle.record(member, clusters.family)).membership
        // Nobody has a smaller alias: this notice comes before all others of the member.
        let alias = ClusterAlias(high: 0, low: 1)
        let primitives = CryptoPrimitives()
        let (keys, signing) = try #require(
            CardKeys(membership, of: clusters.family, for: alias, primitives).keys(primitives))
        let now = UInt64(clusters.circle.now.wall.seconds)
        var card = Card(
            origin: clusters.familyAlias, target: alias, sequence: 1, until: now + 86_400,
            policy: .cardDefault, name: "M", keys: keys)
        card.signature = primitives.sign(card.signedBytes, with: signing)
        let proof = primitives.sign(
            Notice.proofBytes(
                Notice.holderLabel, of: card.id(primitives), by: membership.member,
                in: clusters.family), with: signing)
        let voucher = Notice.Voucher(
            card: primitives.hash(end.card.bytes),
            signature: primitives.sign(end.card.voucherBytes(primitives), with: signing))
        var notice = Notice(
            author: membership.member, sequence: now << 10, issuedAt: now,
            .card(
                alias,
                Notice.OwnCard(
                    card: card, proof: proof, bridges: end.bridges, vouchers: [voucher])))
        notice.signature = primitives.sign(
            notice.signedBytes(in: clusters.family),
            with: try #require(membership.keys(primitives)).1)
        clusters.circle.stopped.insert(member)
        try clusters.circle.hand(
            .notice(notice.bytes), of: clusters.family, to: 0, from: member)
        #expect(
            try clusters.circle.live(0, clusters.family).notices.notice(notice.key) == notice)
        clusters.circle.stopped = [member]
        clusters.circle.run(for: .seconds(30))
        #expect(clusters.seen(by: 4) == ["Anna", "Ben", "Carla"])
    }

    /// But what takes back nothing has no place in it.
    @Test func whatTakesBackNothingComesByTheClock() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        let taken = try self.repeated(&clusters, from: 0, by: 1, to: 2, later: 3 * 86_400) { body in
            guard case .bridge = body else { return nil }
            return .vote(id, isOn: false)
        }
        #expect(taken.isEmpty)
    }

    /// Nor that another's card is its own: one that was taken back would cross again.
    @Test func nobodyGivesAnothersCard() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([2])
        #expect(clusters.seen(by: 4) == ["Carla"])
        let stolen = try self.repeated(&clusters, from: 2, by: 1, to: 0) { body in
            if case .card(_, .some) = body { body } else { nil }
        }
        #expect(stolen.isEmpty)
        let reply = clusters.circle.request(
            2, .giveCard(clusters.family, for: clusters.hackersAlias, nil))
        #expect(reply == .done)
        clusters.circle.run(for: .seconds(5))
        #expect(clusters.seen(by: 4) == [])
    }

    /// Who tells addresses although they may not cross, and calls directly, gets no answer and is not called.
    @Test func nobodyWithoutPermissionIsReachedDirectly() throws {
        var clusters = try TwoClusters { number, configuration in
            if number == 5 { configuration.mutation = .addressesCross }
        }
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([2, 5])
        clusters.circle.run(for: .seconds(20))
        #expect(clusters.isConnected(2, with: "Fritz"))
        let relation = try #require(clusters.relation(2, with: "Fritz"))
        let other = try #require(clusters.relation(5, with: "Carla"))
        // Fritz knows the place by other means.
        let view = try #require(
            clusters.circle.hosts[5].node.relations[other]?.sendingSession(
                clusters.circle.now.instant))
        let before = clusters.circle.log.count
        clusters.circle.act(5) { host, now, sent in
            host.carryOut(
                .sendSealed(
                    session: view.index, .frame,
                    Frame.ping(token: 7, echo: Circle.endpoint(of: 2)).bytes,
                    to: Circle.endpoint(of: 2)), now, &sent)
        }
        clusters.circle.run(for: .seconds(5))
        clusters.circle.stopped = [0]
        clusters.circle.run(for: .seconds(200))
        let direct = clusters.circle.log[before...].filter {
            $0.from == Circle.endpoint(of: 2) && $0.to == Circle.endpoint(of: 5)
        }
        #expect(direct.isEmpty)
        #expect(clusters.circle.hosts[2].node.relations[relation]?.heardEndpoints == [])
        #expect(clusters.circle.hosts[2].node.knownEndpoints(of: relation) == [])
    }

    /// The end over there is asked for no help, and learns nothing of whom this side has lost.
    @Test func theOtherEndHearsNoTags() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.circle.stopped = [1]
        clusters.circle.run(for: .seconds(60))
        let seekers = clusters.circle.hosts[3].node.ids
        let table = clusters.circle.hosts[3].node.common.table
        #expect(seekers.allSatisfy { table.tagCount(of: $0) == 0 })
        // The own members are.
        let own = clusters.circle.hosts[2].node
        #expect(own.ids.contains { own.common.table.tagCount(of: $0) > 0 })
    }

    /// A name that is told once stays, whoever joins by that name; a name of founders is none to be told.
    @Test func theNameOfAClusterTellsOfNobody() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        func told() -> String? { clusters.status(4).bridges.first { $0.id == id }?.name }
        #expect(told() == "family")
        clusters.circle.request(1, .rename(try #require(clusters.status(1).peers.first?.id), "fam"))
        clusters.circle.request(0, .renameCluster(clusters.family, "Anna's house"))
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(20))
        #expect(told() == "family")
        clusters.circle.request(0, .renameCluster(clusters.family, "Uwe + Vera"))
        let other = try clusters.bridge(0, 4)
        clusters.circle.run(for: .seconds(5))
        #expect(clusters.status(3).bridges.first { $0.id == other }?.name == "")
    }

    /// After a month away what a member had said it says again: its card and its vote.
    @Test func whatIsMeantOutlastsAMonthAway() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1])
        #expect(clusters.circle.request(1, .forbidBridges(clusters.family, isOn: true)) == .done)
        clusters.circle.run(for: .seconds(5))
        clusters.sleep(days: 40, [])
        let given = clusters.status(2).givenCards.map(\.name)
        #expect(given == ["Ben"])
        let live = try clusters.circle.live(2, clusters.family)
        #expect(live.bridges.forbidders == [try clusters.circle.member(1, clusters.family)])
    }
}
