// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Who leaves is gone everywhere (PROTOCOL.md §12.6).
@Suite struct GoodbyeTests {
    @Test func everybodyDropsWhoLeaves() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let gone = try circle.member(2, cluster)
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        try circle.expectOneCluster([0, 1, 3], cluster)
        for number in [0, 1, 3] {
            #expect(try circle.roster(number, cluster).member(gone)?.status == .left)
            // It is answered, if it has not heard that, and nothing else.
            #expect(!circle.isConnected(number, with: gone, cluster))
            let node = circle.hosts[number].node
            for id in node.ids where node.relations[id]?.record.member == gone {
                #expect(node.relations[id]?.duty == .farewell)
            }
            #expect(circle.count(number, .memberGone(cluster, gone, .left)) == 1)
        }
    }

    @Test func whoLeavesKeepsNoKeys() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let record = try #require(circle.record(2, cluster))
        let secrets =
            record.epochs.map(\.secret) + [
                record.membership.signingKey, record.membership.agreementKey,
            ]
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        #expect(circle.count(2, .clusterLost(cluster, .left)) == 1)
        let state = circle.hosts[2].store.state
        #expect(state.clusters.isEmpty && state.records.isEmpty && state.endpointRecords.isEmpty)
        #expect(state.relations.isEmpty)
        for secret in secrets {
            let bytes = String("\(secret.exposedBytes())".dropFirst().dropLast())
            #expect(!"\(circle.hosts[2].store)".contains(bytes))
        }
        #expect(circle.hosts[2].gate.relations.isEmpty)
    }

    /// Nobody is there to hear it: the word waits, over restarts too, and the keys with it.
    @Test func whoLeavesAloneSaysItLater() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let gone = try circle.member(2, cluster)
        circle.stopped = [0, 1]
        circle.run(for: .seconds(200))
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(30))
        #expect(circle.record(2, cluster)?.standing == .leaving)
        circle.restart(2)
        circle.run(for: .seconds(30))
        #expect(circle.record(2, cluster)?.standing == .leaving)
        #expect(circle.count(2, .clusterLost(cluster, .left)) == 0)
        circle.stopped = []
        circle.run(for: .seconds(120))
        #expect(circle.record(2, cluster) == nil)
        for number in [0, 1] {
            #expect(try circle.roster(number, cluster).member(gone)?.status == .left)
        }
        try circle.expectOneCluster([0, 1], cluster)
    }

    /// The last one has nobody to tell.
    @Test func theLastOneLeavesAtOnce() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        for number in [1, 2] {
            #expect(circle.request(number, .leave(cluster)) == .done)
            circle.run(for: .seconds(15))
        }
        #expect(try circle.roster(0, cluster).present.count == 1)
        #expect(circle.request(0, .leave(cluster)) == .done)
        #expect(circle.record(0, cluster) == nil)
        #expect(circle.request(0, .leave(cluster)) == .refused(.notFound))
    }

    /// In a cluster of more than two a member is not forgotten: it would come back by the records.
    @Test func aMemberOfALargerClusterIsNotForgotten() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        for other in [1, 2] {
            let id = try #require(try circle.relations(0, with: other, cluster).first?.id)
            #expect(circle.request(0, .forget(id)) == .refused(.inCluster(cluster)))
        }
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// All have heard it, and it has not heard them: it asks again, and is told.
    @Test func whoIsKilledWhileItLeavesIsToldLater() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let gone = try circle.member(2, cluster)
        let place = Circle.endpoint(of: 2)
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(2)) { $0.to != place }
        for number in [0, 1] {
            #expect(try circle.roster(number, cluster).member(gone)?.status == .left)
        }
        circle.restart(2)
        circle.run(for: .seconds(120))
        #expect(circle.record(2, cluster) == nil)
        #expect(circle.count(2, .clusterLost(cluster, .left)) == 1)
        try circle.expectOneCluster([0, 1], cluster)
    }

    /// Who left is not answered for ever.
    @Test func whoLeftIsForgottenAfterAWeek() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let gone = try circle.member(2, cluster)
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(15))
        circle.skip(.seconds(8 * 86_400))
        circle.run(for: .seconds(60))
        for number in [0, 1] {
            #expect(!circle.hosts[number].store.state.relations.contains { $0.member == gone })
        }
        try circle.expectOneCluster([0, 1], cluster)
    }

    /// Where nobody answers any more the word ends all the same.
    @Test func whoLeavesUnheardDoesNotWaitForEver() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        circle.stopped = [0, 1]
        circle.run(for: .seconds(200))
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.skip(.seconds(29 * 86_400))
        circle.run(for: .seconds(1))
        #expect(circle.record(2, cluster)?.standing == .leaving)
        circle.skip(.seconds(86_400))
        circle.restart(2)
        #expect(circle.record(2, cluster)?.standing == .leaving)
        circle.run(for: .seconds(3_700))
        #expect(circle.record(2, cluster) == nil)
        #expect(circle.count(2, .clusterLost(cluster, .left)) == 1)
    }
}
