// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement
@testable import EntanglementSimulator

/// What is watched of datagrams that go straight from one cluster to the other.
@Suite struct BorderCheckTests {
    private static let (one, other) = (HostID(number: 0), HostID(number: 2))
    private static let (own, peer) = (PeerID(high: 1, low: 2), PeerID(high: 3, low: 4))
    private let primitives = StandInPrimitives()

    /// Two hosts a side; the third one has a relation with a member across, or with somebody whom it met.
    private func simulation(_ bond: MeetingBond?) -> Simulation {
        let fixture = NetworkFixture()
        for _ in 0..<4 { _ = fixture.host(in: .publicHost) }
        var simulation = fixture.simulation
        simulation.bridges = BridgeStory(firstCount: 2, mark: Array(101...124))
        let secret = Secret([UInt8](repeating: 5, count: 32))
        var record = RelationRecord(
            id: RelationID(high: 5, low: 6), role: .offering, intent: .auto, phase: .trusted,
            createdAt: HostClock.epoch, expiresAt: HostClock.epoch, ownPID: Self.own,
            ownKey: secret, memberSigningKey: secret, memberAgreementKey: secret)
        record.bond = bond
        simulation.hosts[Self.other.number].disk = SimulatedDisk(
            MemoryStore(DurableState(nodeName: "other", relations: [record])))
        return simulation
    }

    /// A message 1 to whoever has that pid.
    private func question(_ pid: PeerID) -> Packet {
        let bytes = EnvelopeWriter.opening(pid: pid, from: 7, n: 9).finish(
            payload: [UInt8](repeating: 1, count: 300), key: Secret([1]), self.primitives)
        let place = Endpoint(address: .v4(0x1700_0001), port: 41_414)
        return Packet(
            number: 1, bytes: bytes, source: place, destination: place, origin: Self.one)
    }

    private func findings(_ simulation: inout Simulation, _ pid: PeerID) -> [Violation.Promise] {
        let packet = self.question(pid)
        simulation.checkBorder(
            packet, .datagram(packet.bytes, from: packet.source, via: SocketID(0)), at: Self.other)
        return simulation.checker.violations.map(\.promise)
    }

    private var across: MeetingBond {
        let cluster = ClusterID(high: 1, low: 1)
        return .crossing(
            cluster, ClusterAlias(of: cluster, self.primitives), CardID(high: 2, low: 2))
    }

    /// A message 1 names its receiver.
    @Test func whoCallsAcrossDirectlyIsReported() {
        var simulation = self.simulation(self.across)
        let ofAnother = self.findings(&simulation, Self.peer)
        #expect(ofAnother == [])
        let found = self.findings(&simulation, Self.own)
        #expect(found == [.addressesStayHome])
    }

    /// Nobody is to blame who has seen a code, is an end of the bridge, or may be called by both cards.
    @Test func whoMayCallIsNotReported() {
        var met = self.simulation(nil)
        let afterACode = self.findings(&met, Self.own)
        #expect(afterACode == [])
        var ends = self.simulation(self.across)
        ends.bridges?.ends = [[Self.one, Self.other]]
        let ofEnds = self.findings(&ends, Self.own)
        #expect(ofEnds == [])
        var open = self.simulation(self.across)
        open.bridges?.open = [Self.one, Self.other]
        let allowed = self.findings(&open, Self.own)
        #expect(allowed == [])
    }
}
