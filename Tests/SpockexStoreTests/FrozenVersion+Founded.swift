// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// A trusted relation and the cluster that its meeting founded, as rows of every version say it.
///
/// Ids and keys were computed apart from this program: the public keys of the seeds 33 and 34, the
/// ids as PROTOCOL.md §6 and §11 have them, the secret of the first epoch as in §12.3.
enum Founded {
    static let signingKey = "884b8857f4eaa1613c61504db34d4beaf346517a0e31de3cddd4d9b4201d9d0b"
    static let agreementKey = "0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20"
    static let record = "52ce791fbce99f6b55f4b2b6e6d6d3781407e066c39130a009eab210d3a57871"
    static let cluster = "52ce791fbce98f6b95f4b2b6e6d6d378"
    static let own = "80f36609d48f853297c079757ab5fccd"
    static let other = "be39f52cc77e8cd8aadae5443dd7e245"
    static let secret = "0bb49e35ee3d684671720303d70813e5837a7edec6c46c90214a20ccb38d3727"

    /// Version 1, the meeting, A's keys, B's keys.
    static let genesis =
        "01" + Self.repeated(37) + Self.signingKey + Self.agreementKey + Self.repeated(41)
        + Self.repeated(42)

    /// Two digits for a byte, so often.
    static func repeated(_ byte: UInt8, _ count: Int = 32) -> String {
        let digits = String(byte, radix: 16)
        return String(repeating: byte < 16 ? "0" + digits : digits, count: count)
    }

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }

    /// The rows of versions 1 and 2.
    static let rows =
        [
            """
            INSERT INTO relation (id, role, intent, phase, createdAt, expiresAt, ownPID, ownKey,
                memberSigningKey, memberAgreementKey, hasSentFounding, cluster, claimedName,
                givenName, reservedCounter, acceptedCounter)
            VALUES (x'0000000000000000000000000000001e', 'offering', 0, 'trusted', 50, 51,
                x'0000000000000000000000000000001f', x'\(repeated(32))', x'\(repeated(33))',
                x'\(repeated(34))', 0, x'\(cluster)', 'Bert', '', 52, 53)
            """,
            """
            INSERT INTO cluster VALUES (
                x'\(cluster)', 'me + Bert', x'\(genesis)', x'\(repeated(44, 64))',
                x'\(repeated(43, 64))', 54
            )
            """,
        ] + Self.parts

    /// The rows that are the same in all versions.
    static let parts = [
        """
        INSERT INTO relationKey VALUES (
            x'0000000000000000000000000000001e', x'00000000000000000000000000000023',
            x'\(repeated(36))', x'\(repeated(37))', x'\(repeated(38))', x'\(repeated(39))',
            x'\(repeated(40))'
        )
        """,
        """
        INSERT INTO foundingPart VALUES (
            x'0000000000000000000000000000001e', x'\(repeated(41))', x'\(repeated(42))',
            x'\(repeated(43, 64))'
        )
        """,
    ]

    /// The relation that the rows describe.
    static func relation() throws -> RelationRecord {
        func secret(_ byte: UInt8) -> Secret { Secret(self.bytes(self.repeated(byte))) }
        func key(_ byte: UInt8) throws -> PublicKey {
            try some(PublicKey(bytes: self.bytes(self.repeated(byte))))
        }
        var record = RelationRecord(
            id: RelationID(high: 0, low: 30), role: .offering, intent: .auto, phase: .trusted,
            createdAt: WallTime(milliseconds: 50), expiresAt: WallTime(milliseconds: 51),
            ownPID: PeerID(high: 0, low: 31), ownKey: secret(32), memberSigningKey: secret(33),
            memberAgreementKey: secret(34))
        record.claimedName = "Bert"
        (record.reservedCounter, record.acceptedCounter) = (52, 53)
        record.keys = RelationKeys(
            peerPID: PeerID(high: 0, low: 35), peerKey: try key(36),
            meeting: self.bytes(self.repeated(37)), psk: secret(38), sendMAC: secret(39),
            receiveMAC: secret(40))
        record.peerPart = FoundingPart(
            keys: MemberKeys(signingKey: try key(41), agreementKey: try key(42)),
            signature: self.bytes(self.repeated(43, 64)))
        record.bond = .founding
        record.cluster = try some(ClusterID(bytes: self.bytes(self.cluster)))
        record.member = try some(MemberID(bytes: self.bytes(self.other)))
        return record
    }

    /// The cluster that the rows describe.
    static func clusterRecord() throws -> ClusterRecord {
        ClusterRecord(
            id: try some(ClusterID(bytes: self.bytes(self.cluster))), name: "me + Bert",
            createdAt: WallTime(milliseconds: 54), standing: .member,
            membership: Membership(
                member: try some(MemberID(bytes: self.bytes(self.own))),
                signingKey: Secret(self.bytes(self.repeated(33))),
                agreementKey: Secret(self.bytes(self.repeated(34)))),
            epochs: [
                EpochSecret(
                    number: 0, record: nil, secret: Secret(self.bytes(self.secret)),
                    since: WallTime(milliseconds: 54))
            ])
    }

    /// The genesis as a record: length, content, A's signature, B's signature.
    static let recordBytes =
        "00a1" + Self.genesis + Self.repeated(44, 64) + Self.repeated(43, 64)
}
