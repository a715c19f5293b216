// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// The way of packets through LANs, routers and carriers.
@Suite struct NetworkTests {
    @Test func hostsOfOneLANReachEachOtherDirectly() {
        let world = NetworkFixture()
        let one = world.host(in: .home)
        let other = world.host(besides: one)
        #expect(world.network(of: one) == world.network(of: other))
        #expect(world.endpoint(of: one) != world.endpoint(of: other))
        let target = world.endpoint(of: other)
        #expect(world.source(from: one, to: target) == world.endpoint(of: one))
    }

    /// Two LANs have the same private addresses: who calls one reaches whoever has it in the own LAN.
    @Test func aPrivateAddressMeansTheOwnLAN() throws {
        let world = NetworkFixture()
        let one = world.host(in: .home)
        let neighbor = world.host(besides: one)
        let own = world.endpoint(of: neighbor)
        var stranger: HostID?
        for _ in 0..<400 where stranger == nil {
            let candidate = world.host(besides: world.host(in: .home))
            if world.endpoint(of: candidate) == own { stranger = candidate }
        }
        let found = try #require(stranger)
        #expect(world.receiver(from: one, to: world.endpoint(of: found)) == neighbor)
    }

    @Test func anAddressThatNobodyInTheLANHasNeedsNoRouter() throws {
        let world = NetworkFixture()
        let one = world.host(in: .symmetric)
        let subnet = try #require(world.simulation.hosts[0].interfaces[0].subnet)
        let target = Endpoint(address: subnet.address(200), port: 41_414)
        #expect(world.fate(from: one, to: target) == .noRoute)
        let nat = try #require(world.simulation.network.nat(of: world.network(of: one)))
        #expect(world.simulation.network.nats[nat].mappingCount == 0)
    }

    /// The outer endpoint of a host behind routers, as a public host sees it.
    private func outer(_ world: NetworkFixture, _ id: HostID) throws -> Endpoint {
        let watcher = world.host(in: .publicHost)
        return try #require(world.source(from: id, to: world.endpoint(of: watcher)))
    }

    @Test func aHairpinNeedsARouterThatMakesIt() throws {
        let world = NetworkFixture()
        for place in [Place.homeHairpin, .home] {
            let one = world.host(in: place)
            let other = world.host(besides: one)
            let target = try self.outer(world, other)
            let own = try self.outer(world, one)
            // The filter takes the outer source for a stranger's, until the other has called it too.
            let first = world.fate(from: one, to: target)
            #expect(first == (place == .home ? .hairpin : .filtered))
            _ = world.send(from: other, to: own)
            let source = world.source(from: one, to: target)
            #expect(source == (place == .home ? nil : own))
        }
    }

    @Test func aRouterThatLetsEverybodyInTurnsHairpinsAtOnce() throws {
        let world = NetworkFixture()
        let one = world.host(in: .fullCone)
        let other = world.host(besides: one)
        let target = try self.outer(world, other)
        let own = try self.outer(world, one)
        #expect(world.source(from: one, to: target) == own)
    }

    @Test func aCarriersCustomerPassesTwoRouters() throws {
        let world = NetworkFixture()
        let one = world.host(in: .carrier)
        let watcher = world.host(in: .publicHost)
        let home = world.network(of: one)
        let carrier = try #require(world.simulation.network.outer(of: home))
        #expect(world.simulation.network.kind(of: carrier) == .carrier)
        let seen = try #require(world.source(from: one, to: world.endpoint(of: watcher)))
        let nat = try #require(world.simulation.network.nat(of: carrier))
        let homeNAT = try #require(world.simulation.network.nat(of: home))
        #expect(seen.address == world.simulation.network.nats[nat].outer)
        #expect(world.simulation.network.nats[homeNAT].outer.isPrivate)
        #expect(world.receiver(from: watcher, to: seen) == one)
        let stranger = world.host(in: .publicHost)
        #expect(world.fate(from: stranger, to: seen) == .filtered)
    }

    @Test func twoCustomersOfACarrierMeetInsideItAlone() throws {
        let world = NetworkFixture()
        let one = world.host(in: .mobile)
        var other = world.host(in: .mobile)
        for _ in 0..<1_000 where world.network(of: one) != world.network(of: other) {
            other = world.host(in: .mobile)
        }
        #expect(world.receiver(from: one, to: world.endpoint(of: other)) == other)
        let target = try self.outer(world, other)
        #expect(world.fate(from: one, to: target) == .hairpin)
    }

    @Test func aFirewallLetsAnswersIn() {
        let world = NetworkFixture()
        let one = world.host(in: .v6Firewall)
        let neighbor = world.host(besides: one)
        let other = world.host(in: .dualStack)
        #expect(world.endpoint(of: one).address.isIPv6)
        #expect(world.receiver(from: one, to: world.endpoint(of: neighbor)) == neighbor)
        let target = world.endpoint(of: other, 1)
        #expect(world.fate(from: one, to: target) == .filtered)
        #expect(world.receiver(from: other, to: world.endpoint(of: one)) == one)
        #expect(world.receiver(from: one, to: target) == other)
        let old = world.host(in: .home)
        #expect(world.fate(from: one, to: world.endpoint(of: old)) == .noRoute)
    }

    @Test func theGatewaysAddressIsTheRouterItself() throws {
        let world = NetworkFixture()
        let one = world.host(in: .home)
        let subnet = try #require(world.simulation.hosts[0].interfaces[0].subnet)
        let inward = world.send(from: one, to: Endpoint(address: subnet.gateway, port: 5_351))
        guard case .router(let number, let packet) = inward else {
            Issue.record("\(inward)")
            return
        }
        #expect(world.simulation.network.routers[number].inner == world.network(of: one))
        #expect(packet.source == world.endpoint(of: one))
    }

    @Test func aForwardLeadsStrangersIn() throws {
        let world = NetworkFixture()
        let one = world.host(in: .symmetric)
        let stranger = world.host(in: .publicHost)
        let network = world.network(of: one)
        let nat = try #require(world.simulation.network.nat(of: network))
        let target = Endpoint(address: world.simulation.network.nats[nat].outer, port: 7_000)
        #expect(world.fate(from: stranger, to: target) == .unmapped)
        world.simulation.network.nats[nat].forward(7_000, to: world.endpoint(of: one))
        #expect(world.receiver(from: stranger, to: target) == one)
        #expect(world.source(from: one, to: world.endpoint(of: stranger)) == target)
        world.simulation.network.nats[nat].removeForward(7_000)
        #expect(world.fate(from: stranger, to: target) == .unmapped)
    }

    @Test func aPlaceWithoutUDPKeepsItsLAN() {
        let world = NetworkFixture()
        let one = world.host(in: .noUDP)
        let neighbor = world.host(besides: one)
        let watcher = world.host(in: .publicHost)
        world.simulation.network.heal(.internet)
        #expect(world.fate(from: one, to: world.endpoint(of: watcher)) == .blocked)
        #expect(world.receiver(from: one, to: world.endpoint(of: neighbor)) == neighbor)
    }

    /// Every place but the one without UDP reaches a public host of its families, and hears its answer.
    @Test(arguments: Place.connected)
    func answersFindTheirWayBack(place: Place) {
        let world = NetworkFixture(seed: 7)
        let one = world.host(in: place)
        let watcher = world.host(in: .publicHost)
        let source = world.source(from: one, to: world.endpoint(of: watcher))
        guard place != .noUDP, place != .v6Firewall else {
            #expect(source == nil)
            return
        }
        #expect(source.flatMap { world.receiver(from: watcher, to: $0) } == one)
    }
}
