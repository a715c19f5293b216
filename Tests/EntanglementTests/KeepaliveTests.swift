// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// How long a path may rest (PROTOCOL.md §7.5).
@Suite struct KeepaliveTests {
    @Test func threeLateAnswersInARowShortenTheRest() {
        var keepalive = Keepalive()
        var intervals: [Duration] = []
        for sending in [1, 1, 0, 2, 1, nil, 1, 1, 1, 1, 1, 1, 1, 1, 1] {
            keepalive.note(answered: sending)
            intervals.append(keepalive.interval(of: .seconds(15)))
        }
        #expect(
            intervals.map { $0.nanoseconds / 1_000_000_000 }
                == [15, 15, 15, 15, 15, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])
    }

    @Test func aMeasuredRestIsShortenedTheSameWay() {
        var keepalive = Keepalive()
        var intervals: [Int64] = []
        for _ in 0..<18 {
            keepalive.note(answered: 1)
            intervals.append(keepalive.interval(of: .seconds(110)).nanoseconds / 1_000_000_000)
        }
        #expect(
            intervals
                == [110, 110, 66, 66, 66, 39, 39, 39, 23, 23, 23, 14, 14, 14, 9, 9, 9, 9])
    }

    /// When each endpoint called each other one.
    private typealias Calls = [[Endpoint]: Instant]

    /// Both routers let in whom their host called lately; how many packets they kept out.
    private func run(
        _ pair: inout Pair, seconds: Int, lapse: Duration, calledAt: inout Calls
    ) -> Int {
        var lateCount = 0
        for _ in 0..<(seconds * 10) {
            let now = pair.now.instant
            pair.run(for: .milliseconds(100)) { datagram in
                calledAt[[datagram.from, datagram.to]] = now
                let called = calledAt[[datagram.to, datagram.from]]
                let isIn = called.map { now - $0 < lapse } ?? false
                if !isIn { lateCount += 1;  }
                return isIn
            }
        }
        return lateCount
    }

    @Test func routersThatForgetAfterTwelveSeconds() throws {
        var pair = try Pair.trusted()
        var calls: Calls = [:]
        _ = self.run(&pair, seconds: 240, lapse: .seconds(12), calledAt: &calls)
        let intervals = try Pair.Side.allCases.map { side in
            try #require(pair[side].node.relations.values.first).keepalive
                .interval(of: .seconds(15))
        }
        #expect(intervals.min() == .seconds(9))
        // From now on nothing is swallowed any more, and nobody is unreachable.
        let count = pair.alice.events.count + pair.bob.events.count
        #expect(self.run(&pair, seconds: 600, lapse: .seconds(12), calledAt: &calls) == 0)
        #expect(pair.alice.events.count + pair.bob.events.count == count)
    }

    @Test func ordinaryRoutersKeepTheLongRest() throws {
        var pair = try Pair.trusted()
        var calls: Calls = [:]
        _ = self.run(&pair, seconds: 600, lapse: .seconds(20), calledAt: &calls)
        for side in Pair.Side.allCases {
            let relation = try #require(pair[side].node.relations.values.first)
            #expect(relation.keepalive == Keepalive())
        }
    }

    /// Anna looks for Ben by asking Carl again and again; what she sends him must not hide that he says
    /// nothing any more.
    @Test func whoIsAskedInVainIsNoticed() throws {
        let (anna, ben, carl) = (0, 1, 2)
        var circle = Circle(["Anna", "Ben", "Carl"])
        for host in [ben, carl] {
            try #require(circle.meet(anna, host) != nil)
            circle.run(for: .seconds(3))
        }
        circle.stopped = [ben]
        circle.run(for: .seconds(40))
        #expect(circle.peer(anna, "Ben")?.isConnected == false)
        #expect(circle.peer(anna, "Carl")?.isConnected == true)
        circle.stopped = [ben, carl]
        circle.run(for: .seconds(35))
        #expect(circle.peer(anna, "Carl")?.isConnected == false)
    }

    /// The word that a relation is over is said each second; it must not hide that nobody is there.
    @Test func whoIsForgottenInVainIsNoticed() throws {
        let (anna, ben) = (0, 1)
        var circle = Circle(["Anna", "Ben"])
        let met = circle.meet(anna, ben)
        let (id, _) = try #require(met)
        circle.run(for: .seconds(3))
        circle.stopped = [ben]
        circle.request(anna, .forget(id))
        circle.run(for: .seconds(25))
        #expect(circle.hosts[anna].node.relations[id]?.isConnected == false)
    }
}
