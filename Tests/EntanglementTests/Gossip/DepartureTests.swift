// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Whoever is no member any more knows it, and nobody is a member who is none (PROTOCOL.md §12.6).
@Suite struct DepartureTests {
    /// Who was away while it was removed hears so from the first one who answers.
    @Test(arguments: [0, 2])
    func whoIsRemovedWhileAwayIsTold(answering: Int) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        for other in [2, 3] {
            try circle.confirm(1, other)
            circle.run(for: .seconds(5))
        }
        let ids = try (0..<4).map { try circle.member($0, cluster) }
        circle.stopped = [3]
        for number in [0, 1] {
            #expect(circle.request(number, .removeMember(cluster, ids[3])) == .done)
            circle.run(for: .seconds(5))
        }
        circle.run(for: .seconds(400))
        circle.stopped = Set([0, 1, 2].filter { $0 != answering })
        circle.restart(3)
        circle.run(for: .seconds(90))
        #expect(circle.record(3, cluster) == nil)
        #expect(circle.count(3, .clusterLost(cluster, .removed)) == 1)
        circle.stopped = []
        circle.run(for: .seconds(90))
        try circle.expectOneCluster([0, 1, 2], cluster)
        for number in 0..<3 {
            let peers = circle.hosts[number].node.status(now: circle.now).peers
            #expect(!peers.contains { $0.member == ids[3] })
        }
    }

    /// Whoever was taken in beside the removal of its sponsor is none, and knows it.
    @Test func theGuestOfWhoIsRemovedKnowsIt() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        try circle.confirm(1, 2)
        circle.run(for: .seconds(5))
        let accused = try circle.member(2, cluster)
        #expect(circle.request(3, .leave(cluster)) == .done)
        circle.run(for: .seconds(30))
        circle.blocked = [(2, 0), (2, 1), (3, 0), (3, 1)]
        for number in [0, 1] {
            #expect(circle.request(number, .removeMember(cluster, accused)) == .done)
            circle.run(for: .seconds(5))
        }
        try circle.takeIn(3, by: 2, into: cluster)
        circle.run(for: .seconds(10))
        #expect(circle.record(3, cluster)?.standing == .member)
        circle.blocked = [(3, 0), (3, 1)]
        circle.run(for: .seconds(120))
        #expect(circle.record(2, cluster) == nil)
        #expect(circle.record(3, cluster) == nil)
    }

    /// A newcomer who meets two members at once is one member.
    @Test func aNewcomerIsTakenInOnce() throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia"])
        let cluster = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(10))
        for sponsor in [0, 1] {
            guard
                case .offered(_, let offer, _) = circle.request(sponsor, .offer(MeetingOptions())),
                case .answered(_, let answer, _) = circle.request(
                    3, .answer(offer, MeetingOptions())),
                case .accepted = circle.request(sponsor, .accept(answer, into: cluster))
            else {
                Issue.record("no codes")
                return
            }
        }
        circle.run(for: .seconds(60))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
        #expect(try circle.roster(0, cluster).members.count == 4)
    }

    /// Nobody is taken into a cluster of which the other founder may not know.
    @Test func aFoundingThatMayBeTakenBackIsOpenToNobody() throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        guard case .offered(_, let offer, _) = circle.request(0, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(1, .answer(offer, MeetingOptions())),
            case .accepted = circle.request(0, .accept(answer))
        else {
            Issue.record("no codes")
            return
        }
        circle.run(for: .seconds(3)) { $0.bytes.first != 0x81 }
        let founder = try #require(
            [0, 1].first { !circle.hosts[$0].store.state.clusters.isEmpty })
        let cluster = try #require(circle.hosts[founder].store.state.clusters.first?.id)
        let wish = MeetingOptions(intent: .cluster, cluster: cluster)
        #expect(circle.request(founder, .offer(wish)) == .refused(.notFound))
        circle.run(for: .seconds(30))
        guard case .offered = circle.request(founder, .offer(wish)) else {
            Issue.record("not open")
            return
        }
    }

    /// Who is forgotten while a third joins is told of the third, and leaves.
    @Test func whoForgetsWhileAThirdJoinsLeaves() throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        let cluster = try circle.found(0, 1)
        circle.run(for: .seconds(10))
        let leaver = try circle.member(0, cluster)
        circle.blocked = [(0, 1), (0, 2)]
        circle.run(for: .seconds(200))
        try circle.takeIn(2, by: 1, into: cluster)
        circle.run(for: .seconds(10))
        let id = try #require(try circle.relations(0, with: 1, cluster).first?.id)
        #expect(circle.request(0, .forget(id)) == .done)
        circle.run(for: .seconds(10))
        circle.blocked = []
        circle.run(for: .seconds(200))
        #expect(circle.record(0, cluster) == nil)
        #expect(circle.hosts[0].store.state.relations.isEmpty)
        try circle.expectOneCluster([1, 2], cluster)
        #expect(try circle.roster(1, cluster).member(leaver)?.status == .left)
    }

    /// The word of whoever leaves is with all who are there before the keys go.
    @Test func whoLeavesIsHeardByAllWhoAreThere() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let gone = try circle.member(3, cluster)
        #expect(circle.request(3, .leave(cluster)) == .done)
        // The word to Ben and Cem is lost, and Ada hears it and is gone for good.
        circle.inFlight.removeAll { $0.to != Circle.endpoint(of: 0) }
        while circle.deliverNext() {}
        circle.stopped = [0]
        circle.run(for: .seconds(60))
        #expect(circle.record(3, cluster) == nil)
        for number in [1, 2] {
            #expect(try circle.roster(number, cluster).member(gone)?.status == .left)
        }
    }

    /// No unfinished meeting keeps a key of a cluster that was left.
    @Test func meetingsForAClusterEndWithIt() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let key = try #require(circle.record(2, cluster)).membership.signingKey
        guard
            case .offered(let id, _, _) = circle.request(
                2, .offer(MeetingOptions(intent: .cluster, cluster: cluster)))
        else {
            Issue.record("no offer")
            return
        }
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(20))
        #expect(circle.record(2, cluster) == nil)
        #expect(circle.count(2, .pairingEnded(id, .cancelled)) == 1)
        let bytes = String("\(key.exposedBytes())".dropFirst().dropLast())
        #expect(!"\(circle.hosts[2].store.state.relations)".contains(bytes))
        #expect(circle.hosts[2].store.state.relations.isEmpty)
    }
}
