// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// Deletions that get lost, refusals that tell how long they hold.
@Suite struct PortMapperClosingTests {
    private typealias Bench = MapperBench

    private static func open(by method: PortMapper.Method) throws -> Bench {
        var bench = Bench()
        _ = bench.join()
        if method == .pcp {
            _ = try bench.pcp()
        } else {
            _ = bench.natpmp()
            _ = bench.noPCP()
            _ = bench.natpmp(port: 4242)
        }
        return bench
    }

    private static func deletion(_ bench: Bench, _ method: PortMapper.Method) throws
        -> PortMapper.Output
    {
        try method == .pcp ? bench.pcpSent(lifetime: 0) : Bench.portAsked(0, lifetime: 0)
    }

    @Test(arguments: [PortMapper.Method.pcp, .natpmp])
    func aDeletionIsRepeatedThreeTimes(method: PortMapper.Method) throws {
        var bench = try Self.open(by: method)
        _ = bench.handle(.stop)
        #expect(bench.mapper.isClosing)
        let began = bench.now
        let repeated = bench.run(for: .seconds(60))
        let times = repeated.map { ($0.at - began).nanoseconds / 1_000_000 }
        #expect(times == [250, 750, 1750])
        let deletion = try Self.deletion(bench, method)
        #expect(repeated.allSatisfy { $0.output == deletion })
        #expect(!bench.mapper.isClosing && bench.mapper.deadline == nil)
    }

    @Test(arguments: [PortMapper.Method.pcp, .natpmp])
    func theConfirmationEndsTheRepetitions(method: PortMapper.Method) throws {
        var bench = try Self.open(by: method)
        _ = bench.handle(.stop)
        _ = bench.timer()
        if method == .pcp {
            #expect(try bench.pcp(lifetime: 0) == [])
        } else {
            #expect(bench.natpmp(port: 0, lifetime: 0) == [])
        }
        #expect(!bench.mapper.isClosing && bench.mapper.deadline == nil)
    }

    @Test func onlyTheRouterConfirms() throws {
        var bench = try Self.open(by: .pcp)
        _ = bench.handle(.stop)
        let other = Endpoint(address: .v4(0xc0a8_0109), port: 5351)
        _ = try bench.pcp(lifetime: 0, from: other)
        // The late answer to the request before is no confirmation.
        _ = try bench.pcp(lifetime: 7200)
        #expect(bench.mapper.isClosing)
        _ = try bench.pcp(result: .noResources, lifetime: 30)
        #expect(!bench.mapper.isClosing)
    }

    @Test func aRouterThatRefusesToDeleteIsAskedForTheShortestLease() throws {
        var bench = try Self.open(by: .pcp)
        _ = bench.handle(.stop)
        let refused = try bench.pcp(result: .notAuthorized, lifetime: 0)
        #expect(try refused == [bench.pcpSent(lifetime: 1)])
        #expect(bench.mapper.isClosing)
        let began = bench.now
        var silent = bench
        let again = silent.run(for: .seconds(60)).map { ($0.at - began).nanoseconds / 1_000_000 }
        #expect(again == [250, 750, 1750])
        #expect(!silent.mapper.isClosing)
        #expect(try bench.pcp(lifetime: 120) == [])
        #expect(!bench.mapper.isClosing && bench.mapper.deadline == nil)
    }

    @Test func theLateAnswerToTheShortestLeaseIsNoNewGrant() throws {
        var bench = try Self.open(by: .pcp)
        _ = bench.handle(.stop)
        _ = try bench.pcp(result: .notAuthorized, lifetime: 0)
        _ = bench.join()
        #expect(try bench.pcp(lifetime: 1) == [])
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
    }

    @Test func whoOpensAnewDeletesNoMore() throws {
        var bench = try Self.open(by: .pcp)
        _ = bench.handle(.stop)
        #expect(try bench.join() == [bench.pcpSent(), Bench.addressAsked])
        let deletion = try bench.pcpSent(lifetime: 0)
        let later = bench.run(for: .milliseconds(200)).map(\.output)
        #expect(!later.contains(deletion))
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
        #expect(bench.run(for: .seconds(3500)).isEmpty)
    }

    @Test func whatWasNeverGrantedIsNotWaitedFor() throws {
        var bench = Bench()
        _ = bench.join()
        #expect(try bench.handle(.stop) == [bench.pcpSent(lifetime: 0)])
        #expect(!bench.mapper.isClosing && bench.mapper.deadline != nil)
    }

    // MARK: Refusals

    @Test(arguments: [(0, 30), (120, 120), (1800, 1800), (86_400, 3600)] as [(UInt32, Int64)])
    func aRefusalHoldsAsLongAsItSays(lifetime: UInt32, seconds: Int64) throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.timer()
        bench.pass(.seconds(10))
        let no = NATPMPResponse(
            epoch: 1, content: .failure(opcode: 0, .networkFailure, mapping: nil))
        _ = bench.datagram(no.encoded)
        let later = bench.run(for: .seconds(60))
        #expect(!later.contains { $0.output == .unavailable(Bench.inner) })
        let refusedAt = bench.now
        let told = try bench.pcp(result: .noResources, lifetime: lifetime)
        #expect(told == [.unavailable(Bench.inner)])
        let pause = try #require(bench.mapper.deadline) - refusedAt
        #expect(pause >= .seconds(seconds) && pause <= .milliseconds(seconds * 1000 * 17 / 16))
        #expect(try bench.timer() == [bench.pcpSent(), Bench.addressAsked])
    }

    @Test func aRouterThatRefusesAgainAndAgainIsAskedLessOften() throws {
        var bench = Bench()
        _ = bench.join()
        let no = NATPMPResponse(
            epoch: 1, content: .failure(opcode: 0, .networkFailure, mapping: nil))
        var pauses: [Int64] = []
        for _ in 0..<7 {
            _ = bench.datagram(no.encoded)
            _ = bench.run(for: .seconds(9))
            let refusedAt = bench.now
            #expect(
                try bench.pcp(result: .noResources, lifetime: 30) == [.unavailable(Bench.inner)])
            let pause = try #require(bench.mapper.deadline) - refusedAt
            pauses.append(pause.nanoseconds / 1_000_000_000)
            _ = bench.timer()
        }
        for (pause, least) in zip(pauses, [30, 60, 120, 240, 480, 600, 600] as [Int64]) {
            #expect(pause >= least && pause <= least * 17 / 16 + 1)
        }
    }

    @Test func aRefusalMayTellOfASecondNAT() throws {
        var bench = Bench()
        _ = bench.join()
        let shared = Endpoint(address: .v4(0x6440_0001), port: 4242)
        let told = try bench.pcp(external: shared, result: .noResources, lifetime: 300)
        #expect(told.contains(.secondNAT(shared.address)))
        #expect(!told.contains { if case .mapped = $0 { true } else { false } })
    }
}
