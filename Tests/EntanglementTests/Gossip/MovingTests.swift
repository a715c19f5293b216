// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Members whose provider gives them another address, of which only their router tells them
/// (PROTOCOL.md §12.5).
@Suite struct MovingTests {
    private static func place(_ number: Int) -> Endpoint {
        Endpoint(address: .v4(0x1600_0001 + UInt32(number) << 16), port: 41_414)
    }

    /// Where a host's packets to another one go.
    private func path(
        _ one: Int, _ other: Int, _ circle: Circle, _ cluster: ClusterID
    ) throws -> Endpoint? {
        let id = try #require(try circle.relations(one, with: other, cluster).first?.id)
        return circle.hosts[one].node.relations[id]?.path
    }

    /// Two move at one moment, and each tells the other at its former place.
    ///
    /// The third, who stands still, passes on what both say, and nobody waits until the former place has not
    /// answered.
    @Test func twoWhoMovedCallEachOtherAtOnce() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Anna", "Ben", "Carla"])
        circle.run(for: .seconds(20))
        for number in [1, 2] { circle.renumber(number, to: Self.place(number)) }
        circle.run(for: .milliseconds(100))
        for (one, other) in [(1, 2), (2, 1)] {
            #expect(try self.path(one, other, circle, cluster) == Self.place(other), "\(one)")
        }
    }

    /// The first calls of two who moved may be lost, while a router still opens its port: they are repeated,
    /// and nobody waits until the former place is given up.
    @Test func aCallThatIsLostIsRepeated() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Anna", "Ben", "Carla"])
        circle.run(for: .seconds(20))
        for number in [1, 2] { circle.renumber(number, to: Self.place(number)) }
        let apart = Set([1, 2].map(Self.place))
        circle.run(for: .milliseconds(150)) { !apart.isSuperset(of: [$0.from, $0.to]) }
        for (one, other) in [(1, 2), (2, 1)] {
            #expect(try self.path(one, other, circle, cluster) != Self.place(other), "\(one)")
        }
        circle.run(for: .milliseconds(600))
        for (one, other) in [(1, 2), (2, 1)] {
            #expect(try self.path(one, other, circle, cluster) == Self.place(other), "\(one)")
        }
    }

    /// What was sent to the former place of somebody who moved is told again when it is seen at the new one.
    @Test func whoMovesMissesNoNews() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Anna", "Ben", "Carla"])
        circle.run(for: .seconds(20))
        // What is sent to Carla is lost until she knows that she moved.
        circle.renumber(2, to: Self.place(2), isTold: false)
        circle.renumber(1, to: Self.place(1))
        circle.run(for: .milliseconds(10))
        circle.renumber(2, to: Self.place(2))
        circle.run(for: .milliseconds(100))
        let ben = try circle.member(1, cluster)
        let held = try circle.live(2, cluster).set?.whereabouts(of: ben)
        #expect(held?.addresses.map(\.endpoint) == [Self.place(1)])
    }
}
