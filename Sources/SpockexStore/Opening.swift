// SPDX-License-Identifier: Apache-2.0
import GRDB

/// How the database is made and opened: first looked at, then written.
enum Opening {
    /// Opens the database at a version; makes it if there is none.
    static func open(_ file: DatabaseFile, version: Int) throws(StoreError) -> DatabaseQueue {
        let logByteCount = try file.byteCount(of: file.log) ?? 0
        if try file.byteCount(of: file.path) == nil {
            guard logByteCount == 0 else {
                throw .damaged("\(file.log) is there, but its database is not")
            }
            try StoreError.translating { try self.make(file, version: version) }
        }
        try file.makePrivate()
        let header = try DatabaseHeader(file.head(DatabaseHeader.byteCount))
        return try self.inspecting {
            if logByteCount > 0 {
                // Closing a connection that may write would move the log into the database.
                let queue = try self.connect(file, mayWrite: false)
                try self.close(queue, after: { try queue.read(Schema.inspect) })
            } else {
                let byteCount = try file.byteCount(of: file.path) ?? 0
                guard byteCount.isMultiple(of: header.pageByteCount) else {
                    throw StoreError.damaged("the file ends within a page")
                }
            }
            let queue = try self.connect(file, mayWrite: true)
            do {
                if logByteCount == 0 { try queue.read(Schema.inspect) }
                try Schema.migrate(queue, to: version)
                try queue.writeWithoutTransaction { try $0.finishErasure() }
                // Left over from an unclean stop; an exclusive connection uses none.
                try file.remove(file.logIndex)
            } catch {
                try? queue.close()
                throw error
            }
            return queue
        }
    }

    /// Makes a new database under another name first, so that a half-made one is never opened
    /// and an empty file is always damage.
    private static func make(_ file: DatabaseFile, version: Int) throws {
        try file.draft.remove()
        try file.draft.create()
        let queue = try self.connect(file.draft, mayWrite: true)
        try self.close(queue) {
            try queue.writeWithoutTransaction { database in
                guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal"
                else {
                    throw StoreError.io(code: 0, message: "write-ahead logging is not possible")
                }
                try database.execute(
                    sql: "PRAGMA application_id = \(DatabaseHeader.applicationID)")
            }
            try Schema.migrate(queue, to: version)
        }
        try file.adopt(file.draft)
    }

    private static func connect(_ file: DatabaseFile, mayWrite: Bool) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = !mayWrite
        configuration.busyMode = .timeout(StoreLimits.busySeconds)
        configuration.prepareDatabase { database in
            // GRDB has switched foreign keys on already. The order matters: exclusive before the
            // first access, so that the log's index lives in memory.
            if mayWrite { try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            try database.execute(
                sql: """
                    PRAGMA secure_delete = ON;
                    PRAGMA synchronous = FULL;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    """)
        }
        return try DatabaseQueue(path: file.path, configuration: configuration)
    }

    private static func close(_ queue: DatabaseQueue, after body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            try? queue.close()
            throw error
        }
        try queue.close()
    }

    /// Tells SQLite's "SQL logic error" as damage: here it comes from the schema of the file alone.
    private static func inspecting(
        _ body: () throws -> DatabaseQueue
    ) throws(StoreError) -> DatabaseQueue {
        try StoreError.translating {
            do {
                return try body()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
                throw StoreError.damaged(error.message ?? "its schema is wrong")
            }
        }
    }
}
