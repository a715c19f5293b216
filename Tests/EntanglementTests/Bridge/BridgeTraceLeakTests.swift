// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What tells of a member who did not agree, against "no packet between X and Y is longer, or sent,
/// because of it" (decision 22).
///
/// Compared is what ``BridgeTraceTests`` compares, of the same story.
@Suite struct BridgeTraceLeakTests {
    /// A port at which somebody got in uncalled needs no keepalives: the end of a bridge pings the
    /// other end no more from the moment on at which one of its own side comes from a new address.
    @Test func whoMovesEndsNoKeepaliveOfTheBridge() throws {
        let base = try BorderStory(seed: 1, isBehindRouters: false)
        let told = try Self.told(base, .busy, quiet: .seconds(300))
        #expect(Passage.difference(told.without, told.with) == [])
    }

    /// Whoever is reached directly is asked by turns to measure how long the router remembers, and
    /// what one shows holds for all paths.
    @Test func whoHelpsToMeasureChangesNothingAcross() throws {
        let base = try BorderStory(seed: 1) { number, configuration in
            configuration.measuresLifetime = number == 0
        }
        let told = try Self.told(base, .silent, quiet: .seconds(7_200))
        #expect(Passage.difference(told.without, told.with) == [])
    }

    /// Relations begin one after the other, 5 ms apart, in the order of their ids.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func aStartTellsNoNumber(seed: UInt64) throws {
        let base = try BorderStory(seed: seed)
        let told = try [ThirdMember.absent, .silent].map { third in
            var story = base
            _ = try story.tell(third, quiet: .seconds(3))
            story.circle.restart(0)
            story.watch(for: .seconds(2))
            return story.takePassages()
        }
        #expect(Passage.difference(told[0], told[1]) == [])
    }

    /// Whose place in the cluster is known by records alone has new keys in each epoch; a place "by
    /// that end" is that of one relation, so that all ways by an end whom nobody met are new when
    /// somebody leaves, and are tried.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func whoLeavesMakesNobodyPingAcross(seed: UInt64) throws {
        let base = try Self.strangers(seed)
        let told = [false, true].map { isLeaving in
            var circle = base.circle
            var count = circle.log.count
            if isLeaving { #expect(circle.request(2, .leave(base.family)) == .done) }
            return circle.watch(for: .seconds(300), since: &count) { sent in
                let places = [sent.from, sent.to]
                return places.contains(Circle.endpoint(of: 0))
                    && places.contains(Circle.endpoint(of: 3))
            }
        }
        #expect(told[0].count > 40)
        #expect(Passage.difference(told[0], told[1]) == [])
    }

    private static func told(
        _ base: BorderStory, _ third: ThirdMember, quiet: Duration
    ) throws -> (without: [Passage], with: [Passage]) {
        var (without, with) = (base, base)
        return (
            try without.tell(.absent, quiet: quiet).flatMap { $0 },
            try with.tell(third, quiet: quiet).flatMap { $0 }
        )
    }

    /// "family" of Anna, the end, and of those whom Gerd, 6, took in, who never met her.
    private static func strangers(_ seed: UInt64) throws -> (circle: Circle, family: ClusterID) {
        var circle = Circle(TwoClusters.names + ["Gerd"], seed: seed)
        let family = try circle.found(0, 6)
        for newcomer in [1, 2] { try circle.takeIn(newcomer, by: 6, into: family) }
        let hackers = try circle.found(3, 4)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2, 6], family)
        let options = MeetingOptions(intent: .bridge)
        guard case .offered(_, let offer, _) = circle.request(0, .offer(options)),
            case .answered(_, let answer, _) = circle.request(3, .answer(offer, options)),
            case .accepted = circle.request(0, .accept(answer))
        else { throw BridgeTestError() }
        circle.run(for: .seconds(4))
        let status = circle.hosts[0].node.status(now: circle.now)
        let bridge = try #require(status.bridges.first?.id)
        for number in [0, 3] {
            circle.request(number, .setBridge(bridge, BridgePolicy(.messages)))
        }
        circle.run(for: .seconds(2))
        for (number, cluster, other) in [(1, family, hackers), (4, hackers, family)] {
            let alias = ClusterAlias(of: other, CryptoPrimitives())
            let reply = circle.request(
                number, .giveCard(cluster, for: alias, over: bridge, .cardDefault))
            #expect(reply == .done)
        }
        for number in circle.hosts.indices {
            circle.act(number) { $0.handle(.ownCandidates([]), now: $1, sent: &$2) }
        }
        circle.run(for: .seconds(60))
        return (circle, family)
    }
}
