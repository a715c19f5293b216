// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// Two on one LAN find each other by hellos, whatever the codes and the network lack.
@Suite struct RoomTests {
    /// Two in one LAN whose codes name no host have met; the simulation, their meeting, and how long it took.
    private func room(_ place: Place, seed: UInt64) -> (Simulation, Meeting, Duration)? {
        var simulation = Simulation(
            seed: seed, internet: .internet, defects: [], usesRealCryptography: false)
        simulation.people.areResolute = true
        simulation.people.nameNoHosts = true
        let one = simulation.addHost("one")
        let other = simulation.addHost("other")
        simulation.settle(one, in: place)
        guard simulation.settle(other, besides: one) else { return nil }
        simulation.plan(.start(one), after: .milliseconds(10))
        simulation.plan(.start(other), after: .milliseconds(700))
        simulation.plan(.offer(by: one, to: other), after: .seconds(2))
        guard
            let trustedAt = self.run(
                &simulation,
                until: { simulation in
                    simulation.people.meetings.first.map { simulation.isConnected($0) } ?? false
                }),
            let meeting = simulation.people.meetings.first, let acceptedAt = meeting.acceptedAt
        else { return nil }
        return (simulation, meeting, trustedAt - acceptedAt)
    }

    /// Runs for a minute at most; when it became true.
    private func run(
        _ simulation: inout Simulation, until isTrue: (Simulation) -> Bool
    ) -> Instant? {
        let end = simulation.now + .seconds(60)
        while simulation.checker.violations.isEmpty, let due = simulation.queue.due, due <= end {
            simulation.run(until: due)
            if isTrue(simulation) { return simulation.now }
        }
        return nil
    }

    /// The path that a host has to its only peer.
    private func path(_ simulation: Simulation, of id: HostID) -> Endpoint? {
        let host = simulation.hosts[id.number]
        return host.node?.status(now: host.clock.moment(at: simulation.now)).peers.first?.path
    }

    @Test(arguments: Place.local)
    func codesWithoutHostsAreEnoughInOneLAN(place: Place) throws {
        for seed in UInt64(1)...20 {
            let (simulation, _, span) = try #require(self.room(place, seed: seed))
            #expect(span <= .seconds(2), "seed \(seed): \(span)")
            #expect(simulation.checker.violations.isEmpty)
        }
    }

    /// Both are carried to another LAN at one moment: neither knows where the other is.
    @Test(arguments: Place.local)
    func bothInANewLANFindEachOtherWithinTwoSeconds(place: Place) throws {
        for seed in UInt64(1)...20 {
            var (simulation, meeting, _) = try #require(self.room(place, seed: seed))
            simulation.run(until: simulation.now + .seconds(5))
            let began = simulation.now
            simulation.carryOut(.gather([meeting.offering, meeting.answering]))
            let found = self.run(&simulation) { simulation in
                [(meeting.offering, meeting.answering), (meeting.answering, meeting.offering)]
                    .allSatisfy { one, other in
                        let addresses = simulation.hosts[other.number].interfaces.map(\.address)
                        let path = self.path(simulation, of: one)
                        return path.map { addresses.contains($0.address) } ?? false
                    } && simulation.isConnected(meeting)
            }
            let span = try #require(found) - began
            #expect(span <= .seconds(2), "seed \(seed): \(span)")
        }
    }
}
