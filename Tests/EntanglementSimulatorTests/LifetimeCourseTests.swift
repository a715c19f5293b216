// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// Hosts behind routers that remember for different times measure it (PROTOCOL.md §7.5).
@Suite struct LifetimeCourseTests {
    /// A host behind a home router and a public one have met; the router remembers for so long.
    private struct Course {
        var simulation: Simulation
        let home: HostID
        let open: HostID

        init(life: Duration, seed: UInt64 = 1, place: Place = .home) {
            var simulation = Simulation(
                seed: seed, internet: .internet, defects: [], usesRealCryptography: false)
            simulation.people.areResolute = true
            self.home = simulation.addHost("home")
            self.open = simulation.addHost("open")
            simulation.settle(self.home, in: place)
            simulation.settle(self.open, in: .publicHost)
            for position in simulation.network.nats.indices {
                simulation.network.nats[position].behavior.mappingLife = life
            }
            simulation.plan(.start(self.home), after: .milliseconds(10))
            simulation.plan(.start(self.open), after: .milliseconds(700))
            simulation.plan(.offer(by: self.open, to: self.home), after: .seconds(2))
            self.simulation = simulation
        }

        mutating func run(until seconds: Int64) {
            self.simulation.run(until: Instant(nanoseconds: seconds * 1_000_000_000))
        }

        func rests(of host: HostID) -> [Duration] {
            self.simulation.hosts[host.number].node?.measuredRests.map(\.rest) ?? []
        }

        func network(of host: HostID) -> NetworkFindings? {
            let node = self.simulation.hosts[host.number]
            return node.node?.status(now: node.clock.moment(at: self.simulation.now)).network
        }

        var areConnected: Bool {
            self.simulation.people.meetings.first.map { self.simulation.isConnected($0) } ?? false
        }
    }

    @Test(arguments: [(20, 9), (45, 27), (90, 55), (300, 110)] as [(Int64, Int64)])
    func theRestIsJustInsideOfTheRoutersMemory(life: Int64, rest: Int64) {
        for seed in UInt64(1)...3 {
            var course = Course(life: .seconds(life), seed: seed)
            course.run(until: 400)
            #expect(course.rests(of: course.home) == [.seconds(rest)])
            #expect(course.simulation.checker.violations.isEmpty)
            course.simulation.checkRests()
            #expect(course.simulation.checker.violations.isEmpty)
            // The path holds for an hour of such rests.
            course.run(until: 4_000)
            #expect(course.areConnected)
            course.simulation.checkRests()
            #expect(course.simulation.checker.violations.isEmpty)
        }
    }

    @Test func aMappedPortIsNotPingedAndNotMeasured() {
        var course = Course(life: .seconds(60), place: .homeOpen)
        course.run(until: 400)
        #expect(course.network(of: course.home)?.open.isEmpty == false)
        #expect(course.rests(of: course.home).isEmpty)
        #expect(course.areConnected)
        let sent = course.simulation.hosts.map(\.sentCount)
        // 125 s of silence, a question and its answer, and a new session every 120 s.
        course.run(until: 1_400)
        let grown = zip(course.simulation.hosts.map(\.sentCount), sent).map { $0 - $1 }
        #expect(grown.reduce(0, +) < 120)
        #expect(course.areConnected)
    }

    @Test func whoMovesMeasuresAnew() {
        var course = Course(life: .seconds(300))
        course.run(until: 400)
        #expect(course.rests(of: course.home) == [.seconds(110)])
        course.simulation.plan(.move([course.home]), after: .seconds(1))
        course.run(until: 410)
        #expect(course.rests(of: course.home).isEmpty)
    }
}
