// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

/// A delivered version of the schema as text, and rows that its program could have written.
///
/// Never edited, only appended to: `rows` of every version describe the same ``state()``. Cluster 6
/// of versions 1 and 2 is one whose relation ended; no later version keeps it.
struct FrozenVersion: Sendable, CustomTestStringConvertible {
    let number: Int
    let schema: [String]
    let rows: [String]

    var testDescription: String { "version \(self.number)" }

    static let all = [
        FrozenVersion(number: 1, schema: Self.schema1, rows: Self.rows1 + Founded.rows),
        FrozenVersion(number: 2, schema: Self.schema2, rows: Self.rows2 + Founded.rows),
        FrozenVersion(number: 3, schema: Self.schema3, rows: Self.rows3 + Founded.parts),
        FrozenVersion(number: 4, schema: Self.schema4, rows: Self.rows4 + Founded.parts),
        FrozenVersion(number: 5, schema: Self.schema5, rows: Self.rows5 + Founded.parts),
        FrozenVersion(number: 6, schema: Self.schema6, rows: Self.rows5 + Founded.parts),
    ]

    /// What the rows of every version say.
    static func state() throws -> DurableState {
        func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { Array(repeating: byte, count: count) }
        func key(_ byte: UInt8) throws -> PublicKey { try some(PublicKey(bytes: bytes(byte, 32))) }
        func secret(_ byte: UInt8, _ count: Int) -> Secret { Secret(bytes(byte, count)) }
        var record = RelationRecord(
            id: RelationID(high: 0, low: 1), role: .answering, intent: .cluster,
            phase: .connecting, createdAt: WallTime(milliseconds: 1),
            expiresAt: WallTime(milliseconds: 2), ownPID: PeerID(high: 0, low: 2),
            ownKey: secret(3, 32), memberSigningKey: secret(4, 32),
            memberAgreementKey: secret(5, 32))
        record.hasSentFounding = true
        record.bond = .founding
        (record.claimedName, record.givenName) = ("Anna", "A")
        record.problem = .undecided
        record.lastHeardAt = WallTime(milliseconds: 7)
        (record.reservedCounter, record.acceptedCounter) = (8, 9)
        record.codes = MeetingCodes(
            ownSalt: secret(10, 16), peerSalt: secret(11, 16), offer: [1], answer: [2])
        record.keys = RelationKeys(
            peerPID: PeerID(high: 0, low: 12), peerKey: try key(13), meeting: bytes(14, 32),
            psk: secret(15, 32), sendMAC: secret(16, 32), receiveMAC: secret(17, 32))
        record.cancelTokens = CancelTokens(own: secret(18, 16), peer: nil)
        record.peerMemberKeys = MemberKeys(signingKey: try key(19), agreementKey: try key(20))
        record.peerPart = FoundingPart(
            keys: MemberKeys(signingKey: try key(19), agreementKey: try key(20)),
            signature: bytes(21, 64))
        record.endpoints = [Endpoint(address: .v4(0xc000_0201), port: 41414)]
        let tombstone = Tombstone(
            pidHash: bytes(26, 32), token: bytes(27, 16), expiresAt: WallTime(milliseconds: 28))
        let cluster = try Founded.clusterRecord()
        let genesis = StoredRecord(cluster: cluster.id, bytes: Founded.bytes(Founded.recordBytes))
        return DurableState(
            nodeName: "me", relations: [record, try Founded.relation()], clusters: [cluster],
            records: [genesis], tombstones: [tombstone])
    }

    private static let rows1 = [
        "UPDATE node SET name = 'me'",
        """
        INSERT INTO relation VALUES (
            x'00000000000000000000000000000001',
            'answering',
            1,
            'connecting',
            1,
            2,
            x'00000000000000000000000000000002',
            CAST(replace(hex(zeroblob(32)), '00', char(3)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(4)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(5)) AS BLOB),
            1,
            NULL,
            'Anna',
            'A',
            'notYet',
            7,
            NULL,
            8,
            9
        )
        """,
        """
        INSERT INTO meetingCode VALUES (
            x'00000000000000000000000000000001',
            CAST(replace(hex(zeroblob(16)), '00', char(10)) AS BLOB),
            CAST(replace(hex(zeroblob(16)), '00', char(11)) AS BLOB),
            x'01',
            x'02'
        )
        """,
        """
        INSERT INTO relationKey VALUES (
            x'00000000000000000000000000000001',
            x'0000000000000000000000000000000c',
            CAST(replace(hex(zeroblob(32)), '00', char(13)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(14)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(15)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(16)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(17)) AS BLOB)
        )
        """,
        """
        INSERT INTO cancelToken VALUES (
            x'00000000000000000000000000000001',
            CAST(replace(hex(zeroblob(16)), '00', char(18)) AS BLOB),
            NULL
        )
        """,
        """
        INSERT INTO memberKey VALUES (
            x'00000000000000000000000000000001',
            CAST(replace(hex(zeroblob(32)), '00', char(19)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(20)) AS BLOB)
        )
        """,
        """
        INSERT INTO foundingPart VALUES (
            x'00000000000000000000000000000001',
            CAST(replace(hex(zeroblob(32)), '00', char(19)) AS BLOB),
            CAST(replace(hex(zeroblob(32)), '00', char(20)) AS BLOB),
            CAST(replace(hex(zeroblob(64)), '00', char(21)) AS BLOB)
        )
        """,
        """
        INSERT INTO endpoint VALUES (
            x'00000000000000000000000000000001',
            0,
            x'c0000201',
            41414
        )
        """,
        """
        INSERT INTO cluster VALUES (
            x'00000000000000000000000000000006',
            'us',
            CAST(replace(hex(zeroblob(161)), '00', char(22)) AS BLOB),
            CAST(replace(hex(zeroblob(64)), '00', char(23)) AS BLOB),
            CAST(replace(hex(zeroblob(64)), '00', char(24)) AS BLOB),
            25
        )
        """,
        """
        INSERT INTO tombstone VALUES (
            CAST(replace(hex(zeroblob(32)), '00', char(26)) AS BLOB),
            CAST(replace(hex(zeroblob(16)), '00', char(27)) AS BLOB),
            28
        )
        """,
        """
        INSERT INTO event VALUES (
            1,
            29,
            x'00000000000000000000000000000001',
            'peerUnreachable 00000000-0000-0000-0000-000000000001'
        )
        """,
    ]
    private static let schema1 = [
        """
        CREATE TABLE node (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            name TEXT NOT NULL
                CHECK (length(CAST(name AS BLOB)) <= 256 AND instr(name, char(0)) = 0),
            owesErasure INTEGER NOT NULL CHECK (owesErasure IN (0, 1))
        ) STRICT
        """,
        """
        CREATE TABLE relation (
            id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
            role TEXT NOT NULL CHECK (role IN ('offering', 'answering')),
            intent INTEGER NOT NULL CHECK (intent BETWEEN 0 AND 5),
            phase TEXT NOT NULL CHECK (phase IN ('offered', 'answered', 'connecting', 'timedOut',
                'trusted', 'forgetting', 'forgotten')),
            createdAt INTEGER NOT NULL,
            expiresAt INTEGER NOT NULL,
            ownPID BLOB NOT NULL UNIQUE CHECK (length(ownPID) = 16),
            ownKey BLOB NOT NULL CHECK (length(ownKey) = 32),
            memberSigningKey BLOB NOT NULL CHECK (length(memberSigningKey) = 32),
            memberAgreementKey BLOB NOT NULL CHECK (length(memberAgreementKey) = 32),
            hasSentFounding INTEGER NOT NULL CHECK (hasSentFounding IN (0, 1)),
            cluster BLOB CHECK (length(cluster) = 16),
            claimedName TEXT NOT NULL
                CHECK (length(CAST(claimedName AS BLOB)) <= 256 AND instr(claimedName, char(0)) = 0),
            givenName TEXT NOT NULL
                CHECK (length(CAST(givenName AS BLOB)) <= 256 AND instr(givenName, char(0)) = 0),
            problem TEXT CHECK (problem IN ('timedOut', 'refusedByPeer', 'intentConflict', 'notYet',
                'badMessage')),
            lastHeardAt INTEGER,
            matchedAt INTEGER,
            reservedCounter INTEGER NOT NULL CHECK (reservedCounter BETWEEN 0 AND 9007199254740991),
            acceptedCounter INTEGER NOT NULL CHECK (acceptedCounter BETWEEN 0 AND 9007199254740991)
        ) STRICT
        """,
        """
        CREATE TABLE meetingCode (
            relation BLOB PRIMARY KEY NOT NULL REFERENCES relation (id) ON DELETE CASCADE,
            ownSalt BLOB NOT NULL CHECK (length(ownSalt) = 16),
            peerSalt BLOB CHECK (length(peerSalt) = 16),
            offer BLOB NOT NULL CHECK (length(offer) BETWEEN 1 AND 1024),
            answer BLOB CHECK (length(answer) BETWEEN 1 AND 1024)
        ) STRICT
        """,
        """
        CREATE TABLE relationKey (
            relation BLOB PRIMARY KEY NOT NULL REFERENCES relation (id) ON DELETE CASCADE,
            peerPID BLOB NOT NULL CHECK (length(peerPID) = 16),
            peerKey BLOB NOT NULL CHECK (length(peerKey) = 32),
            meeting BLOB NOT NULL CHECK (length(meeting) = 32),
            psk BLOB NOT NULL CHECK (length(psk) = 32),
            sendMAC BLOB NOT NULL CHECK (length(sendMAC) = 32),
            receiveMAC BLOB NOT NULL CHECK (length(receiveMAC) = 32)
        ) STRICT
        """,
        """
        CREATE TABLE cancelToken (
            relation BLOB PRIMARY KEY NOT NULL REFERENCES relation (id) ON DELETE CASCADE,
            own BLOB NOT NULL CHECK (length(own) = 16),
            peer BLOB CHECK (length(peer) = 16)
        ) STRICT
        """,
        """
        CREATE TABLE memberKey (
            relation BLOB PRIMARY KEY NOT NULL REFERENCES relation (id) ON DELETE CASCADE,
            signingKey BLOB NOT NULL CHECK (length(signingKey) = 32),
            agreementKey BLOB NOT NULL CHECK (length(agreementKey) = 32)
        ) STRICT
        """,
        """
        CREATE TABLE foundingPart (
            relation BLOB PRIMARY KEY NOT NULL REFERENCES relation (id) ON DELETE CASCADE,
            signingKey BLOB NOT NULL CHECK (length(signingKey) = 32),
            agreementKey BLOB NOT NULL CHECK (length(agreementKey) = 32),
            signature BLOB NOT NULL CHECK (length(signature) = 64)
        ) STRICT
        """,
        """
        CREATE TABLE endpoint (
            relation BLOB NOT NULL REFERENCES relation (id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 63),
            address BLOB NOT NULL CHECK (length(address) IN (4, 16)),
            port INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),
            PRIMARY KEY (relation, position)
        ) STRICT
        """,
        """
        CREATE TABLE cluster (
            id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
            name TEXT NOT NULL
                CHECK (length(CAST(name AS BLOB)) <= 256 AND instr(name, char(0)) = 0),
            genesis BLOB NOT NULL CHECK (length(genesis) = 161),
            offeringSignature BLOB NOT NULL CHECK (length(offeringSignature) = 64),
            answeringSignature BLOB NOT NULL CHECK (length(answeringSignature) = 64),
            createdAt INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE tombstone (
            pidHash BLOB PRIMARY KEY NOT NULL CHECK (length(pidHash) = 32),
            token BLOB NOT NULL CHECK (length(token) = 16),
            expiresAt INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            relation BLOB REFERENCES relation (id) ON DELETE CASCADE,
            content TEXT NOT NULL CHECK (length(content) BETWEEN 1 AND 65536)
        ) STRICT
        """,
        """
        CREATE INDEX eventOfRelation ON event (relation)
        """,
    ]
}
