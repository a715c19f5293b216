// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Restored backups, wrong clocks, sleep, restarts (security review T17, T18, T19, T21).
@Suite struct RecoveryTests {
    static let ages: [Duration] = [.seconds(3_600), .seconds(86_400), .seconds(30 * 86_400)]
    static let jumps: [Duration] = [.seconds(315_360_000), .seconds(-315_360_000)]

    /// Lets time pass as when both computers sleep.
    private func sleep(_ pair: inout Pair, _ duration: Duration) {
        pair.advance(to: pair.now.instant + duration)
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.resumed, now: $1, sent: &$2) }
        }
    }

    private func restore(_ pair: inout Pair, _ side: Pair.Side, _ store: MemoryStore) {
        pair.act(side) { host, now, sent in
            host = Host(
                side == .alice ? "Alice" : "Bob", at: host.endpoint, store: store,
                primitives: CryptoPrimitives(), seed: 99, now: now, sent: &sent)
        }
    }

    /// Fails when an `n` of one direction, or a counter of one session, has two contents.
    private func expectNothingUsedTwice(_ pair: Pair) {
        var contents: [String: [UInt8]] = [:]
        var repeated: [String] = []
        for sent in pair.log {
            let name: String
            if sent.bytes.first == Constants.packetType {
                name = "session \(sent.bytes[4..<16])"
            } else {
                switch envelope(sent.bytes)?.kind {
                case .opening(_, let n):
                    name = "\(envelope(sent.bytes)?.pid?.description ?? "") n \(n)"
                case .founding(let to, let counter), .foundingAnswer(let to, let counter):
                    var writer = ByteWriter()
                    writer.put(to)
                    writer.put(counter)
                    name = "session \(writer.bytes[0..<12])"
                case .response, .refusal, .resync, .gone, nil: continue
                }
            }
            if let known = contents[name], known != sent.bytes { repeated.append(name) }
            contents[name] = sent.bytes
        }
        #expect(repeated.isEmpty)
        #expect(contents.count > 10)
    }

    @Test(arguments: Self.ages, Pair.Side.allCases)
    func aRestoredBackupFindsItsPeer(age: Duration, side: Pair.Side) throws {
        var pair = try Pair.trusted()
        pair.run(for: .seconds(300))
        let backup = pair[side].store
        self.sleep(&pair, age)
        pair.run(for: .seconds(300))
        try #require(pair.isEntangled)
        self.restore(&pair, side, backup)
        pair.run(for: .seconds(60))
        #expect(pair.isEntangled)
        self.expectNothingUsedTwice(pair)
    }

    /// The backup was made before the trust; the other has erased the codes long ago.
    @Test(
        arguments: Self.ages,
        [
            (Situation.connecting, Pair.Side.alice), (.connecting, .bob), (.founding, .bob),
            (.halfTrusted, .bob), (.halfTrusted, .alice), (.timedOut, .alice), (.timedOut, .bob),
        ])
    func aBackupFromBeforeTheTrustIsTrustedAgain(age: Duration, place: (Situation, Pair.Side))
        throws
    {
        var pair = try place.0.reached()
        let backup = pair[place.1].store
        if place.0 == .timedOut {
            pair.request(.alice, .retry(try #require(pair.relation(.alice)?.id)))
        }
        pair.run(for: .seconds(10))
        try #require(pair.isEntangled)
        let cluster = pair.relation(place.1)?.cluster
        self.sleep(&pair, age)
        pair.run(for: .seconds(10))
        self.restore(&pair, place.1, backup)
        // A pairing that was given up 30 days after its 90 seconds is gone, by the clock's word.
        let isGivenUp = place.0 == .timedOut && age >= .seconds(30 * 86_400)
        pair.run(for: .seconds(60))
        guard !isGivenUp else {
            #expect(pair.phase(place.1) == nil)
            return
        }
        #expect(pair.isEntangled)
        #expect(pair.relation(place.1)?.cluster == cluster)
        self.expectNothingUsedTwice(pair)
    }

    /// Backup and clock go back together: the peer's 409 leads on.
    @Test(arguments: Self.ages, Pair.Side.allCases)
    func aBackupWithItsOldClockFindsItsPeer(age: Duration, side: Pair.Side) throws {
        var pair = try Pair.trusted()
        pair.run(for: .seconds(300))
        let backup = pair[side].store
        self.sleep(&pair, age)
        pair.run(for: .seconds(300))
        if side == .alice {
            pair.wallOffsets.alice = .zero - age
        } else {
            pair.wallOffsets.bob = .zero - age
        }
        self.restore(&pair, side, backup)
        let count = pair.log.count
        pair.run(for: .seconds(60))
        #expect(pair.isEntangled)
        #expect(!pair.sent(Beginning.resync, after: count).isEmpty)
    }

    @Test(arguments: Situation.allCases, Self.jumps)
    func aClockThatJumpsLosesNobody(situation: Situation, jump: Duration) throws {
        for side in Pair.Side.allCases {
            for isNoticed in [false, true] {
                var pair = try situation.reached()
                if side == .alice {
                    pair.wallOffsets.alice = jump
                } else {
                    pair.wallOffsets.bob = jump
                }
                if isNoticed { pair.act(side) { $0.handle(.resumed, now: $1, sent: &$2) } }
                if situation == .offered || situation == .answered {
                    guard case .entangled = self.finish(&pair) else {
                        Issue.record("\(situation) \(side) \(jump)")
                        continue
                    }
                }
                pair.run(for: .seconds(61))
                #expect(pair.isEntangled, "\(situation) \(side) \(jump) \(isNoticed)")
                // And back again.
                pair.wallOffsets = (.zero, .zero)
                pair.act(side) { $0.handle(.resumed, now: $1, sent: &$2) }
                pair.run(for: .seconds(61))
                #expect(pair.isEntangled, "back: \(situation) \(side) \(jump)")
                self.expectNothingUsedTwice(pair)
            }
        }
    }

    private enum End { case entangled, refused }

    private func finish(_ pair: inout Pair) -> End {
        let offer = pair.relation(.alice)?.codes?.offer ?? []
        let reply = pair.request(
            .bob, .answer(String(decoding: offer, as: UTF8.self), MeetingOptions()))
        guard case .answered(_, let answer, _) = reply,
            case .accepted = pair.request(.alice, .accept(answer))
        else { return .refused }
        return .entangled
    }

    @Test(arguments: [Situation.connecting, .founding, .halfTrusted, .trusted], Self.jumps)
    func aRestartWithAWrongClockLosesNobody(situation: Situation, jump: Duration) throws {
        for side in Pair.Side.allCases {
            var pair = try situation.reached()
            if side == .alice { pair.wallOffsets.alice = jump } else { pair.wallOffsets.bob = jump }
            pair.act(side) { $0.restart(now: $1, sent: &$2) }
            pair.run(for: .seconds(60))
            #expect(pair.isEntangled, "\(situation) \(side) \(jump)")
            pair.wallOffsets = (.zero, .zero)
            pair.act(side) { $0.restart(now: $1, sent: &$2) }
            pair.run(for: .seconds(60))
            #expect(pair.isEntangled, "back: \(situation) \(side) \(jump)")
            self.expectNothingUsedTwice(pair)
        }
    }

    @Test(arguments: 1...20)
    func restartsAtAnyTimeUseNothingTwice(seed: UInt64) throws {
        var pair = Pair(seed: seed)
        var dice = SeededGenerator(seed: seed)
        try #require(pair.meet() != nil)
        for _ in 0..<30 {
            for _ in 0..<Int.random(in: 0...6, using: &dice) { pair.deliverNext() }
            let side: Pair.Side = Bool.random(using: &dice) ? .alice : .bob
            pair.act(side) { $0.restart(now: $1, sent: &$2) }
            pair.run(for: .milliseconds(Int.random(in: 0...400, using: &dice))) { _ in
                Int.random(in: 0..<3, using: &dice) > 0
            }
        }
        pair.run(for: .seconds(95))
        #expect(pair.isEntangled)
        #expect(pair.alice.store.state.clusters.count == 1)
        self.expectNothingUsedTwice(pair)
    }

    @Test func afterSleepAllSessionsAreNew() throws {
        var pair = try Pair.trusted()
        let old = Set(Pair.Side.allCases.flatMap { pair[$0].gate.sessions.keys })
        self.sleep(&pair, .seconds(7_200))
        #expect(Pair.Side.allCases.allSatisfy { pair[$0].gate.sessions.isEmpty })
        #expect(pair.peer(.alice)?.isConnected == false)
        pair.run(for: .seconds(2))
        #expect(pair.isEntangled)
        #expect(Pair.Side.allCases.allSatisfy { old.isDisjoint(with: pair[$0].gate.sessions.keys) })
    }
}
