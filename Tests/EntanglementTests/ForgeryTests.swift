// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Whoever can only change, repeat and send packets changes nothing (security review T8 and T10).
@Suite struct ForgeryTests {
    /// All that must stay as it was.
    private struct Snapshot: Equatable {
        let states: [DurableState]
        let peers: [[NodeStatus.Peer]]
        let pairings: [[NodeStatus.Pairing]]
        let addresses: [[NodeStatus.OwnAddress]]
        let eventCounts: [Int]

        init(_ pair: Pair) {
            let statuses = Pair.Side.allCases.map { pair[$0].node.status(now: pair.now) }
            self.states = Pair.Side.allCases.map { pair[$0].store.state }
            self.peers = statuses.map(\.peers)
            self.pairings = statuses.map(\.pairings)
            self.addresses = statuses.map(\.addresses)
            self.eventCounts = Pair.Side.allCases.map { pair[$0].events.count }
        }
    }

    private static let situations: [Situation] = Situation.allCases

    /// One whole pairing with everything that can follow it: the attacker's recording.
    private func recording(seed: UInt64) throws -> [Host.Sent] {
        var pair = try Situation.timedOut.reached(seed: seed)
        pair.request(.alice, .retry(try #require(pair.relation(.alice)?.id)))
        pair.run(for: .seconds(40))
        let cancelled = try Situation.connecting.reached(seed: seed + 1)
        return Array(pair.log.suffix(300)) + cancelled.log
    }

    private func mutated(_ bytes: [UInt8], _ dice: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            let index = Int.random(in: 0..<bytes.count, using: &dice)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: bytes.remove(at: index)
            case 1: bytes.insert(UInt8.random(in: 0x20..<0x7f, using: &dice), at: index)
            case 2: bytes[index] = UInt8.random(in: 0x30..<0x3a, using: &dice)
            default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
            }
            if bytes.isEmpty { bytes = [0x7b] }
        }
        return bytes
    }

    @Test(arguments: Self.situations)
    func mutatedPacketsChangeNothing(situation: Situation) throws {
        var pair = try situation.reached(seed: 3)
        let recorded = pair.log + (try self.recording(seed: 3))
        let known = Set(recorded.map(\.bytes))
        let before = Snapshot(pair)
        let sentCount = pair.log.count
        var dice = SeededGenerator(seed: 3)
        var count = 0
        while count < 1_500 {
            let sample = recorded[Int.random(in: 0..<recorded.count, using: &dice)]
            let bytes = self.mutated(sample.bytes, &dice)
            guard !known.contains(bytes) else { continue }
            count += 1
            for side in Pair.Side.allCases {
                pair.deliver(Host.Sent(bytes: bytes, from: at("203.0.113.66:6"), to: side.endpoint))
            }
        }
        #expect(Snapshot(pair) == before)
        #expect(pair.log.count == sentCount)
    }

    @Test(arguments: 1...3)
    func replayedPacketsOfATrustedPairChangeNothing(seed: UInt64) throws {
        var pair = try Pair.trusted(seed: seed)
        pair.run(for: .seconds(200))
        var recorded = (pair.log + pair.log + pair.log)
        var dice = SeededGenerator(seed: seed)
        recorded.shuffle(using: &dice)
        let before = Snapshot(pair)
        let sentCount = pair.log.count
        for sent in recorded {
            pair.deliver(sent)
            pair.deliver(Host.Sent(bytes: sent.bytes, from: at("203.0.113.66:6"), to: sent.to))
            pair.deliver(Host.Sent(bytes: sent.bytes, from: sent.to, to: sent.from))
        }
        #expect(Snapshot(pair) == before)
        // A stale message 1 gets one 409 on each side, and nothing else gets anything.
        let answers = pair.log.dropFirst(sentCount)
        #expect(answers.count <= 2)
        #expect(answers.allSatisfy { $0.bytes.starts(with: Beginning.resync.utf8) })
        pair.inFlight = []
        pair.run(for: .seconds(60))
        #expect(pair.isEntangled)
    }

    @Test func replaysOfAFormerProcessChangeNothing() throws {
        var pair = try Pair.trusted()
        pair.run(for: .seconds(300))
        let recorded = pair.log
        for side in Pair.Side.allCases { pair.act(side) { $0.restart(now: $1, sent: &$2) } }
        pair.run(for: .seconds(2))
        try #require(pair.isEntangled)
        let before = Snapshot(pair)
        for sent in recorded { pair.deliver(sent) }
        #expect(Snapshot(pair) == before)
    }

    /// Whoever replays one old message 1 must not keep two peers from a new handshake.
    @Test func aStreamOfReplaysDoesNotLockOut() throws {
        var pair = try Pair.trusted()
        pair.run(for: .seconds(400))
        let openings = pair.sent(Beginning.opening)
        let old = try Pair.Side.allCases.map { side in
            try #require(openings.first { $0.to == side.endpoint })
        }
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.resumed, now: $1, sent: &$2) }
        }
        let recorded = pair.record(for: .seconds(60), keep: { _ in true }) { pair, sent in
            guard sent.bytes.starts(with: Beginning.opening.utf8) else { return }
            let genuine = pair.inFlight
            for replayed in old where replayed.to == sent.to {
                for _ in 0..<20 { pair.deliver(replayed) }
            }
            pair.inFlight = genuine
        }
        #expect(!recorded.isEmpty)
        #expect(pair.isEntangled)
    }

    /// Message 4 is a responder's: an initiator cannot skip what confirms it.
    @Test func messageFourOfAnInitiatorIsNothing() throws {
        var pair = try Situation.founding.reached()
        let part = try #require(pair.relation(.bob)?.peerPart)
        let content = FoundingAnswerContent(
            echo: Pair.bobEndpoint, signature: part.signature, name: "Alice", endpoints: [])
        let session = try #require(pair.alice.lastSession)
        var gate = pair.alice.gate
        let sealed = gate.apply(
            .sendSealed(session: session, .foundingAnswer, content.bytes, to: Pair.bobEndpoint),
            now: pair.now.instant)
        let before = Snapshot(pair)
        pair.deliver(
            Host.Sent(
                bytes: try #require(sealed), from: Pair.aliceEndpoint, to: Pair.bobEndpoint))
        #expect(Snapshot(pair) == before)
        #expect(pair.phase(.bob) == .connecting)
    }

    @Test func aForgedGoneOfEveryShapeIsNothing() throws {
        var pair = try Situation.connecting.reached()
        let before = Snapshot(pair)
        let alice = try #require(pair.relation(.alice))
        let bob = try #require(pair.relation(.bob))
        let ownToken = try #require(alice.cancelTokens?.own.exposedBytes())
        // Her own token does not cancel her own pairing, and his pid does not make it his.
        for pid in [nil, alice.ownPID, bob.ownPID] {
            let forged = EnvelopeWriter.gone(pid: pid, token: ownToken)
            pair.deliver(Host.Sent(bytes: forged, from: Pair.bobEndpoint, to: Pair.aliceEndpoint))
        }
        #expect(Snapshot(pair) == before)
    }
}
