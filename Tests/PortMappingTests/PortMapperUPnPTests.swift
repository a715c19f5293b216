// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// The machine's conversation with a router that speaks UPnP only.
@Suite struct PortMapperUPnPTests {
    private typealias Bench = MapperBench

    private static let location = HTTPLocation(
        endpoint: Endpoint(address: Bench.gateway, port: 5000), path: "/root.xml")
    private static let control = HTTPLocation(endpoint: location.endpoint, path: "/control")

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
        let late = HTTPResponse(status: 200, body: Self.description([.connection1])).encoded
        #expect(bench.handle(.httpResponse(id, late)) == [])
    }

    private static let badAnswers: [[UInt8]] = [
        [], [0], Array("HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE a><root/>".utf8),
        HTTPResponse(status: 404, body: description([.connection1])).encoded,
        HTTPResponse(status: 301, fields: [HTTPField("Location", "http://198.51.100.7/")])
            .encoded,
        HTTPResponse(status: 200, body: description([])).encoded,
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
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
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
                    status: 200, body: Self.description([.connection2]))
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

    // MARK: What a router says

    static func description(_ kinds: [UPnPService.Kind]) -> [UInt8] {
        UPnPService.description(of: kinds.map { UPnPService($0, control: Self.control) })
    }
}

extension MapperBench {
    fileprivate static let location = HTTPLocation(
        endpoint: Endpoint(address: Self.gateway, port: 5000), path: "/root.xml")
    fileprivate static let control = HTTPLocation(
        endpoint: Self.location.endpoint, path: "/control")

    /// A router was found that has those services, and is asked for its address.
    fileprivate static func found(_ kinds: [UPnPService.Kind]) throws -> MapperBench {
        var bench = MapperBench()
        _ = bench.join()
        _ = bench.timer()
        _ = bench.answerSearch()
        _ = try bench.describe(kinds)
        return bench
    }

    fileprivate mutating func answerSearch(path: String = "/root.xml") -> [PortMapper.Output] {
        let location = HTTPLocation(endpoint: Self.location.endpoint, path: path)
        return self.datagram(
            SSDPAnswer(.gateway1, location: location).encoded,
            from: Endpoint(address: Self.gateway, port: 1900))
    }

    fileprivate mutating func describe(
        _ kinds: [UPnPService.Kind]
    ) throws -> [PortMapper.Output] {
        let response = HTTPResponse(
            status: 200, body: PortMapperUPnPTests.description(kinds))
        let id = try #require(self.request?.id)
        return self.handle(.httpResponse(id, response.encoded))
    }

    fileprivate mutating func answer(address: String) throws -> [PortMapper.Output] {
        try self.answer(SOAPArgument("NewExternalIPAddress", address))
    }

    fileprivate mutating func answer(_ results: SOAPArgument...) throws -> [PortMapper.Output] {
        let bytes = SOAPAnswer.success(results).encoded(to: try self.sentCall())
        return self.handle(.httpResponse(try #require(self.request?.id), bytes))
    }

    fileprivate mutating func fail(_ code: UPnPErrorCode) throws -> [PortMapper.Output] {
        let bytes = SOAPAnswer.failure(code).encoded(to: try self.sentCall())
        return self.handle(.httpResponse(try #require(self.request?.id), bytes))
    }

    /// The call that was made last.
    fileprivate func sentCall() throws -> SOAPCall {
        let bytes = try #require(self.request?.bytes)
        return try SOAPCall(parsing: HTTPRequest(parsing: bytes))
    }

    /// That call, as the request that was made last.
    fileprivate func call(_ call: SOAPCall) throws -> PortMapper.Output {
        let id = try #require(self.request?.id)
        return .http(id, to: Self.control.endpoint, call.encoded(for: Self.control))
    }

    /// The fetching of a document, as the request that was made last.
    fileprivate func get(_ path: String) throws -> PortMapper.Output {
        let id = try #require(self.request?.id)
        let bytes = HTTPRequest(.get, path: path).encoded(for: Self.location)
        return .http(id, to: Self.location.endpoint, bytes)
    }
}

extension SOAPCall {
    /// The call for our port.
    fileprivate static func map(
        any: Bool, lease: UInt32 = 7200, at service: UPnPService.Kind
    ) -> SOAPCall {
        .map(MapperBench.inner, externalPort: 4242, lease: lease, any: any, at: service)
    }
}
