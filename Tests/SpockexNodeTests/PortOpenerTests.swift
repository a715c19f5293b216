// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import SpockexTransport
import Testing

@testable import SpockexNode

@Suite struct PortOpenerTests {
    private static let gateway = IPAddress.v4(0xc0a8_0101)
    private static let router = Endpoint(address: Self.gateway, port: 5351)
    private static let own = IPAddress.v4(0xc0a8_010a)
    private static let external = Endpoint(address: .v4(0xc633_640a), port: 5000)
    private static let link = RouterLink(gateway: Self.gateway, addresses: [Self.own])
    private static let bound = [
        Endpoint(address: .v4(0), port: 5000), Endpoint(address: .v6(0, 0), port: 5000),
    ]
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private static func opener(
        isAllowed: Bool = true, link: RouterLink = Self.link, bound: [Endpoint] = Self.bound
    ) -> PortOpener {
        var opener = PortOpener(isAllowed: isAllowed)
        #expect(opener.networkChanged(link, bound: bound, now: Self.start) == [])
        return opener
    }

    /// What a router with PCP answers to the MAP request among the steps.
    private static func answer(
        _ steps: [PortOpener.Step], external: Endpoint = Self.external,
        result: PCPResultCode = .success, lifetime: UInt32? = nil
    ) throws -> [UInt8] {
        for case .send(let bytes, _, _) in steps {
            guard let request = try? PCPRequest(parsing: bytes),
                case .map(var mapping) = request.content
            else { continue }
            mapping.external = external
            return PCPResponse(
                result: result, lifetime: lifetime ?? request.lifetime, epoch: 10,
                content: .map(mapping)
            ).encoded
        }
        throw PCPError.wrongDirection
    }

    // MARK: Which network

    @Test func aSocketOnAllAddressesIsReachedByTheLink() {
        let network = LocalNetwork(Self.link, bound: Self.bound)
        #expect(network.gateway == Self.gateway)
        #expect(network.inner == Endpoint(address: Self.own, port: 5000))
        #expect(network.gateway6 == nil && network.inner6 == [])
    }

    @Test func aSocketElsewhereNeedsNoPort() {
        let other = Endpoint(address: .v4(0x0a00_0001), port: 5000)
        #expect(!LocalNetwork(Self.link, bound: [other]).hasRouter)
        let there = Endpoint(address: Self.own, port: 5001)
        #expect(LocalNetwork(Self.link, bound: [other, there]).inner == there)
    }

    @Test func publicIPv6AddressesWantPinholes() {
        var link = Self.link
        let global = IPAddress.v6(0x2001_0db8_0001_0000, 10)
        let local = IPAddress.v6(0xfe80 << 48, 10)
        link.gateway6 = .v6(0xfe80 << 48, 1)
        link.addresses6 = [local, global]
        let network = LocalNetwork(link, bound: Self.bound)
        #expect(network.inner6 == [Endpoint(address: global, port: 5000)])
        #expect(network.gateway6 == link.gateway6)
        link.addresses6 = [local]
        #expect(LocalNetwork(link, bound: Self.bound).gateway6 == nil)
    }

    // MARK: When nothing is asked

    @Test func whereThereIsNobodyToAskNothingIsAsked() {
        let start = Self.start
        let loopback = [Endpoint(address: .v4(0x7f00_0001), port: 5000)]
        var open = Self.link
        open.addresses = [.v4(0xc633_6401)]
        var cases = [
            (Self.opener(isAllowed: false), RouterReport.State.off),
            (Self.opener(bound: loopback), .loopback),
            (Self.opener(link: open), .publicAddress),
            (Self.opener(link: RouterLink()), .noRouter),
        ]
        for index in cases.indices {
            #expect(cases[index].0.want(true, now: start) == [])
            #expect(cases[index].0.report(now: start).state == cases[index].1)
            #expect(cases[index].0.holdEnd(now: start) == nil)
            #expect(cases[index].0.deadline == nil)
        }
        var unwanted = Self.opener()
        #expect(unwanted.want(false, now: start) == [])
        #expect(unwanted.report(now: start).state == .notNeeded)
    }

    // MARK: Opening and closing

    @Test func fromTheWishToTheEnd() throws {
        var opener = Self.opener()
        let start = Self.start
        let asked = opener.want(true, now: start)
        #expect(asked.first == .listen(Self.link) && asked.count == 4)
        #expect(opener.report(now: start).state == .asking)
        #expect(opener.want(true, now: start) == [])
        let answer = try Self.answer(asked)
        // What is open until when has changed with the time of the answer.
        let later = start + .seconds(1)
        #expect(opener.receive(answer, from: Self.router, now: later).last == .changed)
        #expect(opener.external == [Self.external])
        let report = opener.report(now: start + .seconds(10))
        #expect(report.state == .open && report.gateway == Self.gateway)
        #expect(
            report.openings == [
                RouterReport.Opening(
                    external: Self.external, method: "pcp", leaseLeft: .seconds(7191))
            ])
        let closed = opener.want(false, now: start)
        #expect(closed.count == 2 && closed.last == .changed)
        #expect(opener.external == [] && opener.isClosing)
        // The sockets are needed until the router has confirmed it.
        #expect(opener.want(false, now: start) == [])
        let confirmed = try Self.answer(closed, lifetime: 0)
        #expect(opener.receive(confirmed, from: Self.router, now: start) == [.keep([])])
        #expect(!opener.isClosing)
        #expect(opener.want(false, now: start) == [.rest])
        #expect(opener.want(false, now: start) == [])
    }

    /// What is to be remembered after the steps.
    private static func kept(_ steps: [PortOpener.Step]) -> [PortMapper.Trace]? {
        for case .keep(let traces) in steps.reversed() { return traces }
        return nil
    }

    @Test func theNonceIsRememberedBeforeItIsSaidAndUsedAfterAKill() throws {
        var opener = Self.opener()
        let asked = opener.want(true, now: Self.start)
        let traces = try #require(Self.kept(asked))
        #expect(
            try traces == [
                PortMapper.Trace(
                    inner: Endpoint(address: Self.own, port: 5000), router: Self.gateway,
                    nonce: #require(traces.first).nonce, isGranted: false,
                    end: Self.start + .seconds(7200))
            ])
        let keep = try #require(asked.firstIndex(of: .keep(traces)))
        let send = try #require(asked.firstIndex { if case .send = $0 { true } else { false } })
        #expect(keep < send)
        var next = PortOpener(isAllowed: true, after: traces)
        _ = next.networkChanged(Self.link, bound: Self.bound, now: Self.start)
        let again = next.want(true, now: Self.start)
        // The same question: also the nonce in it is the same.
        #expect(try Self.answer(again) == Self.answer(asked))
        #expect(Self.kept(again) == nil)
        _ = try next.receive(Self.answer(again), from: Self.router, now: Self.start)
        #expect(next.traces.map(\.isGranted) == [true])
        let gone = next.stop(now: Self.start)
        #expect(next.isClosing)
        let confirmed = try Self.answer(gone, lifetime: 0)
        #expect(
            next.receive(confirmed, from: Self.router, now: Self.start) == [.keep([])])
    }

    @Test func anotherRouterIsToldAnotherNonce() throws {
        var opener = Self.opener()
        let traces = try #require(Self.kept(opener.want(true, now: Self.start)))
        let other = RouterLink(gateway: .v4(0xc0a8_0102), addresses: [Self.own])
        var next = PortOpener(isAllowed: true, after: traces)
        _ = next.networkChanged(other, bound: Self.bound, now: Self.start)
        let kept = try #require(Self.kept(next.want(true, now: Self.start)))
        #expect(kept.count == 2 && Set(kept.map(\.nonce)).count == 2)
    }

    @Test func anotherLinkIsAskedAnew() throws {
        var opener = Self.opener()
        let start = Self.start
        let answer = try Self.answer(opener.want(true, now: start))
        _ = opener.receive(answer, from: Self.router, now: start)
        let other = RouterLink(gateway: .v4(0x0a00_0001), addresses: [.v4(0x0a00_0005)])
        let steps = opener.networkChanged(other, bound: Self.bound, now: start)
        #expect(steps.contains(.changed) && steps.contains(.listen(other)))
        #expect(opener.external == [] && opener.report(now: start).state == .asking)
        let gone = opener.networkChanged(RouterLink(), bound: Self.bound, now: start)
        #expect(!gone.contains(.changed))
        #expect(opener.report(now: start).state == .noRouter)
        // Back at a router it is asked again.
        #expect(
            opener.networkChanged(Self.link, bound: Self.bound, now: start) == [])
        #expect(opener.want(true, now: start).contains(.listen(Self.link)))
    }

    @Test func aSecondNATIsToldAndNotPublished() throws {
        var opener = Self.opener()
        let shared = Endpoint(address: .v4(0x6440_0109), port: 5000)
        let asked = opener.want(true, now: Self.start)
        let answer = try Self.answer(asked, external: shared)
        let steps = opener.receive(answer, from: Self.router, now: Self.start)
        #expect(!steps.contains(.changed) && opener.external == [])
        let report = opener.report(now: Self.start)
        #expect(report.state == .secondNAT && report.secondNAT == shared.address)
        #expect(opener.holdEnd(now: Self.start) == nil)
    }

    // MARK: How long a code waits

    @Test func aCodeWaitsForTheRouterAndNotForLong() throws {
        var opener = Self.opener()
        let start = Self.start
        #expect(opener.holdEnd(now: start) == start + .milliseconds(1_500))
        let asked = opener.want(true, now: start)
        #expect(opener.holdEnd(now: start) == start + .milliseconds(1_500))
        // Silence.
        var silent = opener
        #expect(silent.holdEnd(now: start + .milliseconds(1_500)) == nil)
        // A sign of life.
        _ = silent.receive([1], from: Self.router, now: start)
        #expect(silent.holdEnd(now: start) == start + .seconds(3))
        #expect(silent.holdEnd(now: start + .seconds(3)) == nil)
        // An answer.
        _ = opener.receive(try Self.answer(asked), from: Self.router, now: start)
        #expect(opener.holdEnd(now: start) == nil)
    }
}
