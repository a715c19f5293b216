// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Bridges: what relations of two clusters are for, and what members say about them.
    ///
    /// A relation that links clusters, or is across a bridge, has no `bond` but a `link`, with the own
    /// cluster and the other's alias; one across has the other's card too.
    static let version5 = """
        ALTER TABLE relation ADD COLUMN link TEXT
            CHECK (link IS NULL OR bond IS NULL AND link IN ('bridging', 'crossing'));
        ALTER TABLE relation ADD COLUMN linkCluster BLOB CHECK (length(linkCluster) = 16)
            CHECK ((linkCluster IS NULL) = (link IS NULL));
        ALTER TABLE relation ADD COLUMN linkAlias BLOB CHECK (length(linkAlias) = 16)
            CHECK ((linkAlias IS NULL) = (link IS NULL));
        ALTER TABLE relation ADD COLUMN linkCard BLOB CHECK (length(linkCard) = 16)
            CHECK ((linkCard IS NULL) = (link IS NULL OR link = 'bridging'));

        CREATE TABLE notice (
            cluster BLOB NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
            key BLOB NOT NULL CHECK (length(key) = 33),
            bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1024),
            PRIMARY KEY (cluster, key)
        ) STRICT;
        """
}
