// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What a helper remembers of who seeks whom, and what it relays (PROTOCOL.md §8.9).
@Suite struct RendezvousTests {
    private let one = Self.relation(1)
    private let other = Self.relation(2)
    private let third = Self.relation(3)
    private let tag = RendezvousTag(high: 1, low: 2)
    private let foreign = RendezvousTag(high: 3, low: 4)
    private let start = Instant(nanoseconds: 0)

    private static func relation(_ number: UInt64) -> RelationID {
        RelationID(high: 0, low: number)
    }

    /// A table in which both seek each other.
    private func matched() -> Rendezvous {
        var table = Rendezvous()
        _ = table.seek([self.tag], by: self.one, now: self.start)
        _ = table.seek([self.tag], by: self.other, now: self.start)
        return table
    }

    @Test func twoWhoSeekUnderOneTagAreFoundOnce() {
        var table = Rendezvous()
        let first = table.seek([self.foreign, self.tag], by: self.one, now: self.start)
        let second = table.seek([self.tag], by: self.other, now: self.start)
        let third = table.seek([self.tag], by: self.one, now: self.start + .milliseconds(4_999))
        let fourth = table.seek([self.tag], by: self.one, now: self.start + .seconds(5))
        #expect(first.isEmpty && third.isEmpty)
        #expect(second.map(\.tag) == [self.tag] && second.map(\.other) == [self.one])
        #expect(fourth.map(\.other) == [self.other])
    }

    @Test func whoeverDidNotSeekIsNobodysOther() {
        var table = Rendezvous()
        _ = table.seek([self.tag], by: self.one, now: self.start)
        _ = table.seek([self.foreign], by: self.other, now: self.start)
        #expect(table.others(than: self.one, of: self.tag, now: self.start).isEmpty)
        // Who knows the tag of others, and has not asked under it, gets nothing through.
        let both = self.matched()
        #expect(both.others(than: self.third, of: self.tag, now: self.start).isEmpty)
        #expect(both.others(than: self.one, of: self.tag, now: self.start) == [self.other])
    }

    @Test func whatIsSoughtIsForgottenAfterAMinuteAndAHalf() {
        let table = self.matched()
        let (last, over) = (self.start + .milliseconds(89_999), self.start + .seconds(90))
        #expect(table.others(than: self.one, of: self.tag, now: last) == [self.other])
        #expect(table.others(than: self.one, of: self.tag, now: over).isEmpty)
    }

    @Test func whoIsGoneSeeksNobody() {
        var table = self.matched()
        table.withdraw(self.other)
        #expect(table.others(than: self.one, of: self.tag, now: self.start).isEmpty)
    }

    @Test func aPeerHasSixtyFourTagsAtMost() {
        var table = Rendezvous()
        for number in 0..<10 {
            let tags = (0..<32).map { RendezvousTag(high: UInt64(number), low: $0) }
            _ = table.seek(tags, by: self.one, now: self.start)
        }
        #expect(!table.isExcessive(relationCount: 1))
        let (old, new) = (RendezvousTag(high: 7, low: 31), RendezvousTag(high: 8, low: 0))
        let lost = table.seek([old], by: self.other, now: self.start)
        let kept = table.seek([new], by: self.other, now: self.start)
        #expect(lost.isEmpty && kept.map(\.other) == [self.one])
    }

    @Test func whoPretendsToSeekTakesNobodysPlace() {
        var table = Rendezvous()
        for number in UInt64(10)..<30 {
            _ = table.seek([self.tag], by: Self.relation(number), now: self.start)
        }
        _ = table.seek([self.tag], by: self.one, now: self.start)
        _ = table.seek([self.tag], by: self.other, now: self.start)
        let others = table.others(than: self.one, of: self.tag, now: self.start)
        #expect(others.contains(self.other) && others.count < Limits.seekerCountMax)
        #expect(!table.isExcessive(relationCount: 22))
    }

    @Test func aPeerIsRelayedSixtyFourKibibytesAndThenHalfAsManyASecond() {
        var table = self.matched()
        func relays(_ count: Int, after seconds: Int) -> Int {
            (0..<count).count { _ in
                table.mayRelay(
                    self.tag, byteCount: 1_024, from: self.one,
                    now: self.start + .seconds(seconds))
            }
        }
        let counts = [relays(100, after: 0), relays(100, after: 1), relays(100, after: 60)]
        #expect(counts == [64, 32, 64])
    }

    @Test func allPeersTogetherHaveAQuotaToo() {
        var table = Rendezvous()
        let relayed = (0..<12).reduce(0) { sum, number in
            let peer = Self.relation(100 + UInt64(number))
            return sum
                + (0..<64).count { _ in
                    table.mayRelay(self.tag, byteCount: 1_024, from: peer, now: self.start)
                }
        }
        #expect(relayed == Limits.relayBurstOfAll / 1_024)
    }

    /// All pairs of a large cluster that have one helper, whoever else has it relay (seed 66394 of `cluster`).
    @Test func twoHundredFiftySixTagsAreRelayedAtOnce() {
        var table = Rendezvous()
        // Nobody has more than 64 of them.
        let peers = (1...10).map { Self.relation($0) }
        let tags = (0..<257).map { RendezvousTag(high: 9, low: $0) }
        for (number, tag) in tags.enumerated() {
            _ = table.seek([tag], by: peers[number / 64 * 2], now: self.start)
            _ = table.seek([tag], by: peers[number / 64 * 2 + 1], now: self.start)
        }
        func relays(_ number: Int, after seconds: Int) -> Bool {
            table.mayRelay(
                tags[number], byteCount: 100, from: peers[number / 64 * 2],
                now: self.start + .seconds(seconds))
        }
        let first = tags.indices.map { relays($0, after: 0) }
        #expect(first == [Bool](repeating: true, count: 256) + [false])
        let later = [relays(0, after: 59), relays(256, after: 60)]
        #expect(later == [true, true])
    }

    @Test func theFramesAreWhatThePageSays() {
        let tag = RendezvousTag(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10)
        let text = "0102030405060708090a0b0c0d0e0f10"
        let inner = [UInt8](repeating: 7, count: 20)
        let cases: [(Frame, [UInt8])] = [
            (.seek([tag]), hex("1001" + text)),
            (
                .found(tag, delay: .milliseconds(258), [at("192.0.2.1:41414")]),
                hex("11" + text + "0102" + "01" + "04c0000201a1c6")
            ),
            (.relay(tag, inner), hex("12" + text) + inner),
            (
                .sought(nonce: 258, [VeiledTag(high: tag.high, low: tag.low)]),
                hex("13" + "0000000000000102" + "01" + text)
            ),
        ]
        for (frame, bytes) in cases {
            #expect(frame.bytes == bytes)
            #expect(Frame(bytes) == frame)
        }
        let wrong = [
            hex("1300"), hex("13000000000000000100"), hex("13000000000000000102" + text),
            hex("1000"),
            hex("1021") + [UInt8](repeating: 0, count: 33 * 16), hex("1002" + text),
            hex("11" + text + "0102"), hex("12" + text) + inner.dropLast(),
            hex("12" + text) + [UInt8](repeating: 7, count: 1_184),
        ]
        for bytes in wrong { #expect(Frame(bytes) == nil) }
        #expect(Constants.relayedByteCountMax == 1_183)
    }

    @Test func whoMovesAllTheTimeCostsOthersNoMoreThanItsQuota() {
        var table = Rendezvous()
        func count(_ id: RelationID, _ now: Instant) -> Int {
            (0..<1_000).count { _ in table.mayTell(of: id, now: now) }
        }
        let counts = [
            count(self.one, self.start), count(self.one, self.start + .seconds(1)),
            count(self.other, self.start), count(self.third, self.start),
            count(Self.relation(4), self.start), count(Self.relation(5), self.start),
        ]
        #expect(counts[..<4] == [128, 8, 128, 128])
        // All of them together have a quota too.
        #expect(counts.reduce(0, +) <= 512 + 32)
    }

    @Test func bothSidesOfARelationHaveOneTag() throws {
        let schedule = KeySchedule(primitives: CryptoPrimitives())
        let psk = Secret([UInt8](repeating: 5, count: 32))
        let tags = [psk, psk, Secret([UInt8](repeating: 6, count: 32))].map {
            schedule.rendezvousTag(psk: $0)
        }
        #expect(tags[0] != nil && tags[0] == tags[1] && tags[0] != tags[2])
    }
}
