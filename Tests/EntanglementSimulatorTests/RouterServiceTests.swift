// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping
import Testing

@testable import EntanglementSimulator

/// The port mapper against a simulated router, by every protocol and in every manner.
@Suite struct RouterServiceTests {
    private static let single: [(RouterService.Protocols, PortMapper.Method)] = [
        (.natpmp, .natpmp), (.pcp, .pcp), (.upnp, .upnp),
    ]

    private static let life: Duration = .seconds(7200)

    @Test(arguments: single)
    func aPortIsOpenedKeptAndDeleted(
        protocols: RouterService.Protocols, method: PortMapper.Method
    ) {
        var link = RouterLink(protocols)
        link.join()
        #expect(
            link.run(for: .seconds(1)) == [
                .mapped(external: link.external, by: method, lifetime: Self.life)
            ])
        #expect(link.router.inner(of: 41_414, now: link.now) == link.inner)
        for _ in 0..<10 {
            let told = link.run(for: .seconds(3600))
            #expect(told.allSatisfy { $0.isMapped(link.external) })
            #expect(link.router.inner(of: 41_414, now: link.now) == link.inner)
        }
        #expect(link.handle(.stop) == [.lost(link.external)])
        #expect(link.router.forwardCount(now: link.now) == 0)
        // PCP, which never answered, is told three times more.
        #expect(link.run(for: .seconds(5)) == [])
        #expect(link.mapper.deadline == nil)
    }

    @Test(arguments: single)
    func aLieIsToldAsItIsAndTheWayIsThere(
        protocols: RouterService.Protocols, method: PortMapper.Method
    ) throws {
        var link = RouterLink(protocols, manner: .liesAboutAddress)
        link.join()
        let told = Endpoint(address: try #require(IPAddress("45.45.44.1")), port: 41_414)
        #expect(
            link.run(for: .seconds(1))
                == [.mapped(external: told, by: method, lifetime: Self.life)])
        #expect(link.router.inner(of: 41_414, now: link.now) == link.inner)
    }

    @Test(arguments: single)
    func aGrantMayOpenNothing(
        protocols: RouterService.Protocols, method: PortMapper.Method
    ) {
        var link = RouterLink(protocols, manner: .grantsWithoutOpening)
        link.join()
        #expect(
            link.run(for: .seconds(1))
                == [.mapped(external: link.external, by: method, lifetime: Self.life)])
        #expect(link.router.inner(of: 41_414, now: link.now) == nil)
        #expect(link.router.forwardCount(now: link.now) == 1)
    }

    @Test(arguments: [RouterService.Protocols.natpmp, .pcp, .upnp, .all])
    func aRefusalIsToldOnceAllHaveRefused(protocols: RouterService.Protocols) {
        var link = RouterLink(protocols, manner: .refuses)
        link.join()
        // A refusal by PCP says that it holds for 30 s; then all are asked again, and ever later.
        let told = link.run(for: .seconds(200))
        #expect(told.allSatisfy { $0 == .unavailable(link.inner) })
        #expect(protocols.contains(.pcp) ? (3...4).contains(told.count) : told.count == 1)
        #expect(link.router.forwardCount(now: link.now) == 0)
    }

    @Test(arguments: single)
    func aSilentRouterIsAskedAgainAfterTenToFifteenMinutes(
        protocols: RouterService.Protocols, method: PortMapper.Method
    ) {
        var link = RouterLink(protocols, manner: .silent)
        link.join()
        #expect(link.run(for: .seconds(240)) == [.unavailable(link.inner)])
        link.router.manner = .answers
        #expect(link.run(for: .seconds(300)) == [])
        let told = link.run(for: .seconds(600))
        #expect(told == [.mapped(external: link.external, by: method, lifetime: Self.life)])
    }

    @Test func withAllProtocolsPCPIsFirstAndAlone() {
        var link = RouterLink(.all)
        link.join()
        #expect(
            link.run(for: .seconds(10))
                == [.mapped(external: link.external, by: .pcp, lifetime: Self.life)])
        #expect(link.router.forwardCount(now: link.now) == 1)
        #expect(link.httpCount == 0)
    }

    @Test(arguments: single)
    func anAnnouncedRestartIsMendedAtOnce(
        protocols: RouterService.Protocols, method: PortMapper.Method
    ) {
        var link = RouterLink(protocols.union(.natpmp))
        // Of the single ones only NAT-PMP and PCP announce; UPnP has NAT-PMP's beside it.
        if method == .upnp { link.router = RouterLink.router(.upnp) }
        link.join()
        _ = link.run(for: .seconds(100))
        let announcements = link.router.restart(now: link.now)
        #expect(link.router.forwardCount(now: link.now) == 0)
        let told = link.announce(announcements)
        if method == .upnp {
            #expect(announcements.isEmpty)
            #expect(link.handle(.refresh).allSatisfy { $0.isMapped(link.external) })
        } else {
            #expect(told.allSatisfy { $0.isMapped(link.external) } && told.count == 1)
        }
        #expect(link.router.inner(of: 41_414, now: link.now) == link.inner)
    }

    @Test(arguments: [RouterService.Protocols.natpmp, .pcp, .all])
    func anAnnouncedAddressIsAskedForAndUsed(protocols: RouterService.Protocols) throws {
        var link = RouterLink(protocols)
        link.join()
        _ = link.run(for: .seconds(100))
        let before = link.external
        let address = try #require(IPAddress("46.46.46.46"))
        let told: [PortMapper.Output]
        if protocols == .pcp {
            // PCP's own announcement has no address: only lost mappings are noticed by it.
            told = link.announce(link.router.restart(external: address, now: link.now))
        } else {
            told = link.announce(link.router.setExternal(address, now: link.now))
        }
        let after = Endpoint(address: address, port: 41_414)
        let method: PortMapper.Method = protocols == .natpmp ? .natpmp : .pcp
        #expect(
            told == [
                .lost(before), .mapped(external: after, by: method, lifetime: Self.life),
            ])
    }

    @Test(arguments: [RouterService.Protocols.natpmp, .pcp, .upnp])
    func aRestartThatNobodyToldIsMendedWithTheRenewal(protocols: RouterService.Protocols) {
        var link = RouterLink(protocols)
        link.join()
        _ = link.run(for: .seconds(100))
        link.router.restart(now: link.now)
        #expect(link.run(for: .seconds(4000)).allSatisfy { $0.isMapped(link.external) })
        #expect(link.router.inner(of: 41_414, now: link.now) == link.inner)
    }

    @Test(
        arguments: [RouterService.Protocols.natpmp, .pcp, .upnp, .all],
        ["192.168.7.7", "100.64.0.9", "10.0.0.1", "169.254.1.1", "127.0.0.1", "172.16.0.1"])
    func aSecondNATIsToldAndNothingIsLeftOpen(
        protocols: RouterService.Protocols, text: String
    ) throws {
        var link = RouterLink(protocols)
        let address = try #require(IPAddress(text))
        link.router.setExternal(address, now: link.now)
        link.join()
        let told = link.run(for: .seconds(240))
        #expect(told == [.secondNAT(address), .unavailable(link.inner)])
        #expect(link.router.forwardCount(now: link.now) == 0)
    }

    @Test(arguments: [RouterService.Protocols.pcp, .upnp, .all])
    func pinholesAreOpenedKeptAndDeleted(protocols: RouterService.Protocols) throws {
        var link = RouterLink(protocols)
        let inner6 = try #require(Endpoint("[2001:db8::5]:41414"))
        link.join(inner6: [inner6], hasGateway6: true)
        let told = link.run(for: .seconds(5))
        let method: PortMapper.Method = protocols == .upnp ? .upnp : .pcp
        #expect(told.contains(.mapped(external: inner6, by: method, lifetime: Self.life)))
        #expect(link.router.letsIn(to: inner6, now: link.now))
        _ = link.run(for: .seconds(20_000))
        #expect(link.router.letsIn(to: inner6, now: link.now))
        #expect(link.handle(.stop) == [.lost(link.external), .lost(inner6)])
        #expect(link.router.forwardCount(now: link.now) == 0)
    }

    @Test(arguments: [true, false])
    func leasesWithoutEndAreRenewedAndDeletedToo(isSecondGeneration: Bool) {
        var link = RouterLink(.upnp)
        link.router = RouterLink.router(.upnp, isSecondGeneration: isSecondGeneration)
        link.router.onlyPermanentLeases = true
        link.join()
        #expect(
            link.run(for: .seconds(1))
                == [.mapped(external: link.external, by: .upnp, lifetime: Self.life)])
        #expect(link.router.inner(of: 41_414, now: link.now + .seconds(1_000_000)) != nil)
        _ = link.handle(.stop)
        #expect(link.router.forwardCount(now: link.now) == 0)
    }

    @Test(
        arguments: [RouterService.Protocols.natpmp, .pcp, .upnp], [true, false])
    func aPortOfSomebodyElseIsNotTaken(
        protocols: RouterService.Protocols, isSecondGeneration: Bool
    ) throws {
        var link = RouterLink(protocols)
        link.router = RouterLink.router(protocols, isSecondGeneration: isSecondGeneration)
        let other = try #require(Endpoint("192.168.77.9:1"))
        _ = try link.router.open(other, wish: 41_414, seconds: 0, now: link.now)
        link.join()
        let told = link.run(for: .seconds(1))
        guard case .mapped(let external, _, _) = told.first else {
            Issue.record("not mapped: \(told)")
            return
        }
        #expect(external.port != 41_414)
        #expect(link.router.inner(of: external.port, now: link.now) == link.inner)
        #expect(link.router.inner(of: 41_414, now: link.now) == other)
    }

    @Test func aLeaseEndsByItself() throws {
        var router = RouterLink.router(.all)
        let start = Instant(nanoseconds: 0)
        let inner = try #require(Endpoint("192.168.77.9:1"))
        let port = try router.open(inner, wish: 0, seconds: 60, now: start)
        #expect(router.inner(of: port, now: start + .seconds(59)) == inner)
        #expect(router.inner(of: port, now: start + .seconds(60)) == nil)
    }

    @Test func aRequestInAnothersNameOpensNothing() throws {
        var router = RouterLink.router(.all)
        let start = Instant(nanoseconds: 0)
        let other = try #require(Endpoint("192.168.77.9:1"))
        let call = SOAPCall.map(
            other, externalPort: 1, lease: 60, any: false, at: .connection2)
        let control = router.services[0].control
        let bytes = router.receive(
            httpRequest: call.encoded(for: control), from: .v4(0xc0a8_4d02), now: start)
        let answer = try SOAPAnswer(
            parsing: HTTPResponse(parsing: bytes), to: "AddPortMapping")
        #expect(answer == .failure(.notAuthorized))
        var generator = SeededGenerator(seed: 1)
        let request = PCPRequest(
            lifetime: 60, client: other.address,
            content: .map(
                PCPMapping(
                    nonce: PCPNonce(using: &generator), internalPort: 1, external: other)))
        let sent = router.receive(
            datagram: request.encoded, from: Endpoint(address: .v4(1 << 24), port: 1), now: start)
        #expect(try PCPResponse(parsing: #require(sent.first).bytes).result == .addressMismatch)
        #expect(router.forwardCount(now: start) == 0)
    }
}
