// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two who can reach each other by IPv4 and by IPv6, and of whom each has taken another way
/// (PROTOCOL.md §8.5).
@Suite struct CrossedPathsTests {
    private static let alice6 = at("[2001:db8:a::1]:41414")
    private static let bob6 = at("[2001:db8:b::2]:41414")

    /// What is in flight arrives after 20 ms, from the sender's place of the family that it was sent to.
    private func pass(_ pair: inout Pair, keep: (Host.Sent) -> Bool = { _ in true }) {
        let batch = pair.inFlight.filter(keep)
        pair.inFlight = []
        pair.advance(to: pair.now.instant + .milliseconds(20))
        for datagram in batch {
            switch datagram.to {
            case Self.bob6:
                pair.deliver(
                    Host.Sent(bytes: datagram.bytes, from: Self.alice6, to: Pair.bobEndpoint))
            case Self.alice6:
                pair.deliver(
                    Host.Sent(bytes: datagram.bytes, from: Self.bob6, to: Pair.aliceEndpoint))
            default: pair.deliver(datagram)
            }
        }
        for side in Pair.Side.allCases
        where pair[side].node.deadline.map({ $0 <= pair.now.instant }) ?? false {
            pair.act(side) { $0.handle(.timer, now: $1, sent: &$2) }
        }
    }

    private func path(_ pair: Pair, _ side: Pair.Side) -> Endpoint? {
        pair.relation(side).flatMap { pair[side].node.relations[$0.id]?.path }
    }

    /// Connected by IPv4, and then one of them by IPv6.
    private func crossed() throws -> Pair {
        var pair = try Pair.trusted()
        for _ in 0..<50 { self.pass(&pair) }
        let places = [
            (Pair.Side.alice, Pair.aliceEndpoint, Self.alice6),
            (.bob, Pair.bobEndpoint, Self.bob6),
        ]
        for (side, four, six) in places {
            let known = [
                Candidate(endpoint: four, kind: .lan), Candidate(endpoint: six, kind: .ipv6),
            ]
            pair.act(side) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        }
        for _ in 0..<100 { self.pass(&pair) }
        try #require(self.path(pair, .alice) == Pair.bobEndpoint)
        try #require(self.path(pair, .bob) == Pair.aliceEndpoint)
        // As after a session that was begun by that way.
        let id = try #require(pair.relation(.alice)?.id)
        var turn = pair.alice.node.turn(pair.now)
        pair.alice.node.update(id, &turn) { $0.move(to: Self.bob6, &$1) }
        return pair
    }

    private func moveCount(_ pair: Pair) -> Int {
        Pair.Side.allCases.reduce(0) { count, side in
            count
                + pair[side].events.count { if case .peerMoved = $0 { true } else { false } }
        }
    }

    /// Both send at one moment, each by its own way.
    @Test func waysThatCrossMeet() throws {
        var pair = try self.crossed()
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        }
        for _ in 0..<200 { self.pass(&pair) }
        #expect(self.path(pair, .alice)?.address.isIPv6 == self.path(pair, .bob)?.address.isIPv6)
        #expect(self.moveCount(pair) < 8)
    }
}
