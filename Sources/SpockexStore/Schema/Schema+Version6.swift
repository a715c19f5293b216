// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// What relations had used up that were dropped, and whose keys may come back.
    static let version6 = """
        CREATE TABLE spentCounter (
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            relation BLOB NOT NULL CHECK (length(relation) = 16),
            reserved INTEGER NOT NULL CHECK (reserved >= 0),
            accepted INTEGER NOT NULL CHECK (accepted >= 0),
            PRIMARY KEY (cluster, relation)
        ) STRICT;
        """
}
