// SPDX-License-Identifier: Apache-2.0

// Version 4: bridges. What it changed of version 3 is frozen here.
extension FrozenVersion {
    /// Relations have four more columns, empty in these rows.
    static let rows4 = FrozenVersion.rows3.map { row in
        guard row.hasPrefix("INSERT INTO relation VALUES"), row.hasSuffix(")") else { return row }
        return row.dropLast() + ", NULL, NULL, NULL, NULL)"
    }

    static let schema4 =
        FrozenVersion.schema3.map { statement in
            statement.hasPrefix("CREATE TABLE relation (")
                ? statement.replacing(
                    "CHECK (acceptedNote >= 0)\n",
                    with: """
                        CHECK (acceptedNote >= 0),
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
}
