// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import SpockexStore
import Testing

@Suite struct RandomChangesTests {
    /// Random batches against the model; each run is reopened cleanly and after sudden stops.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func whatWasCommittedIsLoadedAfterEveryKindOfStop(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var home = try TemporaryHome()
        var store = try NodeStore(home: home.path)
        var model = StoreModel()
        var memory = MemoryStore()
        for _ in 0..<40 {
            var batch: [Change] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let change = try generator.change(after: model)
                try model.apply(change)
                batch.append(change)
            }
            try store.commit(batch)
            memory.commit(batch)
            if generator.chance(10) {
                try store.close()
                store = try NodeStore(home: home.path)
            } else if generator.chance(10) {
                let copy = try home.copy()
                try store.close()
                home = copy
                store = try NodeStore(home: home.path)
            }
        }
        let states = [try store.load(), model.state]
        #expect(states[0] == states[1])
        var inMemory = memory.state
        inMemory.tombstones = model.state.tombstones
        #expect(inMemory == model.state)
        let events = try store.events(limit: 1_000)
        #expect(events.map(\.event) == model.entries.map(\.event))
        #expect(events.map(\.at) == model.entries.map(\.at))
        let ids = events.map(\.id)
        #expect(ids == Array(Set(ids)).sorted())
        try store.close()
        let reopened = try NodeStore(home: home.path)
        #expect(try reopened.load() == model.state)
    }

    @Test func aSuddenStopLosesNothingThatWasCommitted() throws {
        var generator = SeededGenerator(seed: 7)
        let home = try TemporaryHome()
        let store = try NodeStore(home: home.path)
        var model = StoreModel()
        for _ in 0..<30 {
            let change = Change.relation(try generator.relation(), erasing: false)
            try model.apply(change)
            try store.commit([change])
            let copy = try home.copy()
            let log = try copy.read("spockex.sqlite-wal")
            #expect(!log.isEmpty)
            let revived = try NodeStore(home: copy.path)
            #expect(try revived.load() == model.state)
            #expect(try copy.names().contains("spockex.sqlite-shm") == false)
        }
    }

    @Test func aFailingChangeUndoesItsWholeBatch() throws {
        var generator = SeededGenerator(seed: 8)
        let home = try TemporaryHome()
        let store = try NodeStore(home: home.path)
        try store.commit([.nodeName("before"), .relation(try generator.relation(), erasing: false)])
        let before = try store.load()
        let unknown = RelationID(using: &generator)
        let cluster = try generator.cluster()
        let (record, id) = try generator.record(in: cluster.id)
        let (place, member) = try generator.endpointRecord(in: cluster.id)
        let (notice, key) = try generator.notice(in: cluster.id)
        let (_, otherKey) = try generator.notice(in: cluster.id)
        let stranger = MemberID(using: &generator)
        let failing: [Change] = [
            .reserveCounters(unknown, until: 5), .acceptCounter(unknown, 5),
            .endpoints(unknown, [generator.endpoint()], lastHeardAt: nil),
            .reserveCounters(before.relations[0].id, until: 1 << 53),
            .nodeName("a\0b"),
            .bury(Tombstone(pidHash: [1], token: [], expiresAt: generator.time())),
            .record(record, id), .endpointRecord(place, member), .notice(notice, key),
        ]
        let failingWithCluster: [Change] = [
            .record(record, try generator.recordID()), .record(place, id),
            .endpointRecord(place, stranger), .endpointRecord(record, member),
            .record(StoredRecord(cluster: cluster.id, bytes: []), id), .notice(notice, otherKey),
        ]
        let batches =
            failing.map { [$0] }
            + failingWithCluster.map { [.cluster(cluster, erasing: false), $0] }
        for change in batches {
            let error = #expect(throws: StoreError.self) {
                try store.commit(
                    [.nodeName("after"), .relation(try generator.relation(), erasing: false)]
                        + change)
            }
            guard case .refused = error else {
                Issue.record("\(change) gave \(String(describing: error))")
                continue
            }
            #expect(try store.load() == before)
        }
    }
}
