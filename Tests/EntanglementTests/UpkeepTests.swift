// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What is sent to keep a path (PROTOCOL.md §7.5).
@Suite struct UpkeepTests {
    private static let peer = Endpoint(address: .v4(0xc633_6402), port: 5)
    private static let neighbour = Endpoint(address: .v4(0xc0a8_0102), port: 5)
    private static let seen = Endpoint(address: .v4(0xcb00_7101), port: 6)

    @Test func aMeasuredRestHoldsWhereTheAddressIsTheMeasuredOne() {
        let table = UpkeepTable(
            open: [], rests: [MeasuredRest(address: Self.seen.address, rest: .seconds(55))])
        let other = Endpoint(address: .v4(0xcb00_7102), port: 6)
        #expect(table.upkeep(of: Self.peer, echo: Self.seen) == .pings(after: .seconds(55)))
        #expect(table.upkeep(of: Self.peer, echo: other) == .unmeasured)
        #expect(table.upkeep(of: Self.peer, echo: nil) == .unmeasured)
        #expect(table.upkeep(of: Self.neighbour, echo: Self.seen) == .unmeasured)
        #expect(table.upkeep(of: nil, echo: Self.seen) == .unmeasured)
    }

    @Test func anOpenPortNeedsNoPings() {
        let table = UpkeepTable(open: [Self.seen], rests: [])
        let otherPort = Endpoint(address: Self.seen.address, port: 7)
        #expect(table.upkeep(of: Self.peer, echo: Self.seen) == .questions)
        #expect(table.upkeep(of: Self.peer, echo: otherPort) == .unmeasured)
    }

    /// Datagrams of each side in ten minutes in which both ends are open.
    @Test func twoWithOpenPortsAskEachOtherAfterSilenceAlone() throws {
        var pair = try Pair.trusted()
        for side in Pair.Side.allCases {
            pair.act(side) { host, now, sent in
                let own = Candidate(endpoint: host.endpoint, kind: .mapped)
                host.handle(.ownCandidates([own]), now: now, sent: &sent)
            }
        }
        pair.run(for: .seconds(30))
        // A new session would be due after 120 s.
        let before = pair.log.count
        pair.run(for: .seconds(80))
        #expect(pair.log.count == before)
        for side in Pair.Side.allCases {
            #expect(pair[side].node.status(now: pair.now).peers.first?.isConnected == true)
        }
        pair.run(for: .seconds(30))
        #expect(pair.log.count > before)
        for side in Pair.Side.allCases {
            #expect(pair[side].node.status(now: pair.now).peers.first?.isConnected == true)
        }
    }

    @Test func whoIsDeadIsNoticedAfterSilence() throws {
        var pair = try Pair.trusted()
        pair.act(.alice) { host, now, sent in
            let own = Candidate(endpoint: host.endpoint, kind: .mapped)
            host.handle(.ownCandidates([own]), now: now, sent: &sent)
        }
        pair.run(for: .seconds(20))
        pair.run(for: .seconds(115)) { $0.from != Pair.bobEndpoint }
        #expect(pair.alice.node.status(now: pair.now).peers.first?.isConnected == true)
        pair.run(for: .seconds(20)) { $0.from != Pair.bobEndpoint }
        #expect(pair.alice.node.status(now: pair.now).peers.first?.isConnected == false)
        #expect(
            pair.alice.events.contains { if case .peerUnreachable = $0 { true } else { false } })
    }

    @Test func aStrangerWhoGetsInShowsThatAPublicAddressIsOpen() throws {
        // Bob's answer does not name where he is: Alice has not called there.
        var pair = Pair()
        let nowhere = Endpoint(address: .v4(0x0a00_0001), port: 9)
        try #require(pair.meet(bob: MeetingOptions(hosts: [nowhere])) != nil)
        pair.run(for: .seconds(30))
        #expect(pair.alice.node.status(now: pair.now).network.isCalledUnasked)
        #expect(pair.alice.node.status(now: pair.now).network.open == [Pair.aliceEndpoint])
        #expect(!pair.bob.node.status(now: pair.now).network.isCalledUnasked)
    }
}
