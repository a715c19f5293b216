// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What a person does with a peer: forget, rename, compare (PROTOCOL.md §8.1).
@Suite struct PeerTests {
    private func isEmpty(_ pair: Pair, _ side: Pair.Side) -> Bool {
        pair[side].node.status(now: pair.now).peers.isEmpty
    }

    /// Nobody of the old cluster is left: that both are in it must not stop a new meeting.
    @Test func whoForgotEachOtherMayMeetAgain() throws {
        var pair = try Pair.trusted()
        let first = try #require(pair.relation(.alice)?.cluster)
        pair.request(.alice, .forget(try #require(pair.relation(.alice)?.id)))
        pair.run(for: .seconds(3))
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(3))
        for side in Pair.Side.allCases {
            let trusted = pair[side].store.state.relations.filter { $0.phase == .trusted }
            #expect(trusted.count == 1)
            #expect(trusted.first?.cluster != first)
            #expect(trusted.first?.problem == nil)
        }
    }

    @Test func forgetIsRepeatedUntilAcknowledged() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        let bobID = try #require(pair.relation(.bob)?.id)
        let cluster = try #require(pair.relation(.alice)?.cluster)
        pair.request(.alice, .forget(id))
        // Bob's acknowledgements are lost for ten minutes; sessions come and go meanwhile.
        pair.run(for: .seconds(600)) {
            $0.from != Pair.bobEndpoint || $0.bytes.first != Constants.packetType
        }
        #expect(pair.phase(.alice) == .forgetting)
        #expect(pair.peer(.alice)?.isForgetting == true)
        #expect(self.isEmpty(pair, .bob))
        #expect(pair.bob.events.count { $0 == .peerForgotten(bobID, byPeer: true) } == 1)
        pair.run(for: .seconds(70))
        #expect(pair.alice.store.state.relations.isEmpty)
        // A cluster of two is nothing without the other: it goes, and its keys with it.
        #expect(
            pair.alice.events.suffix(2) == [
                .peerForgotten(id, byPeer: false), .clusterLost(cluster, .left),
            ])
        #expect(pair.alice.store.state.clusters.isEmpty)
        #expect(pair.alice.store.state.records.isEmpty)
        pair.run(for: .seconds(86_401))
        #expect(pair.bob.store.state.relations.isEmpty)
        #expect(pair.bob.gate.relations.isEmpty)
    }

    @Test func bothForgetAtOnce() throws {
        var pair = try Pair.trusted()
        for side in Pair.Side.allCases {
            pair.request(side, .forget(try #require(pair.relation(side)?.id)))
        }
        pair.run(for: .seconds(3))
        #expect(Pair.Side.allCases.allSatisfy { self.isEmpty(pair, $0) })
        pair.run(for: .seconds(86_401))
        for side in Pair.Side.allCases {
            #expect(pair[side].store.state.relations.isEmpty)
            #expect(pair[side].gate.relations.isEmpty)
        }
    }

    @Test func forgetWhileTheOtherIsAwayIsKeptOverRestarts() throws {
        var pair = try Pair.trusted()
        pair.request(.alice, .forget(try #require(pair.relation(.alice)?.id)))
        pair.run(for: .seconds(30)) { _ in false }
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        #expect(pair.phase(.alice) == .forgetting)
        pair.run(for: .seconds(5))
        #expect(pair.alice.store.state.relations.isEmpty)
        #expect(self.isEmpty(pair, .bob))
    }

    @Test func whoIsForgottenIsNotAskedAnyMore() throws {
        var pair = try Pair.trusted()
        let bobID = try #require(pair.relation(.bob)?.id)
        pair.request(.alice, .forget(try #require(pair.relation(.alice)?.id)))
        pair.run(for: .seconds(3))
        for request in [
            Request.ping(bobID), .forget(bobID), .rename(bobID, "x"), .matched(bobID),
            .cancel(bobID), .retry(bobID),
        ] {
            #expect(pair.request(.bob, request) == .refused(.notFound))
        }
        let count = pair.log.count
        pair.run(for: .seconds(3_600))
        #expect(pair.log.count == count)
    }

    @Test func namesAreKeptAndRefusedWhenUnclean() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        #expect(pair.peer(.alice)?.name == "Bob")
        #expect(pair.request(.alice, .rename(id, "Bobby")) == .done)
        #expect(pair.peer(.alice)?.name == "Bobby")
        for name in ["a\nb", "\u{202e}x", String(repeating: "x", count: 65)] {
            #expect(pair.request(.alice, .rename(id, name)) == .refused(.badName))
        }
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        #expect(pair.peer(.alice)?.name == "Bobby")
        #expect(pair.request(.alice, .rename(id, "")) == .done)
        #expect(pair.peer(.alice)?.name == "Bob")
        #expect(
            pair.request(.alice, .rename(RelationID(high: 0, low: 0), "x")) == .refused(.notFound))
    }

    @Test func clustersAreRenamed() throws {
        var pair = try Pair.trusted()
        let cluster = try #require(pair.relation(.alice)?.cluster)
        #expect(pair.request(.alice, .renameCluster(cluster, "Home")) == .done)
        #expect(pair.alice.store.state.clusters.map(\.name) == ["Home"])
        #expect(pair.bob.store.state.clusters.map(\.name) == ["Alice + Bob"])
        #expect(pair.request(.alice, .renameCluster(cluster, "")) == .refused(.badName))
        let unknown = ClusterID(high: 0, low: 0)
        #expect(pair.request(.alice, .renameCluster(unknown, "x")) == .refused(.notFound))
    }

    @Test func aNameThatIsNotCleanIsNoName() throws {
        var pair = Pair { $0 = NodeConfiguration(name: "\u{202e}evil", allowsLoopback: false) }
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        let peer = try #require(pair.peer(.alice))
        #expect(peer.name == String(peer.id.description.prefix(8)))
    }

    @Test func theComparisonIsRemembered() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        #expect(pair.peer(.alice)?.matchedAt == nil)
        #expect(pair.peer(.alice)?.safetyNumber == pair.peer(.bob)?.safetyNumber)
        #expect(pair.request(.alice, .matched(id)) == .done)
        let wall = pair.now.wall
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        #expect(pair.peer(.alice)?.matchedAt == wall)
        #expect(pair.peer(.bob)?.matchedAt == nil)
    }

    @Test func whatNeedsAPeerIsRefusedToAPairing() throws {
        var pair = try Situation.connecting.reached()
        let id = try #require(pair.relation(.alice)?.id)
        for request in [Request.ping(id), .forget(id), .rename(id, "x"), .matched(id)] {
            #expect(pair.request(.alice, request) == .refused(.wrongPhase(.connecting)))
        }
        #expect(
            pair.request(.bob, .retry(try #require(pair.relation(.bob)?.id)))
                == .refused(.wrongPhase(.answered)))
    }

    /// Erased once trusted: nothing of the codes, salts and tokens is left in any stored field.
    @Test func nothingOfTheCodesIsLeft() throws {
        var pair = try Situation.connecting.reached()
        let codes = try #require(pair.relation(.alice)?.codes)
        pair.run(for: .seconds(5))
        for side in Pair.Side.allCases {
            let text = "\(pair[side].store)"
            let salt = try #require(codes.peerSalt)
            for secret in [
                codes.ownSalt.exposedBytes(), salt.exposedBytes(), codes.offer, codes.answer ?? [],
            ] {
                #expect(!text.contains(String("\(secret)".dropFirst().dropLast())))
            }
            let record = try #require(pair.relation(side))
            #expect(
                record.codes == nil && record.cancelTokens == nil && record.peerMemberKeys == nil)
        }
    }
}
