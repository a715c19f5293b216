// SPDX-License-Identifier: Apache-2.0

// Versions 4 (a pairing's problem may be that its cluster is full) and 5 (bridges): what they changed of
// version 3 is frozen here.
extension FrozenVersion {
    /// The problem, the 15th value of a relation, stands last now.
    static let rows4 = FrozenVersion.rows3.map { row in
        guard row.hasPrefix("INSERT INTO relation VALUES") else { return row }
        var lines = row.split(separator: "\n").map(String.init)
        let problem = lines.remove(at: 15)
        lines[lines.count - 2] += ","
        lines.insert(String(problem.dropLast()), at: lines.count - 1)
        return lines.joined(separator: "\n")
    }

    static let schema4 = FrozenVersion.schema3.map { statement in
        guard statement.hasPrefix("CREATE TABLE relation (") else { return statement }
        return statement.replacing(
            "    problem TEXT CHECK (problem IN ('timedOut', 'refusedByPeer', 'intentConflict', "
                + "'notYet',\n        'badMessage')),\n", with: ""
        ).replacing(
            "CHECK (acceptedNote >= 0)\n",
            with: """
                CHECK (acceptedNote >= 0),
                problem TEXT
                    CHECK (problem IN ('timedOut', 'refusedByPeer', 'intentConflict', 'notYet',
                        'clusterFull', 'badMessage'))

                """)
    }

    /// Relations have four more columns, empty in these rows.
    static let rows5 = FrozenVersion.rows4.map { row in
        guard row.hasPrefix("INSERT INTO relation VALUES"), row.hasSuffix(")") else { return row }
        return row.dropLast() + ", NULL, NULL, NULL, NULL)"
    }

    static let schema5 =
        FrozenVersion.schema4.map { statement in
            statement.hasPrefix("CREATE TABLE relation (")
                ? statement.replacing(
                    "'clusterFull', 'badMessage'))\n",
                    with: """
                        'clusterFull', 'badMessage')),
                        link TEXT
                            CHECK (link IS NULL OR bond IS NULL AND link IN ('bridging', 'crossing')),
                        linkCluster BLOB CHECK (length(linkCluster) = 16)
                            CHECK ((linkCluster IS NULL) = (link IS NULL)),
                        linkAlias BLOB CHECK (length(linkAlias) = 16)
                            CHECK ((linkAlias IS NULL) = (link IS NULL)),
                        linkCard BLOB CHECK (length(linkCard) = 16)
                            CHECK ((linkCard IS NULL) = (link IS NULL OR link = 'bridging'))

                        """) : statement
        } + [
            """
            CREATE TABLE notice (
                cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
                key BLOB NOT NULL CHECK (length(key) = 33),
                bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1024),
                PRIMARY KEY (cluster, key)
            ) STRICT
            """
        ]

    static let schema6 =
        FrozenVersion.schema5 + [
            """
            CREATE TABLE spentCounter (
                cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
                relation BLOB NOT NULL CHECK (length(relation) = 16),
                reserved INTEGER NOT NULL CHECK (reserved >= 0),
                accepted INTEGER NOT NULL CHECK (accepted >= 0),
                PRIMARY KEY (cluster, relation)
            ) STRICT
            """
        ]
}
