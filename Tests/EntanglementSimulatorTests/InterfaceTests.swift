// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// Hosts with several links, and groups of hosts in one LAN.
@Suite struct InterfaceTests {
    @Test func theFirstLinkIsTheDefaultRoute() {
        let world = NetworkFixture()
        let phone = world.host(in: .homeAndMobile)
        let interfaces = world.simulation.hosts[0].interfaces
        #expect(interfaces.map(\.link) == [0, 1])
        let candidates = world.simulation.hosts[0].candidates.map(\.endpoint)
        #expect(candidates == [world.endpoint(of: phone), world.endpoint(of: phone, 1)])
        let far = world.simulation.hosts[0].interface(toward: .v4(0x0101_0101))
        #expect(far == interfaces[0])
        let six = world.simulation.hosts[0].interface(toward: .v6(1, 1))
        #expect(six == nil)
    }

    @Test func anAttachedLANComesBeforeTheDefaultRoute() {
        var host = NetworkFixture().simulation
        let id = host.addHost("two cables")
        let subnets = [UInt32(0x0a00_0100), 0x0a00_0200].map {
            Subnet(base: .v4($0), prefixLength: 24)
        }
        for (link, subnet) in subnets.enumerated() {
            host.hosts[id.number].plugIn(
                .init(
                    link: link, network: NetworkID(number: link + 1), address: subnet.address(5),
                    subnet: subnet))
        }
        let choices = [subnets[0].address(9), subnets[1].address(9), .v4(0x0101_0101)].map {
            host.hosts[id.number].interface(toward: $0)?.link
        }
        #expect(choices == [0, 1, 0])
    }

    @Test func aLinkThatComesBackIsPreferredAgain() throws {
        let world = NetworkFixture()
        let phone = world.host(in: .homeAndMobile)
        let before = world.simulation.hosts[phone.number].interfaces
        let isGone = world.simulation.unplugOne(phone)
        #expect(isGone)
        let left = world.simulation.hosts[phone.number].interfaces
        #expect(left.count == 1)
        let gone = try #require(before.first { $0 != left[0] })
        let wasTaken = world.simulation.network.isTaken(gone.address, in: gone.network)
        #expect(!wasTaken)
        // A packet finds its way by the link that is left.
        let watcher = world.host(in: .publicHost)
        #expect(world.receiver(from: phone, to: world.endpoint(of: watcher)) == watcher)
        let isBack = world.simulation.plugInAll(phone)
        #expect(isBack)
        #expect(world.simulation.hosts[phone.number].interfaces == before)
        let isBackAgain = world.simulation.plugInAll(phone)
        #expect(!isBackAgain)
    }

    @Test func aLinkTakesBothFamiliesWithIt() {
        let world = NetworkFixture()
        let one = world.host(in: .dualStack)
        let isGone = world.simulation.unplugOne(one)
        #expect(isGone)
        #expect(world.simulation.hosts[one.number].interfaces.isEmpty)
        #expect(world.fate(from: one, to: Endpoint(address: .v4(1), port: 1)) == .noRoute)
    }

    @Test func aSleeperHearsOfItsNewAddressesWhenItWakes() {
        let world = NetworkFixture()
        let one = world.host(in: .home)
        world.simulation.step(one) { $0.start(at: $1) }
        world.simulation.carryOut(.suspend(one, .seconds(60)))
        world.simulation.carryOut(.move([one]))
        #expect(world.simulation.hosts[one.number].hasMissedNews)
        world.simulation.carryOut(.wake(one))
        #expect(!world.simulation.hosts[one.number].hasMissedNews)
        #expect(world.simulation.hosts[one.number].isRunning)
    }

    private let group = Endpoint(address: .v4(0xe000_00fb), port: 5_353)
    private let group6 = Endpoint(address: .v6(0xff02_0000_0000_0000, 0xfb), port: 5_353)

    @Test func aGroupReachesTheOtherHostsOfItsLAN() {
        let world = NetworkFixture()
        let one = world.host(in: .dualStack)
        let others = [world.host(besides: one), world.host(besides: one)]
        _ = world.host(in: .home)
        for target in [self.group, self.group6] {
            guard case .group(let hosts, let packet) = world.send(from: one, to: target) else {
                Issue.record("no group")
                return
            }
            #expect(hosts == others)
            #expect(packet.source.address.isIPv6 == target.address.isIPv6)
        }
    }

    @Test func noRouterPassesAGroupOn() {
        let world = NetworkFixture()
        for place in [Place.publicHost, .mobile] {
            let one = world.host(in: place)
            #expect(world.fate(from: one, to: self.group) == .noRoute)
        }
        let lonely = world.host(in: .home)
        _ = world.host(in: .home)
        guard case .group(let hosts, _) = world.send(from: lonely, to: self.group) else {
            Issue.record("no group")
            return
        }
        #expect(hosts.isEmpty)
    }

    @Test func onlyMembersTakeWhatIsSentToAGroup() throws {
        let world = NetworkFixture()
        let one = world.host(in: .home)
        let others = (0..<3).map { _ in world.host(besides: one) }
        for id in others { world.simulation.step(id) { $0.start(at: $1) } }
        for id in others.dropLast() {
            world.simulation.hosts[id.number].groups.insert(self.group.address)
        }
        let packet = Packet(
            number: 1, bytes: [1, 2, 3], source: world.endpoint(of: one),
            destination: Endpoint(
                address: self.group.address, port: SimulatedMapper.announcementPort),
            origin: one)
        world.simulation.emit(packet, from: world.network(of: one))
        world.simulation.run(until: Instant(nanoseconds: 1_000_000_000))
        let delivered = try #require(
            world.simulation.tally.rows.first { $0.name == "packet delivered" })
        #expect(delivered.count == 2)
    }
}
