// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Several clusters and bridges, and members who have all moved (PROTOCOL.md §14.6, §14.7).
@Suite struct BridgeNetworkTests {
    /// Three clusters of two; bridges between the first and the second, the second and the third, and in a
    /// ring also between the third and the first.
    private func three(isRing: Bool) throws -> (circle: Circle, clusters: [ClusterID]) {
        var circle = Circle(["Anna", "Ben", "Carla", "Dora", "Emil", "Fritz"])
        var clusters: [ClusterID] = []
        for number in 0..<3 { clusters.append(try circle.found(2 * number, 2 * number + 1)) }
        for (one, other) in [(0, 2), (3, 4)] + (isRing ? [(5, 1)] : []) {
            _ = try circle.bridge(one, other)
        }
        for number in 0..<6 {
            let status = circle.hosts[number].node.status(now: circle.now)
            for bridge in status.bridges {
                if bridge.isOwn {
                    circle.request(number, .setBridge(bridge.id, BridgePolicy(.relaying)))
                }
                circle.request(
                    number,
                    .giveCard(bridge.cluster, for: bridge.alias, BridgePolicy(.relaying)))
            }
        }
        circle.run(for: .seconds(8))
        return (circle, clusters)
    }

    private func seen(by number: Int, _ circle: Circle) -> [String] {
        let status = circle.hosts[number].node.status(now: circle.now)
        return status.foreignCards.map(\.name).sorted()
    }

    /// In a chain nobody of one end hears of the other end.
    @Test func nothingCrossesTwoBridges() throws {
        let (circle, _) = try self.three(isRing: false)
        #expect(self.seen(by: 0, circle) == ["Carla", "Dora"])
        #expect(self.seen(by: 1, circle) == ["Carla", "Dora"])
        #expect(self.seen(by: 2, circle) == ["Anna", "Ben", "Emil", "Fritz"])
        #expect(self.seen(by: 4, circle) == ["Carla", "Dora"])
        for number in [0, 1] {
            let names = circle.hosts[number].store.state.relations.map(\.claimedName)
            #expect(!names.contains("Emil") && !names.contains("Fritz"))
        }
    }

    /// In a ring everybody sees the neighbours, and nothing goes round.
    @Test func nothingGoesRoundInARing() throws {
        var (circle, _) = try self.three(isRing: true)
        for number in 0..<6 {
            let own = [number / 2 * 2, number / 2 * 2 + 1]
            let others = ["Anna", "Ben", "Carla", "Dora", "Emil", "Fritz"].enumerated()
                .filter { !own.contains($0.offset) }.map(\.element)
            #expect(self.seen(by: number, circle) == others)
        }
        let before = circle.hosts.map { $0.node.tally.carried }
        circle.run(for: .seconds(60))
        for (number, host) in circle.hosts.enumerated() {
            #expect(host.node.tally.carried - before[number] < 400)
        }
    }

    /// In a large cluster an end stays connected with those whose cards cross its bridge, and they with it.
    @Test func whoTalksByABridgeStaysWithItsEnd() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.giveCards([1])
        let members = try (0..<3).map { try clusters.circle.member($0, clusters.family) }
        func partners(_ number: Int) throws -> Set<MemberID> {
            try clusters.circle.live(number, clusters.family).bridges
                .partners(of: members[number])
        }
        #expect(try (0..<3).map(partners) == [[members[1]], [members[0]], []])
        clusters.giveCards([0, 2])
        #expect(try partners(0) == [members[1], members[2]])
        #expect(clusters.circle.request(0, .closeBridge(id)) == .done)
        clusters.circle.run(for: .seconds(5))
        #expect(try (0..<3).map(partners) == [[], [], []])
    }

    /// Everybody of "family" moves at once: the end over there, which stood still, brings them together.
    @Test func anEndThatStoodStillBringsAllTogether() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, addresses: true, at: [0, 3], id)
        let policy = BridgePolicy(.messages, addresses: true)
        clusters.giveCards([0, 1, 2, 3, 4], policy)
        clusters.circle.run(for: .seconds(120))
        for number in [1, 2] {
            let relation = try #require(clusters.relation(number, with: "Dora"))
            let peer = clusters.status(number).peers.first { $0.id == relation }
            #expect(peer?.path == Circle.endpoint(of: 3))
        }
        clusters.circle.stopped = [0, 1, 2]
        clusters.circle.run(for: .seconds(200))
        clusters.circle.stopped = [0]
        for number in [1, 2] {
            clusters.circle.move(
                number, to: Endpoint(address: .v4(0x1600_0001 + UInt32(number) << 8), port: 4_000))
            clusters.circle.restart(number)
            clusters.circle.move(
                number, to: Endpoint(address: .v4(0x1600_0001 + UInt32(number) << 8), port: 4_000))
        }
        clusters.circle.run(for: .seconds(30))
        let member = try clusters.circle.member(2, clusters.family)
        #expect(clusters.circle.isConnected(1, with: member, clusters.family))
    }
}
