// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A bridge ends by one of its ends, or by a majority of one of the clusters (PROTOCOL.md §14.4).
@Suite struct BridgeClosingTests {
    private func linked(seed: UInt64 = 1) throws -> (TwoClusters, BridgeID) {
        var clusters = try TwoClusters(seed: seed)
        let id = try clusters.bridge(0, 3)
        clusters.allow(.relaying, at: [0, 3], id)
        clusters.giveCards([1, 4])
        #expect(clusters.isConnected(1, with: "Emil"))
        return (clusters, id)
    }

    private func expectCut(_ clusters: TwoClusters, _ id: BridgeID) {
        for number in 0..<6 {
            let status = clusters.status(number)
            #expect(!status.bridges.contains { $0.isOpen }, "\(status.name)")
            #expect(status.foreignCards.isEmpty, "\(status.name)")
            let crossing = clusters.circle.hosts[number].store.state.relations.contains {
                if case .crossing? = $0.bond { true } else { false }
            }
            #expect(!crossing, "\(status.name)")
        }
    }

    @Test(arguments: [0, 3])
    func eitherEndCutsEverythingWithinTwoSeconds(closer: Int) throws {
        var (clusters, id) = try self.linked()
        let reply = clusters.circle.request(closer, .closeBridge(id))
        #expect(reply == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        self.expectCut(clusters, id)
    }

    @Test func forgettingTheOtherEndIsTheSame() throws {
        var (clusters, id) = try self.linked()
        let relation = try #require(clusters.status(3).bridges.first?.relation)
        #expect(clusters.circle.request(3, .forget(relation)) == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        self.expectCut(clusters, id)
    }

    /// In "hackers" two founders vote: both are needed.
    @Test func aMajorityOfOneClusterCloses() throws {
        var (clusters, id) = try self.linked()
        #expect(clusters.circle.request(4, .closeBridge(id)) == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        #expect(clusters.status(5).bridges.first?.isOpen == true)
        #expect(clusters.status(5).bridges.first?.closers.count == 1)
        #expect(clusters.circle.request(5, .closeBridge(id)) == .refused(.notVoter))
        #expect(clusters.circle.request(3, .closeBridge(id)) == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        self.expectCut(clusters, id)
    }

    /// Neither of the two who vote is an end: the votes alone close it.
    @Test func aMajorityWithoutAnEndCloses() throws {
        var (clusters, id) = try self.linked()
        try clusters.circle.confirm(1, 2)
        clusters.circle.run(for: .seconds(10))
        #expect(clusters.circle.request(1, .closeBridge(id)) == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        #expect(clusters.status(5).bridges.first?.isOpen == true)
        let voters = try [1, 2].map { try clusters.circle.member($0, clusters.family) }
        let votes = voters.map { Event.bridgeVoted(clusters.family, id, by: $0, isOn: true) }
        #expect(votes.map { clusters.circle.count(0, $0) } == [1, 0])
        #expect(clusters.circle.request(2, .closeBridge(id)) == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        self.expectCut(clusters, id)
        #expect(votes.map { clusters.circle.count(0, $0) } == [1, 1])
    }

    @Test func aClusterThatWantsNoneHasNone() throws {
        var (clusters, id) = try self.linked()
        for number in [0, 1] {
            let reply = clusters.circle.request(
                number, .forbidBridges(clusters.family, isOn: true))
            #expect(reply == .done)
        }
        clusters.circle.run(for: .milliseconds(1_900))
        self.expectCut(clusters, id)
        let options = MeetingOptions(intent: .bridge)
        #expect(
            clusters.circle.request(2, .offer(options))
                == .refused(.bridgesForbidden(clusters.family)))
        for number in [0, 1] {
            clusters.circle.request(number, .forbidBridges(clusters.family, isOn: false))
        }
        clusters.circle.run(for: .seconds(2))
        try clusters.bridge(2, 5)
        #expect(clusters.status(1).bridges.contains { $0.isOpen })
        for voter in try [0, 1].map({ try clusters.circle.member($0, clusters.family) }) {
            for isOn in [true, false] {
                let vote = Event.bridgeVoted(clusters.family, .all, by: voter, isOn: isOn)
                #expect(clusters.circle.count(2, vote) == 1)
            }
        }
    }

    @Test func everybodyIsToldWhatMayCross() throws {
        var (clusters, id) = try self.linked()
        for level in [BridgeLevel.messages, .cards] {
            clusters.allow(level, at: [0], id)
            clusters.circle.run(for: .seconds(3))
            let told = Event.bridgePolicyChanged(clusters.family, id, BridgePolicy(level))
            #expect((0..<3).map { clusters.circle.count($0, told) } == [1, 1, 1])
        }
    }

    /// What was told of bridges and cards is not told again at each start.
    @Test func aStartTellsNothingAgain() throws {
        var (clusters, id) = try self.linked()
        clusters.circle.request(0, .forbidBridges(clusters.family, isOn: true))
        clusters.circle.run(for: .seconds(2))
        let members = try [0, 1].map { try clusters.circle.member($0, clusters.family) }
        let card = try #require(clusters.status(2).foreignCards.first?.id)
        let events: [Event] = [
            .bridgeOpened(clusters.family, id, by: members[0]), .cardSeen(clusters.family, card),
            .bridgeVoted(clusters.family, .all, by: members[0], isOn: true),
        ]
        #expect(events.map { clusters.circle.count(2, $0) } == [1, 1, 1])
        clusters.circle.restart(2)
        clusters.circle.run(for: .seconds(20))
        #expect(clusters.status(2).bridges.first?.isOpen == true)
        #expect(events.map { clusters.circle.count(2, $0) } == [1, 1, 1])
    }

    @Test func anEndThatLeavesItsClusterClosesFirst() throws {
        var (clusters, id) = try self.linked()
        #expect(clusters.circle.request(0, .leave(clusters.family)) == .done)
        clusters.circle.run(for: .milliseconds(1_900))
        clusters.circle.run(for: .seconds(12))
        for number in 1..<6 {
            #expect(!clusters.status(number).bridges.contains { $0.isOpen })
            #expect(clusters.status(number).foreignCards.isEmpty)
        }
        _ = id
    }

    /// Who was away hears it when it comes back.
    @Test func whoWasAwayHearsIt() throws {
        var (clusters, id) = try self.linked()
        clusters.circle.stopped = [5]
        clusters.circle.run(for: .seconds(3))
        clusters.circle.request(0, .closeBridge(id))
        clusters.circle.run(for: .seconds(200))
        clusters.circle.stopped = []
        clusters.circle.restart(5)
        clusters.circle.run(for: .seconds(10))
        self.expectCut(clusters, id)
    }

    @Test func aLostWordIsSaidAgain() throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            var (clusters, id) = try self.linked(seed: seed)
            clusters.circle.request(0, .closeBridge(id))
            var generator = SeededGenerator(seed: seed)
            clusters.circle.run(for: .milliseconds(1_900)) { _ in
                Int.random(in: 0..<5, using: &generator) > 0
            }
            for number in 0..<3 {
                #expect(!clusters.status(number).bridges.contains { $0.isOpen })
            }
        }
    }
}
