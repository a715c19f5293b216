// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// A pairing may have one problem more: its cluster is full.
    ///
    /// SQLite does not change a column's check: the column is made anew.
    static let version4 = """
        ALTER TABLE relation ADD COLUMN newProblem TEXT
            CHECK (newProblem IN ('timedOut', 'refusedByPeer', 'intentConflict', 'notYet',
                'clusterFull', 'badMessage'));
        UPDATE relation SET newProblem = problem;
        ALTER TABLE relation DROP COLUMN problem;
        ALTER TABLE relation RENAME COLUMN newProblem TO problem;
        """
}
