// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Somebody who is in two clusters keeps them apart.
@Suite struct ClustersApartTests {
    /// Ada is with Ben and Cem in one cluster, with Dia and Eli in another.
    private func two() throws -> (circle: Circle, first: ClusterID, second: ClusterID) {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia", "Eli"])
        let first = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: first)
        circle.run(for: .seconds(5))
        try circle.confirm(0, 3, intent: .private)
        circle.run(for: .seconds(3))
        let second = try #require(
            circle.hosts[0].store.state.clusters.map(\.id).first { $0 != first })
        try circle.takeIn(4, by: 3, into: second)
        circle.run(for: .seconds(15))
        return (circle, first, second)
    }

    private func status(
        _ circle: Circle, _ number: Int, _ cluster: ClusterID
    ) -> NodeStatus.Cluster? {
        circle.hosts[number].node.status(now: circle.now).clusters.first { $0.id == cluster }
    }

    @Test func nobodyKnowsTheOtherCluster() throws {
        let (circle, first, second) = try self.two()
        #expect(self.status(circle, 0, first)?.members == 3)
        #expect(self.status(circle, 0, second)?.members == 3)
        #expect(self.status(circle, 0, first)?.connected == 2)
        #expect(self.status(circle, 0, second)?.connected == 2)
        for (number, mine) in [(1, first), (2, first), (3, second), (4, second)] {
            let state = circle.hosts[number].store.state
            #expect(state.clusters.map(\.id) == [mine])
            #expect(state.relations.allSatisfy { $0.cluster == mine })
            #expect((state.records + state.endpointRecords).allSatisfy { $0.cluster == mine })
            #expect(self.status(circle, number, mine)?.connected == 2)
        }
        let memberships = circle.hosts[0].store.state.clusters.map(\.membership)
        #expect(memberships[0].member != memberships[1].member)
        #expect(memberships[0].signingKey != memberships[1].signingKey)
        #expect(memberships[0].agreementKey != memberships[1].agreementKey)
    }

    /// A code names four clusters at a time; who is in more finds the common one all the same.
    @Test(arguments: UInt64(1)...3)
    func theCommonOneOfManyIsFound(seed: UInt64) throws {
        var circle = Circle(["Ada", "Ben", "Cem"], seed: seed)
        for _ in 0..<6 {
            for one in [0, 1] {
                try circle.confirm(one, 2, intent: .private)
                circle.run(for: .seconds(3))
            }
        }
        // The common one is the last in the order of both.
        let former = circle.hosts[0].store.state.clusters.map(\.id)
        try circle.confirm(0, 1, intent: .private)
        circle.run(for: .seconds(10))
        let cluster = try #require(
            circle.hosts[0].store.state.clusters.map(\.id).first { !former.contains($0) })
        let before = try #require(try circle.relations(0, with: 1, cluster).first)
        try circle.confirm(0, 1)
        circle.run(for: .seconds(30))
        let after = try circle.relations(0, with: 1, cluster)
        #expect(after.count == 1)
        #expect(after.first?.phase == .trusted)
        #expect(after.first?.id != before.id)
        #expect(circle.hosts[0].store.state.clusters.count == 7)
        #expect(!circle.hosts[0].store.state.relations.contains { $0.phase != .trusted })
    }

    /// A peer of one cluster says nothing about the other that counts.
    @Test func framesOfTheOtherClusterAreIgnored() throws {
        var (circle, first, second) = try self.two()
        let store = circle.hosts[0].store
        let records = circle.hosts[3].store.state.records.map(\.bytes)
        let id = try #require(try circle.relations(1, with: 0, first).first?.id)
        let relation = try #require(circle.hosts[1].node.relations[id])
        let view = try #require(relation.sendingSession(circle.now.instant))
        let path = try #require(relation.path)
        let summary = GossipFrame.Summary(
            heads: noise(32, seed: 1), places: noise(16, seed: 2), epoch: 9)
        let count = circle.log.count
        for body in [.summary(summary), .goodbye] + records.map({ GossipFrame.Body.record($0) }) {
            let frame = Frame.gossip(GossipFrame(cluster: second, body: body))
            circle.act(1) { host, now, sent in
                host.carryOut(
                    .sendSealed(session: view.index, .frame, frame.bytes, to: path), now, &sent)
            }
        }
        let sent = circle.log.count - count
        while circle.deliverNext() {}
        #expect(circle.log.count == count + sent)
        #expect(circle.hosts[0].store == store)
    }

    /// Whoever leaves the one stays in the other.
    @Test func leavingOneLeavesTheOther() throws {
        var (circle, first, second) = try self.two()
        #expect(circle.request(0, .leave(first)) == .done)
        circle.run(for: .seconds(20))
        #expect(circle.hosts[0].store.state.clusters.map(\.id) == [second])
        #expect(self.status(circle, 0, second)?.connected == 2)
        #expect(self.status(circle, 1, first)?.members == 2)
        #expect(self.status(circle, 1, first)?.connected == 1)
    }

    /// With two to choose from the person has to say into which one a newcomer comes.
    @Test func thePersonSaysIntoWhichOne() throws {
        var (circle, first, second) = try self.two()
        var stranger = Pair(seed: 77)
        guard case .offered(_, let offer, _) = stranger.request(.alice, .offer(MeetingOptions()))
        else {
            Issue.record("no offer")
            return
        }
        let requests = [
            Request.answer(offer, MeetingOptions()), .offer(MeetingOptions(intent: .cluster)),
        ]
        for request in requests {
            guard case .refused(.mustChoose(let choice)) = circle.request(0, request) else {
                Issue.record("not asked")
                continue
            }
            #expect(choice.sorted() == [first, second].sorted())
        }
        #expect(
            circle.request(1, .answer(offer, MeetingOptions(cluster: second)))
                == .refused(.notFound))
    }
}
