// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// The machine's conversation with a router that speaks UPnP only.
@Suite struct PortMapperUPnPTests {
    private typealias Bench = MapperBench

    private static let location = Bench.location
    private static let control = Bench.control

    // MARK: Finding

    @Test func fromTheSearchToTheMapping() throws {
        var bench = Bench()
        _ = bench.join()
        #expect(bench.timer() == [Bench.addressAsked] + Bench.searches)
        #expect(bench.answerSearch() == [try bench.get("/root.xml")])
        #expect(
            try bench.describe([.connection2]) == [bench.call(.externalAddress(of: .connection2))])
        #expect(
            try bench.answer(address: "198.51.100.7")
                == [bench.call(.map(any: true, at: .connection2))])
        #expect(
            try bench.answer(SOAPArgument("NewReservedPort", "4300"))
                == [Bench.mapped(Endpoint(address: Bench.external.address, port: 4300), by: .upnp)])
        // Nobody else is asked any more.
        #expect(bench.run(for: .seconds(3500)).isEmpty)
        let closed = bench.handle(.stop)
        // PCP's answer may have been lost: what it may have opened is deleted as well.
        let external = Endpoint(address: Bench.external.address, port: 4300)
        #expect(
            try closed == [
                bench.pcpSent(lifetime: 0),
                bench.call(.unmap(externalPort: 4300, at: .connection2)), .lost(external),
            ])
    }

    @Test func anOldRouterIsAskedForThePortItself() throws {
        var bench = try Bench.found([.connection1])
        #expect(
            try bench.answer(address: "198.51.100.7")
                == [bench.call(.map(any: false, at: .connection1))])
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
    }

    @Test func onlyTheRoutersAnswerToTheSearchCounts() throws {
        var bench = Bench()
        _ = bench.join()
        // Before it is asked, and from others, nothing is fetched.
        #expect(bench.answerSearch() == [])
        _ = bench.timer()
        let source = try #require(Endpoint("192.168.1.9:1900"))
        let theirs = HTTPLocation(endpoint: source, path: "/")
        for location in [theirs, Self.location] {
            let bytes = SSDPAnswer(.gateway1, location: location).encoded
            #expect(bench.datagram(bytes, from: source) == [])
        }
        let elsewhere = SSDPAnswer(.gateway1, location: theirs).encoded
        #expect(
            bench.datagram(elsewhere, from: Endpoint(address: Bench.gateway, port: 1900)) == [])
        #expect(bench.answerSearch() == [try bench.get("/root.xml")])
        #expect(bench.answerSearch() == [])
    }

    @Test func ofManyLocationsFourAreTried() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.timer()
        for number in 0..<20 { _ = bench.answerSearch(path: "/\(number)") }
        for number in 1..<4 {
            let id = try #require(bench.request?.id)
            #expect(bench.handle(.httpFailed(id)) == [try bench.get("/\(number)")])
        }
        let id = try #require(bench.request?.id)
        #expect(bench.handle(.httpFailed(id)) == [])
        #expect(bench.handle(.httpFailed(id)) == [])
    }

    @Test func aLocationThatIsToldTwiceIsFetchedOnce() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.timer()
        _ = bench.answerSearch()
        #expect(bench.answerSearch() == [])
        let id = try #require(bench.request?.id)
        #expect(bench.handle(.httpFailed(id)) == [])
    }

    @Test func aServerThatSaysNothingIsGivenUpAfterTenSeconds() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.timer()
        _ = bench.answerSearch()
        let id = try #require(bench.request?.id)
        let all = bench.run(for: .seconds(300))
        #expect(all.last?.output == .unavailable(Bench.inner))
        // The late answer means nothing.
        let late = HTTPResponse(status: 200, body: Bench.description([.connection1])).encoded
        #expect(bench.handle(.httpResponse(id, late)) == [])
    }

    private static let badAnswers: [[UInt8]] = [
        [], [0], Array("HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE a><root/>".utf8),
        HTTPResponse(status: 404, body: Bench.description([.connection1])).encoded,
        HTTPResponse(status: 301, fields: [HTTPField("Location", "http://198.51.100.7/")])
            .encoded,
        HTTPResponse(status: 200, body: Bench.description([])).encoded,
        HTTPResponse(status: 200, body: [UInt8](repeating: 0x3c, count: 60_000)).encoded,
        [UInt8](repeating: 0x41, count: 100_000),
    ]

    @Test(arguments: badAnswers)
    func aHostileDescriptionIsAsGoodAsNone(bytes: [UInt8]) throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.timer()
        _ = bench.answerSearch()
        let id = try #require(bench.request?.id)
        #expect(bench.handle(.httpResponse(id, bytes)) == [])
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
    }

    // MARK: Mapping

    @Test func aRouterOfPermanentLeasesIsAskedForOneAndRenewedAllTheSame() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(
            try bench.fail(.onlyPermanentLeases)
                == [bench.call(.map(any: false, lease: 0, at: .connection1))])
        #expect(
            try bench.answer() == [
                bench.call(.entry(index: 0, at: .connection1)), Bench.mapped(by: .upnp),
            ])
        #expect(try bench.fail(.init(rawValue: 713)) == [])
        #expect(try bench.timer() == [bench.call(.externalAddress(of: .connection1))])
    }

    @Test func onlyPermanentLeasesTwiceIsARefusal() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.fail(.onlyPermanentLeases)
        #expect(try bench.fail(.onlyPermanentLeases) == [])
    }

    @Test(arguments: [UPnPErrorCode.conflict, .conflictWithOtherMechanism])
    func anotherPortIsTriedThreeTimesWhenItIsTaken(code: UPnPErrorCode) throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        var ports: [String] = []
        for _ in 0..<3 {
            #expect(try bench.fail(code).count == 1)
            ports.append(try #require(bench.sentCall().value("NewExternalPort")))
        }
        #expect(Set(ports + ["4242"]).count == 4)
        var last = bench
        #expect(try last.fail(code) == [])
        let port = try #require(ports.last.flatMap { UInt16($0) })
        let external = Endpoint(address: Bench.external.address, port: port)
        #expect(try bench.answer() == [Bench.mapped(external, by: .upnp)])
    }

    @Test(arguments: [UPnPErrorCode.notAuthorized, .noMappingsAvailable, .init(rawValue: 999)])
    func aRefusalIsTheEnd(code: UPnPErrorCode) throws {
        var bench = try Bench.found([.connection2])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.fail(code) == [])
        let all = bench.run(for: .seconds(300)).map(\.output)
        #expect(all.last == .unavailable(Bench.inner))
        #expect(!all.contains { if case .http = $0 { true } else { false } })
    }

    @Test(arguments: [UPnPErrorCode.invalidAction, .actionFailed, .notImplemented])
    func withoutAddAnyPortMappingTheOldCallIsTried(code: UPnPErrorCode) throws {
        var bench = try Bench.found([.connection2])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.fail(code) == [bench.call(.map(any: false, at: .connection2))])
        #expect(try bench.fail(code) == [])
    }

    @Test(arguments: ["0.0.0.0", "", "router", "255.255.255.255"])
    func aConnectionThatIsDownGivesWayToTheNext(text: String) throws {
        var bench = try Bench.found([.connection1, .pppConnection1])
        #expect(
            try bench.answer(address: text)
                == [bench.call(.externalAddress(of: .pppConnection1))])
        #expect(
            try bench.answer(address: "198.51.100.7")
                == [bench.call(.map(any: false, at: .pppConnection1))])
    }

    @Test func behindASecondNATNoPortIsAskedFor() throws {
        var bench = try Bench.found([.connection1])
        #expect(try bench.answer(address: "100.64.1.2") == [.secondNAT(.v4(0x6440_0102))])
        let all = bench.run(for: .seconds(300)).map(\.output)
        #expect(!all.contains { if case .http = $0 { true } else { false } })
    }

    @Test func aLateGrantOfAnotherPortIsDeleted() throws {
        var bench = try Bench.found([.connection2])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
        #expect(
            try bench.answer(SOAPArgument("NewReservedPort", "4300"))
                == [bench.call(.unmap(externalPort: 4300, at: .connection2))])
    }

    @Test func aLateGrantOfTheSamePortIsTheWinnersOwn() throws {
        var bench = try Bench.found([.connection2])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.pcp()
        #expect(try bench.answer(SOAPArgument("NewReservedPort", "4242")) == [])
    }

    @Test func whoHasLostAsksForNothingMore() throws {
        for step in 0..<3 {
            var bench = Bench()
            _ = bench.join()
            _ = bench.timer()
            if step > 0 { _ = bench.answerSearch() }
            if step > 1 { _ = try bench.describe([.connection2]) }
            #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
            #expect(bench.answerSearch() == [])
            if let id = bench.request?.id {
                let description = HTTPResponse(
                    status: 200, body: Bench.description([.connection2]))
                #expect(bench.handle(.httpResponse(id, description.encoded)) == [])
            }
            let later = bench.run(for: .seconds(3500))
            #expect(later.isEmpty)
        }
    }

    @Test func stopDeletesWhatIsBeingOpened() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        let opening = try #require(bench.request?.id)
        // One call at a time: else the end could overtake what it is to end.
        #expect(try bench.handle(.stop) == [bench.pcpSent(lifetime: 0)])
        #expect(bench.mapper.isClosing)
        let closing = SOAPCall.unmap(externalPort: 4242, at: .connection1)
        #expect(try bench.handle(.httpFailed(opening)) == [bench.call(closing)])
        #expect(try bench.answer() == [])
        #expect(!bench.mapper.isClosing)
        #expect(
            try bench.run(for: .seconds(300)).map(\.output).allSatisfy { output in
                try output == bench.pcpSent(lifetime: 0)
            })
    }

    @Test func aCallThatOpensIsWaitedForASecondAtTheEnd() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = bench.handle(.stop)
        let began = bench.now
        let closing = SOAPCall.unmap(externalPort: 4242, at: .connection1)
        let said = bench.run(for: .seconds(2)).filter { $0.output.isHTTP }
        #expect(try said.map(\.output) == [bench.call(closing)])
        #expect(said.map { $0.at - began } == [.seconds(1)])
        #expect(try bench.answer() == [])
        #expect(!bench.mapper.isClosing)
    }

    @Test func aCallThatClosesIsMadeThreeTimesWhenNobodyAnswers() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.answer()
        let closing = SOAPCall.unmap(externalPort: 4242, at: .connection1)
        #expect(try bench.handle(.stop).contains(bench.call(closing)))
        for _ in 0..<2 {
            let id = try #require(bench.request?.id)
            #expect(try bench.handle(.httpFailed(id)) == [bench.call(closing)])
        }
        let last = try #require(bench.request?.id)
        #expect(bench.handle(.httpFailed(last)) == [])
        #expect(!bench.mapper.isClosing)
    }

    @Test func anyAnswerOfTheRouterEndsTheClosing() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.answer()
        _ = bench.handle(.stop)
        #expect(bench.mapper.isClosing)
        #expect(try bench.fail(.init(rawValue: 714)) == [])
        #expect(!bench.mapper.isClosing)
    }

    @Test func whatIsClosedIsOpenedAnewAfterwards() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.answer()
        _ = bench.handle(.stop)
        let closing = try #require(bench.request)
        #expect(bench.join().filter { $0 == Bench.addressAsked }.count == 1)
        #expect(bench.run(for: .milliseconds(300)).map(\.output).contains(Bench.searches[0]))
        // The description waits for the end of the call that closes.
        #expect(bench.answerSearch() == [])
        let bytes = SOAPAnswer.success([]).encoded(to: try bench.sentCall())
        #expect(try bench.handle(.httpResponse(closing.id, bytes)) == [bench.get("/root.xml")])
        _ = try bench.describe([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
    }

    @Test func anAnswerToAnotherRequestChangesNothing() throws {
        var bench = try Bench.found([.connection1])
        let first = try #require(bench.request?.id)
        let address = SOAPAnswer.success([
            SOAPArgument("NewExternalIPAddress", "198.51.100.7")
        ]).encoded(to: .externalAddress(of: .connection1))
        #expect(bench.handle(.httpResponse(first, address)).count == 1)
        #expect(bench.handle(.httpResponse(first, address)) == [])
        #expect(bench.handle(.httpFailed(first)) == [])
        var other = bench
        #expect(try other.answer() == [Bench.mapped(by: .upnp)])
        // The answer to another action is a refusal of this one.
        let id = try #require(bench.request?.id)
        #expect(bench.handle(.httpResponse(id, address)) == [])
        #expect(bench.run(for: .seconds(300)).last?.output == .unavailable(Bench.inner))
    }

    // MARK: Renewing

    @Test func aRouterThatMovedItsServicesIsFoundAgain() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.answer()
        #expect(try bench.timer() == [bench.call(.externalAddress(of: .connection1))])
        let id = try #require(bench.request?.id)
        #expect(bench.handle(.httpFailed(id)) == Bench.searches)
        #expect(bench.answerSearch(path: "/new.xml") == [try bench.get("/new.xml")])
        _ = try bench.describe([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
    }

    @Test func anotherAddressWithTheRenewalReplacesTheFirst() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.answer()
        _ = bench.timer()
        _ = try bench.answer(address: "198.51.100.8")
        let other = Endpoint(address: .v4(0xc633_6408), port: 4242)
        #expect(
            try bench.answer() == [.lost(Bench.external), Bench.mapped(other, by: .upnp)])
    }

    @Test func anAnnouncementOfTheRouterIsReasonToAskAgain() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.answer()
        bench.pass(.seconds(100))
        #expect(
            try bench.natpmp(address: .v4(0xc633_6408), epoch: 0)
                == [bench.call(.externalAddress(of: .connection1))])
    }

    // MARK: Pinholes

    @Test func pinholesAreOpenedAndClosedByTheirNumber() throws {
        var bench = Bench()
        let inner6 = try #require(Endpoint("[2001:db8::5]:4242"))
        var network = Bench.network
        network.inner6 = [inner6]
        _ = bench.handle(.networkChanged(network))
        _ = try bench.pcp()
        #expect(bench.timer() == Bench.searches)
        _ = bench.answerSearch()
        #expect(
            try bench.describe([.connection2, .firewall6])
                == [bench.call(.openPinhole(to: inner6, lease: 7200))])
        #expect(
            try bench.answer(SOAPArgument("UniqueID", "7")) == [Bench.mapped(inner6, by: .upnp)])
        // The endpoint goes away, the IPv4 mapping stays.
        #expect(
            try bench.join() == [bench.call(.closePinhole(7)), .lost(inner6)])
    }

    private static let gateway6 = IPAddress.v6(0xfe80 << 48, 1)
    private static let inner6 = Endpoint(address: .v6(0x2001_0db8 << 32, 5), port: 4242)

    /// A router with IPv6 that leads a port to us by PCP, and is asked for a pinhole by UPnP.
    private static func askedForAPinhole() throws -> (Bench, [PortMapper.Output]) {
        var bench = Bench()
        var network = Bench.network
        network.gateway6 = Self.gateway6
        network.inner6 = [Self.inner6]
        // The last request by PCP is the one for the pinhole: it is not answered.
        _ = bench.handle(.networkChanged(network))
        _ = bench.natpmp()
        _ = bench.noPCP()
        _ = bench.natpmp(port: 4242)
        _ = bench.run(for: .milliseconds(300))
        _ = bench.answerSearch()
        let asked = try bench.describe([.connection2, .firewall6])
        return (bench, asked)
    }

    /// The call at the router's IPv6 address, as the request that was made last.
    private static func call6(_ call: SOAPCall, _ bench: Bench) throws -> PortMapper.Output {
        let endpoint = Endpoint(address: Self.gateway6, port: Self.control.endpoint.port)
        let control = HTTPLocation(endpoint: endpoint, path: Self.control.path)
        return .http(
            try #require(bench.request?.id), to: endpoint, from: Self.inner6.address,
            call.encoded(for: control))
    }

    @Test func aPinholeIsAskedForByIPv6FromTheAddressThatItLeadsTo() throws {
        var (bench, asked) = try Self.askedForAPinhole()
        let opening = SOAPCall.openPinhole(to: Self.inner6, lease: 7200)
        #expect(try asked == [Self.call6(opening, bench)])
        #expect(
            try bench.answer(SOAPArgument("UniqueID", "7"))
                == [Bench.mapped(Self.inner6, by: .upnp)])
        #expect(
            try bench.handle(.stop).contains(Self.call6(.closePinhole(7), bench)))
    }

    @Test func aPinholeThatIsRefusedByIPv6IsAskedForByIPv4Once() throws {
        for isRefused in [true, false] {
            var (bench, _) = try Self.askedForAPinhole()
            let opening = SOAPCall.openPinhole(to: Self.inner6, lease: 7200)
            let id = try #require(bench.request?.id)
            let again = isRefused ? try bench.fail(.notAuthorized) : bench.handle(.httpFailed(id))
            #expect(try again == [bench.call(opening)])
            var granted = bench
            #expect(
                try granted.answer(SOAPArgument("UniqueID", "7"))
                    == [Bench.mapped(Self.inner6, by: .upnp)])
            #expect(try granted.handle(.stop).contains(granted.call(.closePinhole(7))))
            // PCP has not given up yet: there is nothing to tell.
            #expect(try bench.fail(.notAuthorized) == [])
        }
    }

    @Test func theNextEndpointHasItsTurnWhenTheFirstNeedsNoneAnyMore() throws {
        var bench = Bench()
        let inner6 = try #require(Endpoint("[2001:db8::5]:4242"))
        var network = Bench.network
        network.inner6 = [inner6]
        _ = bench.handle(.networkChanged(network))
        _ = bench.timer()
        _ = bench.answerSearch()
        #expect(
            try bench.describe([.connection2, .firewall6])
                == [bench.call(.externalAddress(of: .connection2))])
        let late = try #require(bench.request?.id)
        let outputs = try bench.pcp()
        #expect(
            try outputs == [
                bench.call(.openPinhole(to: inner6, lease: 7200)), Bench.mapped(by: .pcp),
            ])
        #expect(bench.handle(.httpFailed(late)) == [])
        #expect(
            try bench.answer(SOAPArgument("UniqueID", "7")) == [Bench.mapped(inner6, by: .upnp)])
    }

    @Test func aRouterWithoutIPv6FirewallOpensNoPinhole() throws {
        var bench = Bench()
        let inner6 = try #require(Endpoint("[2001:db8::5]:4242"))
        var network = Bench.network
        network.inner6 = [inner6]
        _ = bench.handle(.networkChanged(network))
        _ = try bench.pcp()
        _ = bench.timer()
        _ = bench.answerSearch()
        #expect(try bench.describe([.connection2]) == [.unavailable(inner6)])
    }
}
