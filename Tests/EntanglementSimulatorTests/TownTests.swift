// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

@testable import simulate

/// Many hosts at once.
@Suite struct TownTests {
    private func outcome(seed: UInt64, hosts: Int = 10) -> Town.Outcome {
        var town = Town(hostCount: hosts, seconds: Town.secondsMin, seed: seed)
        town.live()
        return town.look()
    }

    /// `look` reports everybody who could be found and is not connected.
    @Test(arguments: UInt64(1)...4)
    func whoCanBeFoundIsConnected(seed: UInt64) {
        let outcome = self.outcome(seed: seed)
        #expect(outcome.violations.isEmpty)
        #expect(outcome.hostCount == 10)
        #expect(outcome.connectedCount > 0)
        #expect(outcome.connectedCount <= outcome.trustedCount)
        #expect(outcome.trustedCount <= 20)
    }

    @Test func oneSeedGivesOneTown() {
        let (one, same) = (self.outcome(seed: 3), self.outcome(seed: 3))
        #expect(one.hash == same.hash)
        #expect(one.eventCount == same.eventCount)
        #expect(one.hash != self.outcome(seed: 4).hash)
    }

    @Test func somebodyMovesInATownOfAHundred() {
        let outcome = self.outcome(seed: 1, hosts: 100)
        #expect(outcome.violations.isEmpty)
        #expect(outcome.moveCount >= 7)
        #expect(outcome.trustedCount > 60)
    }

    @Test func growthSaysWhatIsTooSlowOrTooLarge() {
        let figures = TownFigures(hosts: 4, seconds: Town.secondsMin, seed: 1)
        #expect(
            Growth.failures(of: [figures], leastSpeed: 0, mostMebibytes: 1_048_576).isEmpty)
        let failures = Growth.failures(of: [figures], leastSpeed: 1e12, mostMebibytes: 1)
        #expect(failures.first?.hasPrefix("4 hosts ran at") == true)
        #expect(failures.count == (figures.peakKibibytes == nil ? 1 : 2))
        #expect(Growth.columns([figures]).text.split(separator: "\n").count == 2)
    }

    /// In a cluster too large for everybody to stay connected with everybody, each is reached when somebody
    /// pings it, also by those who share no neighbour with it and behind routers that filter.
    @Test(arguments: [33, 80])
    func whoRestsAnswersAPing(members: Int) {
        var town = ClusterTown(
            memberCount: members, runningCount: members, lossPerMille: 0, moveCount: 0, seed: 3)
        let outcome = town.run()
        #expect(outcome.violations.isEmpty)
        #expect(outcome.unreachedCount == 0)
        #expect(outcome.callSpans.count > 10)
    }

    /// Half of a cluster is away for good, anybody: the others hear of a move and answer, and nothing goes to
    /// where none of them is.
    @Test func whoIsThereIsReachedThoughNeighborsAreAway() {
        var town = ClusterTown(
            memberCount: 64, runningCount: 32, isScattered: true, lossPerMille: 0, moveCount: 1,
            seed: 1)
        let outcome = town.run()
        #expect(outcome.violations.isEmpty)
        #expect(outcome.missedCount == 0)
        #expect(outcome.unreachedCount == 0)
        #expect(outcome.callSpans.count > 10)
        #expect(outcome.outsideCount == 0)
    }

    /// What goes to servers, or to anybody who is no member, is counted.
    @Test func whatGoesToOthersIsCounted() {
        let fixture = NetworkFixture()
        let (one, other) = (fixture.host(in: .publicHost), fixture.host(in: .publicHost))
        var simulation = fixture.simulation
        func send(to endpoint: Endpoint) {
            simulation.step(one) { _, _ in
                var effects = SimulatedHost.Effects()
                effects.sent = [(bytes: [1], to: endpoint, port: 41_414)]
                return effects
            }
        }
        let stranger = Endpoint(address: .v4(0x0808_0808), port: 41_414)
        send(to: stranger)
        #expect(simulation.outsideCount == 0, "nobody counts")
        simulation.noteAddresses(of: one)
        simulation.noteAddresses(of: other)
        for interface in simulation.hosts[other.number].interfaces {
            send(to: Endpoint(address: interface.address, port: 41_414))
        }
        #expect(simulation.outsideCount == 0)
        send(to: stranger)
        #expect(simulation.outsideCount == 1)
    }
}
