// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// When a node says hello, whom it finds, and what that costs (PROTOCOL.md §8.10).
@Suite struct DiscoveryTests {
    private let empty = MeetingOptions(hosts: [])

    /// Two in one LAN, of which both were told.
    private func room(configure: (inout NodeConfiguration) -> Void = { _ in }) -> Pair {
        var pair = Pair {
            $0.helloPorts = HelloPorts(ipv4: 41_414, ipv6: 41_414)
            configure(&$0)
        }
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.localNetwork(true), now: $1, sent: &$2) }
        }
        return pair
    }

    private func hellos(_ pair: Pair, of side: Pair.Side, after count: Int = 0) -> [Host.Sent] {
        pair.log.dropFirst(count).filter {
            $0.to.port == Hello.port && $0.from.address == pair[side].endpoint.address
        }
    }

    private func hello(_ pair: inout Pair, of side: Pair.Side, from source: String) throws
        -> Host.Sent
    {
        let sent = try #require(self.hellos(pair, of: side).last)
        return Host.Sent(bytes: sent.bytes, from: at(source), to: sent.to)
    }

    /// Two who trust each other, and have lost each other's addresses and sessions.
    private func lost() throws -> Pair {
        var pair = self.room()
        pair.meet()
        pair.run(for: .seconds(20))
        #expect(pair.isEntangled)
        return pair
    }

    // MARK: Meeting

    @Test func twoWhoNameNothingMeetInOneRoom() throws {
        var pair = self.room()
        #expect(pair.meet(alice: self.empty, bob: self.empty) != nil)
        pair.run(for: .seconds(2))
        #expect(pair.isEntangled)
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
        #expect(pair.peer(.bob)?.path == Pair.aliceEndpoint)
    }

    @Test func twoWithLinkLocalAddressesAloneMeet() throws {
        var pair = self.room()
        pair.alice.endpoint = at("[fe80::a]:41414")
        pair.bob.endpoint = at("[fe80::b]:41414")
        #expect(pair.meet(alice: self.empty, bob: self.empty) != nil)
        pair.run(for: .seconds(2))
        #expect(pair.isEntangled)
        #expect(pair.peer(.alice)?.path == at("[fe80::b]:41414"))
        // Nobody elsewhere is told of such a place.
        #expect(pair.alice.node.publishedEndpoints.allSatisfy { !$0.address.isLinkLocal })
    }

    @Test func withoutANetworkToCallOnBothUnknownIsRefused() throws {
        for hasLAN in [false, true] {
            var pair = self.room { if hasLAN { $0.helloPorts = nil } }
            pair.act(.bob) { $0.handle(.localNetwork(hasLAN), now: $1, sent: &$2) }
            guard case .offered(_, let offer, _)? = pair.request(.alice, .offer(self.empty)) else {
                Issue.record("no offer")
                return
            }
            #expect(
                pair.request(.bob, .answer(offer, self.empty)) == .refused(.bothUnknown))
        }
    }

    /// Which network it would be in, no code says.
    @Test func aLinkLocalHostInACodeIsRefused() throws {
        var pair = self.room()
        let host = at("169.254.3.4:41414")
        let own = MeetingOptions(hosts: [host])
        #expect(pair.request(.alice, .offer(own)) == .refused(.badHost))
        guard case .offered(_, let text, _)? = pair.request(.alice, .offer(MeetingOptions()))
        else {
            Issue.record("no offer")
            return
        }
        let foreign = text.replacing("192.0.2.1:41414", with: "\(host)")
        guard case .refused(.unreadable)? = pair.request(.bob, .answer(foreign, MeetingOptions()))
        else {
            Issue.record("not refused")
            return
        }
    }

    // MARK: The schedule

    @Test func helloComesAtOnceThenSeldomWhileSomebodyIsMissed() throws {
        var pair = self.room()
        guard case .offered(_, let offer, _)? = pair.request(.alice, .offer(self.empty)) else {
            Issue.record("no offer")
            return
        }
        pair.request(.bob, .answer(offer, self.empty))
        pair.run(for: .seconds(9))
        #expect(self.hellos(pair, of: .bob).count == 4)
        pair.run(for: .seconds(271))
        // 0, 1, 3, 8 s, and 60 to 65 s apart afterwards.
        #expect(self.hellos(pair, of: .bob).count == 8)
        // Who shows an offer does not know yet whom to call.
        #expect(self.hellos(pair, of: .alice).isEmpty)
    }

    @Test func nobodyIsCalledWhenNobodyIsMissed() throws {
        var pair = try self.lost()
        let count = pair.log.count
        pair.run(for: .seconds(300))
        #expect(self.hellos(pair, of: .alice, after: count).isEmpty)
        #expect(self.hellos(pair, of: .bob, after: count).isEmpty)
    }

    @Test func aFlappingNetworkDoesNotCallAllTheTime() throws {
        var pair = try self.lost()
        let count = pair.log.count
        for _ in 0..<120 {
            pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
            pair.run(for: .milliseconds(250))
        }
        let hellos = self.hellos(pair, of: .alice, after: count)
        #expect((1...12).contains(hellos.count))
    }

    /// The schedule alone, with all its times.
    @Test func aRoundHasFourHellosAndTheNextOneComesAMinuteLater() {
        var discovery = Discovery(ports: HelloPorts(ipv4: 1, ipv6: 1))
        var generator = SeededGenerator(seed: 1)
        let id = RelationID(using: &generator)
        let start = Instant(nanoseconds: 5_000_000_000)
        discovery.note(id, isMissed: true, now: start)
        #expect(discovery.dueAt == nil)
        discovery.setLAN(true, now: start)
        var times: [Duration] = []
        for number in 0..<6 {
            guard let due = discovery.dueAt else { break }
            times.append(due - start)
            let hello = Hello(
                nonce: noise(16, seed: UInt64(number)), ports: HelloPorts(ipv4: 1, ipv6: 1),
                tags: Array(repeating: 0, count: 64))
            discovery.noteSending(hello, jitter: .milliseconds(500), now: due)
        }
        #expect(
            times == [
                .zero, .seconds(1), .seconds(3), .seconds(8), .milliseconds(68_500),
                .milliseconds(129_000),
            ])
        discovery.note(id, isMissed: false, now: start + .seconds(130))
        #expect(discovery.dueAt == nil)
    }

    // MARK: Finding

    @Test func bothInANewNetworkFindEachOtherWithinASecond() throws {
        var pair = try self.lost()
        pair.alice.endpoint = at("10.0.0.7:41414")
        pair.bob.endpoint = at("10.0.0.8:41414")
        let before = pair.now.instant
        for side in Pair.Side.allCases {
            let endpoint = pair[side].endpoint
            pair.act(side) { $0.move(to: endpoint, now: $1, sent: &$2) }
        }
        pair.run(for: .milliseconds(900))
        #expect(pair.now.instant - before == .milliseconds(900))
        #expect(pair.peer(.alice)?.path == at("10.0.0.8:41414"))
        #expect(pair.peer(.bob)?.path == at("10.0.0.7:41414"))
        pair.run(for: .seconds(60))
        #expect(pair.isEntangled)
        for side in Pair.Side.allCases {
            let isLost = pair[side].events.contains {
                if case .peerUnreachable = $0 { true } else { false }
            }
            #expect(!isLost)
        }
    }

    @Test func aHelloThatIsLostIsFollowedByOthers() throws {
        var pair = try self.lost()
        pair.alice.endpoint = at("10.0.0.7:41414")
        pair.bob.endpoint = at("10.0.0.8:41414")
        for side in Pair.Side.allCases {
            let endpoint = pair[side].endpoint
            pair.act(side) { $0.move(to: endpoint, now: $1, sent: &$2) }
        }
        pair.inFlight.removeAll { $0.to.port == Hello.port }
        pair.run(for: .milliseconds(1_500))
        #expect(pair.peer(.alice)?.path == at("10.0.0.8:41414"))
        #expect(pair.peer(.bob)?.path == at("10.0.0.7:41414"))
    }

    @Test func aPeerOfTheOutsideIsMetInsideWhereThatIsNearer() throws {
        var pair = try self.lost()
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        let heard = try self.hello(&pair, of: .alice, from: "10.0.0.7:29414")
        pair.run(for: .seconds(2)) { $0.to.port != Hello.port }
        let count = pair.log.count
        pair.act(.bob) { $0.handle(.hello(heard.bytes, from: heard.from), now: $1, sent: &$2) }
        #expect(
            Set(pair.sent("{\"request\":110", after: count).map(\.to)) == [
                Pair.aliceEndpoint, at("10.0.0.7:41414"),
            ])
        // Alice is at both; the way inside is shorter.
        pair.inFlight.removeAll { $0.to == Pair.aliceEndpoint }
        pair.alice.endpoint = at("10.0.0.7:41414")
        pair.run(for: .seconds(2))
        #expect(pair.peer(.bob)?.path == at("10.0.0.7:41414"))
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
        #expect(pair.isEntangled)
    }

    // MARK: Strangers

    @Test func aStrangersHelloChangesNothing() throws {
        var pair = try self.lost()
        let other = Hello(
            nonce: noise(16, seed: 3), ports: HelloPorts(ipv4: 9, ipv6: 9),
            tags: (0..<64).map { UInt64($0) })
        for bytes in [other.bytes, [], [UInt8](repeating: 0, count: 540)] {
            pair.act(.bob) { host, now, sent in
                host.handle(.hello(bytes, from: at("10.0.0.66:9")), now: now, sent: &sent)
            }
            #expect(pair.bob.lastOutputs.isEmpty)
        }
    }

    @Test func anOwnHelloThatComesBackIsNobodys() throws {
        var pair = self.room()
        _ = pair.meet(alice: self.empty, bob: self.empty)
        let own = try self.hello(&pair, of: .alice, from: "192.0.2.1:29414")
        pair.inFlight = []
        pair.act(.alice) { $0.handle(.hello(own.bytes, from: own.from), now: $1, sent: &$2) }
        #expect(pair.inFlight.isEmpty)
    }

    @Test func whoRepeatsAHelloGetsLittleAndMovesNothing() throws {
        var pair = self.room()
        _ = pair.meet(alice: self.empty, bob: self.empty)
        let heard = try self.hello(&pair, of: .alice, from: "10.6.6.6:29414")
        pair.run(for: .seconds(20))
        #expect(pair.isEntangled)
        let count = pair.log.count
        for number in 0..<100 {
            let source = Endpoint(address: .v4(0x0a06_0600 + UInt32(number % 16)), port: 29_414)
            pair.act(.bob) { host, now, sent in
                host.handle(.hello(heard.bytes, from: source), now: now, sent: &sent)
            }
            pair.run(for: .milliseconds(100))
        }
        let toNobody = pair.log.dropFirst(count).filter {
            $0.to.address.bytes.starts(with: [10, 6, 6])
        }
        #expect((1...120).contains(toNobody.count))
        #expect(pair.peer(.bob)?.path == Pair.aliceEndpoint)
        #expect(pair.isEntangled)
    }

    @Test func onlySoManyHellosAreLookedAt() {
        var discovery = Discovery(ports: HelloPorts(ipv4: 1, ipv6: 1))
        let start = Instant(nanoseconds: 0)
        func admitted(_ count: Int, at now: Instant) -> Int {
            (0..<count).count { number in
                let hello = Hello(
                    nonce: noise(16, seed: UInt64(number)), ports: HelloPorts(ipv4: 1, ipv6: 1),
                    tags: Array(repeating: 0, count: 64))
                return discovery.admits(hello, now: now)
            }
        }
        let first = admitted(1_000, at: start)
        let second = admitted(1_000, at: start + .seconds(1))
        #expect([first, second] == [Limits.helloBurst, Limits.hellosPerSecond])
    }

    @Test func withMoreRelationsThanTagsAllAreCalledInTurn() throws {
        var pair = self.room()
        var calls: Set<Int> = []
        for _ in 0..<Limits.pairingCountMax {
            guard case .offered(_, let offer, _)? = pair.request(.alice, .offer(self.empty)) else {
                break
            }
            pair.request(
                .bob, .answer(offer, MeetingOptions(intent: .private, hosts: [])))
        }
        pair.run(for: .seconds(10))
        for sent in self.hellos(pair, of: .bob) {
            guard let hello = Hello(sent.bytes) else { continue }
            calls.insert(Set(hello.tags).count)
        }
        #expect(calls == [Hello.tagCount])
    }
}
