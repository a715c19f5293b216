// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import SpockexStore
import Testing

@Suite struct DamageTests {
    private let home: TemporaryHome
    private let state: DurableState
    private let intact: [UInt8]
    private var generator = SeededGenerator(seed: 11)

    init() throws {
        self.home = try TemporaryHome()
        let store = try NodeStore(home: self.home.path)
        for _ in 0..<40 {
            let record = try self.generator.relation()
            try store.commit([
                .relation(record, erasing: false),
                .event(try self.generator.event(of: record.id), at: self.generator.time()),
            ])
        }
        for _ in 0..<8 {
            let cluster = try self.generator.cluster()
            try store.commit([.cluster(cluster, erasing: false)])
            for _ in 0..<8 {
                let (record, id) = try self.generator.record(in: cluster.id)
                let (place, member) = try self.generator.endpointRecord(in: cluster.id)
                let (notice, key) = try self.generator.notice(in: cluster.id)
                try store.commit([
                    .record(record, id), .endpointRecord(place, member), .notice(notice, key),
                ])
            }
        }
        let states = (try store.load(), try store.load())
        #expect(states.0 == states.1)
        self.state = states.0
        try store.close()
        self.intact = try self.home.read("spockex.sqlite")
    }

    /// Opens and loads; what throws must leave every file as it was.
    private func outcome(in home: TemporaryHome? = nil) throws -> Result<DurableState, StoreError> {
        let home = home ?? self.home
        let before = try home.files()
        do throws(StoreError) {
            let store = try NodeStore(home: home.path)
            let state = try store.load()
            try store.commit([.nodeName(state.nodeName)])
            return .success(state)
        } catch {
            var after = try home.files()
            // The log's index holds no content; reading a leftover log makes one.
            if before["spockex.sqlite-wal"] != nil { after["spockex.sqlite-shm"] = nil }
            #expect(after == before, "\(error)")
            return .failure(error)
        }
    }

    private func expectDamage(_ what: Comment, in home: TemporaryHome? = nil) throws {
        let outcome = try self.outcome(in: home)
        guard case .failure(.damaged) = outcome else {
            Issue.record("\(what): \(outcome)")
            return
        }
    }

    @Test mutating func aTruncatedFileIsDamagedAndLeftAlone() throws {
        let count = self.intact.count
        var lengths = [0, 1, 15, 16, 99, 100, 101, 511, 512, 1024, 4095, 4096, 4097, count - 1]
        lengths += stride(from: 8192, to: count, by: 4096)
        lengths += (0..<20).map { _ in Int.random(in: 0..<count, using: &self.generator) }
        for length in lengths {
            try self.home.write(Array(self.intact.prefix(length)), to: "spockex.sqlite")
            try self.expectDamage("\(length) bytes of \(count)")
        }
    }

    @Test mutating func aGarbageHeaderIsDamagedAndLeftAlone() throws {
        for length in [1, 16, 100, 1000, 4096] {
            let garbage = self.generator.bytes(length)
            try self.home.write(garbage + self.intact.dropFirst(length), to: "spockex.sqlite")
            try self.expectDamage("\(length) bytes of garbage")
        }
    }

    @Test func everyByteOfTheHeaderIsRefusedOrHarmless() throws {
        for index in 0..<100 {
            for bit in [0x01, 0x80] as [UInt8] {
                var bytes = self.intact
                bytes[index] ^= bit
                try self.home.write(bytes, to: "spockex.sqlite")
                if case .success(let state) = try self.outcome() {
                    #expect(state == self.state, "byte \(index)")
                }
            }
        }
    }

    @Test mutating func aGarbagePageIsDamagedAndLeftAlone() throws {
        var refused = 0
        for start in stride(from: 0, to: self.intact.count, by: 4096) {
            var bytes = self.intact
            bytes.replaceSubrange(start..<start + 4096, with: self.generator.bytes(4096))
            try self.home.write(bytes, to: "spockex.sqlite")
            switch try self.outcome() {
            case .failure(.damaged): refused += 1
            case .failure(let error): Issue.record("page at \(start): \(error)")
            case .success(let state): #expect(state == self.state, "page at \(start)")
            }
        }
        #expect(refused > 10)
    }

    @Test mutating func garbageAnywhereNeverTraps() throws {
        for _ in 0..<150 {
            var bytes = self.intact
            let length = Int.random(in: 1...600, using: &self.generator)
            let start = Int.random(in: 0...(bytes.count - length), using: &self.generator)
            bytes.replaceSubrange(start..<start + length, with: self.generator.bytes(length))
            try self.home.write(bytes, to: "spockex.sqlite")
            if case .failure(let error) = try self.outcome() {
                guard case .damaged = error else {
                    Issue.record("\(length) bytes at \(start): \(error)")
                    continue
                }
            }
        }
    }

    @Test func somethingElseInItsPlaceIsLeftAlone() throws {
        try self.home.write(Array("a letter".utf8), to: "spockex.sqlite")
        try self.expectDamage("a text")
        try self.home.write([], to: "spockex.sqlite")
        try self.home.write(Array(repeating: 7, count: 5000), to: "spockex.sqlite-wal")
        try self.expectDamage("an empty file with a log")
        try FileManager.default.removeItem(atPath: self.home.database)
        try self.expectDamage("a log without its database")
        try FileManager.default.removeItem(atPath: self.home.log)
        let other = try TemporaryHome()
        try other.write(self.intact, to: "elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: self.home.database, withDestinationPath: other.path + "/elsewhere")
        try self.expectDamage("a symbolic link")
        #expect(try other.read("elsewhere") == self.intact)
    }

    @Test mutating func aDamagedFileWithALeftoverLogIsLeftAloneWithIt() throws {
        let store = try NodeStore(home: self.home.path)
        try store.commit([.relation(try self.generator.relation(), erasing: false)])
        for start in [4096 * 3, 4096 * 5, 4096 * 8] {
            let copy = try self.home.copy()
            var bytes = self.intact
            bytes.replaceSubrange(start..<start + 4096 * 3, with: self.generator.bytes(4096 * 3))
            try copy.write(bytes, to: "spockex.sqlite")
            try self.expectDamage("garbage at \(start)", in: copy)
        }
    }

    @Test(arguments: [
        "PRAGMA user_version = 7", "PRAGMA user_version = 2147483647",
        "INSERT INTO grdb_migrations VALUES ('v7')",
    ])
    func aNewerDatabaseIsLeftAlone(statement: String) throws {
        let store = try NodeStore(home: self.home.path)
        _ = try store.rows(of: statement)
        let afterAStop = try self.home.copy()
        #expect(try afterAStop.names() == ["spockex.sqlite", "spockex.sqlite-wal"])
        try store.close()
        for home in [self.home, afterAStop] {
            guard case .failure(.tooNew(let found, supported: 6)) = try self.outcome(in: home)
            else {
                Issue.record("\(statement) was not refused")
                continue
            }
            #expect(found >= 7)
        }
    }

    /// What every check of the file's structure lets through.
    @Test(arguments: [
        ("UPDATE record SET bytes = x'00' WHERE number = 9", "table record, column 3"),
        ("UPDATE record SET id = zeroblob(32) WHERE number = 9", "table record, column 3"),
        (
            "UPDATE endpointRecord SET bytes = (SELECT bytes FROM record) WHERE rowid = 9",
            "table endpointRecord, column 3"
        ),
        (
            "UPDATE endpointRecord SET member = zeroblob(16) WHERE rowid = 9",
            "table endpointRecord, column 3"
        ),
    ])
    func aRecordThatIsNotWhatItsRowSaysIsDamage(statement: String, place: String) throws {
        let store = try NodeStore(home: self.home.path)
        _ = try store.rows(of: statement)
        #expect(throws: StoreError.damaged(place)) { try store.load() }
    }

    @Test(arguments: [
        "UPDATE relation SET bond = 'founding', bondCluster = zeroblob(16), bondMember = NULL",
        "UPDATE relation SET bond = 'joining', bondCluster = NULL, bondMember = zeroblob(16)",
        "UPDATE relation SET bond = NULL, bondCluster = NULL, bondMember = zeroblob(16)",
        "UPDATE relation SET bond = 'marriage', bondCluster = NULL, bondMember = NULL",
        "UPDATE relation SET epoch = -1", "UPDATE clusterEpoch SET number = 4294967296",
        "UPDATE cluster SET standing = 'king'", "UPDATE clusterEpoch SET secret = x'00'",
        "UPDATE cluster SET signingKey = x'00'",
        "UPDATE relation SET link = 'bridging', linkCluster = NULL, linkAlias = zeroblob(16)",
        "UPDATE relation SET bond = 'founding', bondCluster = NULL, bondMember = NULL, "
            + "link = 'bridging', linkCluster = zeroblob(16), linkAlias = zeroblob(16), "
            + "linkCard = NULL",
        "UPDATE relation SET link = 'crossing', linkCard = NULL",
        "UPDATE notice SET bytes = zeroblob(2000)",
    ])
    func valuesThatNoNodeWritesAreDamage(statement: String) throws {
        let store = try NodeStore(home: self.home.path)
        #expect(throws: StoreError.self) { try store.rows(of: statement) }
        _ = try store.rows(of: "PRAGMA ignore_check_constraints = ON")
        _ = try store.rows(of: statement)
        try store.close()
        try self.expectDamage("\(statement)")
    }

    @Test(arguments: [
        "PRAGMA user_version = 0", "PRAGMA user_version = -1", "DELETE FROM grdb_migrations",
    ])
    func aDatabaseOfUnclearVersionIsDamaged(statement: String) throws {
        let store = try NodeStore(home: self.home.path)
        _ = try store.rows(of: statement)
        try store.close()
        try self.expectDamage("\(statement)")
    }

    @Test func aHalfMadeDatabaseIsMadeAnew() throws {
        let fresh = try TemporaryHome()
        try fresh.write([1, 2, 3], to: "spockex.sqlite.new")
        try fresh.write([1, 2, 3], to: "spockex.sqlite.new-wal")
        let store = try NodeStore(home: fresh.path)
        #expect(try store.load() == DurableState())
        try store.close()
        #expect(try fresh.names() == ["spockex.sqlite"])
    }

    @Test mutating func aFullDiskStoresNothingOfTheBatch() throws {
        let store = try NodeStore(home: self.home.path)
        let pages = try #require(store.rows(of: "PRAGMA page_count").first?.first)
        _ = try store.rows(of: "PRAGMA max_page_count = \(pages)")
        var batch: [Change] = [.nodeName("full")]
        for _ in 0..<60 { batch.append(.relation(try self.generator.relation(), erasing: false)) }
        let error = #expect(throws: StoreError.self) { try store.commit(batch) }
        guard case .io(code: 13, message: _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.load() == self.state)
        _ = try store.rows(of: "PRAGMA max_page_count = 100000")
        try store.commit(batch)
        #expect(try store.load().relations.count == self.state.relations.count + 60)
    }

    @Test func aMissingFolderIsAnErrorOfTheSystem() throws {
        #expect(throws: StoreError.self) { try NodeStore(home: self.home.path + "/missing") }
    }

    /// The superuser may write everywhere, so this runs for others alone.
    @Test(.enabled(if: geteuid() != 0))
    func aReadOnlyFolderOrFileIsAnErrorOfTheSystem() throws {
        let fresh = try TemporaryHome()
        for (home, mode) in [(self.home, 0o500), (fresh, 0o500)] {
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: home.path)
            let outcome = try self.outcome(in: home)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700], ofItemAtPath: home.path)
            guard case .failure(.io) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }
}
