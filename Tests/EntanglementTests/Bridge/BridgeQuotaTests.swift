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
        clusters.circle.stopped = [1]
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
        for round in 0..<40 {
            clusters.giveCards([0], round % 2 == 0 ? BridgePolicy(.relaying) : .cardDefault)
            clusters.circle.run(for: .seconds(1))
            heard.formUnion([try self.sequence(2, seenBy: 0, kind: 3, clusters)])
        }
        #expect((3...8).contains(heard.count))
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

    /// Cards that the other end does not take keep no others from crossing.
    @Test func cardsThatAreRefusedKeepNoOthersAway() {
        var sent: Set<Int> = []
        for number in 1...9 as ClosedRange<UInt32> {
            let part = BridgeLink.part(first: [], then: Array(0..<9), number: number)
            #expect(part.count == BridgeLimits.cardBurst)
            sent.formUnion(part)
            // What is taken back waits for nothing.
            let both = BridgeLink.part(first: [-1, -2], then: Array(0..<39), number: number)
            #expect(both.starts(with: [-1, -2]) && both.count == BridgeLimits.cardBurst)
        }
        #expect(sent == Set(0..<9))
        #expect(BridgeLink.part(first: [1], then: [2, 3], number: 7) == [1, 3, 2])
        #expect(BridgeLink.part(first: [Int](), then: [], number: 7) == [])
        #expect(BridgeLink.part(first: Array(0..<9), then: [], number: 7) == Array(0..<8))
    }

    /// A full table has room for a card of each member, and for what came by its bridges.
    @Test func aFullTableTakesCards() {
        var table = NoticeTable()
        let now = Instant(nanoseconds: 0)
        func withdrawal(_ author: UInt64, _ subject: UInt64, isForeign: Bool) -> Notice {
            Notice(
                author: MemberID(high: author, low: 1), sequence: 1, issuedAt: 0,
                isForeign
                    ? .foreign(
                        BridgeID(high: 0, low: 1), CardID(high: 0, low: subject), nil)
                    : .card(ClusterAlias(high: 0, low: subject), nil))
        }
        for author in 1...10 as ClosedRange<UInt64> {
            for subject in 1...240 as ClosedRange<UInt64> {
                _ = table.take(
                    withdrawal(author, subject, isForeign: true), now: now, isOwn: false,
                    Self.primitives)
            }
        }
        #expect(table.notices.count >= BridgeLimits.noticeCountMax)
        var intakes: [NoticeTable.Intake] = []
        for subject in 1...5 as ClosedRange<UInt64> {
            intakes.append(
                table.take(
                    withdrawal(101, subject, isForeign: false), now: now, isOwn: false,
                    Self.primitives))
        }
        #expect(intakes == [.taken, .taken, .taken, .taken, .refused])
        intakes = []
        for subject in 1...17 as ClosedRange<UInt64> {
            intakes.append(
                table.take(
                    withdrawal(102, subject, isForeign: true), now: now, isOwn: false,
                    Self.primitives))
        }
        #expect(intakes.count { $0 == .taken } == 16)
    }

    /// The hash of the same table is computed once, whoever asks.
    @Test func theHashIsKeptUntilSomethingChanges() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1, 2, 4, 5])
        var table = try clusters.circle.live(0, clusters.family).notices
        let now = UInt64(clusters.circle.now.wall.seconds)
        let fresh = table.hash(at: now, Self.primitives)
        #expect(table.hash(at: now, NoHash()) == fresh)
        #expect(table.hash(at: now + 1, NoHash()) == fresh)
        let later = now + 40 * 86_400
        #expect(table.hash(at: later, Self.primitives) != fresh)
        #expect(table.hash(at: now, Self.primitives) == fresh)
        #expect(table.entries(at: now).count == table.notices.count)
    }
}

/// Primitives that hash nothing: what is asked of them was to be known.
private struct NoHash: Primitives {
    private let real = CryptoPrimitives()

    func hash(_ message: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 32) }
    func agreementKey(from secret: Secret) -> AgreementKey? { self.real.agreementKey(from: secret) }
    func agree(_ key: AgreementKey, _ peer: PublicKey) -> Secret? { self.real.agree(key, peer) }
    func signingKey(from seed: Secret) -> SigningKey? { self.real.signingKey(from: seed) }
    func sign(_ message: [UInt8], with key: SigningKey) -> [UInt8] {
        self.real.sign(message, with: key)
    }
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        self.real.isValid(signature, of: message, by: key)
    }
    func hmac(_ message: [UInt8], key: Secret) -> [UInt8] { self.real.hmac(message, key: key) }
    func extract(salt: UnsafeRawBufferPointer, secret: Secret) -> Secret {
        self.real.extract(salt: salt, secret: secret)
    }
    func expand(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret {
        self.real.expand(prk, label: label, byteCount: byteCount)
    }
    func seal(
        _ plaintext: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8] {
        self.real.seal(plaintext, key: key, nonce: nonce, associated: associated)
    }
    func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]? {
        self.real.open(sealed, key: key, nonce: nonce, associated: associated)
    }
}
