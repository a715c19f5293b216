// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The schema's versions and how a database comes to the newest one.
///
/// Append-only: a version that was delivered is never edited; a change is a new one. Version `n`
/// is the migration named `vn` and sets `user_version` to `n`.
enum Schema {
    /// How each version is made of the one before it, the first one's first.
    static let versions: [@Sendable (Database) throws -> Void] = [
        { try $0.execute(sql: Self.version1) },
        { try $0.execute(sql: Self.version2) },
        { try Self.bringToVersion3($0) },
        { try $0.execute(sql: Self.version4) },
        { try $0.execute(sql: Self.version5) },
        { try $0.execute(sql: Self.version6) },
    ]

    /// The names of the migrations up to a version.
    static func identifiers(upTo version: Int) -> [String] {
        (0..<version).map { "v\($0 + 1)" }
    }

    /// Brings a database to a version, one transaction for each step.
    static func migrate(_ queue: DatabaseQueue, to version: Int) throws {
        var migrator = DatabaseMigrator()
        for (index, make) in Self.versions.prefix(version).enumerated() {
            migrator.registerMigration("v\(index + 1)", foreignKeyChecks: .immediate) { database in
                try make(database)
                try database.execute(sql: "PRAGMA user_version = \(index + 1)")
            }
        }
        try migrator.migrate(queue)
    }

    /// Refuses a database that is newer than this program or not intact; writes nothing.
    static func inspect(_ database: Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let applied = try DatabaseMigrator().appliedIdentifiers(database)
        let known = Self.identifiers(upTo: Self.versions.count)
        guard found <= Self.versions.count, applied.isSubset(of: known) else {
            throw StoreError.tooNew(
                found: max(found, applied.count), supported: Self.versions.count)
        }
        guard found >= 1, applied == Set(Self.identifiers(upTo: found)) else {
            throw StoreError.damaged("its version is unclear")
        }
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard verdict == "ok" else {
            throw StoreError.damaged("the check of its structure failed")
        }
        guard try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") == nil else {
            throw StoreError.damaged("a row belongs to nothing")
        }
    }
}
