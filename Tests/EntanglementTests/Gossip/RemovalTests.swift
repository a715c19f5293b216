// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Who is removed by a majority is out at once (PROTOCOL.md §12.6).
@Suite struct RemovalTests {
    /// Ada took everybody in; Ben met Cem and Dia too, so that all four are voters.
    private func voters() throws -> (circle: Circle, cluster: ClusterID) {
        var (circle, cluster) = try Circle.cluster(
            of: ["Ada", "Ben", "Cem", "Dia"], apart: ["Eda"])
        for other in [2, 3] {
            try circle.meetAgain(1, other)
            circle.run(for: .seconds(5))
        }
        for number in 0..<4 {
            #expect(try circle.roster(number, cluster).members.count(where: \.isVoter) == 4)
        }
        return (circle, cluster)
    }

    @Test func aMajorityRemovesAndTheAccusedIsRefusedAtOnce() throws {
        var (circle, cluster) = try self.voters()
        let ids = try (0..<4).map { try circle.member($0, cluster) }
        #expect(circle.request(0, .removeMember(cluster, ids[3])) == .done)
        circle.run(for: .seconds(5))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
        for number in 0..<4 {
            #expect(
                circle.count(number, .removalProposed(cluster, ids[3], by: ids[0])) == 1)
        }
        // Two of three who are not accused: that is more than half.
        #expect(circle.request(1, .removeMember(cluster, ids[3])) == .done)
        #expect(circle.count(1, .removalVoted(cluster, ids[3], by: ids[1])) == 1)
        #expect(!circle.isConnected(1, with: ids[3], cluster))
        let peers = circle.hosts[1].node.status(now: circle.now).peers
        #expect(!peers.contains { $0.member == ids[3] })
        circle.run(for: .seconds(15))
        try circle.expectOneCluster([0, 1, 2], cluster)
        for number in 0..<3 {
            #expect(circle.count(number, .memberGone(cluster, ids[3], .removed)) == 1)
            #expect(try circle.roster(number, cluster).epochNumber == 1)
        }
        // It heard of it, or hears nothing any more; in both cases nobody answers.
        let row = circle.hosts[3].node.status(now: circle.now).clusters.first { $0.id == cluster }
        #expect((row?.connected ?? 0) == 0)
    }

    /// Who is away while it is removed comes back to nobody, and learns nothing of the new epoch.
    @Test func whoIsRemovedWhileAwayIsNotLetIn() throws {
        var (circle, cluster) = try self.voters()
        let ids = try (0..<4).map { try circle.member($0, cluster) }
        circle.stopped = [3]
        for number in [0, 1] {
            #expect(circle.request(number, .removeMember(cluster, ids[3])) == .done)
            circle.run(for: .seconds(5))
        }
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
        circle.stopped = []
        circle.restart(3)
        circle.run(for: .seconds(120))
        #expect(circle.record(3, cluster) == nil)
        for number in 0..<3 { #expect(!circle.isConnected(number, with: ids[3], cluster)) }
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    @Test func tooFewVotersRemoveNobody() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        // Cem met Ada alone, and has no vote.
        let reply = circle.request(0, .removeMember(cluster, ids[2]))
        #expect(reply == .refused(.tooFewVoters))
        #expect(circle.request(0, .removeMember(cluster, ids[0])) == .refused(.notFound))
    }

    /// The same again is no second vote.
    @Test func aVoteIsGivenOnce() throws {
        var (circle, cluster) = try self.voters()
        let accused = try circle.member(3, cluster)
        for _ in 0..<3 {
            #expect(circle.request(0, .removeMember(cluster, accused)) == .done)
            circle.run(for: .seconds(2))
        }
        let removals = try circle.roster(2, cluster).removals
        #expect(removals.count == 1)
        #expect(removals.first?.supporters == [try circle.member(0, cluster)])
        #expect(removals.first?.outcome == .open)
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
    }

    /// Whom the accused took in last goes along, if that is wanted.
    @Test(arguments: [true, false])
    func guestsGoAlongIfThatIsWanted(withGuests: Bool) throws {
        var (circle, cluster) = try self.voters()
        try circle.takeIn(4, by: 3, into: cluster)
        circle.run(for: .seconds(5))
        let (accused, guest) = (
            try circle.member(3, cluster), try circle.member(4, cluster)
        )
        for number in [0, 1] {
            let request = Request.removeMember(cluster, accused, withGuests: withGuests)
            #expect(circle.request(number, request) == .done)
            circle.run(for: .seconds(5))
        }
        let roster = try circle.roster(0, cluster)
        #expect(roster.removals.count == 1)
        #expect(roster.member(accused)?.status == .removed)
        #expect(roster.member(guest)?.status == (withGuests ? .removed : .present))
    }

    /// The same after a removal without them: they are removed one by one, and theirs with them.
    @Test func guestsGoAlongLater() throws {
        var (circle, cluster) = try self.voters()
        try circle.takeIn(4, by: 3, into: cluster)
        circle.run(for: .seconds(5))
        let (accused, guest) = (
            try circle.member(3, cluster), try circle.member(4, cluster)
        )
        for withGuests in [false, true] {
            for number in [0, 1] {
                let request = Request.removeMember(cluster, accused, withGuests: withGuests)
                #expect(circle.request(number, request) == .done)
                circle.run(for: .seconds(5))
            }
            let roster = try circle.roster(0, cluster)
            #expect(roster.member(accused)?.status == .removed)
            #expect(roster.member(guest)?.status == (withGuests ? .removed : .present))
        }
        let request = Request.removeMember(cluster, accused, withGuests: true)
        #expect(circle.request(0, request) == .refused(.notFound))
    }

    /// Who has no vote proposes nothing: it would be in everybody's records, and hold for nobody.
    @Test func whoHasNoVoteIsRefused() throws {
        var (circle, cluster) = try self.voters()
        try circle.takeIn(4, by: 0, into: cluster)
        circle.run(for: .seconds(5))
        let reply = circle.request(4, .removeMember(cluster, try circle.member(3, cluster)))
        #expect(reply == .refused(.notVoter))
        #expect(try circle.roster(4, cluster).removals.isEmpty)
    }

    /// A proposal by somebody who has no vote, or that voids more than was asked, gets none either.
    @Test(arguments: [Removal.keepsAll, 0])
    func whatCannotHoldTakesNoVotes(kept: UInt32) throws {
        var (circle, cluster) = try self.voters()
        try circle.takeIn(4, by: 0, into: cluster)
        circle.run(for: .seconds(5))
        let accused = try circle.member(3, cluster)
        let author = kept == 0 ? 2 : 4
        try circle.say(
            .remove(Removal(accused: accused, kept: kept)), by: author, cluster, to: [0, 1])
        circle.run(for: .seconds(5))
        for number in [0, 1] {
            #expect(circle.request(number, .removeMember(cluster, accused)) == .done)
            circle.run(for: .seconds(5))
        }
        let roster = try circle.roster(0, cluster)
        #expect(roster.member(accused)?.status == .removed)
        #expect(roster.removals.count == 2)
        #expect(roster.removals.count { $0.outcome == .inEffect } == 1)
    }

    /// Whoever is removed hears nothing of where the others are, though its address changes while it asks why.
    @Test func whoIsRemovedLearnsNothingByMoving() throws {
        var (circle, cluster) = try self.voters()
        let ids = try (0..<4).map { try circle.member($0, cluster) }
        circle.stopped = [3]
        for number in [0, 1] {
            #expect(circle.request(number, .removeMember(cluster, ids[3])) == .done)
            circle.run(for: .seconds(5))
        }
        circle.run(for: .seconds(20))
        circle.stopped = [1, 2, 3]
        circle.run(for: .seconds(200))
        circle.stopped = [1, 2]
        let id = try #require(
            circle.hosts[0].node.relations.values.first { $0.record.member == ids[3] }?.id)
        // It does not want to hear why: nothing long comes to it but handshakes.
        func comes(_ sent: Host.Sent) -> Bool {
            sent.from != Circle.endpoint(of: 0) || sent.bytes.first == UInt8(ascii: "{")
                || sent.bytes.count < 100
        }
        circle.restart(3)
        circle.run(for: .seconds(1), keep: comes)
        let isHeard = circle.hosts[0].node.relations[id]?.isConnected ?? false
        #expect(isHeard)
        let own = try #require(
            circle.hosts[3].node.ids.first {
                circle.hosts[3].node.relations[$0]?.record.member == ids[0]
            })
        var told = 0
        for place in 20..<24 {
            circle.renumber(3, to: Circle.endpoint(of: place), isTold: false)
            circle.request(3, .ping(own))
            for _ in 0..<50 {
                circle.inFlight.removeAll { !comes($0) }
                guard circle.deliverNext() else { break }
                for case .sendSealed(_, _, let bytes, _) in circle.hosts[0].lastOutputs
                where bytes.first == 25 {
                    told += 1
                }
            }
            let path = circle.hosts[0].node.relations[id]?.path
            #expect(path == Circle.endpoint(of: place))
        }
        #expect(told == 0)
    }
}
