// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// What a run that is killed leaves at a router by PCP, and how the next one goes on with it.
@Suite struct PortMapperTraceTests {
    private typealias Bench = MapperBench

    private static func trace(
        _ bench: Bench, isGranted: Bool = true, end: Duration
    ) throws -> PortMapper.Trace {
        let request = try #require(bench.pcpRequest)
        guard case .map(let mapping) = request.content else { throw PCPError.wrongDirection }
        return PortMapper.Trace(
            inner: Bench.inner, router: Bench.gateway, nonce: mapping.nonce.bytes,
            isGranted: isGranted, end: Instant(nanoseconds: 0) + end)
    }

    @Test func itIsThereFromTheQuestionToTheConfirmedEnd() throws {
        var bench = Bench()
        #expect(bench.mapper.traces == [])
        _ = bench.join()
        #expect(
            try bench.mapper.traces == [
                Self.trace(bench, isGranted: false, end: .seconds(7200))
            ])
        bench.pass(.seconds(1))
        _ = try bench.pcp(lifetime: 3600)
        #expect(try bench.mapper.traces == [Self.trace(bench, end: .seconds(3601))])
        _ = bench.handle(.stop)
        #expect(try bench.mapper.traces == [Self.trace(bench, end: .seconds(3601))])
        _ = try bench.pcp(lifetime: 0)
        #expect(bench.mapper.traces == [])
    }

    @Test func aRefusalLeavesNone() throws {
        var bench = Bench()
        _ = bench.join()
        _ = try bench.pcp(result: .noResources, lifetime: 30)
        #expect(bench.mapper.traces == [])
    }

    @Test func theNextRunAsksAndDeletesWithTheSameNonce() throws {
        var killed = Bench()
        _ = killed.join()
        _ = try killed.pcp()
        let asked = try killed.pcpSent()
        var bench = Bench()
        bench.mapper = PortMapper(after: killed.mapper.traces)
        #expect(bench.mapper.traces == killed.mapper.traces)
        #expect(bench.join() == [asked, Bench.addressAsked])
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
        #expect(try bench.handle(.stop) == [bench.pcpSent(lifetime: 0), .lost(Bench.external)])
    }

    /// The router speaks UPnP alone; the run before was killed while PCP was asked.
    @Test func whatWasOnlyAskedForIsNeitherAwaitedNorKept() throws {
        var killed = Bench()
        _ = killed.join()
        let traces = killed.mapper.traces
        var bench = Bench()
        bench.mapper = PortMapper(after: traces)
        bench.pass(.seconds(600))
        _ = bench.join()
        _ = bench.timer()
        _ = bench.answerSearch()
        _ = try bench.describe([.connection1])
        _ = try bench.answer(address: "198.51.100.7")
        #expect(try bench.answer() == [Bench.mapped(by: .upnp)])
        #expect(bench.mapper.traces == traces)
        let closed = bench.handle(.stop)
        #expect(try closed.contains(bench.pcpSent(lifetime: 0)))
        #expect(bench.mapper.traces == [])
        _ = try bench.answer()
        #expect(!bench.mapper.isClosing)
    }

    @Test func anAnswerMakesMoreOfWhatWasOnlyAskedFor() throws {
        var killed = Bench()
        _ = killed.join()
        var bench = Bench()
        bench.mapper = PortMapper(after: killed.mapper.traces)
        bench.pass(.seconds(600))
        _ = bench.join()
        _ = try bench.pcp(lifetime: 3600)
        #expect(try bench.mapper.traces == [Self.trace(bench, end: .seconds(4200))])
        _ = bench.handle(.stop)
        #expect(bench.mapper.isClosing && bench.mapper.traces.count == 1)
    }

    @Test func anotherEndpointOrRouterGetsAnotherNonce() throws {
        var killed = Bench()
        _ = killed.join()
        let traces = killed.mapper.traces
        let nonce = try #require(traces.first).nonce
        var networks = [Bench.network, Bench.network]
        networks[0].gateway = .v4(0xc0a8_0109)
        networks[1].inner = Endpoint(address: Bench.inner.address, port: 4243)
        for network in networks {
            var bench = Bench(seed: 77)
            bench.mapper = PortMapper(after: traces)
            _ = bench.handle(.networkChanged(network))
            #expect(bench.mapper.traces.filter { $0.nonce != nonce }.count == 1)
            #expect(bench.mapper.traces.contains(traces[0]))
        }
    }

    @Test func aNonceOfAnotherLengthIsNone() {
        let trace = PortMapper.Trace(
            inner: Bench.inner, router: Bench.gateway, nonce: [1, 2],
            isGranted: true, end: Instant(nanoseconds: 1))
        #expect(PortMapper(after: [trace]).traces == [])
    }
}
