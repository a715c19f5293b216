// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Foundation
import Testing

@testable import Entanglement

/// Makes the worked example of docs/PROTOCOL.md §14.10 again, from fixed keys.
///
/// `SPOCKEX_WRITE_EXAMPLE=FILE` writes it to a file instead of only comparing it.
@Suite struct BridgeExampleTests {
    @Test func theProtocolPageHasTheBytesThatThisCodeMakes() throws {
        let example = try BridgeExample().text()
        if let path = ProcessInfo.processInfo.environment["SPOCKEX_WRITE_EXAMPLE"] {
            try example.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/PROTOCOL.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains(example))
    }

    /// Both of the two across would derive what the page shows.
    @Test func carlaAndEmilFindEachOther() throws {
        let example = try BridgeExample()
        let (carla, emil) = (example.carla.keys, example.emil.keys)
        #expect(carla.sendMAC == emil.receiveMAC)
        #expect(carla.receiveMAC == emil.sendMAC)
        #expect(carla.psk == emil.psk)
        #expect(carla.meeting == emil.meeting)
        #expect(example.carla.ownPID == emil.peerPID)
        #expect(example.carla.id != example.emil.id)
    }
}

/// Anna (A) of the cluster of section 10 and Dora (B) of another one, and who has cards there.
private struct BridgeExample {
    let carla: Crossing
    let emil: Crossing
    private var lines: [(label: String, value: String)] = []

    private static func secret(_ byte: UInt8) -> Secret {
        Secret([UInt8](repeating: byte, count: 32))
    }

    private static func hexText(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func keys(_ byte: UInt8) throws -> (keys: MemberKeys, signing: SigningKey) {
        let primitives = CryptoPrimitives()
        let signing = try #require(primitives.signingKey(from: self.secret(byte)))
        let agreement = try #require(primitives.agreementKey(from: self.secret(byte + 1)))
        return (
            MemberKeys(signingKey: signing.publicKey, agreementKey: agreement.publicKey), signing
        )
    }

    private static func card(
        _ name: String, _ byte: UInt8, from origin: ClusterAlias, to target: ClusterAlias
    ) throws -> Card {
        let (keys, signing) = try self.keys(byte)
        var card = Card(
            origin: origin, target: target, sequence: 7, until: 1_798_000_000,
            policy: .cardDefault, name: name, keys: keys)
        card.signature = CryptoPrimitives().sign(card.signedBytes, with: signing)
        return card
    }

    init() throws {
        let primitives = CryptoPrimitives()
        let cluster = try #require(ClusterID("52037f27-efa4-89e6-94cf-bf1ae27d8059"))
        let other = try #require(ClusterID("11111111-1111-8111-9111-111111111111"))
        let family = ClusterAlias(of: cluster, primitives)
        let hackers = ClusterAlias(of: other, primitives)
        let (anna, annaSigning) = try Self.keys(0x61)
        let (dora, doraSigning) = try Self.keys(0x63)
        let meeting = [UInt8](repeating: 0x65, count: 32)
        let statement = try #require(
            BridgeStatement(
                meeting: meeting, role: .offering, own: (family, anna), peer: (hackers, dora)))
        let bridge = statement.id(primitives)
        var word = BridgeWord(
            policy: BridgePolicy(.messages), until: 1_798_000_000, name: "hackers")
        word.signature = primitives.sign(word.signedBytes(of: bridge), with: doraSigning)
        let carla = try Self.card("Carla", 0x66, from: family, to: hackers)
        let emil = try Self.card("Emil", 0x68, from: hackers, to: family)
        let voucher = CardVoucher(
            key: anna.signingKey,
            signature: primitives.sign(carla.voucherBytes(primitives), with: annaSigning))
        let (first, second) = (carla.id(primitives), emil.id(primitives))
        self.carla = try #require(
            Crossing(
                own: (first, carla.keys, Self.secret(0x67), family),
                other: (second, emil.keys, hackers), primitives))
        self.emil = try #require(
            Crossing(
                own: (second, emil.keys, Self.secret(0x69), hackers),
                other: (first, carla.keys, family), primitives))
        let author = try #require(MemberID("8d6469fa-2095-851f-9b5e-7e44e29a8c4e"))
        let proof = primitives.sign(
            Notice.proofBytes(Notice.endLabel, of: bridge, by: author, in: cluster),
            with: annaSigning)
        var notice = Notice(
            author: author,
            sequence: 9, issuedAt: 1_795_500_000,
            .bridge(
                bridge,
                Notice.Bridge(
                    isOpen: true, role: .offering, meeting: meeting, alias: hackers, own: anna,
                    other: dora, policy: .bridgeDefault, name: "family", word: word,
                    proof: proof)))
        let member = try #require(primitives.signingKey(from: Self.secret(0x13)))
        notice.signature = primitives.sign(notice.signedBytes(in: cluster), with: member)
        let carried = Carried(
            origin: first, target: second, hops: 2, id: 0x0102_0304_0506_0708,
            bytes: [UInt8](repeating: 0x81, count: 20))
        self.lines = [
            ("alias of the cluster of section 10", family.description),
            ("alias of the other one", hackers.description),
            ("bridge statement", Self.hexText(statement.signedBytes)),
            ("bridge id", bridge.description),
            ("Dora's word, in frame 32", Self.hexText(Frame.bridge(.word(number: 1, word)).bytes)),
            ("Anna's notice", Self.hexText(notice.bytes)),
            ("Carla's card", Self.hexText(carla.bytes)),
            ("its id", first.description),
            (
                "the card in frame 34",
                Self.hexText(
                    Frame.bridge(.card(VouchedCard(card: carla, voucher: voucher))).bytes)
            ),
            ("id of Emil's card", second.description),
            ("meeting of Carla and Emil", Self.hexText(self.carla.keys.meeting)),
            ("psk of Carla and Emil", Self.hexText(self.carla.keys.psk.exposedBytes())),
            ("Carla's MAC key", Self.hexText(self.carla.keys.sendMAC.exposedBytes())),
            ("Emil's MAC key", Self.hexText(self.emil.keys.sendMAC.exposedBytes())),
            ("Carla's pid", self.carla.ownPID.description),
            ("Emil's pid", self.emil.ownPID.description),
            ("a datagram in frame 36", Self.hexText(Frame.bridge(.carry(carried)).bytes)),
        ]
    }

    /// The block of the page: a label and a value on each pair of lines.
    func text() -> String {
        self.lines.map { "    \($0.label)\n        \($0.value)\n" }.joined()
    }
}
