// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// The tables of routers do what simple lists would do, in constant time.
@Suite struct NATModelTests {
    /// 10,000 random operations on a small world, so that tables fill, flows end and ports collide.
    @Test(arguments: UInt64(1)...12)
    func theTableBehavesLikeAList(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var behavior = NATBehavior.drawn(using: &generator)
        behavior.tableCountMax = [16, 64, 256][Int(seed % 3)]
        let outer = IPAddress.v4(0x2d2d_2d01)
        var nat = NAT(behavior, outer: outer, firstPort: 65_000)
        var naive = NaiveNAT(behavior: behavior, outer: outer, nextPort: 65_000)
        var (ports, naivePorts) = (generator, generator)
        var now = Instant(nanoseconds: 0)
        var known: [UInt16] = [41_414]
        var passedCount = 0
        for _ in 0..<10_000 {
            now = now + .milliseconds(Int64.random(in: 0...1_200, using: &generator))
            let inner = Endpoint(
                address: .v4(0xc0a8_0100 + UInt32.random(in: 2...9, using: &generator)),
                port: UInt16.random(in: 41_410...41_414, using: &generator))
            let remote = Endpoint(
                address: .v4(0x0101_0100 + UInt32.random(in: 1...4, using: &generator)),
                port: UInt16.random(in: 1...3, using: &generator))
            if Bool.random(using: &generator) {
                let mapped = nat.send(from: inner, to: remote, now: now, using: &ports)
                let expected = naive.send(from: inner, to: remote, now: now, using: &naivePorts)
                #expect(mapped == expected)
                known.append(mapped.port)
                if known.count > 300 { known.removeFirst(100) }
            } else {
                let port = known[Int.random(in: 0..<known.count, using: &generator)]
                let arrival = nat.receive(at: port, from: remote, now: now)
                #expect(arrival == naive.receive(at: port, from: remote, now: now))
                if case .passed = arrival { passedCount += 1 }
            }
            #expect(nat.mappingCount == naive.mappings.count)
        }
        #expect(passedCount > 100)
        #expect(ports == naivePorts)
    }

    /// The same for the firewall, whose flows are a pair of endpoints.
    @Test(arguments: UInt64(1)...4)
    func theFirewallBehavesLikeAList(seed: UInt64) {
        struct Flow { var inner: Endpoint, remote: Endpoint, usedAt: Instant }
        var generator = SeededGenerator(seed: seed)
        var firewall = Firewall(flowLife: .seconds(20), flowCountMax: 32)
        var flows: [Flow] = []
        var now = Instant(nanoseconds: 0)
        for _ in 0..<10_000 {
            now = now + .milliseconds(Int64.random(in: 0...900, using: &generator))
            let inner = Endpoint(
                address: .v6(1, UInt64.random(in: 1...8, using: &generator)), port: 41_414)
            let remote = Endpoint(
                address: .v6(2, UInt64.random(in: 1...8, using: &generator)), port: 41_414)
            flows.removeAll { now - $0.usedAt >= .seconds(20) }
            if Bool.random(using: &generator) {
                firewall.send(from: inner, to: remote, now: now)
                flows.removeAll { $0.inner == inner && $0.remote == remote }
                if flows.count >= 32 { flows.removeFirst() }
                flows.append(Flow(inner: inner, remote: remote, usedAt: now))
                #expect(firewall.flowCount == flows.count)
            } else {
                let lets = firewall.lets(remote, reach: inner, now: now)
                #expect(lets == flows.contains { $0.inner == inner && $0.remote == remote })
            }
        }
    }

    /// What is used again is not idle: the one that goes is the one whose last packet is oldest.
    @Test func evictionFollowsTheLastUse() {
        var nat = NAT(
            NATBehavior(
                mapping: .addressAndPortDependent, portChoice: .sequential, tableCountMax: 3),
            outer: .v4(0x2d2d_2d01), firstPort: 5_000)
        var generator = SeededGenerator(seed: 1)
        let inner = Endpoint(address: .v4(0xc0a8_0102), port: 41_414)
        var ports: [UInt16] = []
        for (second, remote) in [1, 2, 3, 1, 4, 2].enumerated() {
            ports.append(
                nat.send(
                    from: inner, to: Endpoint(address: .v4(0x0101_0101), port: UInt16(remote)),
                    now: Instant(nanoseconds: Int64(second) * 1_000_000_000), using: &generator
                ).port)
        }
        // The fourth destination takes the second's place, and the second then the third's.
        #expect(ports == [5_000, 5_001, 5_002, 5_000, 5_003, 5_004])
        #expect(nat.evictedCount == 2)
    }
}

/// Ports that a router opens by somebody's will.
@Suite struct NATForwardTests {
    private let inner = Endpoint(address: .v4(0xc0a8_0102), port: 41_414)
    private let other = Endpoint(address: .v4(0xc0a8_0103), port: 41_414)
    private let remote = Endpoint(address: .v4(0x0101_0101), port: 1_000)
    private let start = Instant(nanoseconds: 0)

    private func nat(_ behavior: NATBehavior = .symmetric) -> NAT {
        NAT(behavior, outer: .v4(0x2d2d_2d01), firstPort: 5_000)
    }

    @Test func aForwardLetsEverybodyInAndLeadsOut() {
        var nat = self.nat()
        var generator = SeededGenerator(seed: 1)
        nat.forward(7_000, to: self.inner)
        let arrival = nat.receive(at: 7_000, from: self.remote, now: self.start)
        #expect(arrival == .passed(self.inner))
        let source = nat.send(
            from: self.inner, to: self.remote, now: self.start, using: &generator)
        #expect(source == Endpoint(address: .v4(0x2d2d_2d01), port: 7_000))
        #expect(nat.mappingCount == 0)
    }

    @Test func aRemovedForwardIsClosed() {
        var nat = self.nat()
        var generator = SeededGenerator(seed: 1)
        nat.forward(7_000, to: self.inner)
        nat.removeForward(7_000)
        let arrival = nat.receive(at: 7_000, from: self.remote, now: self.start)
        #expect(arrival == .unmapped)
        let source = nat.send(
            from: self.inner, to: self.remote, now: self.start, using: &generator)
        #expect(source.port != 7_000)
    }

    @Test func aForwardTakesAPortFromAMapping() {
        var nat = self.nat(.fullCone)
        var generator = SeededGenerator(seed: 1)
        let mapped = nat.send(
            from: self.other, to: self.remote, now: self.start, using: &generator)
        #expect(nat.isTaken(mapped.port))
        nat.forward(mapped.port, to: self.inner)
        #expect(nat.mappingCount == 0)
        let arrival = nat.receive(at: mapped.port, from: self.remote, now: self.start)
        #expect(arrival == .passed(self.inner))
        // Whoever had it gets another one.
        let again = nat.send(
            from: self.other, to: self.remote, now: self.start, using: &generator)
        #expect(again.port != mapped.port)
    }

    /// What the endpoint itself had opened by sending is there again (seed 52136 of `timeTravel`).
    @Test func aForwardLeavesTheMappingOfItsOwnEndpoint() {
        var nat = self.nat(.home)
        var generator = SeededGenerator(seed: 1)
        let stranger = Endpoint(address: .v4(0x0101_0101), port: 1_001)
        let mapped = nat.send(
            from: self.inner, to: self.remote, now: self.start, using: &generator)
        nat.forward(mapped.port, to: self.inner)
        let forwarded = nat.send(
            from: self.inner, to: stranger, now: self.start, using: &generator)
        #expect(forwarded == mapped)
        nat.removeForward(mapped.port)
        for remote in [self.remote, stranger] {
            let arrival = nat.receive(at: mapped.port, from: remote, now: self.start)
            #expect(arrival == .passed(self.inner))
        }
    }

    @Test func aRestartForgetsForwards() {
        var nat = self.nat()
        nat.forward(7_000, to: self.inner)
        nat.restart(outer: .v4(0x2d2d_2d02))
        #expect(!nat.isTaken(7_000))
    }

    @Test func thereIsALimit() {
        var nat = self.nat()
        for port in 0...NAT.forwardCountMax { nat.forward(UInt16(7_000 + port), to: self.inner) }
        #expect(!nat.isTaken(7_000))
        #expect(nat.isTaken(UInt16(7_000 + NAT.forwardCountMax)))
    }
}
