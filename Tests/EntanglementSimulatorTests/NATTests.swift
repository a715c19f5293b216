// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// Each behaviour of RFC 4787 by itself.
@Suite struct NATTests {
    private let inner = Endpoint(address: .v4(0xc0a8_0102), port: 41_414)
    private let outer = IPAddress.v4(0x2d2d_2d01)
    private let one = Endpoint(address: .v4(0x0101_0101), port: 1_000)
    private let onePort = Endpoint(address: .v4(0x0101_0101), port: 2_000)
    private let other = Endpoint(address: .v4(0x0202_0202), port: 1_000)
    private let start = Instant(nanoseconds: 0)

    /// The outer ports that three destinations see.
    private func ports(_ behavior: NATBehavior) -> [UInt16] {
        var nat = NAT(behavior, outer: self.outer, firstPort: 5_000)
        var generator = SeededGenerator(seed: 3)
        return [self.one, self.onePort, self.other].map {
            nat.send(from: self.inner, to: $0, now: self.start, using: &generator).port
        }
    }

    @Test func aMappingDependsOnWhatItIsSaidTo() {
        let independent = self.ports(NATBehavior(mapping: .endpointIndependent))
        #expect(independent == [41_414, 41_414, 41_414])
        let byAddress = self.ports(
            NATBehavior(mapping: .addressDependent, portChoice: .sequential))
        #expect(byAddress == [5_000, 5_000, 5_001])
        let byPort = self.ports(
            NATBehavior(mapping: .addressAndPortDependent, portChoice: .sequential))
        #expect(byPort == [5_000, 5_001, 5_002])
        #expect(Set(self.ports(.symmetric)).count == 3)
    }

    /// Who gets in by the mapping that a packet to `one` has made.
    private func letIn(_ behavior: NATBehavior) -> [Bool] {
        var nat = NAT(behavior, outer: self.outer, firstPort: 5_000)
        var generator = SeededGenerator(seed: 3)
        let port = nat.send(
            from: self.inner, to: self.one, now: self.start, using: &generator
        ).port
        return [self.one, self.onePort, self.other].map {
            nat.receive(at: port, from: $0, now: self.start) == .passed(self.inner)
        }
    }

    @Test func aFilterLetsInWhatItIsSaidTo() {
        #expect(self.letIn(.fullCone) == [true, true, true])
        #expect(self.letIn(.restricted) == [true, true, false])
        #expect(self.letIn(.home) == [true, false, false])
    }

    @Test func anIdleMappingEnds() {
        var nat = NAT(.fullCone, outer: self.outer, firstPort: 5_000)
        var generator = SeededGenerator(seed: 3)
        let port = nat.send(
            from: self.inner, to: self.one, now: self.start, using: &generator
        ).port
        let life = NATBehavior.fullCone.mappingLife
        let just = nat.receive(
            at: port, from: self.other, now: self.start + (life - .nanoseconds(1)))
        #expect(just == .passed(self.inner))
        let late = nat.receive(at: port, from: self.other, now: self.start + life)
        #expect(late == .unmapped)
        #expect(nat.mappingCount == 0)
    }

    @Test func aFullTableGivesTheOldestMappingAway() {
        var nat = NAT(
            NATBehavior(
                mapping: .addressAndPortDependent, portChoice: .sequential, tableCountMax: 64),
            outer: self.outer, firstPort: 5_000)
        var generator = SeededGenerator(seed: 3)
        for port in UInt16(1)...70 {
            _ = nat.send(
                from: self.inner, to: Endpoint(address: .v4(0x0303_0303), port: port),
                now: self.start + .seconds(Int(port)), using: &generator)
        }
        #expect(nat.mappingCount == 64)
        #expect(nat.evictedCount == 6)
        // The first six ports are nobody's, the seventh is still the seventh destination's.
        let remote = Endpoint(address: .v4(0x0303_0303), port: 7)
        let now = self.start + .seconds(70)
        let arrivals = [5_005, 5_006].map { nat.receive(at: $0, from: remote, now: now) }
        #expect(arrivals == [.unmapped, .passed(self.inner)])
    }

    @Test func aRestartForgetsEverything() {
        var nat = NAT(.fullCone, outer: self.outer, firstPort: 5_000)
        var generator = SeededGenerator(seed: 3)
        let port = nat.send(
            from: self.inner, to: self.one, now: self.start, using: &generator
        ).port
        nat.restart(outer: .v4(0x2d2d_2d02))
        #expect(nat.outer == .v4(0x2d2d_2d02))
        let arrival = nat.receive(at: port, from: self.one, now: self.start)
        #expect(arrival == .unmapped)
    }
}
