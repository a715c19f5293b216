// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Members who have keys that do not fit find each other by others (PROTOCOL.md §12.3).
@Suite struct HealingTests {
    /// A removal holds for one half and not for all: the keys from before it count again.
    @Test func keysThatCountAgainAreUsedAgain() throws {
        var (circle, cluster) = try Circle.cluster(
            of: ["Ada", "Ben", "Cem", "Dia", "Eli", "Fay"])
        for other in [2, 3] {
            try circle.confirm(1, other)
            circle.run(for: .seconds(5))
        }
        #expect(circle.request(5, .leave(cluster)) == .done)
        circle.run(for: .seconds(30))
        try circle.expectOneCluster([0, 1, 2, 3, 4], cluster)
        circle.blocked = [0, 1].flatMap { one in [2, 3, 4].map { (one, $0) } }
        let accused = try circle.member(2, cluster)
        for number in [0, 1] {
            #expect(circle.request(number, .removeMember(cluster, accused)) == .done)
            circle.run(for: .seconds(5))
        }
        #expect(try circle.roster(1, cluster).epochNumber == 2)
        // Eli becomes a voter: two of four are no majority any more.
        try circle.confirm(3, 4)
        circle.run(for: .seconds(5))
        circle.blocked = []
        circle.run(for: .seconds(300))
        #expect(try circle.roster(1, cluster).epochNumber == 1)
        // Cem was taken in once, and is a member again.
        #expect(circle.count(1, .memberReturned(cluster, accused)) == 1)
        #expect(circle.hosts[1].events.count { $0.isJoining(of: accused) } == 1)
        #expect(try circle.relations(1, with: 4, cluster).map(\.epoch) == [1])
        try circle.expectOneCluster([0, 1, 2, 3, 4], cluster)
    }

    /// Two halves that made a secret each call each other by what both have, as often as others.
    @Test(arguments: [false, true])
    func theCommonKeysCallAsOftenAsOthers(doRestart: Bool) throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia"])
        let cluster = try circle.found(0, 1)
        for newcomer in [2, 3] {
            try circle.takeIn(newcomer, by: 0, into: cluster)
            circle.run(for: .seconds(5))
        }
        circle.run(for: .seconds(10))
        #expect(circle.request(0, .leave(cluster)) == .done)
        while circle.deliverNext() {}
        circle.blocked = [(1, 2), (1, 3)]
        circle.run(for: .seconds(600))
        circle.blocked = []
        for number in 1...3 where doRestart { circle.restart(number) }
        circle.run(for: .seconds(90))
        try circle.expectOneCluster([1, 2, 3], cluster)
    }

    /// Two meet in both directions at once.
    @Test func crossedMeetingsHeal() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let options = MeetingOptions()
        let offers = [1, 2].map { number -> String in
            guard case .offered(_, let text, _) = circle.request(number, .offer(options)) else {
                return ""
            }
            return text
        }
        circle.run(for: .seconds(5))
        let answers = [2, 1].map { number -> String in
            let offer = offers[2 - number]
            guard case .answered(_, let text, _) = circle.request(number, .answer(offer, options))
            else { return "" }
            return text
        }
        for (number, answer) in [(1, answers[0]), (2, answers[1])] {
            guard case .accepted = circle.request(number, .accept(answer)) else {
                Issue.record("not accepted")
                return
            }
        }
        circle.run(for: .seconds(200))
        try circle.expectOneCluster([0, 1, 2], cluster)
        // The meetings are of no use any more.
        circle.run(for: .seconds(1_200))
        for (one, other) in [(1, 2), (2, 1)] {
            #expect(try circle.relations(one, with: other, cluster).count == 1)
        }
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// A home from before a meeting knows nothing of it.
    @Test func aBackupFromBeforeAMeetingHeals() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let backup = circle.hosts[1].store
        try circle.confirm(1, 2)
        circle.run(for: .seconds(10))
        #expect(try circle.relations(2, with: 1, cluster).map(\.epoch) == [nil])
        circle.restore(1, backup)
        circle.run(for: .seconds(300))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// The same of two whom a third one alone connects, and of whom one has no keys from before a removal.
    @Test func aLostMeetingHealsByAThirdOneAlone() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let backup = circle.hosts[0].store
        try circle.confirm(0, 1)
        circle.run(for: .seconds(10))
        circle.blocked = [(0, 1)]
        circle.restore(0, backup)
        circle.stopped = [1]
        // Ada has keys of the founding, which Ben gave up, and of the first secret, which he never made.
        circle.run(for: .seconds(200))
        #expect(circle.request(3, .leave(cluster)) == .done)
        circle.run(for: .seconds(30))
        #expect(Set(try circle.relations(0, with: 1, cluster).map(\.epoch)) == [nil, 0, 1])
        circle.stopped = []
        circle.restart(1)
        circle.run(for: .seconds(400))
        let (ada, ben) = (try circle.member(0, cluster), try circle.member(1, cluster))
        #expect(circle.isConnected(0, with: ben, cluster))
        #expect(circle.isConnected(1, with: ada, cluster))
    }

    /// Whom the only other member had blocked hears that it has not any more.
    @Test func aBlockIsTakenBackInAClusterOfTwo() throws {
        var circle = Circle(["Ada", "Ben"])
        let cluster = try circle.found(0, 1)
        circle.run(for: .seconds(10))
        let ids = try (0..<2).map { try circle.member($0, cluster) }
        #expect(circle.request(0, .block(cluster, ids[1], isOn: true)) == .done)
        circle.run(for: .seconds(200))
        #expect(!circle.isConnected(0, with: ids[1], cluster))
        #expect(!circle.isConnected(1, with: ids[0], cluster))
        circle.restart(1)
        circle.run(for: .seconds(200))
        #expect(circle.request(0, .block(cluster, ids[1], isOn: false)) == .done)
        circle.run(for: .seconds(60))
        try circle.expectOneCluster([0, 1], cluster)
    }

    /// Where everybody is reached there is nothing beside the relations of meetings.
    @Test func whoIsConnectedNeedsNoOtherKeys() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        circle.stopped = [2]
        circle.run(for: .seconds(400))
        #expect(try circle.relations(0, with: 2, cluster).compactMap(\.epoch) == [0])
        let status = circle.hosts[0].node.status(now: circle.now)
        #expect(status.peers.count == 2)
        circle.stopped = []
        circle.run(for: .seconds(120))
        try circle.expectOneCluster([0, 1, 2], cluster)
        #expect(try circle.relations(0, with: 2, cluster).map(\.epoch) == [nil])
    }

    /// Each of the founders took somebody in while they were apart; these two meet in person.
    @Test func newcomersOfTwoHalvesBelieveEachOther() throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia", "Eli"])
        let cluster = try circle.found(0, 1)
        circle.blocked = [0, 2, 4].flatMap { one in [1, 3].map { (one, $0) } }
        for (newcomer, sponsor) in [(2, 0), (3, 1), (4, 0)] {
            try circle.takeIn(newcomer, by: sponsor, into: cluster)
            circle.run(for: .seconds(10))
        }
        #expect(try circle.roster(2, cluster).member(circle.member(3, cluster)) == nil)
        #expect(try circle.roster(3, cluster).member(circle.member(2, cluster)) == nil)
        // The founders do not find each other.
        circle.blocked = [(0, 1)]
        try circle.confirm(2, 3)
        circle.run(for: .seconds(60))
        let heads = try (0..<5).map { try circle.live($0, cluster).heads }
        #expect(Set(heads).count == 1)
        circle.blocked = []
        circle.run(for: .seconds(120))
        try circle.expectOneCluster(Array(0..<5), cluster)
    }
}

extension Event {
    fileprivate func isJoining(of member: MemberID) -> Bool {
        guard case .memberJoined(_, member, _) = self else { return false }
        return true
    }
}
