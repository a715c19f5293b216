// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import SpockexStore
import Testing

@Suite struct NodeStoreTests {
    private let home: TemporaryHome
    private var generator = SeededGenerator(seed: 1)

    init() throws {
        self.home = try TemporaryHome()
    }

    @Test func aNewHomeGetsAnEmptyState() throws {
        let store = try NodeStore(home: self.home.path)
        #expect(try store.load() == DurableState())
        #expect(try store.events(limit: 5).isEmpty)
        #expect(try self.home.names().contains("spockex.sqlite.new") == false)
    }

    @Test func theWriterSyncsEveryCommitAndErasesWhatItDeletes() throws {
        let store = try NodeStore(home: self.home.path)
        let expected = [
            "synchronous": "2", "journal_mode": "wal", "secure_delete": "1", "foreign_keys": "1",
            "locking_mode": "exclusive", "temp_store": "2", "trusted_schema": "0",
            "user_version": "6", "application_id": "1399866744",
        ]
        for (pragma, value) in expected {
            #expect(try store.rows(of: "PRAGMA \(pragma)") == [[value]], "\(pragma)")
        }
    }

    @Test func everyTableIsStrict() throws {
        let store = try NodeStore(home: self.home.path)
        let loose = try store.rows(
            of: """
                SELECT name FROM pragma_table_list
                WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'
                """)
        #expect(loose == [["grdb_migrations"]])
    }

    @Test mutating func filesAreForTheOwnerAlone() throws {
        let former = umask(0)
        defer { umask(former) }
        let store = try NodeStore(home: self.home.path)
        try store.commit([.relation(try self.generator.relation(), erasing: false)])
        let names = try self.home.names()
        #expect(names == ["spockex.sqlite", "spockex.sqlite-wal"])
        for name in names { #expect(try self.home.mode(of: name) == 0o600, "\(name)") }
        try store.close()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: self.home.database)
        _ = try NodeStore(home: self.home.path)
        #expect(try self.home.mode(of: "spockex.sqlite") == 0o600)
    }

    @Test mutating func aSecondStoreOfTheSameHomeIsRefused() throws {
        let store = try NodeStore(home: self.home.path)
        try store.commit([.relation(try self.generator.relation(), erasing: false)])
        let error = #expect(throws: StoreError.self) { try NodeStore(home: self.home.path) }
        guard case .io(code: 5, message: _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.load().relations.count == 1)
    }

    @Test mutating func twoRelationsNeverShareAnOwnPID() throws {
        let store = try NodeStore(home: self.home.path)
        let first = try self.generator.relation()
        var second = try self.generator.relation()
        second.ownPID = first.ownPID
        try store.commit([.relation(first, erasing: false)])
        #expect(throws: StoreError.refused("UNIQUE constraint failed: relation.ownPID")) {
            try store.commit([.relation(second, erasing: false)])
        }
        #expect(try store.load().relations == [first])
    }

    @Test mutating func oneDeleteTakesEverythingOfARelationAlong() throws {
        let store = try NodeStore(home: self.home.path)
        var record = try self.generator.relation()
        record.codes = MeetingCodes(
            ownSalt: self.generator.secret(16), peerSalt: nil, offer: [1], answer: [2])
        record.keys = try self.generator.keys()
        record.cancelTokens = CancelTokens(own: self.generator.secret(16), peer: nil)
        record.peerMemberKeys = try self.generator.memberKeys()
        record.peerPart = FoundingPart(
            keys: try self.generator.memberKeys(), signature: self.generator.bytes(64))
        record.endpoints = [self.generator.endpoint()]
        let at = self.generator.time()
        try store.commit([
            .relation(record, erasing: false),
            .event(.trying(record.id, record.endpoints), at: at),
        ])
        let tables = [
            "relation", "meetingCode", "relationKey", "cancelToken", "memberKey", "foundingPart",
            "endpoint", "event",
        ]
        for table in tables {
            #expect(try store.rows(of: "SELECT count(*) FROM \(table)") == [["1"]], "\(table)")
        }
        _ = try store.rows(of: "DELETE FROM relation")
        for table in tables {
            #expect(try store.rows(of: "SELECT count(*) FROM \(table)") == [["0"]], "\(table)")
        }
        try store.commit([
            .deleteRelation(record.id), .event(.pairingEnded(record.id, .cancelled), at: at),
        ])
        let events = try store.events(limit: 9)
        #expect(events.map(\.event) == [.pairingEnded(record.id, .cancelled)])
        #expect(events.map(\.id) == [2])
    }

    @Test mutating func oneDeleteTakesEverythingOfAClusterAlong() throws {
        let store = try NodeStore(home: self.home.path)
        var cluster = try self.generator.cluster()
        cluster.epochs = [try self.generator.epoch()]
        let (record, id) = try self.generator.record(in: cluster.id)
        let (place, member) = try self.generator.endpointRecord(in: cluster.id)
        let (notice, key) = try self.generator.notice(in: cluster.id)
        try store.commit([
            .cluster(cluster, erasing: false), .record(record, id),
            .endpointRecord(place, member), .notice(notice, key),
            .cluster(cluster, erasing: false),
        ])
        let tables = ["cluster", "clusterEpoch", "record", "endpointRecord", "notice"]
        for table in tables {
            #expect(try store.rows(of: "SELECT count(*) FROM \(table)") == [["1"]], "\(table)")
        }
        try store.commit([.deleteCluster(cluster.id)])
        for table in tables {
            #expect(try store.rows(of: "SELECT count(*) FROM \(table)") == [["0"]], "\(table)")
        }
    }

    @Test mutating func twoEpochsOfOneNumberComeBackInTheirOrder() throws {
        let store = try NodeStore(home: self.home.path)
        var cluster = try self.generator.cluster()
        cluster.epochs = try (0..<3).map { _ in try self.generator.epoch(number: 7) }
        try store.commit([.cluster(cluster, erasing: false)])
        #expect(try store.load().clusters == [cluster])
        cluster.epochs.removeFirst()
        try store.commit([.cluster(cluster, erasing: true)])
        #expect(try store.load().clusters == [cluster])
    }

    @Test mutating func aRecordThatComesAgainKeepsItsPlace() throws {
        let store = try NodeStore(home: self.home.path)
        let cluster = try self.generator.cluster()
        let records = try (0..<3).map { _ in try self.generator.record(in: cluster.id) }
        try store.commit([.cluster(cluster, erasing: false)])
        var other = records[1].record
        other.bytes[other.bytes.count - 1] ^= 1
        try store.commit(records.map { .record($0.record, $0.id) })
        try store.commit([.record(other, records[1].id)])
        #expect(try store.load().records == [records[0].record, other, records[2].record])
        try store.commit([.record(records[1].record, records[1].id)])
        #expect(try store.load().records == records.map(\.record))
    }

    @Test mutating func everyValueOfEveryEnumIsStorable() throws {
        let store = try NodeStore(home: self.home.path)
        var records: [RelationRecord] = []
        for phase in RelationPhase.allCases {
            for intent in Intent.allCases {
                for problem in PairingProblem.allCases.map(Optional.some) + [nil] {
                    var record = try self.generator.relation()
                    (record.phase, record.intent, record.problem) = (phase, intent, problem)
                    records.append(record)
                }
            }
        }
        try store.commit(records.map { .relation($0, erasing: false) })
        #expect(try store.load().relations == records.sorted { $0.id < $1.id })
        for standing in ClusterStanding.allCases {
            var cluster = try self.generator.cluster()
            cluster.standing = standing
            try store.commit([.cluster(cluster, erasing: false)])
            #expect(try store.load().clusters.contains(cluster))
        }
    }

    @Test mutating func theLargestCounterIsStorable() throws {
        let store = try NodeStore(home: self.home.path)
        let record = try self.generator.relation()
        let largest = UInt64(1 << 53) - 1
        try store.commit([
            .relation(record, erasing: false), .reserveCounters(record.id, until: largest),
            .acceptCounter(record.id, largest),
        ])
        let loaded = try #require(try store.load().relations.first)
        #expect([loaded.reservedCounter, loaded.acceptedCounter] == [largest, largest])
    }

    @Test mutating func theLogKeepsTheNewestEventsOnly() throws {
        let store = try NodeStore(home: self.home.path)
        let id = RelationID(using: &self.generator)
        let excess = 50
        let all = (0..<StoreLimits.eventCountMax + excess).map {
            Change.event(.peerUnreachable(id), at: WallTime(milliseconds: Int64($0)))
        }
        try store.commit(all)
        let events = try store.events(limit: .max)
        #expect(events.count == StoreLimits.eventCountMax)
        #expect(events.first?.at.milliseconds == Int64(excess))
        #expect(try store.events(limit: 2) == Array(events.suffix(2)))
        #expect(try store.events(limit: -1).isEmpty)
    }

    @Test mutating func everyKindOfEventComesBackAsItWas() throws {
        let store = try NodeStore(home: self.home.path)
        let id = RelationID(using: &self.generator)
        let (one, other) = (self.generator.endpoint(), self.generator.endpoint())
        var events: [Event] = [
            .pairingStarted(id), .trying(id, []), .trying(id, [one, other]),
            .trusted(id, cluster: ClusterID(using: &self.generator)), .peerConnected(id, one),
            .peerUnreachable(id), .peerMoved(id, from: nil, to: one),
            .peerMoved(id, from: one, to: other),
            .peerRelayed(id, via: RelationID(using: &self.generator)),
            .peerForgotten(id, byPeer: true),
            .peerForgotten(id, byPeer: false), .ownAddresses([]),
            .ownAddresses(Candidate.Kind.allCases.map { Candidate(endpoint: one, kind: $0) }),
        ]
        events += try self.generator.clusterEvents()
        events += RelationPhase.allCases.map { .pairingPhase(id, $0) }
        events += PairingProblem.allCases.map { .pairingProblem(id, $0) }
        events += PairingEnd.allCases.map { .pairingEnded(id, $0) }
        try store.commit(events.map { .event($0, at: WallTime(milliseconds: 5)) })
        #expect(try store.events(limit: 100).map(\.event) == events)
    }

    @Test(arguments: [
        "", "x", "trying", "trying x", "peerMoved - -", "ownAddresses lan=", "pairingStarted  ",
        "clusterJoined", "clusterLost 00000000-0000-0000-0000-000000000001 fled",
        "epochBegan 00000000-0000-0000-0000-000000000001 +1",
        "memberCloned 00000000-0000-0000-0000-000000000001",
        "memberMet 00000000-0000-0000-0000-000000000001 00000000-0000-0000-0000-000000000002 -",
    ])
    func anUnreadableEventIsDamage(content: String) throws {
        let store = try NodeStore(home: self.home.path)
        _ = try store.rows(
            of: "INSERT INTO event (at, content) VALUES (1, '\(content.isEmpty ? " " : content)')")
        #expect(throws: StoreError.damaged("table event, column 3")) {
            try store.events(limit: 1)
        }
    }

    @Test func aClosedStoreThrows() throws {
        let store = try NodeStore(home: self.home.path)
        try store.close()
        #expect(throws: StoreError.self) { try store.commit([.nodeName("late")]) }
        #expect(throws: StoreError.self) { try store.load() }
        #expect(try self.home.names() == ["spockex.sqlite"])
    }
}
