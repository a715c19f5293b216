// SPDX-License-Identifier: Apache-2.0

// Version 3: clusters with member keys, epochs and records.
extension FrozenVersion {
    static let rows3 = [
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
            9,
            NULL,
            NULL,
            NULL,
            'founding',
            NULL,
            NULL,
            NULL,
            NULL,
            0,
            0
        )
        """,
        """
        INSERT INTO relation VALUES (
            x'0000000000000000000000000000001e',
            'offering',
            0,
            'trusted',
            50,
            51,
            x'0000000000000000000000000000001f',
            x'\(Founded.repeated(32))',
            x'\(Founded.repeated(33))',
            x'\(Founded.repeated(34))',
            0,
            x'\(Founded.cluster)',
            'Bert',
            '',
            NULL,
            NULL,
            NULL,
            52,
            53,
            NULL,
            NULL,
            NULL,
            'founding',
            NULL,
            NULL,
            x'\(Founded.other)',
            NULL,
            0,
            0
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
            x'\(Founded.cluster)',
            'me + Bert',
            54,
            'member',
            x'\(Founded.own)',
            x'\(Founded.repeated(33))',
            x'\(Founded.repeated(34))'
        )
        """,
        """
        INSERT INTO clusterEpoch VALUES (
            x'\(Founded.cluster)',
            0,
            0,
            NULL,
            x'\(Founded.secret)',
            54
        )
        """,
        """
        INSERT INTO record VALUES (
            1,
            x'\(Founded.cluster)',
            x'\(Founded.record)',
            x'\(Founded.recordBytes)'
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

    static let schema3 = [
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
            , peerNAT TEXT CHECK (peerNAT IN ('o', 'e', 'a', 'd', 's')),
            toldNAT TEXT CHECK (toldNAT IN ('o', 'e', 'a', 'd', 's')),
            sponsors BLOB CHECK (length(sponsors) = 16),
            bond TEXT CHECK (bond IN ('founding', 'sponsoring', 'joining', 'confirming')),
            bondCluster BLOB CHECK (length(bondCluster) = 16)
                CHECK ((bondCluster IS NULL) = (bond IS NULL OR bond = 'founding')),
            bondMember BLOB CHECK (length(bondMember) = 16)
                CHECK ((bondMember IS NULL) = (bond IS NULL OR bond IN ('founding', 'sponsoring'))),
            member BLOB CHECK (length(member) = 16),
            epoch INTEGER CHECK (epoch BETWEEN 0 AND 4294967295),
            usedNote INTEGER NOT NULL DEFAULT 0 CHECK (usedNote >= 0),
            acceptedNote INTEGER NOT NULL DEFAULT 0 CHECK (acceptedNote >= 0)
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
        """
        CREATE TABLE cluster (
            id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
            name TEXT NOT NULL
                CHECK (length(CAST(name AS BLOB)) <= 256 AND instr(name, char(0)) = 0),
            createdAt INTEGER NOT NULL,
            standing TEXT NOT NULL CHECK (standing IN ('joining', 'member', 'leaving')),
            member BLOB NOT NULL CHECK (length(member) = 16),
            signingKey BLOB NOT NULL CHECK (length(signingKey) = 32),
            agreementKey BLOB NOT NULL CHECK (length(agreementKey) = 32)
        ) STRICT
        """,
        """
        CREATE TABLE clusterEpoch (
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 4294967295),
            number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4294967295),
            record BLOB CHECK (length(record) = 32),
            secret BLOB NOT NULL CHECK (length(secret) = 32),
            since INTEGER NOT NULL,
            PRIMARY KEY (cluster, position)
        ) STRICT
        """,
        """
        CREATE TABLE record (
            number INTEGER PRIMARY KEY,
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            id BLOB NOT NULL CHECK (length(id) = 32),
            bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1024),
            UNIQUE (cluster, id)
        ) STRICT
        """,
        """
        CREATE TABLE endpointRecord (
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            member BLOB NOT NULL CHECK (length(member) = 16),
            bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1024),
            PRIMARY KEY (cluster, member)
        ) STRICT
        """,
    ]
}
