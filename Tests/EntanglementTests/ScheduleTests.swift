// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// When what is sent to whom (PROTOCOL.md §5.2, §8.2, §9).
@Suite struct ScheduleTests {
    private static let offsets: [Duration] = [0, 200, 400, 800, 1_600, 3_200].map {
        .milliseconds($0)
    }

    private func openings(_ recorded: [Recorded], from side: Pair.Side) -> [Recorded] {
        recorded.filter {
            $0.sent.from == side.endpoint && $0.sent.bytes.starts(with: Beginning.opening.utf8)
        }
    }

    /// The first sending of each byte string.
    private func attempts(_ openings: [Recorded]) -> [Recorded] {
        var seen: Set<[UInt8]> = []
        return openings.filter { seen.insert($0.sent.bytes).inserted }
    }

    private func gaps(_ attempts: [Recorded]) -> [Duration] {
        zip(attempts.dropFirst(), attempts).map { $0.time - $1.time }
    }

    @Test func connectingSendsOneByteStringSixTimesToAllHosts() throws {
        var pair = Pair()
        let hosts = [at("198.51.100.2:41414"), at("10.0.0.2:41414"), at("[2001:db8::2]:41414")]
        try #require(pair.meet(bob: MeetingOptions(hosts: hosts)) != nil)
        let openings = self.openings(pair.record(for: .seconds(90)), from: .alice)
        let attempts = self.attempts(openings)
        #expect(attempts.first?.time == .zero)
        let expected = attempts.flatMap { attempt in
            Self.offsets.flatMap { offset in
                hosts.map { host in
                    Recorded(
                        time: attempt.time + offset,
                        sent: Host.Sent(
                            bytes: attempt.sent.bytes, from: Pair.aliceEndpoint, to: host))
                }
            }
        }
        // The last attempt may be cut short by the end of the 90 seconds.
        #expect(openings == Array(expected.prefix(openings.count)))
        #expect(expected.count - openings.count < 18)
        let gaps = self.gaps(attempts)
        #expect(gaps.allSatisfy { $0 >= .seconds(5) && $0 <= .milliseconds(5_334) })
        #expect(Set(gaps).count > 10)
        #expect(gaps.count >= 16)
    }

    @Test func answeredTriesOnceInFiveSecondsUntilTheOfferEnds() throws {
        var pair = try Situation.answered.reached()
        let attempts = self.openings(pair.record(for: .seconds(599)), from: .bob)
        #expect(self.attempts(attempts) == attempts)
        #expect(self.gaps(attempts).allSatisfy { $0 >= .seconds(5) && $0 <= .milliseconds(5_334) })
        #expect(attempts.count >= 111)
        #expect(pair.phase(.bob) == .answered)
        _ = pair.record(for: .seconds(2))
        #expect(pair.phase(.bob) == .timedOut)
        #expect(pair.relation(.bob)?.problem == .timedOut)
    }

    /// About a minute between attempts, and never the same: two who are out of step behind routers that
    /// forget in less than a minute must not stay so.
    private func expectPatience(_ attempts: [Recorded]) {
        let gaps = self.gaps(attempts)
        #expect(gaps.allSatisfy { $0 >= .seconds(55) && $0 <= .seconds(65) })
        if let shortest = gaps.min(), let longest = gaps.max() {
            #expect(longest - shortest > .seconds(3))
        }
    }

    @Test func afterNinetySecondsOneAttemptAMinute() throws {
        var pair = try Situation.connecting.reached()
        let id = try #require(pair.relation(.alice)?.id)
        _ = pair.record(for: .milliseconds(89_999))
        #expect(pair.phase(.alice) == .connecting)
        _ = pair.record(for: .milliseconds(1))
        #expect(pair.phase(.alice) == .timedOut)
        #expect(pair.alice.events.contains(.pairingProblem(id, .timedOut)))
        let openings = self.openings(pair.record(for: .seconds(3_600)), from: .alice)
        #expect(self.attempts(openings) == openings)
        #expect((55...65).contains(openings.count))
        self.expectPatience(openings)
    }

    @Test func retryStartsTheOnlineStepAnew() throws {
        var pair = try Situation.timedOut.reached()
        let id = try #require(pair.relation(.alice)?.id)
        #expect(pair.request(.alice, .retry(id)) == .done)
        #expect(pair.phase(.alice) == .connecting)
        #expect(pair.relation(.alice)?.problem == nil)
        let openings = self.openings(pair.record(for: .milliseconds(3_200)), from: .alice)
        #expect(openings.map(\.time) == Self.offsets)
        _ = pair.record(for: .milliseconds(86_799))
        #expect(pair.phase(.alice) == .connecting)
        _ = pair.record(for: .milliseconds(1))
        #expect(pair.phase(.alice) == .timedOut)
    }

    @Test(arguments: Pair.Side.allCases)
    func theOtherGoesOnByItself(side: Pair.Side) throws {
        var pair = try Situation.timedOut.reached()
        pair.request(side, .retry(try #require(pair.relation(side)?.id)))
        pair.run(for: .seconds(1))
        #expect(pair.isEntangled)
    }

    @Test func withoutRetryTheyStillFindEachOther() throws {
        var pair = try Situation.timedOut.reached()
        pair.run(for: .milliseconds(60_400))
        #expect(pair.isEntangled)
    }

    @Test func aTimedOutPairingIsGivenUpAfterThirtyDays() throws {
        var pair = try Situation.timedOut.reached()
        let id = try #require(pair.relation(.alice)?.id)
        let expiresAt = try #require(pair.relation(.alice)?.expiresAt)
        // Almost the whole time passes while both are switched off.
        pair.advance(to: pair.now.instant + (expiresAt - pair.now.wall) + .seconds(-5))
        for side in Pair.Side.allCases { pair.act(side) { $0.restart(now: $1, sent: &$2) } }
        pair.run(for: .seconds(4)) { _ in false }
        #expect(pair.phase(.alice) == .timedOut)
        pair.run(for: .seconds(2)) { _ in false }
        #expect(pair.alice.store.state.relations.isEmpty)
        #expect(pair.alice.events.contains(.pairingEnded(id, .expired)))
        #expect(pair.alice.store.state.tombstones.count == 1)
    }

    @Test func message3IsSentSixTimesAndSealedAnewEachTime() throws {
        var pair = try Situation.connecting.reached()
        pair.request(.alice, .retry(try #require(pair.relation(.alice)?.id)))
        let recorded = pair.record(for: .milliseconds(4_900)) { sent in
            !sent.bytes.starts(with: Beginning.foundingAnswer.utf8)
                && !(sent.from == Pair.bobEndpoint
                    && sent.bytes.starts(with: Beginning.opening.utf8))
        }
        let foundings = recorded.filter { $0.sent.bytes.starts(with: Beginning.founding.utf8) }
        #expect(foundings.map(\.time) == Self.offsets)
        #expect(Set(foundings.map(\.sent.bytes)).count == 6)
        let counters = foundings.compactMap { recorded -> UInt64? in
            guard case .founding(_, let counter)? = envelope(recorded.sent.bytes)?.kind else {
                return nil
            }
            return counter
        }
        #expect(counters == [0, 1, 2, 3, 4, 5])
        let answers = recorded.filter { $0.sent.bytes.starts(with: Beginning.foundingAnswer.utf8) }
        #expect(answers.map(\.time) == Self.offsets)
    }

    @Test func aLostPeerIsSoughtEveryFiveSecondsThenEveryMinute() throws {
        var pair = try Pair.trusted(sharesRecords: false)
        pair.act(.alice) { $0.handle(.resumed, now: $1, sent: &$2) }
        let attempts = self.attempts(self.openings(pair.record(for: .seconds(600)), from: .alice))
        let eager = attempts.filter { $0.time < .seconds(90) }
        #expect(eager.first?.time == .zero)
        #expect((17...18).contains(eager.count))
        let slow = attempts.filter { $0.time >= .seconds(96) }
        #expect((7...10).contains(slow.count))
        self.expectPatience(slow)
    }

    @Test func aNewNetworkMakesTheSearchEagerAgain() throws {
        var pair = try Pair.trusted(sharesRecords: false)
        pair.act(.alice) { $0.handle(.resumed, now: $1, sent: &$2) }
        _ = pair.record(for: .seconds(600))
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        let attempts = self.attempts(self.openings(pair.record(for: .seconds(60)), from: .alice))
        #expect(attempts.first?.time == .zero)
        #expect((11...12).contains(attempts.count))
    }

    /// A wireless network that comes and goes: the endpoints that a peer named get no flood of it.
    @Test func aNetworkThatFlapsStartsHardlyMoreAttemptsThanACalmOne() throws {
        var pair = try Pair.trusted()
        pair.act(.alice) { $0.handle(.resumed, now: $1, sent: &$2) }
        var recorded: [Recorded] = []
        let start = pair.now.instant
        for _ in 0..<1_200 {
            pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
            let passed = pair.now.instant - start
            recorded += pair.record(for: .milliseconds(50)).map {
                Recorded(time: $0.time + passed, sent: $0.sent)
            }
        }
        let attempts = self.attempts(self.openings(recorded, from: .alice))
        #expect(attempts.first?.time == .zero)
        #expect((12...15).contains(attempts.count))
        #expect(self.gaps(attempts).allSatisfy { $0 >= .seconds(1) })
    }

    @Test func afterFifteenQuietSecondsAPing() throws {
        var pair = try Pair.trusted(sharesRecords: false)
        let recorded = pair.record(for: .seconds(60)) { _ in true }
        let packets = recorded.filter { $0.sent.bytes.first == Constants.packetType }
        #expect(packets.count == recorded.count)
        for side in Pair.Side.allCases {
            let times = packets.filter { $0.sent.from == side.endpoint }.map(\.time)
            let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
            #expect(gaps.allSatisfy { $0 <= .seconds(15) })
            #expect((4...8).contains(times.count))
        }
    }

    @Test func fiveProbesInThreeSecondsThenUnreachable() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        _ = pair.record(for: .seconds(20)) { _ in true }
        pair.request(.alice, .ping(id))
        let recorded = pair.record(for: .milliseconds(2_999)).filter {
            $0.sent.from == Pair.aliceEndpoint
        }
        let expected: [Duration] = [0, 200, 600, 1_200, 2_000].map { .milliseconds($0) }
        #expect(recorded.map(\.time) == expected)
        #expect(recorded.allSatisfy { $0.sent.bytes.first == Constants.packetType })
        #expect(pair.peer(.alice)?.isConnected == true)
        _ = pair.record(for: .milliseconds(1))
        #expect(pair.peer(.alice)?.isConnected == false)
        #expect(pair.alice.events.last == .peerUnreachable(id))
    }
}
