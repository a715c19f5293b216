// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// How much one member can make the others of its cluster, and those across, do (PROTOCOL.md §14.2, §14.3).
@Suite struct BridgeQuotaTests {
    private static let primitives = CryptoPrimitives()

    /// What one member says about bridges with a program that means harm, to others.
    private func say(
        _ body: Notice.Body, by number: Int, sequence: UInt64, to others: [Int],
        _ clusters: inout TwoClusters
    ) throws {
        let cluster = clusters.cluster(of: number)
        let membership = try #require(clusters.circle.record(number, cluster)).membership
        let signing = try #require(membership.keys(Self.primitives)).1
        let now = UInt64(clusters.circle.now.wall.seconds)
        var notice = Notice(
            author: membership.member, sequence: sequence, issuedAt: now, body)
        notice.signature = Self.primitives.sign(notice.signedBytes(in: cluster), with: signing)
        for other in others {
            try clusters.circle.hand(.notice(notice.bytes), of: cluster, to: other, from: number)
        }
    }

    /// A card of a member, with whatever sequence and end.
    private func card(
        of number: Int, sequence: UInt64, until: UInt64, over bridges: [BridgeID],
        _ clusters: TwoClusters
    ) throws -> Notice.Body {
        let (cluster, alias) = (clusters.cluster(of: number), clusters.otherAlias(for: number))
        let membership = try #require(clusters.circle.record(number, cluster)).membership
        let (keys, signing) = try #require(
            CardKeys(membership, of: cluster, for: alias, Self.primitives).keys(Self.primitives))
        var card = Card(
            origin: ClusterAlias(of: cluster, Self.primitives), target: alias, sequence: sequence,
            until: until, policy: .cardDefault, name: "M", keys: keys)
        card.signature = Self.primitives.sign(card.signedBytes, with: signing)
        let proof = Self.primitives.sign(
            Notice.proofBytes(
                Notice.holderLabel, of: card.id(Self.primitives), by: membership.member,
                in: cluster), with: signing)
        return .card(
            alias, Notice.OwnCard(card: card, proof: proof, bridges: bridges, vouchers: []))
    }

    /// A bridge of which one member holds the keys of both ends.
    private func inventedBridge(
        by number: Int, _ clusters: TwoClusters
    ) throws -> Notice.Body {
        let (cluster, alias) = (clusters.cluster(of: number), clusters.otherAlias(for: number))
        let membership = try #require(clusters.circle.record(number, cluster)).membership
        var dice = SeededGenerator(seed: UInt64(number) + 77)
        func keys() throws -> (MemberKeys, SigningKey) {
            let signing = try #require(
                Self.primitives.signingKey(from: Secret(byteCount: 32, using: &dice)))
            let agreement = try #require(
                Self.primitives.agreementKey(from: Secret(byteCount: 32, using: &dice)))
            return (
                MemberKeys(
                    signingKey: signing.publicKey, agreementKey: agreement.publicKey), signing
            )
        }
        let ((own, signing), (other, otherSigning)) = (try keys(), try keys())
        let meeting = [UInt8](repeating: UInt8(number), count: 32)
        let statement = try #require(
            BridgeStatement(
                meeting: meeting, role: .offering,
                own: (ClusterAlias(of: cluster, Self.primitives), own), peer: (alias, other)))
        let id = statement.id(Self.primitives)
        var word = BridgeWord(
            policy: .bridgeDefault,
            until: UInt64(clusters.circle.now.wall.seconds) + BridgeLimits.validitySeconds,
            name: "x")
        word.signature = Self.primitives.sign(word.signedBytes(of: id), with: otherSigning)
        let proof = Self.primitives.sign(
            Notice.proofBytes(Notice.endLabel, of: id, by: membership.member, in: cluster),
            with: signing)
        return .bridge(
            id,
            Notice.Bridge(
                isOpen: true, role: .offering, meeting: meeting, alias: alias, own: own,
                other: other, policy: .bridgeDefault, name: "", word: word, proof: proof))
    }

    private func sequence(
        _ number: Int, seenBy witness: Int, kind: UInt8, _ clusters: TwoClusters
    ) throws -> [UInt64] {
        let own = try clusters.circle.member(number, clusters.cluster(of: number))
        return try clusters.circle.live(witness, clusters.cluster(of: witness)).notices.notices
            .filter { $0.author == own && $0.key.kind == kind }.map(\.sequence)
    }

    /// Whoever invents a bridge and gives a card for it again and again makes nobody speak each time.
    @Test func nobodyIsMadeToVouchWithoutEnd() throws {
        var clusters = try TwoClusters()
        let real = try clusters.bridge(0, 3)
        clusters.giveCards([2])
        let invented = try self.inventedBridge(by: 1, clusters)
        guard case .bridge(let id, _) = invented else { return }
        let start = UInt64(clusters.circle.now.wall.seconds) << 10
        try self.say(invented, by: 1, sequence: start, to: [0, 2], &clusters)
        clusters.circle.run(for: .seconds(10))
        let before = try self.sequence(2, seenBy: 0, kind: 3, clusters)
        var heard: Set<[UInt64]> = []
        for round in 1...40 as ClosedRange<UInt64> {
            let body = try self.card(
                of: 1, sequence: start + round,
                until: UInt64(clusters.circle.now.wall.seconds) + 86_400, over: [real, id],
                clusters)
            try self.say(body, by: 1, sequence: start + round, to: [0, 2], &clusters)
            clusters.circle.run(for: .seconds(1))
            heard.insert(try self.sequence(2, seenBy: 0, kind: 3, clusters))
        }
        // Carla has not given her card for the invented bridge.
        #expect(heard == [before])
        // Nor does an end of a real one make her speak without end.
        clusters.giveCards([0])
        heard = []
        for _ in 0..<40 {
            clusters.giveCards([0])
            clusters.circle.run(for: .seconds(1))
            heard.formUnion([try self.sequence(2, seenBy: 0, kind: 3, clusters)])
        }
        #expect(heard.count <= 8)
    }

    /// A card that the other end takes for wrong does not make it speak each minute.
    @Test(arguments: [true, false])
    func anAnsweredWordIsNotMadeAnew(isTooLong: Bool) throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.giveCards([2])
        let now = UInt64(clusters.circle.now.wall.seconds)
        let body = try self.card(
            of: 2, sequence: isTooLong ? (now + 500) << 10 : 1,
            until: now + (isTooLong ? 4_000 : 3) * 86_400, over: [id], clusters)
        clusters.circle.stopped = [2]
        try self.say(body, by: 2, sequence: (now + 500) << 10, to: [0, 1], &clusters)
        clusters.circle.run(for: .seconds(120))
        let first = try self.sequence(3, seenBy: 4, kind: 1, clusters)
        clusters.circle.run(for: .seconds(600))
        #expect(try self.sequence(3, seenBy: 4, kind: 1, clusters) == first)
    }
}
