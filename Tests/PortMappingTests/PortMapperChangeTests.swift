// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// Restarts, announcements, other networks, second NATs and hostile datagrams.
@Suite struct PortMapperChangeTests {
    private typealias Bench = MapperBench

    private static func mapped(by method: PortMapper.Method) throws -> Bench {
        var bench = Bench()
        _ = bench.join()
        switch method {
        case .pcp: _ = try bench.pcp()
        case .natpmp:
            _ = bench.natpmp()
            _ = bench.noPCP()
            _ = bench.natpmp(port: 4242)
        case .upnp: break
        }
        return bench
    }

    // MARK: Restarts

    @Test func aRestartHeardByPCPIsMendedAtOnce() throws {
        var bench = try Self.mapped(by: .pcp)
        bench.pass(.seconds(100))
        #expect(bench.announcement(epoch: 1100) == [])
        #expect(try bench.announcement(epoch: 0) == [bench.pcpSent()])
        #expect(try bench.pcp(epoch: 0) == [Bench.mapped(by: .pcp)])
    }

    /// RFC 6887 §8.5, after 1,600 s: no step back, and a sixteenth and two seconds of difference.
    @Test(
        arguments: [
            (2600, false), (2499, false), (2497, true), (999, true), (2708, false), (2712, true),
        ] as [(UInt32, Bool)])
    func theEpochOfPCPMayDriftByASixteenth(epoch: UInt32, isRestart: Bool) throws {
        var bench = try Self.mapped(by: .pcp)
        bench.pass(.seconds(1600))
        #expect(try bench.announcement(epoch: epoch) == (isRestart ? [bench.pcpSent()] : []))
    }

    @Test(arguments: [(999, false), (998, true)] as [(UInt32, Bool)])
    func theEpochOfPCPLosesOneSecondAtMost(epoch: UInt32, isRestart: Bool) throws {
        var bench = try Self.mapped(by: .pcp)
        #expect(try bench.announcement(epoch: epoch) == (isRestart ? [bench.pcpSent()] : []))
    }

    /// RFC 6886 §3.6, after 1,600 s: at least seven eighths of it, less two seconds.
    @Test(
        arguments: [
            (2600, false), (2398, false), (2397, true), (0, true), (9999, false),
        ] as [(UInt32, Bool)])
    func theEpochOfNATPMPMayLagByAnEighth(epoch: UInt32, isRestart: Bool) throws {
        var bench = try Self.mapped(by: .natpmp)
        bench.pass(.seconds(1600))
        #expect(bench.natpmp(epoch: epoch) == (isRestart ? [Bench.addressAsked] : []))
    }

    @Test func aRefusalAfterARestartIsTheEnd() throws {
        var bench = try Self.mapped(by: .pcp)
        bench.pass(.seconds(100))
        _ = bench.announcement(epoch: 0)
        let outputs = try bench.pcp(result: .noResources, epoch: 0)
        #expect(try outputs == [.lost(Bench.external), bench.pcpSent(), Bench.addressAsked])
        // And not a loop: the next refusal waits for the others.
        #expect(try bench.pcp(result: .noResources, epoch: 0) == [])
    }

    @Test func aRefusedRenewalKeepsTheLeaseToItsEnd() throws {
        var bench = try Self.mapped(by: .pcp)
        _ = bench.timer()
        let at = (bench.now - Instant(nanoseconds: 0)).components.seconds
        #expect(
            try bench.pcp(result: .networkFailure, lifetime: 30, epoch: 1000 + UInt32(at)) == [])
        let next = try #require(bench.mapper.deadline) - bench.now
        #expect(next.components.seconds == (7200 - at) / 2 || next.components.seconds > 1500)
    }

    // MARK: Announcements

    @Test(arguments: [PortMapper.Method.pcp, .natpmp])
    func anAnnouncedAddressIsAskedForAtOnce(method: PortMapper.Method) throws {
        var bench = try Self.mapped(by: method)
        bench.pass(.seconds(100))
        let address = IPAddress.v4(0xc633_6408)
        let external = Endpoint(address: address, port: 4242)
        let asked = bench.natpmp(address: address, epoch: 1100)
        if method == .pcp {
            #expect(try asked == [bench.pcpSent()])
            #expect(
                try bench.pcp(external: external, epoch: 1100)
                    == [.lost(Bench.external), Bench.mapped(external, by: .pcp)])
        } else {
            #expect(asked == [Bench.addressAsked])
            #expect(bench.natpmp(address: address, epoch: 1100) == [Bench.portAsked()])
            #expect(
                bench.natpmp(port: 4242, epoch: 1100)
                    == [.lost(Bench.external), Bench.mapped(external, by: .natpmp)])
        }
    }

    @Test func anAnnouncementOfWhatIsKnownChangesNothing() throws {
        var bench = try Self.mapped(by: .natpmp)
        for second in UInt32(1)...10 {
            bench.pass(.seconds(1))
            #expect(bench.natpmp(epoch: 1000 + second) == [])
        }
    }

    @Test func onlyTheRouterIsHeard() throws {
        var bench = try Self.mapped(by: .natpmp)
        bench.pass(.seconds(100))
        let new = NATPMPResponse(epoch: 0, content: .externalAddress(.v4(0xc633_6408)))
        let announcement = PCPResponse(lifetime: 0, epoch: 0, content: .announce)
        for bytes in [new.encoded, announcement.encoded] {
            for source in ["192.168.1.9:5351", "192.168.1.1:5350", "[fe80::1]:5351"] {
                let from = try #require(Endpoint(source))
                #expect(bench.datagram(bytes, from: from) == [])
            }
        }
    }

    @Test func announcementsHaveAnEffectEveryTwoSecondsAtMost() throws {
        var bench = try Self.mapped(by: .pcp)
        var askedCount = 0
        for number in UInt32(0)..<1000 {
            bench.pass(.milliseconds(10))
            askedCount += bench.announcement(epoch: number.isMultiple(of: 2) ? 0 : 1 << 30).count
        }
        #expect((1...5).contains(askedCount))
    }

    @Test func anAnnouncementWakesWhoHadGivenUp() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.run(for: .seconds(300))
        #expect(try bench.announcement(epoch: 0) == [bench.pcpSent(), Bench.addressAsked])
        // While it asks, more of them change nothing.
        bench.pass(.seconds(10))
        #expect(bench.announcement(epoch: 10) == [])
    }

    // MARK: Second NATs

    @Test(arguments: [
        "10.1.2.3", "172.31.0.1", "192.168.1.1", "100.127.255.255", "127.0.0.1",
        "169.254.9.9",
    ])
    func aPrivateExternalAddressIsASecondNAT(text: String) throws {
        let address = try #require(IPAddress(text))
        var bench = Bench()
        _ = bench.join()
        #expect(bench.natpmp(address: address) == [.secondNAT(address)])
        let outputs = try bench.pcp(external: Endpoint(address: address, port: 4242))
        // PCP has opened it: it is deleted, and the same NAT is not told twice.
        #expect(try outputs == [bench.pcpSent(lifetime: 0)])
        let end = bench.run(for: .seconds(30)).map(\.output)
        #expect(end.last == .unavailable(Bench.inner))
        #expect(!end.contains { if case .mapped = $0 { true } else { false } })
    }

    @Test(arguments: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "100.63.255.255", "100.128.0.1"])
    func otherAddressesAreNoSecondNAT(text: String) throws {
        let external = Endpoint(address: try #require(IPAddress(text)), port: 1)
        var bench = Bench()
        _ = bench.join()
        #expect(try bench.pcp(external: external) == [Bench.mapped(external, by: .pcp)])
    }

    @Test(arguments: ["0.0.0.0", "224.0.0.1", "255.255.255.255"])
    func anAddressThatIsNoneIsARefusal(text: String) throws {
        let address = try #require(IPAddress(text))
        var bench = Bench()
        _ = bench.join()
        #expect(bench.natpmp(address: address) == [])
        let outputs = try bench.pcp(external: Endpoint(address: address, port: 4242))
        #expect(try outputs == [bench.pcpSent(lifetime: 0)])
        #expect(bench.timer() == Bench.searches)
    }

    @Test func aMappingThatFallsBehindASecondNATIsLost() throws {
        var bench = try Self.mapped(by: .natpmp)
        bench.pass(.seconds(100))
        let address = IPAddress.v4(0x6440_0001)
        #expect(bench.natpmp(address: address, epoch: 1100) == [Bench.addressAsked])
        #expect(
            bench.natpmp(address: address, epoch: 1100)
                == [.lost(Bench.external), .secondNAT(address), .unavailable(Bench.inner)])
    }

    // MARK: Other networks

    @Test func theSameNetworkKeepsTheMapping() throws {
        var bench = try Self.mapped(by: .pcp)
        let before = bench.mapper.deadline
        #expect(bench.join() == [])
        #expect(bench.mapper.deadline == before)
    }

    @Test func anotherRouterIsAskedAndTheOldOneNot() throws {
        var bench = try Self.mapped(by: .pcp)
        let other = LocalNetwork(
            gateway: .v4(0x0a00_0001), inner: Endpoint("10.0.0.2:4242"))
        let outputs = bench.handle(.networkChanged(other))
        #expect(outputs.first == .lost(Bench.external))
        #expect(outputs.count == 3)
        // The old router's answer means nothing.
        #expect(try bench.pcp() == [])
        #expect(bench.handle(.networkChanged(LocalNetwork())) == [])
        #expect(bench.mapper.deadline == nil)
    }

    /// A router gives a mapping only to who has its nonce (RFC 6887 §11.3).
    @Test func backAtARouterTheMappingIsTakenUpAgain() throws {
        var bench = try Self.mapped(by: .pcp)
        _ = bench.timer()
        let renewal = try bench.pcpSent()
        #expect(bench.handle(.networkChanged(LocalNetwork())) == [.lost(Bench.external)])
        #expect(bench.join() == [renewal, Bench.addressAsked])
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
        // A deletion may have been lost: the nonce stays the same.
        _ = bench.handle(.stop)
        #expect(bench.join().first == renewal)
    }

    @Test func anotherIPv4RouterLeavesPinholesAlone() throws {
        let inner6 = try #require(Endpoint("[2001:db8::5]:4242"))
        let gateway6 = try #require(IPAddress("fe80::1"))
        let router6 = Endpoint(address: gateway6, port: 5351)
        var bench = Bench()
        var network = LocalNetwork(gateway6: gateway6, inner6: [inner6])
        _ = bench.handle(.networkChanged(network))
        _ = try bench.pcp(external: inner6, from: router6)
        network.gateway = Bench.gateway
        network.inner = Bench.inner
        let outputs = bench.handle(.networkChanged(network))
        #expect(try outputs == [bench.pcpSent(), Bench.addressAsked])
        network.gateway = nil
        #expect(bench.handle(.networkChanged(network)) == [.unavailable(Bench.inner)])
        network.gateway6 = nil
        #expect(
            bench.handle(.networkChanged(network)) == [
                .lost(inner6), .unavailable(Bench.inner), .unavailable(inner6),
            ])
    }

    @Test func anotherPortOfOursDeletesTheOldMapping() throws {
        var bench = try Self.mapped(by: .pcp)
        let deleted = try bench.pcpSent(lifetime: 0)
        guard case .send(let bytes, _, _) = deleted, var old = try? PCPRequest(parsing: bytes),
            case .map(var mapping) = old.content
        else { return }
        mapping.external = Bench.external
        old.content = .map(mapping)
        var inner = Bench.inner
        inner.port = 5555
        let outputs = bench.handle(
            .networkChanged(LocalNetwork(gateway: Bench.gateway, inner: inner)))
        #expect(
            outputs.prefix(2) == [
                .send(old.encoded, to: Bench.router, from: Bench.inner.address),
                .lost(Bench.external),
            ])
        #expect(outputs.count == 4)
    }

    @Test func withoutRouterItIsUnavailableAtOnce() {
        var bench = Bench()
        #expect(
            bench.handle(.networkChanged(LocalNetwork(inner: Bench.inner)))
                == [.unavailable(Bench.inner)])
        #expect(bench.mapper.deadline == nil)
    }

    // MARK: Pinholes

    @Test func publicIPv6EndpointsGetPinholesFromTheirRouter() throws {
        let inner6 = try ["[2001:db8::5]:4242", "[fd00::5]:4242", "[fe80::5]:4242"].map {
            try #require(Endpoint($0))
        }
        let gateway6 = try #require(IPAddress("fe80::1"))
        var bench = Bench()
        let asked = bench.handle(
            .networkChanged(LocalNetwork(gateway6: gateway6, inner6: inner6)))
        let router = Endpoint(address: gateway6, port: 5351)
        let request = try #require(bench.pcpRequest)
        #expect(asked == [.send(request.encoded, to: router, from: inner6[0].address)])
        #expect(try bench.pcp(external: inner6[0]) == [])
        #expect(
            try bench.pcp(external: inner6[0], from: router)
                == [Bench.mapped(inner6[0], by: .pcp)])
        // The announcement that counts is the one of that router.
        bench.pass(.seconds(100))
        let news = PCPResponse(lifetime: 0, epoch: 0, content: .announce).encoded
        #expect(bench.datagram(news) == [])
        #expect(bench.datagram(news, from: router).count == 1)
        // The endpoint goes away.
        #expect(
            bench.handle(.networkChanged(LocalNetwork(gateway6: gateway6)))
                == [.lost(inner6[0])])
    }

    /// A router that starts again tells both families at one moment.
    @Test(arguments: [false, true])
    func aRestartIsHeardByBothFamilies(sixFirst: Bool) throws {
        let inner6 = try #require(Endpoint("[2001:db8::5]:4242"))
        let gateway6 = try #require(IPAddress("fe80::1"))
        let router6 = Endpoint(address: gateway6, port: 5351)
        var bench = Bench()
        let asked = bench.handle(
            .networkChanged(
                LocalNetwork(
                    gateway: Bench.gateway, inner: Bench.inner, gateway6: gateway6,
                    inner6: [inner6])))
        for output in asked {
            guard case .send(let bytes, let router, _) = output,
                let request = try? PCPRequest(parsing: bytes), case .map(var map) = request.content
            else { continue }
            map.external = router == router6 ? inner6 : Bench.external
            let answer = PCPResponse(lifetime: 7200, epoch: 1000, content: .map(map))
            _ = bench.datagram(answer.encoded, from: router)
        }
        bench.pass(.seconds(100))
        let news = PCPResponse(lifetime: 0, epoch: 0, content: .announce).encoded
        let routers = sixFirst ? [router6, Bench.router] : [Bench.router, router6]
        #expect(routers.map { bench.datagram(news, from: $0).count } == [1, 1])
        #expect(routers.map { bench.datagram(news, from: $0).count } == [0, 0])
    }

    @Test func soManyPinholesAreEnough() throws {
        let inner6 = (UInt64(1)...20).map {
            Endpoint(address: .v6(0x2001_0db8 << 32, $0), port: 4242)
        }
        var bench = Bench()
        let asked = bench.handle(
            .networkChanged(LocalNetwork(gateway6: .v6(0xfe80 << 48, 1), inner6: inner6)))
        #expect(asked.count == 4)
    }

    // MARK: Hostile datagrams

    @Test func anAnswerToAnotherQuestionChangesNothing() throws {
        var bench = Bench()
        _ = bench.join()
        let right = try bench.pcpResponse().encoded
        // Version, opcode, nonce, protocol, internal port.
        for index in [0, 1] + Array(24..<37) + [40, 41] {
            var changed = right
            changed[index] ^= 1
            #expect(bench.datagram(changed) == [], "\(index)")
        }
        for count in right.indices {
            #expect(bench.datagram(Array(right.prefix(count))) == [], "\(count)")
        }
        for source in ["192.168.1.9:5351", "192.168.1.1:5352", "198.51.100.7:5351"] {
            #expect(bench.datagram(right, from: try #require(Endpoint(source))) == [])
        }
        #expect(bench.datagram(right) == [Bench.mapped(by: .pcp)])
        #expect(bench.datagram(right) == [])
    }

    @Test func aMappingOfAnotherPortOrTransportChangesNothing() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.noPCP()
        let others = [
            NATPMP.Mapping(internalPort: 4243, externalPort: 1, lifetime: 7200),
            NATPMP.Mapping(
                transport: .tcp, internalPort: 4242, externalPort: 1, lifetime: 7200),
        ]
        for mapping in others {
            let response = NATPMPResponse(epoch: 1000, content: .mapped(mapping))
            #expect(bench.datagram(response.encoded) == [])
        }
        #expect(bench.natpmp(port: 4242) == [Bench.mapped(by: .natpmp)])
    }

    @Test func noRequestOfOursSentBackIsAnAnswer() throws {
        var bench = Bench()
        let asked = bench.join()
        for output in asked {
            guard case .send(let bytes, _, _) = output else { continue }
            #expect(bench.datagram(bytes) == [])
        }
    }

    @Test func anyBytesOfTheRouterAreBorneAndBounded() throws {
        var generator = SeededGenerator(seed: 77)
        var bench = Bench()
        _ = bench.join()
        let seeds = [
            try bench.pcpResponse().encoded, [0, 128, 0, 0, 0, 0, 0, 1, 198, 51, 100, 7],
            [0, 129, 0, 0, 0, 0, 0, 1, 16, 146, 16, 146, 0, 0, 28, 32],
            PCPResponse(lifetime: 0, epoch: 1, content: .announce).encoded,
            Array("HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.1.1/\r\n\r\n".utf8),
        ]
        var outputCount = 0
        for _ in 0..<20_000 {
            var bytes = seeds[Int.random(in: seeds.indices, using: &generator)]
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            outputCount += bench.datagram(bytes).count
        }
        // No time has passed: what a router says cannot make us send without end.
        #expect(outputCount < 100)
    }
}
