// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Inserts a row or replaces the values of the row with the same key.
///
/// Not `INSERT OR REPLACE`: that deletes first, and the delete would cascade.
struct Upsert {
    private let sql: String

    /// The first `keyCount` columns are the key.
    init(_ table: String, keyCount: Int = 1, _ columns: [String]) {
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let key = columns.prefix(keyCount).joined(separator: ", ")
        let updates = columns.dropFirst(keyCount).map { "\($0) = excluded.\($0)" }
        self.sql = """
            INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))
            ON CONFLICT (\(key)) DO UPDATE SET \(updates.joined(separator: ", "))
            """
    }

    func run(_ values: [Column?], in database: Database) throws {
        try database.run(self.sql, values)
    }
}

/// What is put into one column.
enum Column {
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    init(_ time: WallTime) { self = .integer(time.milliseconds) }
    init(_ secret: Secret) { self = .blob(secret.exposedBytes()) }
    init(_ key: PublicKey) { self = .blob(key.bytes) }
    init(_ identifier: some Identifier) { self = .blob(identifier.bytes) }
    /// A counter; what is too large becomes a value that the schema refuses.
    init(_ counter: UInt64) { self = .integer(Int64(clamping: counter)) }

    /// Refuses text with a NUL: GRDB binds C strings, so the rest would be lost in silence.
    fileprivate func value() throws(StoreError) -> DatabaseValue {
        switch self {
        case .integer(let value): return value.databaseValue
        case .text(let text):
            guard !text.utf8.contains(0) else { throw .refused("text with a NUL character") }
            return text.databaseValue
        case .blob(let bytes): return Data(bytes).databaseValue
        }
    }
}

extension Database {
    /// Runs one statement, compiled once for each connection; tells how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: [Column?]) throws -> Int {
        let statement = try self.cachedStatement(sql: sql)
        try statement.execute(
            arguments: StatementArguments(values.map { try $0?.value() ?? .null }))
        return self.changesCount
    }
}
