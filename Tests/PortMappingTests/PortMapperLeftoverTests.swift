// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// Mappings without end that an earlier run has left at the router.
@Suite struct PortMapperLeftoverTests {
    private typealias Bench = MapperBench

    /// A router that knows only leases without end has granted our port.
    private static func granted(_ outputs: inout [PortMapper.Output]) throws -> Bench {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.fail(.onlyPermanentLeases)
        outputs = try bench.answer()
        return bench
    }

    /// An entry of the router's table that is ours, but for what is given.
    private static func entry(
        port: UInt16, client: String = "192.168.1.2", inner: String = "4242",
        name: String = "SpockEx", transport: String = "UDP", lease: String = "0"
    ) -> [SOAPArgument] {
        [
            SOAPArgument("NewRemoteHost", ""), SOAPArgument("NewExternalPort", "\(port)"),
            SOAPArgument("NewProtocol", transport), SOAPArgument("NewInternalPort", inner),
            SOAPArgument("NewInternalClient", client), SOAPArgument("NewEnabled", "1"),
            SOAPArgument("NewPortMappingDescription", name),
            SOAPArgument("NewLeaseDuration", lease),
        ]
    }

    private static func look(_ index: Int) -> SOAPCall { .entry(index: index, at: .connection1) }

    @Test func ownPortsWithoutEndFromBeforeAreDeleted() throws {
        var told: [PortMapper.Output] = []
        var bench = try Self.granted(&told)
        #expect(try told == [bench.call(Self.look(0)), Bench.mapped(by: .upnp)])
        let others = [
            Self.entry(port: 4242),
            Self.entry(port: 1, client: "192.168.1.3"), Self.entry(port: 2, inner: "4243"),
            Self.entry(port: 3, name: "Other"), Self.entry(port: 4, transport: "TCP"),
            Self.entry(port: 5, lease: "3600"), [],
        ]
        for (index, entry) in others.enumerated() {
            let next = try bench.answer(entry)
            #expect(try next == [bench.call(Self.look(index + 1))])
        }
        for (index, port) in [UInt16(4300), 4301].enumerated() {
            let next = try bench.answer(Self.entry(port: port))
            #expect(try next == [bench.call(Self.look(others.count + index + 1))])
        }
        for port in [UInt16(4300), 4301] {
            let closing = SOAPCall.unmap(externalPort: port, at: .connection1)
            let next = try port == 4300 ? bench.fail(.init(rawValue: 713)) : bench.answer()
            #expect(try next == [bench.call(closing)])
        }
        #expect(try bench.answer() == [])
        #expect(bench.run(for: .seconds(3500)).isEmpty)
    }

    /// A router that has many ports of ours without end, and the table was read to its end.
    private static func full(_ count: UInt16) throws -> Bench {
        var told: [PortMapper.Output] = []
        var bench = try Self.granted(&told)
        for port in 0..<count { _ = try bench.answer(Self.entry(port: 4300 + port)) }
        _ = try bench.fail(.init(rawValue: 713))
        return bench
    }

    @Test func atTheEndTheOwnPortIsNextAndTheRestStays() throws {
        var bench = try Self.full(3)
        let begun = SOAPCall.unmap(externalPort: 4300, at: .connection1)
        #expect(try bench.sentCall() == begun)
        _ = bench.handle(.stop)
        #expect(bench.mapper.isClosing)
        _ = try bench.answer()
        #expect(try bench.sentCall() == .unmap(externalPort: 4242, at: .connection1))
        #expect(try bench.answer() == [])
        #expect(!bench.mapper.isClosing)
    }

    @Test func oneRunClosesEightOfThem() throws {
        var bench = try Self.full(20)
        for port in UInt16(4300)..<4308 {
            #expect(try bench.sentCall() == .unmap(externalPort: port, at: .connection1))
            _ = try bench.answer()
        }
        #expect(bench.run(for: .seconds(3500)).isEmpty)
    }

    @Test func itIsLookedForOnceAndNotWithRenewals() throws {
        var told: [PortMapper.Output] = []
        var bench = try Self.granted(&told)
        _ = try bench.fail(.init(rawValue: 713))
        _ = bench.timer()
        _ = try bench.answer(address: "198.51.100.7")
        _ = try bench.fail(.onlyPermanentLeases)
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
    }

    @Test func aTableIsReadForSoLong() throws {
        var told: [PortMapper.Output] = []
        var bench = try Self.granted(&told)
        for index in 1..<64 {
            #expect(try bench.answer([]) == [bench.call(Self.look(index))])
        }
        #expect(try bench.answer([]) == [])
    }

    @Test(arguments: [true, false])
    func whoStopsMeanwhileLooksNoMore(hasAnswer: Bool) throws {
        var told: [PortMapper.Output] = []
        var bench = try Self.granted(&told)
        let looking = try #require(bench.request?.id)
        let closing = SOAPCall.unmap(externalPort: 4242, at: .connection1)
        #expect(try bench.handle(.stop).contains(bench.call(closing)))
        if hasAnswer { #expect(bench.handle(.httpFailed(looking)) == []) }
        #expect(try bench.answer() == [])
        #expect(!bench.mapper.isClosing)
    }

    @Test func aRouterOfFiniteLeasesIsNotLookedThrough() throws {
        var bench = try Bench.found([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
    }
}
