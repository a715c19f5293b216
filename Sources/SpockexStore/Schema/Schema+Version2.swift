// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// How the routers of both sides map, by letters; NULL: not known.
    static let version2 = """
        ALTER TABLE relation ADD COLUMN peerNAT TEXT
            CHECK (peerNAT IN ('o', 'e', 'a', 'd', 's'));
        ALTER TABLE relation ADD COLUMN toldNAT TEXT
            CHECK (toldNAT IN ('o', 'e', 'a', 'd', 's'));
        """
}
