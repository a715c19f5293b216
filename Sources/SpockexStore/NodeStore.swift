// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import GRDB
import Synchronization

/// One row of the log of events.
public struct StoredEvent: Sendable, Equatable {
    /// Its number; grows with every event and is never used again.
    public var id: Int64
    /// When it happened.
    public var at: WallTime
    /// What happened.
    public var event: Event
}

/// Everything durable of a node: one SQLite database in the home folder.
///
/// One connection in WAL mode holds the file exclusively: no other program reads half of a
/// change or keeps erased bytes alive in the log. Every commit is synced (`synchronous=FULL`)
/// before it returns. All calls block; one actor makes them.
public final class NodeStore: Sendable {
    /// Nil once closed: GRDB hands a closed connection on to SQLite, which traps.
    private let queue: Mutex<DatabaseQueue?>

    /// Opens the database of a home, or makes a new one.
    ///
    /// The folder exists and has mode 0700; the files get 0600. A damaged or newer database is
    /// left byte for byte as it is. Checks the structure, runs migrations, finishes an
    /// interrupted erasure, and empties the log.
    public init(home: String) throws(StoreError) {
        self.queue = Mutex(
            try Opening.open(DatabaseFile(home: home), version: Schema.versions.count))
    }

    /// Opens or makes a database of an older version, to test the way from there.
    package init(home: String, version: Int) throws(StoreError) {
        self.queue = Mutex(try Opening.open(DatabaseFile(home: home), version: version))
    }

    /// Loads all that a node needs at its start.
    public func load() throws(StoreError) -> DurableState {
        try self.using { try $0.read { try DurableState(from: $0) } }
    }

    /// Makes a batch of changes durable, all of them or none.
    ///
    /// When a change erases secrets, no file of the home holds them after the return. Throws
    /// `refused` for a change of a relation or cluster that does not exist, for a record under
    /// another id, and for values that the schema does not take. When only the erasure fails, the batch is durable all the same, and the
    /// next erasing commit or the next opening finishes it.
    public func commit(_ changes: [Change]) throws(StoreError) {
        guard !changes.isEmpty else { return }
        let erases = changes.contains(where: \.erases)
        try self.using { queue in
            try queue.write { database in
                for change in changes { try database.apply(change) }
                if erases { try database.oweErasure() }
            }
            guard erases else { return }
            try queue.writeWithoutTransaction { try $0.finishErasure() }
        }
    }

    /// The newest events, at most `limit`, the oldest of them first.
    public func events(limit: Int) throws(StoreError) -> [StoredEvent] {
        try self.using { try $0.read { try StoredEvent.newest(max(limit, 0), from: $0) } }
    }

    /// The number of the newest event that there ever was, 0 before the first.
    ///
    /// It may be gone from the log with its relation; its number is never used again.
    public func lastEventID() throws(StoreError) -> Int64 {
        try self.using { queue in
            try queue.read { database in
                try Int64.fetchOne(
                    database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0
            }
        }
    }

    /// Closes the database; every later call throws.
    ///
    /// The log is then part of the database.
    public func close() throws(StoreError) {
        try self.using { try $0.close() }
        self.queue.withLock { $0 = nil }
    }

    /// Runs one statement outside of a transaction and gives its rows as text.
    ///
    /// For tests: settings, the schema, and what a foreign hand could have done to the file.
    package func rows(of statement: String) throws(StoreError) -> [[String]] {
        try self.using { queue in
            try queue.writeWithoutTransaction { database in
                try Row.fetchAll(database, sql: statement).map { row in
                    row.databaseValues.map { String.fromDatabaseValue($0) ?? $0.description }
                }
            }
        }
    }

    private func using<Result: Sendable>(
        _ body: (DatabaseQueue) throws -> Result
    ) throws(StoreError) -> Result {
        try self.queue.withLock { queue throws(StoreError) in
            guard let queue else { throw .io(code: 21, message: "the database is closed") }
            return try StoreError.translating { try body(queue) }
        }
    }
}

extension Change {
    /// Whether bytes that this change removes must not be found in any file afterwards.
    var erases: Bool {
        switch self {
        case .relation(_, let erasing), .cluster(_, let erasing): erasing
        case .deleteRelation, .deleteCluster, .unbury: true
        case .reserveCounters, .acceptCounter, .endpoints, .lastResort, .bury, .record,
            .endpointRecord, .notice, .deleteNotice, .spentCounters, .forgetSpent, .nodeName,
            .event:
            false
        }
    }
}
