// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A member who did not agree leaves no trace on the other side (PROTOCOL.md §14.8).
///
/// One story is told several times, with a third member of "family" or without. Compared is every
/// datagram that anybody of "hackers" sends or gets, those between the two ends of the bridge among
/// them: when it was sent, to the nanosecond, from where, to where, and how long it is. Nothing of
/// that may differ. Which of the datagrams of one instant comes first is not compared: all
/// deadlines of one instant are one step here.
///
/// The hosts are behind routers that they know nothing of, nobody of "family" starts anew, and who
/// talks by the bridge has met its end: ``BridgeTraceLeakTests`` tell of others.
@Suite struct BridgeTraceTests {
    /// The third one joins the same circle, keys and all, and is one thing or another; then an hour
    /// is quiet.
    @Test(arguments: [(seed: UInt64(1), quiet: Duration.seconds(3_600)), (2, .seconds(600))])
    func whateverItDoesTheSamePassesTheBorder(seed: UInt64, quiet: Duration) throws {
        let base = try BorderStory(seed: seed)
        var without = base
        let expected = try without.tell(.absent, quiet: quiet)
        for third in ThirdMember.allCases where third != .absent {
            var with = base
            let told = try with.tell(third, quiet: quiet)
            #expect(expected.map(\.count) == told.map(\.count), "\(third)")
            for (one, other) in zip(expected, told) {
                #expect(one.count > 20)
                #expect(Passage.difference(one, other) == [], "\(third)")
            }
        }
    }

    /// The same where addresses may cross, and those with cards are in touch directly.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func norWhereAddressesCross(seed: UInt64) throws {
        let policy = BridgePolicy(.messages, addresses: true)
        let base = try BorderStory(seed: seed, policy: policy)
        var without = base
        let expected = try without.tell(.absent, quiet: .seconds(600))
        for third in ThirdMember.allCases where third != .absent {
            var with = base
            let told = try with.tell(third, quiet: .seconds(600))
            #expect(expected.map(\.count) == told.map(\.count), "\(third)")
            for (one, other) in zip(expected, told) {
                #expect(one.count > 20)
                #expect(Passage.difference(one, other) == [], "\(third)")
            }
        }
    }

    /// The same of one who was there before the bridge; all keys but the founders' are others then.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func whoWasThereBeforeIsNotSeenEither(seed: UInt64) throws {
        var without = try BorderStory(seed: seed)
        var with = try BorderStory(seed: seed, isThirdThere: true)
        for story in [without, with] {
            #expect(story.circle.record(2, story.family) != nil || story.third == nil)
        }
        without.watch(for: .seconds(600))
        with.watch(for: .seconds(600))
        let (expected, told) = (without.takePassages(), with.takePassages())
        #expect(expected.count > 1_000)
        #expect(expected.count == told.count)
        #expect(Passage.difference(expected, told) == [])
    }

    /// Nor by what others do meanwhile: both ends, and who talks by the bridge, are away or move.
    ///
    /// Those who look for each other wait a random time from one attempt to the next (5 s and up to
    /// 334 ms, 55 and up to 10 s), and another member uses up other random numbers. So until all
    /// are found again only the lengths are compared, and how many there are of each on each way;
    /// then all of it again, but for the times, since a session that was made later is renewed
    /// later.
    @Test(arguments: [ThirdMember.silent, .busy])
    func norByWhatOthersDo(third: ThirdMember) throws {
        let base = try BorderStory(seed: 3)
        let told = try [.absent, third].map { one in
            var story = base
            _ = try story.tell(one, quiet: .seconds(1))
            return story.tellOfOthers()
        }
        #expect(told[0].map(\.count) == told[1].map(\.count))
        for (one, other) in zip(told[0], told[1]) {
            #expect(one.count > 20)
            #expect(Passage.difference(one.map(\.timeless), other.map(\.timeless)) == [])
        }
    }

    /// A card that nobody agreed to is seen by the comparison: it can fail.
    @Test func aCardWithoutConsentIsATrace() throws {
        let base = try BorderStory(seed: 1) { number, configuration in
            if number == 2 { configuration.mutation = .cardWithoutConsent }
        }
        var (without, with) = (base, base)
        let expected = try without.tell(.absent, quiet: .seconds(1))
        let told = try with.tell(.silent, quiet: .seconds(1))
        #expect(Passage.difference(expected[0], told[0]) != [])
    }

    /// Nobody of "hackers" holds, is told or is sent anything of it: no id, key, name or address.
    ///
    /// Seals leave everything readable here, what is carried between two with cards too.
    @Test(arguments: ThirdMember.allCases.filter { $0 != .absent })
    func nothingOfItIsHeldOrSaid(third: ThirdMember) throws {
        var story = try BorderStory(seed: 4, primitives: StandInPrimitives())
        let given = try #require(
            story.circle.hosts[4].node.status(now: story.circle.now).foreignCards.first)
        let start = story.circle.log.count
        _ = try story.tell(third, quiet: .seconds(60))
        let needles = Needles(try #require(story.third).needles)
        // Somebody who has given a card is found by the same search.
        let control = Needles([given.id.bytes, Array("\(given.id)".utf8)])
        for number in 3...5 {
            let held = story.circle.held(by: number)
            #expect(!held.contains { needles.stand(in: $0) })
            #expect(held.contains { control.stand(in: $0) })
        }
        var isControlSent = false
        for sent in story.circle.log[start...] where BorderStory.isAtBorder(sent) {
            for part in [sent.bytes] + Needles.decoded(sent.bytes) {
                #expect(!needles.stand(in: part))
                isControlSent = isControlSent || control.stand(in: part)
            }
        }
        #expect(isControlSent)
        #expect(needles.count >= 20)
    }
}

extension BorderStory {
    /// The ends and who talks by the bridge move, or are away, one after the other; what passed the
    /// border in each part.
    fileprivate mutating func tellOfOthers() -> [[Passage]] {
        var parts: [[Passage]] = []
        // Not at a moment at which something is due anyway.
        self.watch(for: .seconds(3))
        _ = self.takePassages()
        for (number, address) in [(0, UInt32(0x1500_0009)), (1, 0x1501_0009)] {
            self.circle.move(number, to: Endpoint(address: .v4(address), port: 9_999))
            self.watch(for: .seconds(200))
            parts.append(self.takePassages())
        }
        for number in [3, 1, 4] {
            self.circle.stopped.insert(number)
            self.watch(for: .seconds(200))
            self.circle.stopped.remove(number)
            self.watch(for: .seconds(200))
            parts.append(self.takePassages())
        }
        return parts
    }
}
