// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

/// Two people entangle: scenario A on two real cores and a network in memory.
@Suite struct EntanglementTests {
    @Test func twoPeopleTrustEachOtherAfterFourMessages() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.settle()
        let alice = try #require(pair.relation(.alice))
        let bob = try #require(pair.relation(.bob))
        #expect(alice.phase == .trusted)
        #expect(bob.phase == .trusted)
        #expect(alice.cluster == bob.cluster)
        #expect(alice.cluster != nil)
        #expect(alice.keys?.meeting == bob.keys?.meeting)
        #expect(alice.codes == nil)
        #expect(bob.codes == nil)
        #expect(alice.cancelTokens == nil)
        #expect(bob.cancelTokens == nil)
        let clusters = Pair.Side.allCases.map { pair[$0].store.state.clusters.map(\.id) }
        #expect(clusters[0] == clusters[1])
        #expect(pair.alice.store.state.clusters.first?.name == "Alice + Bob")
        #expect(pair.bob.store.state.clusters.first?.name == "Alice + Bob")
        let aliceStatus = pair.alice.node.status(now: pair.now)
        let bobStatus = pair.bob.node.status(now: pair.now)
        #expect(aliceStatus.peers.first?.safetyNumber == bobStatus.peers.first?.safetyNumber)
        #expect(aliceStatus.peers.first?.name == "Bob")
        #expect(aliceStatus.peers.first?.isConnected == true)
        #expect(bobStatus.peers.first?.isConnected == true)
        #expect(aliceStatus.peers.first?.echo == Pair.aliceEndpoint)
        #expect(bobStatus.peers.first?.echo == Pair.bobEndpoint)
    }

    @Test(arguments: 1...20)
    func messagesHaveTheSizesOfTheProtocol(seed: UInt64) throws {
        var pair = Pair(seed: seed)
        try #require(pair.meet() != nil)
        pair.settle()
        let texts = pair.log.map { String(decoding: $0.bytes, as: UTF8.self) }
        let opening = texts.filter { $0.hasPrefix("{\"request\":110,") }
        let response = texts.filter { $0.hasPrefix("{\"response\":200,\"request\":120,") }
        let founding = texts.filter { $0.hasPrefix("{\"response\":200,\"request\":130,") }
        let answer = texts.filter { $0.hasPrefix("{\"response\":200,\"pid\":") }
        #expect(!opening.isEmpty && opening.allSatisfy { $0.utf8.count == 512 })
        #expect(!response.isEmpty && response.allSatisfy { (509...512).contains($0.utf8.count) })
        #expect(!founding.isEmpty && founding.allSatisfy { $0.utf8.count <= 1_232 })
        let shortest = try #require(founding.map(\.utf8.count).min())
        #expect(!answer.isEmpty && answer.allSatisfy { $0.utf8.count <= shortest })
        #expect(pair.log.allSatisfy { $0.bytes.count <= 1_232 })
    }

    @Test(arguments: 1...40)
    func lossDelaysAndNothingMore(seed: UInt64) throws {
        var pair = Pair(seed: seed)
        var dice = SeededGenerator(seed: seed)
        let lost = (0..<100_000).map { _ in Int.random(in: 0..<100, using: &dice) < 50 }
        var count = 0
        try #require(pair.meet() != nil)
        var seen: [Host.Sent: Bool] = [:]
        pair.run(for: .seconds(60)) { sent in
            if let known = seen[sent] { return known }
            count += 1
            seen[sent] = !lost[count]
            return !lost[count]
        }
        let alice = try #require(pair.relation(.alice))
        let bob = try #require(pair.relation(.bob))
        #expect(alice.phase == .trusted)
        #expect(bob.phase == .trusted)
        #expect(alice.cluster == bob.cluster)
    }

    @Test func aPeerThatRestartsElsewhereIsFoundAgain() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.settle()
        pair.run(for: .seconds(1))
        pair.act(.bob) { host, now, sent in
            host.endpoint.port = 50_000
            host.restart(now: now, sent: &sent)
        }
        pair.run(for: .seconds(2))
        let peer = try #require(pair.alice.node.status(now: pair.now).peers.first)
        #expect(peer.isConnected)
        #expect(peer.path?.port == 50_000)
        #expect(pair.relation(.alice)?.endpoints.first?.port == 50_000)
    }

    @Test(arguments: 1...12, Pair.Side.allCases)
    func whoRestartsRightAfterTheHandshakeIsAnswered(seed: UInt64, side: Pair.Side) throws {
        var pair = Pair(seed: seed)
        try #require(pair.meet() != nil)
        pair.settle()
        pair.run(for: .milliseconds(500))
        pair.act(side) { host, now, sent in
            host.endpoint.port = 50_000
            host.restart(now: now, sent: &sent)
        }
        pair.run(for: .seconds(2))
        for asking in Pair.Side.allCases {
            let id = try #require(pair.relation(asking)?.id)
            pair.request(asking, .ping(id))
            pair.settle()
            guard case .pong = pair[asking].replies.last?.reply else {
                Issue.record("no pong for \(asking)")
                continue
            }
        }
    }

    @Test func whoAnswersWithUnknownIsMetWithinASecond() throws {
        var pair = Pair()
        let options = MeetingOptions(hosts: [])
        guard case .offered(_, let offer, _) = pair.request(.alice, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = pair.request(.bob, .answer(offer, options))
        else {
            Issue.record("no codes")
            return
        }
        pair.run(for: .milliseconds(7_300))
        pair.request(.alice, .accept(answer))
        pair.run(for: .seconds(1))
        #expect(pair.relation(.alice)?.phase == .trusted)
        #expect(pair.relation(.bob)?.phase == .trusted)
    }

    @Test func acceptingTheSameAnswerAgainChangesNothing() throws {
        var pair = Pair()
        let met = pair.meet()
        let answer = try #require(met).answer
        pair.settle()
        let id = try #require(pair.relation(.alice)?.id)
        let store = pair.alice.store
        #expect(pair.request(.alice, .accept(answer)) == .accepted(id))
        #expect(pair.alice.store == store)
    }

    @Test func aMovedPeerIsChallengedAndFollowed() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        let elsewhere = Endpoint(address: .v4(0xcb00_7109), port: 1_234)
        pair.act(.bob) { $0.move(to: elsewhere, now: $1, sent: &$2) }
        pair.run(for: .seconds(2))
        let peer = try #require(pair.alice.node.status(now: pair.now).peers.first)
        #expect(peer.path == elsewhere)
        let moved = Event.peerMoved(peer.id, from: Pair.bobEndpoint, to: elsewhere)
        #expect(pair.alice.events.contains(moved))
    }

    @Test func anHourOfKeepaliveKeepsBothConnected() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(3600))
        for side in Pair.Side.allCases {
            let status = pair[side].node.status(now: pair.now)
            #expect(status.peers.first?.isConnected == true)
            let losses = pair[side].events.filter {
                if case .peerUnreachable = $0 { true } else { false }
            }
            #expect(losses.isEmpty)
            #expect(status.counters.first { $0.name == "sessions" }.map { $0.count <= 6 } == true)
        }
    }

    @Test func aLostPeerIsUnreachableAndComesBack() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        pair.run(for: .seconds(600)) { _ in false }
        let lost = try #require(pair.alice.node.status(now: pair.now).peers.first)
        #expect(!lost.isConnected)
        pair.run(for: .seconds(70))
        let found = try #require(pair.alice.node.status(now: pair.now).peers.first)
        #expect(found.isConnected)
    }

    @Test func pingsAreAnswered() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        let id = try #require(pair.relation(.alice)?.id)
        pair.request(.alice, .ping(id))
        pair.settle()
        let reply = pair.alice.replies.last?.reply
        guard case .pong(let peer, _, let path) = reply else {
            Issue.record("no pong: \(String(describing: reply))")
            return
        }
        #expect(peer == id)
        #expect(path == .direct(Pair.bobEndpoint))
    }

    @Test func pingsWithoutAPeerFail() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        let id = try #require(pair.relation(.alice)?.id)
        pair.request(.alice, .ping(id))
        pair.run(for: .seconds(10)) { _ in false }
        #expect(pair.alice.replies.last?.reply == .noAnswer(id))
    }

    @Test func forgetEndsTheRelationOnBothSides() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        let id = try #require(pair.relation(.alice)?.id)
        let bobID = try #require(pair.relation(.bob)?.id)
        pair.request(.alice, .forget(id))
        pair.run(for: .seconds(2))
        #expect(pair.alice.store.state.relations.isEmpty)
        #expect(pair.bob.node.status(now: pair.now).peers.isEmpty)
        #expect(pair.bob.events.contains(.peerForgotten(bobID, byPeer: true)))
        pair.run(for: .seconds(90_000))
        #expect(pair.bob.store.state.relations.isEmpty)
    }

    /// Whoever shares a cluster can offer to meet a third person, for everything but a bridge.
    @Test func aThirdPersonIsOfferedEverythingButABridge() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        for intent in [Intent.auto, .cluster, .join, .private, .repair] {
            let reply = pair.request(.alice, .offer(MeetingOptions(intent: intent)))
            guard case .offered(_, let text, _) = reply else {
                Issue.record("\(intent): \(String(describing: reply))")
                continue
            }
            #expect(text.contains("\"totalPeers\":1,"))
        }
        var loner = Pair(seed: 9)
        let bridge = MeetingOptions(intent: .bridge)
        #expect(loner.request(.alice, .offer(bridge)) == .refused(.noCluster))
    }
}
