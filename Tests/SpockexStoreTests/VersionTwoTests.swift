// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import SpockexStore
import Testing

/// What becomes of the clusters of version 2, each of which had two members.
@Suite struct VersionTwoTests {
    /// Two meet by today's core; version 2's rows of the same meeting become what it stores.
    @Test(arguments: Pair.Side.allCases, [UInt64(1), 2, 3])
    func aFoundingBecomesWhatTheCoreMakesOfOne(side: Pair.Side, seed: UInt64) throws {
        var pair = Pair(seed: seed)
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(10))
        let state = pair[side].store.state
        let relation = try #require(pair.relation(side))
        let cluster = try #require(state.clusters.first)
        let record = try #require(state.records.first)

        let home = try TemporaryHome()
        let old = try NodeStore(home: home.path, version: 2)
        for statement in try Self.rows(of: relation, cluster, record) {
            _ = try old.rows(of: statement)
        }
        try old.close()
        let store = try NodeStore(home: home.path)
        let loaded = try store.load()
        #expect(loaded.clusters == [cluster])
        #expect(loaded.records == [record])
        #expect(loaded.relations.map(\.bond) == [relation.bond])
        #expect(loaded.relations.map(\.member) == [relation.member])
        #expect(loaded.relations.map(\.cluster) == [cluster.id])
        #expect(loaded.endpointRecords.isEmpty)
    }

    @Test func onlyMeetingsThatSomebodySignedHaveABond() throws {
        let home = try TemporaryHome()
        let old = try NodeStore(home: home.path, version: 2)
        for (number, phase) in ["offered", "connecting", "connecting", "timedOut"].enumerated() {
            _ = try old.rows(
                of: """
                    INSERT INTO relation (id, role, intent, phase, createdAt, expiresAt, ownPID,
                        ownKey, memberSigningKey, memberAgreementKey, hasSentFounding, claimedName,
                        givenName, reservedCounter, acceptedCounter)
                    VALUES (x'\(Founded.repeated(UInt8(number), 16))', 'offering', 0, '\(phase)', 1,
                        2, x'\(Founded.repeated(UInt8(number), 16))', zeroblob(32), zeroblob(32),
                        zeroblob(32), \(number == 1 ? 1 : 0), '', '', 0, 0)
                    """)
        }
        _ = try old.rows(
            of: """
                INSERT INTO foundingPart VALUES (x'\(Founded.repeated(2, 16))', zeroblob(32),
                    zeroblob(32), zeroblob(64))
                """)
        try old.close()
        let store = try NodeStore(home: home.path)
        #expect(try store.load().relations.map(\.bond) == [nil, .founding, .founding, nil])
    }

    @Test(arguments: [
        "UPDATE cluster SET genesis = zeroblob(161)",
        "UPDATE cluster SET id = zeroblob(16); UPDATE relation SET cluster = zeroblob(16)",
        "UPDATE relation SET memberSigningKey = zeroblob(32)",
        "UPDATE relation SET memberAgreementKey = zeroblob(32)",
        "UPDATE relation SET role = 'answering'", "DELETE FROM relationKey", "DELETE FROM cluster",
    ])
    func aClusterThatNoProgramWroteLeavesTheOldFileAsItIs(statements: String) throws {
        let home = try TemporaryHome()
        let old = try NodeStore(home: home.path, version: 2)
        for statement in Founded.rows { _ = try old.rows(of: statement) }
        for statement in statements.split(separator: ";") {
            _ = try old.rows(of: String(statement))
        }
        try old.close()
        let before = try home.files()
        let error = #expect(throws: StoreError.self) { try NodeStore(home: home.path) }
        guard case .damaged = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try home.files() == before)
        let again = try NodeStore(home: home.path, version: 2)
        #expect(try again.rows(of: "PRAGMA user_version") == [["2"]])
    }

    /// After a sudden stop the clusters stand in the log alone.
    @Test func whatASuddenStopLeftInTheLogIsMigratedToo() throws {
        let home = try TemporaryHome()
        let old = try NodeStore(home: home.path, version: 2)
        for statement in Founded.rows { _ = try old.rows(of: statement) }
        let copy = try home.copy()
        #expect(try !copy.read("spockex.sqlite-wal").isEmpty)
        let store = try NodeStore(home: copy.path)
        #expect(try store.load().clusters == [Founded.clusterRecord()])
        #expect(try store.rows(of: "PRAGMA foreign_key_check").isEmpty)
    }

    /// The rows that version 2 kept of a relation and its cluster, as far as the migration reads them.
    private static func rows(
        of relation: RelationRecord, _ cluster: ClusterRecord, _ record: StoredRecord
    ) throws -> [String] {
        func blob(_ bytes: some Sequence<UInt8>) -> String {
            "x'" + bytes.map { Founded.repeated($0, 1) }.joined() + "'"
        }
        func blob(_ secret: Secret) -> String { blob(secret.exposedBytes()) }
        let keys = try some(relation.keys)
        let parsed = try Record(bytes: record.bytes, CryptoPrimitives())
        let id = blob(relation.id.bytes)
        return [
            """
            INSERT INTO relation (id, role, intent, phase, createdAt, expiresAt, ownPID, ownKey,
                memberSigningKey, memberAgreementKey, hasSentFounding, cluster, claimedName,
                givenName, reservedCounter, acceptedCounter)
            VALUES (\(id), '\(relation.role.rawValue)', 0, 'trusted', 1, 2,
                \(blob(relation.ownPID.bytes)), \(blob(relation.ownKey)),
                \(blob(relation.memberSigningKey)), \(blob(relation.memberAgreementKey)), 1,
                \(blob(cluster.id.bytes)), '', '', 0, 0)
            """,
            """
            INSERT INTO relationKey VALUES (\(id), \(blob(keys.peerPID.bytes)),
                \(blob(keys.peerKey.bytes)), \(blob(keys.meeting)), \(blob(keys.psk)),
                \(blob(keys.sendMAC)), \(blob(keys.receiveMAC)))
            """,
            """
            INSERT INTO cluster VALUES (\(blob(cluster.id.bytes)), '\(cluster.name)',
                \(blob(parsed.content)), \(blob(parsed.signatures[0])),
                \(blob(parsed.signatures[1])), \(cluster.createdAt.milliseconds))
            """,
        ]
    }
}
