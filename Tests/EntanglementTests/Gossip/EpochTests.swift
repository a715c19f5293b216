// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Secrets that only those have who belong to the cluster now (PROTOCOL.md §12.3).
@Suite struct EpochTests {
    @Test func whoLeavesMakesOneNewSecretThatEverybodyHas() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let former = try #require(circle.record(0, cluster)?.epochs.first)
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        let newest = try [0, 1, 3].map { try #require(circle.record($0, cluster)?.epochs.last) }
        for secret in newest {
            #expect(secret.number == 1)
            #expect(secret.secret == newest[0].secret)
            #expect(secret.record == newest[0].record)
            #expect(secret.secret != former.secret)
        }
        for number in [0, 1, 3] {
            let set = try #require(try circle.live(number, cluster).set)
            #expect(set.records.count { $0.kind == .epoch } == 1)
            #expect(circle.count(number, .epochBegan(cluster, 1)) == 1)
        }
        let written = "\(circle.hosts[2].store)"
        let bytes = String("\(newest[0].secret.exposedBytes())".dropFirst().dropLast())
        #expect(!written.contains(bytes))
    }

    /// The former relations answer until the new ones are connected; nobody is said to be gone.
    @Test func newKeysReplaceTheFormerOnesWithoutAGap() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let former = try #require(try circle.relations(1, with: 3, cluster).first)
        let told = (0..<4).map { circle.hosts[$0].events.count }
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        for (one, other) in [(1, 3), (3, 1)] {
            let relations = try circle.relations(one, with: other, cluster)
            #expect(relations.map(\.epoch) == [1])
            #expect(relations.first?.id != former.id)
        }
        for number in [0, 1, 3] {
            let events = circle.hosts[number].events.dropFirst(told[number])
            #expect(!events.contains { if case .peerUnreachable = $0 { true } else { false } })
        }
        // Who was met keeps the keys of the meeting.
        #expect(try circle.relations(0, with: 3, cluster).map(\.epoch) == [nil])
    }

    /// What is no secret of a record that is held is not kept.
    @Test func aSecretThatNoRecordNamesIsNotKept() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        let known = try #require(circle.record(0, cluster)?.epochs)
        let newest = try #require(known.last)
        let wrong = Secret([UInt8](repeating: 7, count: 32))
        var welcomes = [
            GossipFrame.Welcome(number: 0, record: nil, secret: wrong, name: "x"),
            GossipFrame.Welcome(number: 1, record: newest.record, secret: wrong, name: "x"),
            GossipFrame.Welcome(
                number: 2, record: newest.record, secret: newest.secret, name: "x"),
        ]
        for byte in UInt8(1)...40 {
            let record = try #require(RecordID(bytes: [UInt8](repeating: byte, count: 32)))
            welcomes.append(
                GossipFrame.Welcome(number: 9, record: record, secret: wrong, name: "x"))
        }
        for welcome in welcomes {
            try circle.hand(.welcome(welcome), of: cluster, to: 0, from: 1)
        }
        #expect(circle.record(0, cluster)?.epochs == known)
        #expect(circle.record(0, cluster)?.name != "x")
        #expect(try circle.live(0, cluster).earlySecrets.count <= Constants.epochCountMax)
        try circle.expectOneCluster([0, 1, 3], cluster)
    }

    /// Both halves of a cluster make a secret while they are apart: in the end one counts.
    @Test(arguments: UInt64(1)...4)
    func twoSecretsAtOnceEndInOne(seed: UInt64) throws {
        var (circle, cluster) = try Circle.cluster(
            of: ["Ada", "Ben", "Cem", "Dia", "Eli"], seed: seed)
        #expect(circle.request(4, .leave(cluster)) == .done)
        while circle.deliverNext() {}
        circle.blocked = [(0, 2), (0, 3), (1, 2), (1, 3)]
        circle.run(for: .seconds(60))
        let apart = [0, 2].map { circle.record($0, cluster)?.epochs.last?.secret }
        #expect(apart[0] != apart[1])
        circle.blocked = []
        circle.run(for: .seconds(300))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
        let counting = try (0..<4).map { number in
            let record = try #require(circle.record(number, cluster))
            return record.epoch(of: try circle.roster(number, cluster))
        }
        #expect(Set(counting.map { $0?.record }).count == 1)
    }

    /// The same when nobody of the one half ever met anybody of the other.
    @Test(arguments: [60, 600], [true, false])
    func twoSecretsOfStrangersEndInOne(secondsApart: Int, doRestart: Bool) throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia"])
        let cluster = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(3))
        try circle.takeIn(3, by: 0, into: cluster)
        circle.run(for: .seconds(10))
        // Ada is gone, and three are left who never met.
        #expect(circle.request(0, .leave(cluster)) == .done)
        while circle.deliverNext() {}
        circle.blocked = [(1, 2), (1, 3)]
        circle.run(for: .seconds(secondsApart))
        let apart = [1, 2].map { circle.record($0, cluster)?.epochs.last?.secret }
        #expect(apart[0] != apart[1])
        circle.blocked = []
        for number in 1...3 where doRestart { circle.restart(number) }
        circle.run(for: .seconds(400))
        try circle.expectOneCluster([1, 2, 3], cluster)
    }

    /// Epochs that nobody needs push out no secret by which a sleeper would be heard.
    @Test(arguments: [1, 3])
    func epochsThatAreNotDueCountForNothing(author: Int) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        let known = try #require(circle.record(0, cluster)?.epochs)
        #expect(known.map(\.number) == [0, 1])
        let gone = try circle.roster(0, cluster).goneHash
        for byte in UInt8(0)..<20 {
            let secret = Secret([UInt8](repeating: byte, count: 32))
            let hash = secret.withBytes { CryptoPrimitives().hash([], $0) }
            let number = UInt32(2 + byte)
            let record = try circle.say(
                .epoch(Epoch(number: number, gone: gone, secretHash: hash)), by: author, cluster,
                to: [0])
            let welcome = GossipFrame.Welcome(
                number: number, record: record.id, secret: secret, name: "")
            try circle.hand(.welcome(welcome), of: cluster, to: 0, from: author)
            circle.run(for: .seconds(2))
        }
        circle.run(for: .seconds(60))
        let epochs = try #require(circle.record(0, cluster)?.epochs)
        #expect(epochs.count <= Constants.epochCountMax)
        for secret in known {
            #expect(epochs.contains { $0.record == secret.record }, "\(secret.number)")
        }
        #expect(try circle.roster(0, cluster).epochNumber <= 3)
        try circle.expectOneCluster([0, 1, 3], cluster)
    }

    /// Whose secret nobody hands out is replaced.
    @Test func anEpochWhoseSecretNobodyHasIsReplaced() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        let gone = try circle.roster(0, cluster).goneHash
        let kept = try circle.say(
            .epoch(Epoch(number: 2, gone: gone, secretHash: noise(32, seed: 5))), by: 1, cluster,
            to: [0, 3])
        circle.run(for: .seconds(180))
        for number in [0, 1, 3] {
            let roster = try circle.roster(number, cluster)
            #expect(roster.epoch != kept.id)
            let counting = circle.record(number, cluster)?.epochs.first {
                $0.record == roster.epoch
            }
            #expect(counting != nil)
        }
        try circle.expectOneCluster([0, 1, 3], cluster)
    }

    /// Nothing tells whether a secret of the founding is the right one: where two differ, a new one is made.
    @Test func anotherSecretOfTheFoundingIsReplaced() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        var state = circle.hosts[3].store.state
        let position = try #require(state.clusters.firstIndex { $0.id == cluster })
        let founding = try #require(state.clusters[position].epochs.first)
        state.clusters[position].epochs = [
            EpochSecret(
                number: 0, record: nil, secret: Secret([UInt8](repeating: 7, count: 32)),
                since: founding.since)
        ]
        state.relations.removeAll { $0.epoch != nil }
        circle.restore(3, MemoryStore(state))
        circle.run(for: .seconds(60))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
        #expect(try circle.roster(0, cluster).epochNumber == 1)
    }
}
