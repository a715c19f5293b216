// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Leaving, removing, blocking, and the secrets that go with it (PROTOCOL.md §12.3, §12.6).
@Suite("Leaving and removing")
struct LeavingTests {
    private func four() throws -> (Circle, ClusterID, [MemberID]) {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia"])
        let cluster = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(2))
        try circle.takeIn(3, by: 1, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
        return (circle, cluster, circle.hosts.map { $0.node.clusters[0].membership.member })
    }

    @Test("who leaves is gone everywhere, and keeps nothing; the others have a new secret")
    func leaving() throws {
        var (circle, cluster, _) = try self.four()
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(20))
        #expect(circle.hosts[2].store.state.clusters == [])
        #expect(circle.hosts[2].store.state.records == [])
        #expect(circle.hosts[2].store.state.relations == [])
        try circle.expectOneCluster([0, 1, 3], cluster)
        for number in [0, 1, 3] {
            #expect(circle.hosts[number].node.clusters[0].epochs.last?.number == 1)
        }
    }

    @Test("who leaves while nobody hears it says so as soon as somebody does")
    func leavingUnheard() throws {
        var (circle, cluster, _) = try self.four()
        circle.blocked = [(2, 0), (2, 1), (2, 3)]
        circle.run(for: .seconds(200))
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(60))
        #expect(circle.hosts[2].store.state.clusters.first?.standing == .leaving)
        circle.restart(2)
        circle.blocked = []
        circle.run(for: .seconds(200))
        #expect(circle.hosts[2].store.state.clusters == [])
        try circle.expectOneCluster([0, 1, 3], cluster)
    }

    @Test("whom a majority removes is refused at once, and knows it")
    func removing() throws {
        var (circle, cluster, members) = try self.four()
        // Cem was met by one voter alone: there are two voters.
        #expect(
            circle.request(0, .removeMember(cluster, members[2])) == .refused(.tooFewVoters))
        try circle.meetAgain(1, 2)
        circle.run(for: .seconds(5))
        #expect(circle.request(0, .removeMember(cluster, members[3])) == .done)
        circle.run(for: .seconds(1))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
        #expect(circle.request(1, .removeMember(cluster, members[3])) == .done)
        circle.run(for: .seconds(2))
        #expect(circle.hosts[3].store.state.clusters == [])
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
        #expect(circle.hosts[3].events.contains(.clusterLost(cluster, .removed)))
    }

    @Test("a block is personal, and can be taken back")
    func blocking() throws {
        var (circle, cluster, members) = try self.four()
        #expect(circle.request(2, .block(cluster, members[3], isOn: true)) == .done)
        circle.run(for: .seconds(5))
        func relations(_ number: Int, _ member: MemberID) -> Int {
            circle.hosts[number].store.state.relations.count { $0.member == member }
        }
        #expect(relations(2, members[3]) == 0)
        #expect(relations(3, members[2]) == 1)
        #expect(relations(0, members[3]) == 1)
        #expect(circle.request(2, .block(cluster, members[3], isOn: false)) == .done)
        circle.run(for: .seconds(20))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
    }

    @Test("who slept while the secret changed is heard by its old keys, and gets the new one")
    func sleeper() throws {
        var (circle, cluster, _) = try self.four()
        circle.stopped = [3]
        circle.run(for: .seconds(300))
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(20))
        // Only who was introduced is there when the sleeper wakes: whom it met is not.
        circle.stopped = [1]
        circle.restart(3)
        circle.run(for: .seconds(200))
        circle.stopped = []
        circle.run(for: .seconds(200))
        try circle.expectOneCluster([0, 1, 3], cluster)
    }
}
