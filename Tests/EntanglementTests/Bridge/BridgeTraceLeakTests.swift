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

    /// An own address that peers in two networks see is told across: it must not matter there whether
    /// one of them is a member without a card.
    ///
    /// Ben is in the network of the other end then, so that a third one is the second voice. Compared
    /// is how many addresses of Anna and Ben stand in each datagram.
    @Test(arguments: [ThirdMember.silent, .busy], 1...3 as ClosedRange<UInt64>)
    func whoSeesAnAddressIsNotSeenAcross(third: ThirdMember, seed: UInt64) throws {
        let policy = BridgePolicy(.messages, addresses: true)
        var base = try BorderStory(seed: seed, primitives: StandInPrimitives(), policy: policy)
        base.measure = Self.placeCount
        let told = try [.absent, third].map { third in
            var story = base
            _ = try story.tell(third, quiet: .seconds(1))
            for (number, place) in [(1, Self.besideDora), (0, Self.elsewhere)] {
                story.circle.move(number, to: place)
                story.watch(for: .seconds(300))
            }
            return story.takePassages().map(\.timeless)
        }
        #expect(told[0].contains { $0.byteCount > 0 })
        #expect(Passage.difference(told[0], told[1]) == [])
    }

    private static let besideDora = Endpoint(address: .v4(0x1403_0009), port: 9_999)
    private static let elsewhere = Endpoint(address: .v4(0x1500_0009), port: 9_999)

    /// How often an address that Anna or Ben has, or will have, stands in it.
    private static func placeCount(_ sent: Host.Sent) -> Int {
        let places = [
            Circle.endpoint(of: 0), Circle.endpoint(of: 1), self.besideDora, self.elsewhere,
        ]
        let addresses = places.map(\.address.bytes)
        return sent.bytes.indices.count { position in
            addresses.contains { sent.bytes[position...].starts(with: $0) }
        }
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
        let bridge = try circle.bridge(0, 3)
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
