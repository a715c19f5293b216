// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Foundation
import Testing

@testable import Entanglement

/// Makes the worked example of docs/PROTOCOL.md §12.8 again, from fixed keys.
///
/// `SPOCKEX_WRITE_EXAMPLE=FILE` writes it to a file instead of only comparing it.
@Suite struct GossipExampleTests {
    @Test func theProtocolPageHasTheBytesThatThisCodeMakes() throws {
        let example = try GossipExample().text()
        if let path = ProcessInfo.processInfo.environment["SPOCKEX_WRITE_EXAMPLE"] {
            try example.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/PROTOCOL.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains(example))
    }

    /// Both of them would derive what the page shows.
    @Test func annaAndDoraFindEachOther() throws {
        let example = try GossipExample()
        #expect(example.anna.keys.sendMAC == example.dora.keys.receiveMAC)
        #expect(example.anna.ownPID == example.dora.keys.peerPID)
        #expect(example.anna.keys.psk == example.dora.keys.psk)
    }
}

/// Anna and Dora of section 11.7, in the epoch of section 11.7.
private struct GossipExample {
    let anna: Introduction
    let dora: Introduction
    private var lines: [(label: String, value: String)] = []

    private static func secret(_ byte: UInt8) -> Secret {
        Secret([UInt8](repeating: byte, count: 32))
    }

    private static func hexText(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A value of section 11.7, of which the other example's test makes sure.
    private static func cluster(_ text: String) throws -> ClusterID {
        try #require(ClusterID(text))
    }

    private static func membership(_ id: String, _ base: UInt8) throws -> Membership {
        Membership(
            member: try #require(MemberID(id)), signingKey: self.secret(base + 3),
            agreementKey: self.secret(base + 4))
    }

    private static func record(_ text: String) throws -> RecordID {
        try #require(RecordID(bytes: hex(text)))
    }

    private static func introduce(
        _ own: Membership, _ other: Membership, _ epoch: EpochSecret, in cluster: ClusterID
    ) throws -> Introduction {
        let primitives = CryptoPrimitives()
        let keys = try #require(other.keys(primitives)).0
        let entry = RosterMember(
            id: other.member, keys: keys, origin: .founder(.offering), status: .present,
            isVoter: true, metBy: [])
        return try #require(Introduction(cluster: cluster, own, entry, epoch, primitives))
    }

    init() throws {
        let primitives = CryptoPrimitives()
        let cluster = try Self.cluster("52037f27-efa4-89e6-94cf-bf1ae27d8059")
        let anna = try Self.membership("8d6469fa-2095-851f-9b5e-7e44e29a8c4e", 0x10)
        let dora = try Self.membership("3b0edc41-fd1e-85f7-b1c8-b46a7d621754", 0x40)
        let record = try Self.record(
            "02fa11d1202e32ebff8aef9dc7ac7b8ad2c70942ee3efd18c02d60ffa9b09e72")
        let epoch = EpochSecret(
            number: 1, record: record, secret: Self.secret(0x77), since: WallTime(seconds: 0))
        self.anna = try Self.introduce(anna, dora, epoch, in: cluster)
        self.dora = try Self.introduce(dora, anna, epoch, in: cluster)
        let psk = Secret(
            hex("afd8de8ac4257086cef2a088fa741e314df912a1bc77bdb61d850e12579e260c"))
        let founding = KeySchedule(primitives: primitives).foundingEpoch(
            psk: psk, cluster: cluster)
        let keys = self.dora.keys
        var lines: [(String, String)] = [
            ("secret of epoch 0", Self.hexText(founding.exposedBytes())),
            ("secret of epoch 1", Self.hexText(epoch.secret.exposedBytes())),
            ("pid of Anna, as Dora names her", self.anna.ownPID.description),
            ("pid of Dora, as Anna names her", self.dora.ownPID.description),
            ("meeting of Dora and Anna", Self.hexText(keys.meeting)),
            ("psk of Dora and Anna", Self.hexText(keys.psk.exposedBytes())),
            ("mac_AB of Dora and Anna", Self.hexText(keys.sendMAC.exposedBytes())),
            ("mac_BA of Dora and Anna", Self.hexText(keys.receiveMAC.exposedBytes())),
        ]
        let heads = hex("8545c25ced104213b3d5440d64d4b5711d66d373b482bedf421eddf33672175b")
        var writer = ByteWriter(domain: "spockex/1 places", cluster)
        writer.put(anna.member)
        writer.put(UInt64(9))
        let places = Array(primitives.hash(writer.bytes).prefix(16))
        let vote = try Self.record(
            "5a57265faf28bdb5a0330829615fe5da8f91db353905058ecc1d3f9d424ad82c")
        let empty = Array(primitives.hash([]).prefix(16))
        let digest = try #require(
            RecordDigest(bytes: (0..<64).flatMap { _ in empty }))
        let bodies: [(String, GossipFrame.Body)] = [
            ("summary", .summary(GossipFrame.Summary(heads: heads, places: places, epoch: 2))),
            ("digest of nothing", .digest(offset: 0, digest)),
            ("ids", .ids(GossipFrame.IDList(offset: 0, total: 2, ids: [vote, record]))),
            ("want", .want([vote])), ("record", .record(Self.vote)),
            (
                "places",
                .places(
                    GossipFrame.PlaceList(
                        first: MemberID(high: 0, low: 0), last: MemberID(high: .max, low: .max),
                        sequences: [.init(member: anna.member, sequence: 9)]))
            ),
            (
                "welcome",
                .welcome(
                    GossipFrame.Welcome(
                        number: 1, record: record, secret: epoch.secret, name: "Anna + Ben"))
            ),
            ("goodbye", .goodbye),
            ("call", .call(.init(from: dora.member, to: anna.member, hops: 16))),
        ]
        for (label, body) in bodies {
            let frame = Frame.gossip(GossipFrame(cluster: cluster, body: body))
            lines.append(("\(label) frame", Self.hexText(frame.bytes)))
        }
        self.lines = lines
    }

    /// The record "vote by Ben" of section 11.7: length, content, signature.
    private static let vote = hex(
        "0076"
            + "0671775cb145bf808d9a8379df0946d145000000027e304b6f5f836c5089c11b31e2603d12882880c1684348"
            + "4006a697ce7f128ab5015ffccb35008c53a7fd5d57eda6baa44832d30f565c07cdb979d6ae9795482d835ffc"
            + "cb35008c53a7fd5d57eda6baa44832d30f565c07cdb979d6ae9795482d83"
            + "e2c1e85bff2e8dad622f6ebfa281a74a09596839704c210e1f1309f065ddf2d85caba2203c5bd06a750eb1d3"
            + "1bab88da97daf27cbb1054ec7215f887dda90c03")

    /// The block of the page: a label and a value on each pair of lines.
    func text() -> String {
        self.lines.map { "    \($0.label)\n        \($0.value)\n" }.joined()
    }
}
