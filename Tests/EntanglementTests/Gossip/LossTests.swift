// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What is lost, late or out of order delays members and nothing more (PROTOCOL.md §12.2).
@Suite struct LossTests {
    /// The newest packet always arrives first: records come before the founding's.
    @Test func recordsThatComeBeforeTheFoundingsAreAskedForAgain() throws {
        let archive = Archive(recordCount: 20)
        var circle = try archive.circle(held: 0)
        for _ in 0..<40 {
            while !circle.inFlight.isEmpty { circle.deliver(circle.inFlight.removeLast()) }
            circle.run(for: .milliseconds(50))
        }
        #expect(circle.recordCount(Archive.ben) == 21)
        #expect(circle.record(Archive.ben, archive.cluster)?.standing == .member)
    }

    /// Every summary of the first second is lost, whoever sends it.
    @Test(arguments: [0, 1])
    func aLostSummaryIsMadeGood(sender: Int) throws {
        let archive = Archive(recordCount: 20)
        var circle = try archive.circle(held: 5)
        let end = circle.now.instant + .milliseconds(300)
        circle.run(for: .milliseconds(300)) { sent in
            // 16 | 1 | 16 | 32 | 16 | 4 | 16 bytes.
            sent.bytes.count != 101 || sent.from != Circle.endpoint(of: sender)
        }
        #expect(circle.now.instant == end)
        circle.run(for: .seconds(150))
        #expect(circle.recordCount(Archive.ben) == 21)
    }

    /// Two who meet although one blocks the other have nothing to do with each other afterwards.
    @Test func whoIsBlockedAndMetHasNoRelation() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        #expect(circle.request(1, .block(cluster, ids[2], isOn: true)) == .done)
        circle.run(for: .seconds(5))
        try circle.meetAgain(1, 2)
        circle.run(for: .seconds(10))
        #expect(try circle.relations(1, with: 2, cluster).isEmpty)
        let left = try circle.relations(2, with: 1, cluster)
        #expect(left.contains { $0.epoch == 0 })
        #expect(left.allSatisfy { circle.hosts[2].node.relations[$0.id]?.duty == .mute })
        #expect(left.allSatisfy { circle.hosts[2].node.relations[$0.id]?.isConnected == false })
    }

    /// A newcomer says where it is as soon as it belongs to the cluster.
    @Test func aNewcomerPublishesWhereItIs() throws {
        let archive = Archive(recordCount: 20)
        var circle = try archive.circle(held: 0)
        // For two seconds no record arrives.
        circle.run(for: .seconds(2)) { $0.bytes.count < 150 || $0.bytes.first == 0x7b }
        #expect(circle.recordCount(Archive.ben) == 0)
        circle.run(for: .seconds(60))
        let live = circle.hosts[Archive.ben].node.live[0]
        let own = try #require(circle.record(Archive.ben, archive.cluster)).membership.member
        #expect(live.set?.whereabouts(of: own) != nil)
    }
}
