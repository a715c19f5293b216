// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

extension StoredNotice {
    private static let upsert = Upsert("notice", keyCount: 2, ["cluster", "key", "bytes"])

    /// Puts a notice in the place of the one with the same key.
    func replace(_ key: NoticeKey, in database: Database) throws {
        guard self.key == key else { throw StoreError.refused("a notice under another key") }
        try Self.upsert.run(
            [Column(self.cluster), .blob(key.bytes), .blob(self.bytes)], in: database)
    }

    /// Reads cluster, key and bytes; bytes of another key are damage.
    init(from row: inout RowReader) throws(StoreError) {
        let cluster: ClusterID = try row.identifier()
        let key = try row.bytes()
        self.init(cluster: cluster, bytes: try row.bytes())
        guard self.key?.bytes == key else { throw row.damaged() }
    }
}
