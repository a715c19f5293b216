// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// The race of PCP and NAT-PMP, repetitions, renewals and ends.
@Suite struct PortMapperTests {
    private typealias Bench = MapperBench

    // MARK: The race

    @Test func nothingIsDoneBeforeTheNetworkIsKnown() {
        var bench = Bench()
        for input in [PortMapper.Input.timer, .refresh, .stop, .datagram([0], from: Bench.router)] {
            #expect(bench.handle(input) == [])
        }
        #expect(bench.mapper.deadline == nil)
    }

    @Test func pcpAndNATPMPAreAskedAtOnceAndUPnPAQuarterSecondLater() throws {
        var bench = Bench()
        let asked = bench.join()
        #expect(try asked == [bench.pcpSent(), Bench.addressAsked])
        let request = try #require(bench.pcpRequest)
        #expect(request.client == Bench.inner.address && request.lifetime == 7200)
        guard case .map(let mapping) = request.content else {
            Issue.record("no MAP")
            return
        }
        #expect(mapping.internalPort == 4242 && mapping.transport == 17)
        #expect(mapping.external == Endpoint(address: .v4(0), port: 4242))
        #expect(bench.mapper.deadline == Instant(nanoseconds: 250_000_000))
        #expect(bench.timer() == [Bench.addressAsked] + Bench.searches)
    }

    @Test func theFirstAnswerWinsAndTheOthersAreNotAsked() throws {
        var bench = Bench()
        _ = bench.join()
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
        // NAT-PMP's late answer to the question for the address asks for nothing.
        #expect(bench.natpmp() == [])
        #expect(bench.run(for: .seconds(3500)).isEmpty)
    }

    @Test func natpmpWaitsATenthOfASecondForPCP() throws {
        var bench = Bench()
        _ = bench.join()
        bench.pass(.milliseconds(10))
        #expect(bench.natpmp() == [])
        #expect(bench.mapper.deadline == Instant(nanoseconds: 100_000_000))
        #expect(bench.timer() == [Bench.portAsked()])
        #expect(bench.natpmp(port: 4242) == [Bench.mapped(by: .natpmp)])
        #expect(bench.run(for: .seconds(3500)).isEmpty)
    }

    @Test func aRouterWithoutPCPIsAskedByNATPMPAtOnce() {
        var bench = Bench()
        _ = bench.join()
        #expect(bench.natpmp() == [])
        #expect(bench.noPCP() == [Bench.portAsked()])
        #expect(
            bench.natpmp(port: 5000)
                == [
                    Bench.mapped(Endpoint(address: Bench.external.address, port: 5000), by: .natpmp)
                ])
    }

    @Test func aRouterWithoutNATPMPIsNotAskedOnByIt() throws {
        var bench = Bench()
        _ = bench.join()
        let no = PCPResponse(
            result: .unsupportedVersion, lifetime: 0, epoch: 1, content: .announce)
        #expect(bench.datagram(no.encoded) == [])
        #expect(bench.timer() == Bench.searches)
    }

    @Test func aLosersLateGrantOfAnotherPortIsDeleted() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.timer()
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
        #expect(bench.natpmp(port: 5000) == [Bench.portAsked(0, lifetime: 0)])
        #expect(bench.natpmp(port: 5000) == [])
    }

    @Test func aLosersLateGrantOfTheSamePortIsTheWinnersOwn() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.timer()
        #expect(bench.natpmp(port: 4242) == [Bench.mapped(by: .natpmp)])
        #expect(try bench.pcp() == [])
    }

    @Test func aLosersLateGrantByPCPIsDeletedWithItsNonce() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.timer()
        _ = bench.natpmp(port: 4242)
        let other = Endpoint(address: Bench.external.address, port: 9)
        let asked = try #require(bench.pcpRequest)
        let deleted = try bench.pcp(external: other)
        #expect(try deleted == [bench.pcpSent(lifetime: 0)])
        guard case .map(let before) = asked.content,
            case .map(let after)? = bench.pcpRequest?.content
        else {
            Issue.record("no MAP")
            return
        }
        #expect(before.nonce == after.nonce && after.external == other)
    }

    // MARK: Repetitions

    @Test func silenceIsToldAfterAllRepetitions() throws {
        var bench = Bench()
        var all = bench.join().map { (at: bench.now, output: $0) }
        all += bench.run(for: .seconds(300))
        let natpmp = all.filter { $0.output == Bench.addressAsked }
        #expect(
            natpmp.map { $0.at.nanoseconds / 1_000_000 }
                == [0, 250, 750, 1750, 3750, 7750, 15_750, 31_750, 63_750])
        let searches = all.filter { $0.output == Bench.searches[0] }
        #expect(searches.map { $0.at.nanoseconds / 1_000_000 } == [250, 1250, 3250])
        let sent = try bench.pcpSent()
        let pcp = all.filter { $0.output == sent }.map(\.at)
        #expect(pcp.count == 6)
        var wait = 3.0
        for (one, next) in zip(pcp, pcp.dropFirst()) {
            let real = Double((next - one).nanoseconds) / 1e9
            #expect((wait * 0.9...wait * 1.1).contains(real), "\(real)")
            wait = real * 2
        }
        #expect(all.last?.output == .unavailable(Bench.inner))
        #expect(all.count == 9 + 6 + 6 + 1)
    }

    @Test func afterSilenceItIsTriedAgainInTenToFifteenMinutes() throws {
        var bench = Bench()
        _ = bench.join()
        let all = bench.run(for: .seconds(300))
        let toldAt = try #require(all.last?.at)
        let again = try #require(bench.mapper.deadline)
        #expect((600...900).contains((again - toldAt).components.seconds))
        #expect(try bench.timer() == [bench.pcpSent(), Bench.addressAsked])
        #expect(try bench.pcp(epoch: 2000) == [Bench.mapped(by: .pcp)])
    }

    @Test func anotherNetworkTriesAgainAtOnce() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.run(for: .seconds(300))
        #expect(try bench.join() == [bench.pcpSent(), Bench.addressAsked])
    }

    @Test func refusalsOfAllAreToldAtOnce() throws {
        var bench = Bench()
        _ = bench.join()
        #expect(try bench.pcp(result: .notAuthorized) == [])
        let no = NATPMPResponse(
            epoch: 1, content: .failure(opcode: 0, .networkFailure, mapping: nil))
        #expect(bench.datagram(no.encoded) == [])
        #expect(bench.timer() == Bench.searches)
        let told = bench.run(for: .seconds(10)).map(\.output)
        #expect(told == Bench.searches + Bench.searches + [.unavailable(Bench.inner)])
    }

    // MARK: Leases

    @Test(arguments: [120, 600, 3600, 7200, 86_400] as [UInt32])
    func aLeaseIsRenewedAfterItsHalf(lifetime: UInt32) throws {
        var bench = Bench()
        _ = bench.join()
        let life = Duration.seconds(Int64(lifetime))
        #expect(try bench.pcp(lifetime: lifetime) == [Bench.mapped(by: .pcp, for: life)])
        let due = try #require(bench.mapper.deadline) - bench.now
        #expect(due >= life / 2 && due <= life / 2 + life / 16)
        let renewal = bench.timer()
        #expect(try renewal == [bench.pcpSent()])
        guard case .map(let mapping)? = bench.pcpRequest?.content else { return }
        #expect(mapping.external == Bench.external)
        let epoch = 1000 + UInt32(due.components.seconds)
        #expect(
            try bench.pcp(lifetime: lifetime, epoch: epoch)
                == [Bench.mapped(by: .pcp, for: life)])
    }

    @Test(arguments: [86_401, 1_000_000, .max] as [UInt32])
    func aLeaseForAgesEndsAfterADay(lifetime: UInt32) throws {
        var bench = Bench()
        _ = bench.join()
        let day = Duration.seconds(86_400)
        #expect(try bench.pcp(lifetime: lifetime) == [Bench.mapped(by: .pcp, for: day)])
    }

    @Test(arguments: [0, 1, 29] as [UInt32])
    func aLeaseForNoTimeIsNone(lifetime: UInt32) throws {
        var bench = Bench()
        _ = bench.join()
        let asked = try bench.pcpSent(lifetime: 0)
        let outputs = try bench.pcp(lifetime: lifetime)
        #expect(outputs.count == 1 && outputs != [asked])
        #expect(bench.natpmp() == [Bench.portAsked()])
        #expect(bench.natpmp(port: 4242, lifetime: lifetime) == [Bench.portAsked(0, lifetime: 0)])
    }

    @Test func anUnansweredRenewalIsRepeatedUntilTheLeaseEnds() throws {
        var bench = Bench()
        _ = bench.join()
        _ = try bench.pcp()
        let all = bench.run(for: .seconds(7199))
        #expect(all.allSatisfy { $0.output == all[0].output })
        #expect(all.count >= 18)
        let first = try #require(all.first).at
        #expect((first - Instant(nanoseconds: 0)).components.seconds >= 3600)
        // At the end it is lost, and everybody is asked again.
        let end = bench.timer()
        #expect(try end == [.lost(Bench.external), bench.pcpSent(), Bench.addressAsked])
        #expect(bench.now == Instant(nanoseconds: 0) + .seconds(7200))
    }

    @Test func anotherPortWithTheRenewalReplacesTheFirst() throws {
        var bench = Bench()
        _ = bench.join()
        _ = try bench.pcp()
        _ = bench.timer()
        let other = Endpoint(address: .v4(0xc633_6408), port: 9)
        let epoch = 1000 + UInt32((bench.now - Instant(nanoseconds: 0)).components.seconds)
        #expect(
            try bench.pcp(external: other, epoch: epoch)
                == [.lost(Bench.external), Bench.mapped(other, by: .pcp)])
    }

    @Test func natpmpAsksForAddressAndPortWithEachRenewal() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.noPCP()
        _ = bench.natpmp(port: 5000)
        #expect(bench.timer() == [Bench.addressAsked])
        let epoch = 1000 + UInt32((bench.now - Instant(nanoseconds: 0)).components.seconds)
        #expect(bench.natpmp(epoch: epoch) == [Bench.portAsked(5000)])
        let external = Endpoint(address: Bench.external.address, port: 5000)
        #expect(
            bench.natpmp(port: 5000, epoch: epoch) == [Bench.mapped(external, by: .natpmp)])
    }

    @Test func refreshAsksAgainNow() throws {
        var bench = Bench()
        _ = bench.join()
        _ = try bench.pcp()
        #expect(try bench.handle(.refresh) == [bench.pcpSent()])
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
    }

    // MARK: Ends

    @Test func stopDeletesWhatPCPOpened() throws {
        var bench = Bench()
        _ = bench.join()
        _ = try bench.pcp()
        let outputs = bench.handle(.stop)
        #expect(try outputs == [bench.pcpSent(lifetime: 0), .lost(Bench.external)])
        #expect(bench.mapper.isClosing)
        // After the answer to the deletion there is nothing more to do.
        #expect(try bench.pcp(lifetime: 0) == [])
        #expect(!bench.mapper.isClosing && bench.mapper.deadline == nil)
        #expect(bench.natpmp() == [])
        #expect(bench.handle(.timer) == [])
        #expect(bench.handle(.stop) == [])
    }

    @Test func stopDeletesWhatNATPMPOpened() {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.noPCP()
        _ = bench.natpmp(port: 4242)
        #expect(
            bench.handle(.stop) == [Bench.portAsked(0, lifetime: 0), .lost(Bench.external)])
    }

    @Test func theConfirmationOfADeletionRefusesNothing() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.timer()
        _ = try bench.pcp()
        // NAT-PMP's other port is deleted, PCP's lease falls behind a second NAT and is deleted.
        #expect(bench.natpmp(port: 5000) == [Bench.portAsked(0, lifetime: 0)])
        _ = bench.handle(.refresh)
        let shared = Endpoint(address: .v4(0x6440_0001), port: 4242)
        #expect(try bench.pcp(external: shared).count == 4)
        // All are asked again, and then the answers to the deletions come.
        _ = bench.handle(.refresh)
        #expect(try bench.pcp(lifetime: 0) == [])
        let mapping = NATPMP.Mapping(internalPort: 4242, externalPort: 0, lifetime: 0)
        #expect(
            bench.datagram(NATPMPResponse(epoch: 1000, content: .mapped(mapping)).encoded) == [])
        #expect(try bench.pcp() == [Bench.mapped(by: .pcp)])
    }

    @Test func stopDeletesWhatMayBeOpenedJustNow() throws {
        var bench = Bench()
        _ = bench.join()
        _ = bench.natpmp()
        _ = bench.timer()
        let outputs = bench.handle(.stop)
        #expect(try outputs == [bench.pcpSent(lifetime: 0), Bench.portAsked(0, lifetime: 0)])
    }

    @Test func afterStopItCanStartAgain() throws {
        var bench = Bench()
        _ = bench.join()
        _ = try bench.pcp()
        _ = bench.handle(.stop)
        #expect(try bench.join() == [bench.pcpSent(), Bench.addressAsked])
    }

    @Test func oneSeedGivesOneConversation() throws {
        var (one, same) = (Bench(), Bench())
        #expect(one.join() == same.join())
        let (all, others) = (one.run(for: .seconds(4000)), same.run(for: .seconds(4000)))
        #expect(all.map(\.at) == others.map(\.at) && all.map(\.output) == others.map(\.output))
    }
}
