// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

extension Tombstone {
    private static let upsert = Upsert("tombstone", ["pidHash", "token", "expiresAt"])

    func write(to database: Database) throws {
        let columns: [Column?] = [
            .blob(self.pidHash), .blob(self.token), Column(self.expiresAt),
        ]
        try Self.upsert.run(columns, in: database)
    }

    init(from row: inout RowReader) throws(StoreError) {
        self.init(
            pidHash: try row.bytes(), token: try row.bytes(), expiresAt: try row.time())
    }
}

extension StoredEvent {
    /// Appends an event and deletes what is beyond the limit.
    ///
    /// The row hangs on its relation while there is one, so that Cancel takes the addresses that
    /// were tried along; the event that tells of the end comes after the relation and stays.
    static func append(_ event: Event, at time: WallTime, to database: Database) throws {
        try database.run(
            """
            INSERT INTO event (at, relation, content)
            VALUES (?, (SELECT id FROM relation WHERE id = ?), ?)
            """,
            [Column(time), event.relation.map { Column($0) }, .text(event.text)])
        try database.run(
            "DELETE FROM event WHERE id <= ?",
            [.integer(database.lastInsertedRowID - Int64(StoreLimits.eventCountMax))])
    }

    /// The newest events, the oldest of them first.
    static func newest(_ limit: Int, from database: Database) throws -> [StoredEvent] {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, at, content FROM event ORDER BY id DESC LIMIT ?",
            arguments: [limit])
        var events: [StoredEvent] = []
        while let row = try rows.next() {
            var reader = RowReader(row, of: "event")
            let event = StoredEvent(
                id: try reader.integer(), at: try reader.time(),
                event: try reader.text { Event(stored: $0) })
            events.append(event)
        }
        return events.reversed()
    }
}
