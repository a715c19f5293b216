// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Repeated, crossing and stale first messages (PROTOCOL.md §5.3, §7.1).
@Suite struct SlotTests {
    private let elsewhere = at("203.0.113.77:7")

    /// Alice's first `count` attempts, of which nothing arrived yet, and the pair.
    private func attempts(_ count: Int) throws -> (pair: Pair, openings: [Host.Sent]) {
        var pair = try Situation.connecting.reached()
        let recorded = pair.record(for: .milliseconds(5_334 * count))
        var openings: [Host.Sent] = []
        for sent in recorded.map(\.sent)
        where sent.to == Pair.bobEndpoint && !openings.contains(where: { $0.bytes == sent.bytes }) {
            openings.append(sent)
        }
        pair.inFlight = []
        return (pair, Array(openings.prefix(count)))
    }

    private func answers(_ pair: inout Pair, to sent: Host.Sent) -> [Host.Sent] {
        pair.inFlight = []
        pair.deliver(sent)
        defer { pair.inFlight = [] }
        return pair.inFlight.filter { $0.from == Pair.bobEndpoint }
    }

    @Test func theSameQuestionGetsTheSameAnswerAtItsSource() throws {
        var (pair, openings) = try self.attempts(1)
        let first = self.answers(&pair, to: openings[0])
        #expect(first.map(\.to) == [Pair.aliceEndpoint])
        let store = pair.bob.store
        let again = self.answers(&pair, to: openings[0])
        let moved = self.answers(
            &pair,
            to: Host.Sent(bytes: openings[0].bytes, from: self.elsewhere, to: Pair.bobEndpoint))
        #expect(again == first)
        #expect(moved.map(\.bytes) == first.map(\.bytes))
        #expect(moved.map(\.to) == [self.elsewhere])
        #expect(pair.bob.store == store)
        #expect(pair.bob.gate.sessions.count == 1)
    }

    @Test func theFifthQuestionEndsTheOldestSlot() throws {
        var (pair, openings) = try self.attempts(5)
        let answers = openings.map { self.answers(&pair, to: $0) }
        #expect(answers.allSatisfy { $0.count == 1 })
        #expect(Set(answers.flatMap { $0 }.map(\.bytes)).count == 5)
        #expect(pair.bob.gate.sessions.count == 4)
        for index in 1..<5 { #expect(self.answers(&pair, to: openings[index]) == answers[index]) }
        let late = self.answers(&pair, to: openings[0])
        #expect(late.count == 1)
        #expect(late.allSatisfy { $0.bytes.starts(with: Beginning.resync.utf8) })
        pair.run(for: .seconds(10)) { _ in false }
        #expect(pair.bob.gate.sessions.isEmpty)
    }

    @Test func aConfirmedSlotIsNotTheFirstToGo() throws {
        var (pair, openings) = try self.attempts(5)
        let response = self.answers(&pair, to: openings[4])
        // Alice knows the newest attempt: she answers with message 3 and confirms that session.
        pair.deliver(try #require(response.first))
        let founding = try #require(pair.inFlight.first { $0.to == Pair.bobEndpoint })
        pair.inFlight = []
        pair.deliver(founding)
        let confirmed = pair.bob.gate.sessions.keys.sorted()
        #expect(confirmed.count == 1)
        #expect(pair.relation(.bob)?.peerPart != nil)
        pair.run(for: .seconds(1))
        #expect(pair.isEntangled)
        #expect(confirmed.allSatisfy { pair.bob.gate.sessions.keys.contains($0) })
    }

    @Test func aStaleQuestionGetsOneAnswerInThirtySeconds() throws {
        var pair = try Pair.trusted()
        let old = try #require(pair.sent(Beginning.opening).first { $0.to == Pair.bobEndpoint })
        pair.run(for: .seconds(20))
        var times: [Int] = []
        for second in 0...65 {
            let answers = self.answers(&pair, to: old)
            for answer in answers {
                times.append(second)
                #expect(answer.bytes.count <= old.bytes.count)
                guard case .opening(_, let n)? = envelope(old.bytes)?.kind,
                    case .resync(let question, let have)? = envelope(answer.bytes)?.kind
                else {
                    Issue.record("no 409")
                    continue
                }
                #expect(question == n)
                #expect(have >= n)
                #expect(have == pair.relation(.bob)?.acceptedCounter)
            }
            pair.run(for: .seconds(1))
        }
        #expect(times == [0, 30, 60])
    }

    @Test func anOldResyncDoesNotMoveTheCounter() throws {
        var pair = try Pair.trusted()
        let old = try #require(pair.sent(Beginning.opening).first { $0.to == Pair.bobEndpoint })
        let resync = try #require(self.answers(&pair, to: old).first)
        let store = pair.alice.store
        pair.deliver(resync)
        #expect(pair.alice.store == store)
        #expect(pair.inFlight.isEmpty)
    }

    /// Both open at once; whatever arrives in whatever order, both send on the same session.
    @Test(arguments: 1...40)
    func crossingHandshakesChooseTheSameSession(seed: UInt64) throws {
        var pair = try Pair.trusted(seed: seed)
        var dice = SeededGenerator(seed: seed)
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.resumed, now: $1, sent: &$2) }
        }
        for _ in 0..<1_000 where !pair.inFlight.isEmpty {
            pair.deliver(
                pair.inFlight.remove(at: Int.random(in: 0..<pair.inFlight.count, using: &dice)))
        }
        pair.run(for: .seconds(30))
        #expect(pair.isEntangled)
        let used = try Pair.Side.allCases.map { side in
            let host = pair[side]
            let id = try #require(pair.relation(side)?.id)
            let view = try #require(host.node.relations[id]?.sendingSession(pair.now.instant))
            return try #require(host.gate.sessions[view.index])
        }
        #expect(used[0].remoteIndex == used[1].index)
        #expect(used[1].remoteIndex == used[0].index)
        #expect(pair.sent(Beginning.opening).count >= 4)
    }

    /// The pairing's own crossing: both found, and one cluster comes of it.
    @Test(arguments: 1...40)
    func crossingFoundingsMakeOneCluster(seed: UInt64) throws {
        var pair = try Situation.timedOut.reached(seed: seed)
        var dice = SeededGenerator(seed: seed)
        for side in Pair.Side.allCases {
            pair.request(side, .retry(try #require(pair.relation(side)?.id)))
        }
        for _ in 0..<1_000 where !pair.inFlight.isEmpty {
            pair.deliver(
                pair.inFlight.remove(at: Int.random(in: 0..<pair.inFlight.count, using: &dice)))
        }
        pair.run(for: .seconds(1))
        #expect(pair.isEntangled)
        #expect(
            pair.alice.store.state.records.map(\.bytes)
                == pair.bob.store.state.records.map(\.bytes))
    }
}
