// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// Everybody of a cluster gets another address at one moment, and one thing survives by which they find each
/// other: prefixes of IPv6, or the mapping of one router.
@Suite struct AllMoveTests {
    private static func simulation(
        _ places: [Place], seed: UInt64
    ) -> (simulation: Simulation, members: [MemberID]) {
        var simulation = Simulation(
            seed: seed, internet: .internet, defects: [], usesRealCryptography: false)
        simulation.people.areResolute = true
        let members = simulation.settle(places, seed: seed)
        simulation.run(until: Instant(nanoseconds: Duration.seconds(120).nanoseconds))
        return (simulation, members)
    }

    /// Whom a host is not connected with.
    private static func missing(
        _ id: HostID, _ members: [MemberID], in simulation: Simulation
    ) -> [Int] {
        members.indices.filter {
            $0 != id.number && !simulation.isConnected(id, with: members[$0])
        }
    }

    /// All routers forget everything and have other addresses of IPv4; the prefixes are as before.
    @Test(arguments: UInt64(1)...4) func prefixesOfIPv6Survive(seed: UInt64) {
        var (simulation, members) = Self.simulation(
            [.dualStack, .dualStack, .dualStack, .dualStack], seed: seed)
        let hosts = simulation.hosts.map(\.id)
        #expect(hosts.allSatisfy { Self.missing($0, members, in: simulation).isEmpty })
        let former = hosts.map { simulation.outerAddress(of: $0) }
        for id in hosts { simulation.plan(.strike(id, .restart(renumbers: true)), after: .zero) }
        simulation.run(until: simulation.now + .seconds(120))
        #expect(simulation.checker.violations.isEmpty)
        for id in hosts {
            #expect(simulation.outerAddress(of: id) != former[id.number])
            #expect(Self.missing(id, members, in: simulation) == [])
        }
    }

    /// Three move behind other routers that filter; the fourth one's router goes on letting everybody in at the
    /// port that it opened.
    @Test(arguments: UInt64(1)...4) func aRoutersMappingSurvives(seed: UInt64) {
        var (simulation, members) = Self.simulation(
            [.homeOpen, .home, .home, .home], seed: seed)
        let hosts = simulation.hosts.map(\.id)
        #expect(hosts.allSatisfy { Self.missing($0, members, in: simulation).isEmpty })
        let movers = hosts.dropFirst()
        for id in movers { simulation.settle(id, in: .home) }
        for id in movers { simulation.tellOfNetworks(id) }
        simulation.run(until: simulation.now + .seconds(120))
        #expect(simulation.checker.violations.isEmpty)
        for id in hosts { #expect(Self.missing(id, members, in: simulation) == []) }
    }

    /// Nothing survives: nobody finds anybody.
    @Test func whereNothingSurvivesAllAreLost() {
        var (simulation, members) = Self.simulation([.home, .home, .home], seed: 1)
        let hosts = simulation.hosts.map(\.id)
        #expect(hosts.allSatisfy { Self.missing($0, members, in: simulation).isEmpty })
        for id in hosts { simulation.settle(id, in: .home) }
        for id in hosts { simulation.tellOfNetworks(id) }
        simulation.run(until: simulation.now + .seconds(300))
        #expect(simulation.checker.violations.isEmpty)
        for id in hosts { #expect(Self.missing(id, members, in: simulation).count == 2) }
    }
}
