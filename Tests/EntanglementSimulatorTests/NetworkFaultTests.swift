// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// Each fault of a network by itself, and its end.
@Suite struct NetworkFaultTests {
    private func pair(_ place: Place = .home) -> (NetworkFixture, inside: HostID, out: HostID) {
        let world = NetworkFixture()
        let inside = world.host(in: place)
        let out = world.host(in: .publicHost)
        return (world, inside, out)
    }

    @Test func anUplinkIsCutInOneDirection() throws {
        for isOutward in [true, false] {
            let (world, inside, out) = self.pair()
            let target = world.endpoint(of: out)
            let seen = try #require(world.source(from: inside, to: target))
            world.simulation.network.cutUplink(
                of: world.network(of: inside), isOutward: isOutward)
            #expect(world.fate(from: inside, to: target) == (isOutward ? .cut : nil))
            #expect(world.fate(from: out, to: seen) == (isOutward ? nil : .cut))
            world.simulation.network.heal(.internet)
            #expect(world.receiver(from: inside, to: target) == out)
            #expect(world.receiver(from: out, to: seen) == inside)
        }
    }

    @Test func aCutSeparatesOneHostFromAnotherOneWay() throws {
        let (world, inside, out) = self.pair()
        let target = world.endpoint(of: out)
        let seen = try #require(world.source(from: inside, to: target))
        world.simulation.network.cut(from: inside, to: out)
        #expect(world.fate(from: inside, to: target) == .cut)
        #expect(world.receiver(from: out, to: seen) == inside)
    }

    @Test func aPartitionSplitsEveryPair() {
        let world = NetworkFixture()
        let hosts = (0..<5).map { _ in world.host(in: .publicHost) }
        let group = [hosts[1], hosts[3]]
        world.simulation.network.partition(group)
        for one in hosts {
            for other in hosts where one != other {
                let isApart = group.contains(one) != group.contains(other)
                let fate = world.fate(from: one, to: world.endpoint(of: other))
                #expect(fate == (isApart ? .cut : nil))
            }
        }
        world.simulation.network.partition([])
        #expect(world.receiver(from: hosts[0], to: world.endpoint(of: hosts[1])) == hosts[1])
    }

    @Test func aNarrowLinkLosesWhatIsLarge() throws {
        let (world, inside, out) = self.pair()
        let target = world.endpoint(of: out)
        let seen = try #require(world.source(from: inside, to: target))
        world.simulation.network.narrow(world.network(of: inside), toByteCount: 1_232)
        #expect(world.fate(from: inside, to: target, byteCount: 1_233) == .lost)
        #expect(world.fate(from: out, to: seen, byteCount: 1_233) == .lost)
        #expect(world.fate(from: inside, to: target, byteCount: 1_232) == nil)
        world.simulation.network.heal(.internet)
        #expect(world.fate(from: inside, to: target, byteCount: 1_472) == nil)
    }

    @Test func neighborsTakeTheMappingsOfAFullTable() throws {
        let (world, inside, out) = self.pair(.mobile)
        let carrier = world.network(of: inside)
        let seen = try #require(world.source(from: inside, to: world.endpoint(of: out)))
        let count = try #require(world.simulation.network.tableCountMax(of: carrier))
        var generator = SeededGenerator(seed: 1)
        world.simulation.network.crowd(
            carrier, flowCount: count / 2, now: world.simulation.now, using: &generator)
        #expect(world.receiver(from: out, to: seen) == inside)
        world.simulation.network.crowd(
            carrier, flowCount: count, now: world.simulation.now, using: &generator)
        let late = try #require(world.fate(from: out, to: seen))
        #expect(late == .unmapped || late == .filtered)
        let again = world.source(from: inside, to: world.endpoint(of: out))
        #expect(again.flatMap { world.receiver(from: out, to: $0) } == inside)
    }

    @Test func aRestartedRouterHasAnotherAddress() throws {
        let (world, inside, out) = self.pair(.carrier)
        let home = world.network(of: inside)
        let carrier = try #require(world.simulation.network.outer(of: home))
        let seen = try #require(world.source(from: inside, to: world.endpoint(of: out)))
        for network in [carrier, home] {
            let outer = try #require(world.simulation.network.outer(of: network))
            let address = world.simulation.freshAddress(in: outer)
            world.simulation.network.restartGateway(of: network, outerAddress: address)
        }
        #expect(world.fate(from: out, to: seen) == .noRoute)
        let now = try #require(world.source(from: inside, to: world.endpoint(of: out)))
        #expect(now.address != seen.address)
        #expect(world.receiver(from: out, to: now) == inside)
    }

    @Test func aPrefixChangesForAllHostsOfALAN() {
        let world = NetworkFixture()
        let one = world.host(in: .dualStack)
        let neighbor = world.host(besides: one)
        let other = world.host(in: .v6Firewall)
        let before = [one, neighbor].map { world.endpoint(of: $0, 1) }
        let network = world.network(of: one)
        let isChanged = world.simulation.changePrefix(of: network)
        #expect(isChanged)
        let after = [one, neighbor].map { world.endpoint(of: $0, 1) }
        #expect(Set(before + after).count == 4)
        #expect(world.receiver(from: one, to: after[1]) == neighbor)
        _ = world.send(from: one, to: world.endpoint(of: other))
        #expect(world.receiver(from: other, to: after[0]) == one)
        #expect(world.fate(from: other, to: before[0]) == .noRoute)
        let candidates = world.simulation.hosts[one.number].candidates.map(\.endpoint)
        #expect(candidates == [world.endpoint(of: one), after[0]])
    }

    @Test func aPrefixChangesForLinksThatAreGoneToo() {
        let world = NetworkFixture()
        let one = world.host(in: .v6Firewall)
        let before = world.endpoint(of: one)
        let network = world.network(of: one)
        let isUnplugged = world.simulation.unplugOne(one)
        let isChanged = world.simulation.changePrefix(of: network)
        let isBack = world.simulation.plugInAll(one)
        #expect(isUnplugged && isChanged && isBack)
        #expect(world.endpoint(of: one) != before)
        let neighbor = world.host(besides: one)
        #expect(world.receiver(from: neighbor, to: world.endpoint(of: one)) == one)
    }

    @Test func hostsMoveAtOneMoment() {
        let world = NetworkFixture()
        let hosts = (0..<6).map { _ in world.host(in: .home) }
        let before = hosts.map { world.network(of: $0) }
        world.simulation.carryOut(.move(hosts))
        for (host, network) in zip(hosts, before) {
            let interfaces = world.simulation.hosts[host.number].interfaces
            #expect(!interfaces.isEmpty)
            #expect(interfaces.allSatisfy { $0.network != network } || host != hosts[0])
            for interface in interfaces {
                let isTaken = world.simulation.network.isTaken(
                    interface.address, in: interface.network)
                #expect(isTaken)
            }
        }
        #expect(world.simulation.tally.count(of: .addressChange) == 6)
        #expect(world.simulation.tally.count(of: .allMoved) == 1)
    }
}
