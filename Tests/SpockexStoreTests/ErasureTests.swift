// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import SpockexStore
import Testing

@Suite struct ErasureTests {
    /// How many random runs each promise gets; `SPOCKEX_ERASURE_RUNS` asks for more.
    private static let runs: Range<UInt64> =
        0..<(ProcessInfo.processInfo.environment["SPOCKEX_ERASURE_RUNS"].flatMap(UInt64.init) ?? 100)

    @Test(arguments: Self.runs)
    func afterCancelNoFileHoldsAnythingOfThePairing(seed: UInt64) throws {
        var run = try ErasureRun(seed: seed)
        let record = try run.pair()
        var traces = Traces()
        try traces.plantPairing(record)
        try traces.plantCodes(record, withOwnToken: seed.isMultiple(of: 2))
        let planted = try traces.count(in: run.home)
        #expect(planted > 0)
        var batch: [Change] = [.deleteRelation(record.id)]
        if !seed.isMultiple(of: 2), let token = record.cancelTokens?.own {
            // The tombstone keeps the own token on purpose; everything else is gone.
            batch.append(
                .bury(
                    Tombstone(
                        pidHash: run.generator.bytes(32), token: token.exposedBytes(),
                        expiresAt: run.generator.time())))
        }
        batch.append(
            .event(.pairingEnded(record.id, .cancelled), at: WallTime(milliseconds: 9)))
        try run.store.commit(batch)
        try run.expectNothing(of: traces)
    }

    @Test(arguments: Self.runs)
    func afterTheErasureNoFileHoldsSaltsCodesOrTokens(seed: UInt64) throws {
        var run = try ErasureRun(seed: seed &+ 1 << 32)
        var record = try run.pair()
        var traces = Traces()
        try traces.plantCodes(record, withOwnToken: true)
        let planted = try traces.count(in: run.home)
        #expect(planted > 0)
        record.codes = nil
        record.cancelTokens = nil
        record.phase = .trusted
        // A longer and a shorter row both move cells about.
        record.claimedName = String(repeating: "n", count: seed.isMultiple(of: 2) ? 0 : 200)
        try run.store.commit([.relation(record, erasing: true)])
        let relations = try run.expectNothing(of: traces)
        #expect(relations.contains(record))
    }

    /// Pages of the indexes split and merge only with many rows: copies in their gaps would stay.
    @Test(arguments: Self.runs.prefix(max(Self.runs.count / 20, 12)))
    func amongHundredsOfRelationsCancelLeavesNothingEither(seed: UInt64) throws {
        var run = try ErasureRun(seed: seed &+ 2 << 32)
        try run.crowd(400)
        let records = try (0..<60).map { _ in
            let record = try run.generator.fullPairing()
            try run.store.commit([.relation(record, erasing: false)])
            try run.crowd(Int.random(in: 0...20, using: &run.generator))
            return record
        }
        try run.thin(150)
        var traces = Traces()
        for record in records {
            try traces.plantPairing(record)
            try traces.plantCodes(record, withOwnToken: true)
        }
        let planted = try traces.count(in: run.home)
        #expect(planted > 0)
        for record in records { try run.store.commit([.deleteRelation(record.id)]) }
        try run.expectNothing(of: traces)
    }

    @Test func whatSQLiteDoesByItselfLeavesTraces() throws {
        var run = try ErasureRun(seed: 1)
        let record = try run.pair()
        var traces = Traces()
        try traces.plantPairing(record)
        _ = try run.store.rows(of: "PRAGMA secure_delete = OFF")
        _ = try run.store.rows(of: "DELETE FROM relation WHERE ownPID = x'\(record.ownPID.hex)'")
        _ = try run.store.rows(of: "PRAGMA wal_checkpoint(TRUNCATE)")
        #expect(try run.home.read("spockex.sqlite-wal").isEmpty)
        #expect(try traces.count(in: run.home) > 0)
    }

    @Test func withoutEmptyingTheLogTheSearchFindsTraces() throws {
        var run = try ErasureRun(seed: 3)
        let record = try run.pair()
        var traces = Traces()
        try traces.plantPairing(record)
        _ = try run.store.rows(of: "DELETE FROM relation WHERE ownPID = x'\(record.ownPID.hex)'")
        #expect(try run.store.load().relations.contains(record) == false)
        #expect(try traces.count(in: run.home) > 0)
    }

    /// The stop comes after the transaction and before the rest.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func anErasureThatASuddenStopInterruptedIsFinishedAtTheNextStart(seed: UInt64) throws {
        var run = try ErasureRun(seed: seed)
        try run.crowd(100)
        let record = try run.pair()
        var traces = Traces()
        try traces.plantPairing(record)
        _ = try run.store.rows(of: "UPDATE node SET owesErasure = 1")
        _ = try run.store.rows(of: "DELETE FROM relation WHERE ownPID = x'\(record.ownPID.hex)'")
        let copy = try run.home.copy()
        let interrupted = try traces.count(in: copy)
        #expect(interrupted > 0)
        let store = try NodeStore(home: copy.path)
        #expect(try traces.count(in: copy) == 0)
        #expect(try store.rows(of: "SELECT owesErasure FROM node") == [["0"]])
        #expect(try store.rows(of: "PRAGMA freelist_count") == [["0"]])
        try store.close()
        #expect(try traces.count(in: copy) == 0)
    }

    @Test(arguments: Self.runs)
    func aSecretThatCountsNoMoreLeavesNoTrace(seed: UInt64) throws {
        var run = try ErasureRun(seed: seed &+ 3 << 32)
        var cluster = try run.cluster()
        var traces = Traces()
        for epoch in cluster.epochs.dropLast() { traces.plant(epoch.secret) }
        let planted = try traces.count(in: run.home)
        #expect(planted > 0)
        cluster.epochs.removeFirst(cluster.epochs.count - 1)
        cluster.name = String(repeating: "n", count: seed.isMultiple(of: 2) ? 0 : 200)
        try run.store.commit([.cluster(cluster, erasing: true)])
        try run.expectNothing(of: traces)
    }

    @Test(arguments: Self.runs)
    func ofAClusterThatEndedNoFileHoldsKeysSecretsOrRecords(seed: UInt64) throws {
        var run = try ErasureRun(seed: seed &+ 4 << 32)
        let cluster = try run.cluster()
        var traces = Traces()
        traces.plant(cluster.membership.signingKey)
        traces.plant(cluster.membership.agreementKey)
        for epoch in cluster.epochs { traces.plant(epoch.secret) }
        let state = try run.store.load()
        for record in state.records + state.endpointRecords where record.cluster == cluster.id {
            // All but the first bytes, which others have in common with it.
            traces.plant(Array(record.bytes.dropFirst(3)))
        }
        let planted = try traces.count(in: run.home)
        #expect(planted > 0)
        try run.store.commit([
            .deleteCluster(cluster.id),
            .event(.clusterLost(cluster.id, .removed), at: WallTime(milliseconds: 9)),
        ])
        try run.expectNothing(of: traces)
    }

    @Test func aTombstoneLeavesNoTrace() throws {
        var run = try ErasureRun(seed: 4)
        let tombstone = run.generator.tombstone()
        try run.store.commit([.bury(tombstone)])
        var traces = Traces()
        traces.plant(tombstone.token)
        traces.plant(tombstone.pidHash)
        let buried = try traces.count(in: run.home)
        #expect(buried > 0)
        try run.store.commit([.unbury(tombstone.pidHash)])
        try run.expectNothing(of: traces)
    }
}

/// A store with other rows around one pairing, in a random order of changes.
private struct ErasureRun {
    let home: TemporaryHome
    var store: NodeStore
    var generator: SeededGenerator
    private var others: [RelationRecord] = []

    init(seed: UInt64) throws {
        self.generator = SeededGenerator(seed: seed)
        self.home = try TemporaryHome()
        self.store = try NodeStore(home: self.home.path)
    }

    /// Makes a pairing step by step among changes of others, and gives its last record.
    mutating func pair() throws -> RelationRecord {
        let full = try self.generator.fullPairing()
        try self.disturb()
        var record = full
        record.keys = nil
        record.codes?.answer = nil
        record.codes?.peerSalt = nil
        record.peerMemberKeys = nil
        record.peerPart = nil
        let steps: [(inout RelationRecord) -> Void] = [
            { $0.codes = full.codes },
            { $0.keys = full.keys },
            { $0.peerMemberKeys = full.peerMemberKeys },
            { $0.peerPart = full.peerPart },
        ]
        try self.store.commit([.relation(record, erasing: false)])
        for step in steps {
            step(&record)
            record.givenName = String(
                repeating: "g", count: Int.random(in: 0...256, using: &self.generator))
            try self.store.commit([
                .relation(record, erasing: false),
                .event(.trying(record.id, record.endpoints), at: record.createdAt),
                .reserveCounters(record.id, until: record.reservedCounter),
            ])
            if self.generator.chance(60) { try self.disturb() }
        }
        return record
    }

    /// Makes a cluster of four epochs with records among changes of others, and gives its last form.
    mutating func cluster() throws -> ClusterRecord {
        try self.disturb()
        var cluster = try self.generator.cluster()
        cluster.epochs = []
        try self.store.commit([.cluster(cluster, erasing: false)])
        for _ in 0..<4 {
            cluster.epochs.append(try self.generator.epoch())
            var batch: [Change] = [.cluster(cluster, erasing: false)]
            for _ in 0..<Int.random(in: 1...20, using: &self.generator) {
                let (record, id) = try self.generator.record(in: cluster.id)
                let (place, member) = try self.generator.endpointRecord(in: cluster.id)
                batch += [.record(record, id), .endpointRecord(place, member)]
            }
            let other = try self.generator.cluster()
            let (record, id) = try self.generator.record(in: other.id)
            batch += [.cluster(other, erasing: false), .record(record, id)]
            try self.store.commit(batch)
            if self.generator.chance(60) { try self.disturb() }
        }
        return cluster
    }

    /// Adds, changes and deletes other relations, so that pages split, fill and merge.
    private mutating func disturb() throws {
        var batch: [Change] = []
        for _ in 0..<Int.random(in: 0...24, using: &self.generator) {
            switch Int.random(in: 0..<4, using: &self.generator) {
            case 0 where !self.others.isEmpty:
                let index = self.others.indices.randomElement(using: &self.generator) ?? 0
                batch.append(.deleteRelation(self.others.remove(at: index).id))
            case 1 where !self.others.isEmpty:
                let index = self.others.indices.randomElement(using: &self.generator) ?? 0
                try self.generator.vary(&self.others[index])
                batch.append(.relation(self.others[index], erasing: false))
            default:
                self.others.append(try self.generator.relation())
                batch.append(.relation(self.others[self.others.count - 1], erasing: false))
            }
        }
        try self.store.commit(batch)
        if self.generator.chance(20) {
            try self.store.close()
            self.store = try NodeStore(home: self.home.path)
        }
    }

    /// Adds many other relations at once.
    mutating func crowd(_ count: Int) throws {
        let records = try (0..<count).map { _ in try self.generator.relation() }
        self.others += records
        try self.store.commit(records.map { .relation($0, erasing: false) })
    }

    /// Deletes many other relations at once.
    mutating func thin(_ count: Int) throws {
        self.others.shuffle(using: &self.generator)
        let gone = self.others.suffix(count)
        self.others.removeLast(count)
        try self.store.commit(gone.map { .deleteRelation($0.id) })
    }

    /// Looks while the store is open, after it is closed, and after the next start.
    @discardableResult
    func expectNothing(of traces: Traces) throws -> [RelationRecord] {
        let whileOpen = try traces.count(in: self.home)
        try self.store.close()
        let whenClosed = try traces.count(in: self.home)
        let reopened = try NodeStore(home: self.home.path)
        let afterStart = try traces.count(in: self.home)
        let found: [Int] = [whileOpen, whenClosed, afterStart]
        #expect(found == [Int](repeating: 0, count: 3))
        let relations = try reopened.load().relations
        #expect(Set(relations.map(\.id)).isSuperset(of: self.others.map(\.id)))
        return relations
    }
}

extension Traces {
    /// Everything of a relation but what its codes held.
    fileprivate mutating func plantPairing(_ record: RelationRecord) throws {
        let keys = try some(record.keys)
        let part = try some(record.peerPart)
        let member = try some(record.peerMemberKeys)
        for secret in [
            record.ownKey, record.memberSigningKey, record.memberAgreementKey, keys.psk,
            keys.sendMAC, keys.receiveMAC,
        ] { self.plant(secret) }
        for bytes in [
            record.ownPID.bytes, keys.peerPID.bytes, keys.peerKey.bytes, keys.meeting,
            part.signature, part.keys.signingKey.bytes, part.keys.agreementKey.bytes,
            member.signingKey.bytes, member.agreementKey.bytes,
        ] { self.plant(bytes) }
    }

    /// The codes' texts, the salts and the cancel tokens.
    fileprivate mutating func plantCodes(
        _ record: RelationRecord, withOwnToken: Bool
    ) throws {
        let codes = try some(record.codes)
        let tokens = try some(record.cancelTokens)
        self.plant(codes.ownSalt)
        self.plant(try some(codes.peerSalt))
        self.plant(Array(codes.offer.dropFirst(16)))
        self.plant(Array(try some(codes.answer).dropFirst(17)))
        self.plant(try some(tokens.peer))
        if withOwnToken { self.plant(tokens.own) }
    }
}

extension PeerID {
    fileprivate var hex: String { self.description.replacing("-", with: "") }
}
