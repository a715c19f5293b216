// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

extension SpentCounters {
    private static let upsert = Upsert(
        "spentCounter", keyCount: 2, ["cluster", "relation", "reserved", "accepted"])

    /// Puts them in the place of the former ones of that relation.
    func write(to database: Database) throws {
        try Self.upsert.run(
            [
                Column(self.cluster), Column(self.relation), Column(self.reserved),
                Column(self.accepted),
            ], in: database)
    }

    /// Reads cluster, relation and both counters.
    init(from row: inout RowReader) throws(StoreError) {
        self.init(
            cluster: try row.identifier(), relation: try row.identifier(),
            reserved: try row.integer(), accepted: try row.integer())
    }
}
