// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two members meet in person (PROTOCOL.md §12.4).
@Suite struct ConfirmingTests {
    /// Members who never met have keys of the epoch; after a meeting they have their own.
    @Test(arguments: [Intent.auto, .cluster, .repair])
    func theMeetingReplacesTheRelation(intent: Intent) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        let before = try #require(try circle.relations(1, with: 2, cluster).first)
        #expect(before.epoch == 0)
        #expect(circle.request(1, .rename(before.id, "Cemile")) == .done)
        try circle.confirm(1, 2, intent: intent)
        circle.run(for: .seconds(10))
        for (one, other) in [(1, 2), (2, 1)] {
            let relations = try circle.relations(one, with: other, cluster)
            #expect(relations.count == 1)
            let relation = try #require(relations.first)
            #expect(relation.epoch == nil)
            #expect(relation.phase == .trusted)
            #expect(relation.id != before.id)
            #expect(relation.codes == nil && relation.cancelTokens == nil)
        }
        #expect(try circle.relations(1, with: 2, cluster).first?.givenName == "Cemile")
        try circle.expectOneCluster([0, 1, 2], cluster)
        for number in 0..<3 {
            let roster = try circle.roster(number, cluster)
            #expect(roster.members.count == 3)
            #expect(roster.member(ids[2])?.metBy.contains(ids[1]) ?? false)
            #expect(roster.members.filter { !$0.isVoter }.isEmpty)
            // Cem has met both founders now: a voter.
            let told = [
                Event.memberMet(cluster, ids[1], by: ids[2]),
                .memberMet(cluster, ids[2], by: ids[1]),
            ]
            #expect(told.contains { circle.count(number, $0) == 1 })
        }
    }

    /// Two who met before have new keys; no second record says what one says already.
    @Test func whoMeetsAgainHasNewKeysAndNoNewRecord() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let before = try #require(try circle.relations(0, with: 1, cluster).first)
        let count = try #require(try circle.live(0, cluster).set).count
        #expect(circle.request(0, .matched(before.id)) == .done)
        try circle.confirm(0, 1)
        circle.run(for: .seconds(10))
        let after = try circle.relations(0, with: 1, cluster)
        #expect(after.count == 1)
        #expect(after.first?.id != before.id)
        #expect(after.first?.keys?.psk != before.keys?.psk)
        #expect(try #require(try circle.live(0, cluster).set).count == count)
        #expect(circle.hosts[0].store.state.clusters.count == 1)
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// Two who founded a cluster meet again before either knows that the other trusts: what the second meeting
    /// replaces is not taken back, for the cluster would go with it.
    @Test(arguments: 1...4)
    func aFoundingThatIsReplacedIsNotTakenBack(seed: UInt64) throws {
        var circle = Circle(["Ada", "Ben"], seed: seed)
        guard case .offered(_, let offer, _) = circle.request(0, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(
                1, .answer(offer, MeetingOptions())),
            case .accepted = circle.request(0, .accept(answer))
        else {
            Issue.record("no codes")
            return
        }
        circle.run(for: .seconds(2)) { $0.bytes.first == 0x7b }
        for host in circle.hosts {
            let relations = host.store.state.relations
            #expect(relations.map(\.phase) == [.trusted])
            #expect(relations.allSatisfy { $0.cancelTokens != nil })
        }
        let cluster = try #require(circle.hosts[0].store.state.clusters.first?.id)
        guard case .offered(_, let again, _) = circle.request(0, .offer(MeetingOptions())),
            case .answered(_, let back, _) = circle.request(1, .answer(again, MeetingOptions())),
            case .accepted = circle.request(0, .accept(back))
        else {
            Issue.record("no codes")
            return
        }
        var goneCount = 0
        circle.run(for: .seconds(10)) { datagram in
            if String(decoding: datagram.bytes, as: UTF8.self).contains("\"response\":410") {
                goneCount += 1
            }
            return true
        }
        #expect(goneCount == 0)
        try circle.expectOneCluster([0, 1], cluster)
    }

    /// A meeting that is to be private founds another cluster, whatever the two share.
    @Test func aPrivateMeetingFoundsAnotherCluster() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        try circle.confirm(1, 2, intent: .private)
        circle.run(for: .seconds(10))
        for number in [1, 2] {
            #expect(circle.hosts[number].store.state.clusters.count == 2)
        }
        #expect(try circle.relations(1, with: 2, cluster).map(\.epoch) == [0])
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// The last packet of the meeting is lost and one side restarts: the record is written once.
    @Test(arguments: [1, 2])
    func theRecordIsWrittenOnceThoughSomebodyRestarts(restarting: Int) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        try circle.confirm(1, 2)
        circle.restart(restarting)
        circle.run(for: .seconds(20))
        circle.restart(restarting)
        circle.run(for: .seconds(20))
        let set = try #require(try circle.live(0, cluster).set)
        #expect(set.records.count { $0.kind == .confirm } == 1)
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// Two who share several clusters confirm one, whichever each came to know first (seed 50048 of `cluster`).
    @Test(arguments: 1...4, [1, 2])
    func ofSeveralClustersBothConfirmTheSame(seed: UInt64, restarting: Int) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"], seed: seed)
        try circle.confirm(1, 2, intent: .private)
        circle.run(for: .seconds(10))
        circle.restart(restarting)
        circle.run(for: .seconds(10))
        try circle.confirm(1, 2)
        circle.run(for: .seconds(20))
        for number in [1, 2] {
            let relations = circle.hosts[number].store.state.relations
            #expect(relations.filter { $0.phase != .trusted }.map(\.phase) == [])
            let clusters = circle.hosts[number].store.state.clusters.map(\.id)
            let first = try #require(clusters.min())
            #expect(clusters.contains(cluster))
            #expect(try circle.relations(number, with: 3 - number, first).map(\.epoch) == [nil])
        }
    }

    /// More clusters than one attempt names: attempts that cross may name others.
    @Test(arguments: 1...6)
    func ofManyClustersBothConfirmTheSame(seed: UInt64) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"], seed: seed)
        for _ in 0..<8 {
            try circle.confirm(1, 2, intent: .private)
            circle.run(for: .seconds(10))
        }
        try circle.confirm(1, 2, intent: .repair)
        circle.run(for: .seconds(20))
        for number in [1, 2] {
            let relations = circle.hosts[number].store.state.relations
            #expect(circle.hosts[number].store.state.clusters.count == 9)
            #expect(relations.filter { $0.phase != .trusted }.map(\.phase) == [])
            #expect(try circle.relations(number, with: 3 - number, cluster).count == 1)
        }
    }

    /// Of two meetings at once the one counts whose hash is greater; where one side alone trusts by the other
    /// one, it takes that back (seed 71459 of `cluster`).
    @Test(arguments: 1...6)
    func theMeetingThatIsOutdoneEndsAtBothSides(seed: UInt64) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"], seed: seed)
        try circle.confirm(1, 2)
        guard case .offered(let id, let offer, _) = circle.request(1, .offer(MeetingOptions())),
            case .answered(let other, let answer, _) = circle.request(
                2, .answer(offer, MeetingOptions()))
        else {
            Issue.record("no codes")
            return
        }
        circle.request(1, .accept(answer))
        func trusting() -> [Int] {
            [(1, id), (2, other)].filter { number, relation in
                circle.count(number, .trusted(relation, cluster: cluster)) == 1
            }.map(\.0)
        }
        while trusting().isEmpty, circle.deliverNext() {}
        #expect(trusting().count == 1)
        circle.inFlight = []
        circle.blocked = [(1, 2)]
        circle.run(for: .seconds(30))
        circle.blocked = []
        circle.run(for: .seconds(300))
        let kept = try [1, 2].map { number in
            let relations = try circle.relations(number, with: 3 - number, cluster)
            #expect(circle.hosts[number].store.state.relations.allSatisfy { $0.phase == .trusted })
            return Set(relations.filter { $0.epoch == nil }.compactMap { $0.keys?.meeting })
        }
        #expect(kept[0] == kept[1] && kept[0].count == 1)
    }

    /// One signs with somebody who is another member by then, having left and been taken in again: the
    /// meeting is with whom it is now (seed 1848 of `cluster`).
    @Test(arguments: [1, 2])
    func whoIsAnotherMemberByThenIsMetAsThat(first: Int) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let former = try circle.member(2, cluster)
        guard
            case .offered(let id, let offer, _) = circle.request(
                first, .offer(MeetingOptions(intent: .repair))),
            case .answered(let other, let answer, _) = circle.request(
                3 - first, .answer(offer, MeetingOptions(intent: .repair)))
        else {
            Issue.record("no codes")
            return
        }
        // Cem signs nothing: it would take the meeting back when it leaves.
        if first == 1 { circle.inFlight = [] }
        circle.request(first, .accept(answer))
        let meeting = first == 1 ? id : other
        func bond() -> MeetingBond? { circle.hosts[1].node.relations[meeting]?.record.bond }
        while bond() == nil, circle.deliverNext() {}
        #expect(bond() == .confirming(cluster, former))
        let theirs = first == 1 ? other : id
        #expect(circle.hosts[2].node.relations[theirs]?.record.bond == nil)
        circle.inFlight = []
        circle.blocked = [(1, 2)]
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(10))
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(10))
        let present = try circle.member(2, cluster)
        #expect(present != former)
        circle.blocked = []
        circle.run(for: .seconds(60))
        for (number, relation) in [(first, id), (3 - first, other)] {
            let phase = circle.hosts[number].node.relations[relation]?.record.phase
            #expect(phase == .trusted, "\(number)")
        }
        #expect(bond() == .confirming(cluster, present))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }
}
