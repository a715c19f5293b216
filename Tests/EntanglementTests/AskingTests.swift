// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// The IPgetter is asked only when nothing else tells the own address (PROTOCOL.md §7.4).
@Suite struct AskingTests {
    private let lan = at("192.168.1.2:41414")
    private let external = at("203.0.113.50:4000")
    private let now = Moment(
        instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(seconds: 1_795_000_000))

    private func host(_ sent: inout [Host.Sent], usesIPgetter: Bool = true) -> Host {
        Host(
            "Alice", at: self.lan, primitives: CryptoPrimitives(), seed: 1, now: self.now,
            configure: { $0.usesIPgetter = usesIPgetter }, sent: &sent)
    }

    private func later(_ duration: Duration) -> Moment {
        Moment(instant: self.now.instant + duration, wall: self.now.wall + duration)
    }

    private func hosts(_ reply: Reply?) throws -> [Endpoint]? {
        guard case .offered(_, let text, _)? = reply,
            case .offer(let offer) = try CodeText(scanned: text)
        else { return nil }
        return offer.code.hosts
    }

    @Test func aMeetingWaitsForTheAnswer() throws {
        var sent: [Host.Sent] = []
        var host = self.host(&sent)
        let early = host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
        #expect(early == nil)
        #expect(host.askedCount == 1)
        #expect(host.store.state.relations.isEmpty)
        host.handle(
            .ipgetter(.seen(self.external, by: 2)), now: self.later(.milliseconds(80)), sent: &sent)
        #expect(try self.hosts(host.replies.last?.reply) == [self.external, self.lan])
        #expect(host.askedCount == 1)
        #expect(host.replies.count == 1)
    }

    @Test func itWaitsThreeSecondsAtMost() throws {
        var sent: [Host.Sent] = []
        var host = self.host(&sent)
        host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
        #expect(host.node.deadline == self.now.instant + .seconds(3))
        host.handle(.timer, now: self.later(.milliseconds(2_999)), sent: &sent)
        #expect(host.replies.isEmpty)
        host.handle(.timer, now: self.later(.seconds(3)), sent: &sent)
        #expect(try self.hosts(host.replies.last?.reply) == [self.lan])
        #expect(host.askedCount == 1)
    }

    @Test func noAnswerEndsTheWaiting() throws {
        var sent: [Host.Sent] = []
        var host = self.host(&sent)
        host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
        host.handle(.ipgetter(.nothing), now: self.later(.seconds(1)), sent: &sent)
        #expect(try self.hosts(host.replies.last?.reply) == [self.lan])
    }

    @Test func itIsAskedOnceInTwentySeconds() {
        var sent: [Host.Sent] = []
        var host = self.host(&sent)
        for second in 0..<60 {
            host.handle(.timer, now: self.later(.seconds(second)), sent: &sent)
            host.request(.offer(MeetingOptions()), now: self.later(.seconds(second)), sent: &sent)
        }
        #expect(host.askedCount == 3)
        host.handle(.timer, now: self.later(.seconds(63)), sent: &sent)
        #expect(host.replies.count == 60)
    }

    @Test func whatIsKnownIsNotAsked() {
        var sent: [Host.Sent] = []
        let known = [
            Candidate(endpoint: self.external, kind: .mapped),
            Candidate(endpoint: self.external, kind: .lan),
            Candidate(endpoint: at("[2001:db8::7]:1"), kind: .ipv6),
        ]
        for candidate in known {
            var host = self.host(&sent)
            host.handle(.ownCandidates([candidate]), now: self.now, sent: &sent)
            let reply = host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
            #expect(reply != nil)
            #expect(host.askedCount == 0)
        }
        var host = self.host(&sent)
        host.request(.offer(MeetingOptions(hosts: [self.external])), now: self.now, sent: &sent)
        host.request(.offer(MeetingOptions(hosts: [])), now: self.now, sent: &sent)
        #expect(host.askedCount == 0)
        #expect(host.replies.count == 2)
    }

    @Test func whoSwitchedItOffIsNeverAsked() {
        var sent: [Host.Sent] = []
        var host = self.host(&sent, usesIPgetter: false)
        let reply = host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
        #expect(reply != nil)
        #expect(host.askedCount == 0)
    }

    /// A mapping that nothing kept alive is no address any more: it is not shown, and asked for again.
    @Test func whatIsNotKeptAliveIsAskedAgain() throws {
        var sent: [Host.Sent] = []
        var host = self.host(&sent)
        host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
        host.handle(
            .ipgetter(.seen(self.external, by: 2)), now: self.later(.seconds(1)), sent: &sent)
        host.handle(.ipgetterLapsed, now: self.later(.seconds(700)), sent: &sent)
        let addresses = host.node.status(now: self.later(.seconds(700))).addresses
        #expect(addresses.map(\.candidate.endpoint) == [self.lan])
        let late = host.request(
            .offer(MeetingOptions()), now: self.later(.seconds(701)), sent: &sent)
        #expect(late == nil)
        #expect(host.askedCount == 2)
    }

    /// A public IPv6 address says nothing about where IPv4 peers find this node.
    @Test func aPublicIPv6AddressDoesNotTellThePrivateIPv4Ones() throws {
        var sent: [Host.Sent] = []
        var host = self.host(&sent)
        let ipv6 = at("[2a00:1::1]:41414")
        let both = [
            Candidate(endpoint: ipv6, kind: .ipv6), Candidate(endpoint: self.lan, kind: .lan),
        ]
        host.handle(.ownCandidates(both), now: self.now, sent: &sent)
        let early = host.request(.offer(MeetingOptions()), now: self.now, sent: &sent)
        #expect(early == nil)
        host.handle(
            .ipgetter(.seen(self.external, by: 2)), now: self.later(.milliseconds(80)), sent: &sent)
        #expect(try self.hosts(host.replies.last?.reply) == [self.external, self.lan, ipv6])
        // With IPv6 alone there is nothing to ask.
        host.handle(.ownCandidates([both[0]]), now: self.later(.seconds(30)), sent: &sent)
        host.handle(.networkChanged, now: self.later(.seconds(30)), sent: &sent)
        let reply = host.request(
            .offer(MeetingOptions(intent: .private)), now: self.later(.seconds(60)), sent: &sent)
        #expect(try self.hosts(reply) == [ipv6])
        #expect(host.askedCount == 1)
    }

    @Test func anEchoOfAPeerIsEnough() throws {
        var pair = Pair { $0.usesIPgetter = true }
        for side in Pair.Side.allCases {
            // Both know only a private address of their own; the echo is public.
            pair.act(side) {
                $0.handle(
                    .ownCandidates([Candidate(endpoint: self.lan, kind: .lan)]), now: $1, sent: &$2)
            }
        }
        let shown = MeetingOptions(hosts: [Pair.aliceEndpoint])
        try #require(pair.meet(alice: shown, bob: MeetingOptions(hosts: [Pair.bobEndpoint])) != nil)
        pair.run(for: .seconds(5))
        try #require(pair.isEntangled)
        let reply = pair.request(.alice, .offer(MeetingOptions(intent: .private)))
        #expect(reply != nil)
        #expect(pair.alice.askedCount == 0)
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        let late = pair.request(.alice, .offer(MeetingOptions(intent: .private)))
        #expect(late == nil)
        #expect(pair.alice.askedCount == 1)
    }
}
