// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Cancel in every phase and on each side (PROTOCOL.md §8.4).
@Suite struct CancelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let situation: Situation
        let side: Pair.Side
        var testDescription: String { "\(self.side) in \(self.situation)" }
    }

    static let cases: [Case] = Situation.allCases.flatMap { situation in
        Pair.Side.allCases.map { Case(situation: situation, side: $0) }
    }.filter { !($0.situation == .offered && $0.side == .bob) && $0.situation != .trusted }

    private func isGone(_ pair: Pair, _ side: Pair.Side) -> Bool {
        pair[side].store.state.relations.isEmpty && pair[side].store.state.clusters.isEmpty
            && pair[side].node.status(now: pair.now).pairings.isEmpty
            && pair[side].gate.relations.isEmpty && pair[side].gate.sessions.isEmpty
    }

    /// All three 410s are lost; the tombstone tells whoever asks later.
    @Test(arguments: Self.cases)
    func theOtherLearnsItEvenWhenTheNoticesAreLost(test: Case) throws {
        var pair = try test.situation.reached()
        let id = try #require(pair.relation(test.side)?.id)
        let otherID = pair.relation(test.side.other)?.id
        let reply = pair.request(test.side, .cancel(id))
        guard !(test.situation == .halfTrusted && test.side == .alice) else {
            #expect(reply == .refused(.wrongPhase(.trusted)))
            return
        }
        #expect(reply == .done)
        #expect(self.isGone(pair, test.side))
        #expect(pair[test.side].store.state.tombstones.count == 1)
        #expect(pair[test.side].events.last == .pairingEnded(id, .cancelled))
        pair.run(for: .seconds(2)) { _ in false }
        pair.run(for: .seconds(70))
        if test.situation == .answered, test.side == .bob {
            // Alice never saw the answer: nothing of hers can tell her; her offer expires.
            #expect(pair.phase(.alice) == .offered)
            pair.run(for: .seconds(600))
        } else if let otherID {
            #expect(pair[test.side.other].events.contains(.pairingEnded(otherID, .cancelledByPeer)))
        }
        #expect(self.isGone(pair, test.side.other))
        #expect(self.isGone(pair, test.side))
        #expect(pair.request(test.side, .cancel(id)) == .refused(.notFound))
    }

    @Test(arguments: Self.cases.filter { $0.situation != .offered && $0.situation != .answered })
    func theNoticeGoesThreeTimesToAllEndpoints(test: Case) throws {
        var pair = try test.situation.reached()
        guard pair.phase(test.side) != .trusted else { return }
        let id = try #require(pair.relation(test.side)?.id)
        pair.request(test.side, .cancel(id))
        let sent = pair.record(for: .seconds(5)).filter {
            $0.sent.from == test.side.endpoint
        }
        #expect(sent.map(\.time) == [.zero, .milliseconds(500), .seconds(1)])
        #expect(sent.allSatisfy { $0.sent.to == test.side.other.endpoint })
        #expect(Set(sent.map(\.sent.bytes)).count == 1)
        let peer = try #require(pair.relation(test.side.other))
        #expect(sent.first.flatMap { envelope($0.sent.bytes) }?.pid == peer.ownPID)
        // The second and third one alone are enough too.
        pair.deliver(try #require(sent.last).sent)
        #expect(self.isGone(pair, test.side.other))
    }

    @Test func aTrustedRelationIsNotCancelled() throws {
        var pair = try Pair.trusted()
        for side in Pair.Side.allCases {
            let id = try #require(pair.relation(side)?.id)
            #expect(pair.request(side, .cancel(id)) == .refused(.wrongPhase(.trusted)))
        }
    }

    /// Confirmed both ways: no 410 counts any more, not even with the right token.
    @Test(arguments: Pair.Side.allCases)
    func afterTheConfirmationNoNoticeCounts(side: Pair.Side) throws {
        var pair = try Situation.connecting.reached()
        let token = try #require(pair.relation(side)?.cancelTokens?.peer?.exposedBytes())
        let pid = try #require(pair.relation(side)?.ownPID)
        pair.run(for: .seconds(10))
        try #require(pair.isEntangled)
        for named in [pid, nil] {
            let gone = EnvelopeWriter.gone(pid: named, token: token)
            pair.deliver(Host.Sent(bytes: gone, from: side.other.endpoint, to: side.endpoint))
        }
        #expect(pair.isEntangled)
        #expect(pair[side].store.state.tombstones.isEmpty)
    }

    /// Alice trusts at message 4; until Bob's first packet his Cancel still counts.
    @Test func untilTheConfirmationTheOthersCancelTakesTheClusterBack() throws {
        var pair = try Situation.halfTrusted.reached()
        #expect(pair.phase(.alice) == .trusted)
        #expect(pair.alice.store.state.clusters.count == 1)
        let bobID = try #require(pair.relation(.bob)?.id)
        pair.request(.bob, .cancel(bobID))
        pair.settle()
        #expect(self.isGone(pair, .alice))
        #expect(self.isGone(pair, .bob))
    }

    @Test func aTombstoneAnswersOnceInTenSecondsAndIsNeverLonger() throws {
        var pair = try Situation.connecting.reached()
        let id = try #require(pair.relation(.alice)?.id)
        pair.request(.alice, .cancel(id))
        pair.run(for: .seconds(2)) { _ in false }
        let question = try #require(
            pair.sent(Beginning.opening).first { $0.to == Pair.aliceEndpoint })
        var answers: [Int] = []
        for second in 0..<31 {
            pair.inFlight = []
            pair.deliver(question)
            for sent in pair.inFlight {
                answers.append(second)
                #expect(sent.to == question.from)
                #expect(sent.bytes.count <= question.bytes.count)
                #expect(envelope(sent.bytes)?.pid == nil)
            }
            pair.inFlight = []
            pair.advance(to: pair.now.instant + .seconds(1))
        }
        #expect(answers == [0, 10, 20, 30])
    }

    @Test func aTombstoneAnswersAfterARestartAndGoesAfterThirtyDays() throws {
        var pair = try Situation.connecting.reached()
        let id = try #require(pair.relation(.alice)?.id)
        pair.request(.alice, .cancel(id))
        let question = try #require(
            pair.sent(Beginning.opening).first { $0.to == Pair.aliceEndpoint })
        pair.advance(to: pair.now.instant + .seconds(29 * 86_400))
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        pair.inFlight = []
        pair.deliver(question)
        #expect(pair.inFlight.count == 1)
        pair.advance(to: pair.now.instant + .seconds(2 * 86_400))
        pair.act(.alice) { $0.handle(.timer, now: $1, sent: &$2) }
        pair.inFlight = []
        pair.deliver(question)
        #expect(pair.inFlight.isEmpty)
        #expect(pair.alice.store.state.tombstones.isEmpty)
    }

    /// Nothing else ever happens on this node: the proof of the Cancel goes all the same.
    @Test func aQuietNodeForgetsItsTombstoneInTime() throws {
        var pair = try Situation.answered.reached()
        let id = try #require(pair.relation(.bob)?.id)
        let end = pair.now.instant + .seconds(30 * 86_400)
        pair.request(.bob, .cancel(id))
        pair.run(for: .seconds(5)) { _ in false }
        #expect(pair.bob.node.deadline == end)
    }

    /// The wall clock alone decides nothing: the proof is kept for its thirty days.
    @Test func aClockSetForwardDoesNotEndATombstone() throws {
        var pair = try Situation.connecting.reached()
        pair.request(.alice, .cancel(try #require(pair.relation(.alice)?.id)))
        pair.run(for: .seconds(2)) { _ in false }
        pair.wallOffsets.alice = .seconds(315_360_000)
        pair.run(for: .seconds(70))
        #expect(self.isGone(pair, .bob))
        #expect(pair.alice.store.state.tombstones.count == 1)
    }

    @Test func aCancelledMeetingCanBeMadeAnew() throws {
        var pair = try Situation.timedOut.reached()
        for side in Pair.Side.allCases {
            pair.request(side, .cancel(try #require(pair.relation(side)?.id)))
        }
        pair.run(for: .seconds(2))
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(10))
        #expect(pair.isEntangled)
    }
}
