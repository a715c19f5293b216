// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// How the own router maps, by what others see (PROTOCOL.md §8.8).
@Suite struct NATEstimateTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    private let ids = (0..<4).map { RelationID(high: UInt64($0), low: 0) }

    @Test(arguments: [
        (["203.0.113.9:5000", "203.0.113.9:5000"], NATHint.endpointIndependent),
        (["203.0.113.9:5000", "203.0.113.9:5001"], .sequential),
        (["203.0.113.9:5016", "203.0.113.9:5000"], .sequential),
        (["203.0.113.9:5000", "203.0.113.9:5017"], .addressAndPortDependent),
        (["203.0.113.9:5000"], nil),
        (["203.0.113.9:5000", "203.0.113.10:5000"], nil),
        (["[2001:db8::1]:5000", "[2001:db8::1]:5000"], nil),
    ])
    func serversTell(seen: [String], hint: NATHint?) {
        var estimate = NATEstimate()
        estimate.note(seen: seen.map(at))
        #expect(estimate.hint == hint)
        estimate.forget()
        #expect(estimate.hint == nil)
    }

    @Test func theAddressGoesWithTheLastPort() {
        var own = OwnAddresses()
        let seen = [at("203.0.113.9:7000"), at("203.0.113.9:9000")]
        own.set(answer: .perDestination(seen))
        #expect(own.hint == .addressAndPortDependent)
        #expect(own.published == [seen[1]])
        #expect(own.shown == [seen[1]])
        own.set(answer: .nothing)
        #expect(own.published == [seen[1]])
        own.forgetSeen()
        #expect(own.hint == nil)
        #expect(own.published.isEmpty)
    }

    @Test func oneServerTellsNothingOfTheMapping() {
        var own = OwnAddresses()
        own.set(answer: .seen(at("203.0.113.9:7000"), by: 1))
        #expect(own.hint == nil)
        own.set(answer: .seen(at("203.0.113.9:7000"), by: 2))
        #expect(own.hint == .endpointIndependent)
    }

    @Test func aPublicInterfaceNeedsNoRouter() {
        var own = OwnAddresses()
        own.set(given: [Candidate(endpoint: at("203.0.113.9:41414"), kind: .lan)])
        #expect(own.hint == .open)
        own.set(given: [Candidate(endpoint: at("192.168.1.2:41414"), kind: .lan)])
        #expect(own.hint == nil)
    }

    /// What the second peer sees, how much later, and whether both speak of one socket.
    @Test(arguments: [
        ("203.0.113.9:7000", 0, true, NATHint.endpointIndependent),
        ("203.0.113.9:7001", 0, true, .addressAndPortDependent),
        ("203.0.113.9:7000", 59, true, .endpointIndependent),
        ("203.0.113.9:7001", 60, true, nil),
        ("203.0.113.9:7001", 0, false, nil),
        ("203.0.113.8:7001", 0, true, nil),
    ])
    func twoPeersTell(echo: String, seconds: Int64, isMain: Bool, hint: NATHint?) {
        var own = OwnAddresses()
        own.vote(
            self.ids[0], echo: at("203.0.113.9:7000"), from: at("198.51.100.1:1"), at: self.start)
        #expect(own.hint == nil)
        let later = self.start + .seconds(seconds)
        own.vote(
            self.ids[1], echo: at(echo), from: at("198.51.100.2:1"), at: isMain ? later : nil)
        #expect(own.hint == hint)
    }

    @Test func twoPeersAtOneAddressAreOneWitness() {
        var own = OwnAddresses()
        own.vote(
            self.ids[0], echo: at("203.0.113.9:7000"), from: at("198.51.100.1:1"), at: self.start)
        own.vote(
            self.ids[1], echo: at("203.0.113.9:7000"), from: at("198.51.100.1:2"), at: self.start)
        #expect(own.hint == nil)
    }

    @Test func aScanMeetsEveryPortOnce() {
        for seed in UInt64(1)...3 {
            var generator = SeededGenerator(seed: seed)
            var scan = PortScan(using: &generator)
            var met = Set<UInt16>()
            for _ in 0..<64_512 { met.insert(scan.next()) }
            #expect(met.count == 64_512)
            #expect(met.min() == 1_024)
        }
    }
}
