// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

extension Schema {
    /// Clusters own their member keys, the secrets of their epochs and their records.
    ///
    /// All that belongs to a cluster hangs on its row by `ON DELETE CASCADE`. An epoch's `position`
    /// is its place in the list, the newest last: two epochs may have one number. The order of
    /// `record.number` is that of appending, gaps included. What a relation's `bond` needs is
    /// checked here: sponsoring has a cluster, joining and confirming have a member too.
    static let version3 = """
        ALTER TABLE relation ADD COLUMN sponsors BLOB CHECK (length(sponsors) = 16);
        ALTER TABLE relation ADD COLUMN bond TEXT
            CHECK (bond IN ('founding', 'sponsoring', 'joining', 'confirming'));
        ALTER TABLE relation ADD COLUMN bondCluster BLOB CHECK (length(bondCluster) = 16)
            CHECK ((bondCluster IS NULL) = (bond IS NULL OR bond = 'founding'));
        ALTER TABLE relation ADD COLUMN bondMember BLOB CHECK (length(bondMember) = 16)
            CHECK ((bondMember IS NULL) = (bond IS NULL OR bond IN ('founding', 'sponsoring')));
        ALTER TABLE relation ADD COLUMN member BLOB CHECK (length(member) = 16);
        ALTER TABLE relation ADD COLUMN epoch INTEGER CHECK (epoch BETWEEN 0 AND 4294967295);
        ALTER TABLE relation ADD COLUMN usedNote INTEGER NOT NULL DEFAULT 0
            CHECK (usedNote >= 0);
        ALTER TABLE relation ADD COLUMN acceptedNote INTEGER NOT NULL DEFAULT 0
            CHECK (acceptedNote >= 0);

        DROP TABLE cluster;
        CREATE TABLE cluster (
            id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
            name TEXT NOT NULL
                CHECK (length(CAST(name AS BLOB)) <= 256 AND instr(name, char(0)) = 0),
            createdAt INTEGER NOT NULL,
            standing TEXT NOT NULL CHECK (standing IN ('joining', 'member', 'leaving')),
            member BLOB NOT NULL CHECK (length(member) = 16),
            signingKey BLOB NOT NULL CHECK (length(signingKey) = 32),
            agreementKey BLOB NOT NULL CHECK (length(agreementKey) = 32)
        ) STRICT;

        CREATE TABLE clusterEpoch (
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 4294967295),
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4294967295),
            record BLOB CHECK (length(record) = 32),
            secret BLOB NOT NULL CHECK (length(secret) = 32),
            since INTEGER NOT NULL,
            PRIMARY KEY (cluster, position)
        ) STRICT;

        CREATE TABLE record (
            number INTEGER PRIMARY KEY,
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            id BLOB NOT NULL CHECK (length(id) = 32),
            bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1024),
            UNIQUE (cluster, id)
        ) STRICT;

        CREATE TABLE endpointRecord (
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            member BLOB NOT NULL CHECK (length(member) = 16),
            bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1024),
            PRIMARY KEY (cluster, member)
        ) STRICT;

        UPDATE relation SET bond = 'founding'
        WHERE cluster IS NOT NULL OR hasSentFounding = 1
            OR id IN (SELECT relation FROM foundingPart);
        """

    /// Brings version 2 to version 3, its clusters included.
    ///
    /// Every cluster of version 2 is one of two. One without a relation goes: nobody is left in it,
    /// and its keys are gone. Throws `damaged` for a cluster that no program of version 2 wrote.
    static func bringToVersion3(_ database: Database) throws {
        let clusters = try ClusterOfTwo.all(in: database)
        try database.execute(sql: Self.version3)
        for cluster in clusters { try cluster.write(to: database) }
        let orphan = try Row.fetchOne(
            database, sql: "SELECT id FROM relation WHERE cluster IS NOT NULL AND member IS NULL")
        guard orphan == nil else {
            throw StoreError.damaged("a relation belongs to a cluster that is not there")
        }
    }
}

/// What version 2 knew of a cluster, and what version 3 makes of it.
///
/// The statements are those of version 3 whatever the rows of later versions are.
private struct ClusterOfTwo {
    let id: ClusterID
    let name: String
    let createdAt: WallTime
    let genesis: Entanglement.Record
    let relation: RelationID
    let membership: Membership
    let other: MemberID
    let epoch: EpochSecret

    static func all(in database: Database) throws -> [ClusterOfTwo] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT cluster.id, cluster.genesis, offeringSignature, answeringSignature, name,
                    cluster.createdAt, relation.id, role, memberSigningKey, memberAgreementKey, psk
                FROM cluster JOIN relation ON relation.cluster = cluster.id
                    LEFT JOIN relationKey ON relationKey.relation = relation.id
                ORDER BY cluster.id, relation.id
                """)
        var clusters: [ClusterOfTwo] = []
        while let row = try rows.next() {
            var reader = RowReader(row, of: "cluster")
            clusters.append(try ClusterOfTwo(from: &reader))
        }
        return clusters
    }

    private init(from row: inout RowReader) throws(StoreError) {
        let primitives = CryptoPrimitives()
        self.id = try row.identifier()
        let content = try row.bytes()
        let length = [UInt8(truncatingIfNeeded: content.count >> 8)]
        let bytes =
            try length + [UInt8(truncatingIfNeeded: content.count)] + content
            + row.bytes() + row.bytes()
        guard let genesis = try? Entanglement.Record(bytes: bytes, primitives),
            case .genesis(let founding) = genesis.body,
            ClusterID(hash: genesis.id.bytes) == self.id
        else { throw row.damaged() }
        self.genesis = genesis
        self.name = try row.text()
        self.createdAt = try row.time()
        self.relation = try row.identifier()
        let role = try row.text { MeetingRole(rawValue: $0) }
        let (own, other) =
            role == .offering
            ? (founding.offering, founding.answering) : (founding.answering, founding.offering)
        let (signingKey, agreementKey) = (try row.secret(), try row.secret())
        guard primitives.signingKey(from: signingKey)?.publicKey == own.signingKey,
            primitives.agreementKey(from: agreementKey)?.publicKey == own.agreementKey
        else { throw row.damaged() }
        self.membership = Membership(
            member: MemberID(founder: own, of: self.id, primitives), signingKey: signingKey,
            agreementKey: agreementKey)
        self.other = MemberID(founder: other, of: self.id, primitives)
        self.epoch = EpochSecret.founding(
            self.id, psk: try row.secret(), since: self.createdAt, primitives)
    }

    func write(to database: Database) throws {
        try database.run(
            """
            INSERT INTO cluster (id, name, createdAt, standing, member, signingKey, agreementKey)
            VALUES (?, ?, ?, 'member', ?, ?, ?)
            """,
            [
                Column(self.id), .text(self.name), Column(self.createdAt),
                Column(self.membership.member), Column(self.membership.signingKey),
                Column(self.membership.agreementKey),
            ])
        try database.run(
            """
            INSERT INTO clusterEpoch (cluster, position, number, record, secret, since)
            VALUES (?, 0, 0, NULL, ?, ?)
            """,
            [Column(self.id), Column(self.epoch.secret), Column(self.epoch.since)])
        try database.run(
            "INSERT INTO record (cluster, id, bytes) VALUES (?, ?, ?)",
            [Column(self.id), .blob(self.genesis.id.bytes), .blob(self.genesis.bytes)])
        try database.run(
            "UPDATE relation SET member = ? WHERE id = ?",
            [Column(self.other), Column(self.relation)])
    }
}
