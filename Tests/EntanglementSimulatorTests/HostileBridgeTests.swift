// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// What is watched where the end of a bridge means harm.
@Suite struct HostileBridgeTests {
    private static let end = HostID(number: 0)
    private static let speaker = HostID(number: 2)
    private let mark: [UInt8] = Array(101...124)
    private let card = CardID(high: 1, low: 2)

    /// Two hosts a side; the first one means harm, and the third one has given a card.
    private func simulation() -> Simulation {
        let fixture = NetworkFixture()
        for _ in 0..<4 { _ = fixture.host(in: .publicHost) }
        var simulation = fixture.simulation
        var story = BridgeStory(firstCount: 2, mark: self.mark)
        story.cards[self.card] = Self.speaker
        simulation.bridges = story
        simulation.checker.villains = [Self.end]
        return simulation
    }

    private func packet(_ plaintext: [UInt8], counter: UInt64 = 1) -> OpenedPacket {
        OpenedPacket(
            session: 1, counter: counter, content: .frame, plaintext: plaintext,
            source: Endpoint(address: .v4(1), port: 1), via: SocketID(0),
            byteCount: plaintext.count)
    }

    /// Frame 36: card of the speaker, another one, hops, id, datagram.
    private func carried(_ bytes: [UInt8]) -> [UInt8] {
        [36] + self.card.bytes + CardID(high: 3, low: 4).bytes + [2]
            + [UInt8](repeating: 5, count: 8) + bytes
    }

    @Test func whatAHostileEndReadsIsReported() {
        var simulation = self.simulation()
        let sealed = [UInt8](repeating: 9, count: 60)
        simulation.hearsAcross(
            self.packet(self.carried(sealed)), SimulatedHost.Effects(), at: Self.end)
        #expect(simulation.checker.violations.isEmpty)
        simulation.hearsAcross(
            self.packet(self.carried(sealed + self.mark)), SimulatedHost.Effects(), at: Self.end)
        #expect(simulation.checker.violations.map(\.promise) == [.carriedIsSealed])
        #expect(simulation.checker.violations.map(\.hosts) == [[Self.speaker]])
    }

    /// Whatever a host opens is looked at.
    @Test func whatAHostOpensOfStrangersIsReported() throws {
        var simulation = self.simulation()
        var strangers = Strangers()
        strangers.add([71, 72, 73, 74], of: HostID(number: 3))
        simulation.bridges?.strangers[1] = strangers
        let primitives = WatchedPrimitives(
            base: StandInPrimitives(), ledger: NonceLedger(), opened: simulation.opened,
            computed: ComputedBefore(), host: Self.end)
        let key = Secret([UInt8](repeating: 7, count: 32))
        let sealed = primitives.seal(
            [1, 71, 72, 73, 74], key: key, nonce: 0, associated: [])
        simulation.followBridges(SimulatedHost.Effects(), of: Self.end)
        #expect(simulation.checker.violations.isEmpty)
        _ = try #require(primitives.open(sealed[...], key: key, nonce: 0, associated: []))
        simulation.followBridges(SimulatedHost.Effects(), of: Self.end)
        #expect(simulation.checker.violations.map(\.promise) == [.strangersStayUnknown])
        #expect(simulation.checker.violations.map(\.hosts) == [[HostID(number: 3)]])
    }

    /// A datagram that was changed on the way, and is opened all the same.
    @Test func whatNobodySaidIsReported() {
        var simulation = self.simulation()
        let listener = HostID(number: 3)
        var effects = SimulatedHost.Effects()
        effects.openedInside = [self.packet([200, 1, 2])]
        // The session is 1 here and 7 at whoever speaks.
        simulation.checker.uses.install([Uses.SessionName(own: 1, remote: 7)], at: listener)
        simulation.checker.uses.install(
            [Uses.SessionName(own: 7, remote: 1)], at: Self.speaker)
        simulation.checker.uses.say([200, 1, 2], in: 7, by: Self.speaker)
        simulation.checker.uses.say([200, 1, 3], in: 1, by: listener)
        let outer = self.packet([0])
        simulation.checker.helps(outer, &simulation.hosts[3], effects, at: simulation.now)
        #expect(simulation.checker.violations.isEmpty)
        effects.openedInside = [self.packet([200, 1, 3], counter: 2)]
        simulation.checker.helps(outer, &simulation.hosts[3], effects, at: simulation.now)
        #expect(simulation.checker.violations.map(\.promise) == [.openedWasSent])
    }

    @Test func oneEndOrBothMeanHarm() {
        var counts: Set<Int> = []
        var tally = Tally()
        for seed in UInt64(1)...20 {
            var course = Course(seed: seed, scenario: .hostileBridge)
            let outcome = course.run()
            #expect(outcome.violations.isEmpty)
            #expect(!course.simulation.usesRealCryptography || seed % 10 == 9)
            #expect(course.simulation.veilsTexts)
            counts.insert(course.simulation.checker.villains.count)
            tally.add(outcome.tally)
        }
        #expect(counts == [1, 2])
        // They carry, somebody hears what was said, and closings are judged.
        #expect(tally.count(of: .carriedByVillain) > 500)
        #expect(tally.count(of: .markHeard) > 20)
        #expect(tally.count(of: .cardInvented) > 50)
        // In nearly every course: the others are not connected as they would have to be.
        #expect(tally.count(of: .closingJudged) > 30)
        #expect(tally.count(of: .closingJudgedLate) > 30)
        #expect(tally.count(of: .closingSeen) >= 15)
    }

    /// What an honest node does wrong shows beside a hostile one too.
    @Test(arguments: [
        ("cardWithoutConsent", UInt64(10), Violation.Promise.cardsAreReal),
        ("memberKeysInCard", 10, .strangersStayUnknown),
        ("addressesCross", 20, .addressesStayHome), ("carriedTwice", 20, .carriedOnce),
        ("voucherUnchecked", 10, .cardsAreReal), ("closedBridgeCarries", 10, .closingIsQuick),
        ("hopsUnchecked", 10, .carriedStaysNear), ("policyUnchecked", 20, .policyHolds),
    ])
    func deliberateDefectsAreFound(
        name: String, seedMax: UInt64, promise: Violation.Promise
    ) throws {
        let defect = try #require(Defects.named.first { $0.name == name }?.defect)
        let isFound = (1...seedMax).contains { seed in
            var course = Course(seed: seed, scenario: .hostileBridge, defects: defect)
            return course.run().violations.contains { $0.promise == promise }
        }
        #expect(isFound)
    }
}
