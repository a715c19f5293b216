// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct OwnAddressesTests {
    private let lan = Candidate(endpoint: at("192.168.1.2:41414"), kind: .lan)
    private let ipv6 = Candidate(endpoint: at("[2001:db8::2]:41414"), kind: .ipv6)
    private let mapped = Candidate(endpoint: at("203.0.113.1:5000"), kind: .mapped)
    private let seen = at("203.0.113.9:41414")
    private let ids = (0..<6).map { RelationID(high: UInt64($0), low: 0) }

    @Test func theOrderIsMappedSeenAskedPublicPrivate() {
        var own = OwnAddresses()
        own.set(given: [self.lan, self.ipv6, self.mapped])
        own.set(asked: at("203.0.113.7:1"))
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        let kinds = own.known.map(\.candidate.kind)
        #expect(kinds == [.mapped, .observed, .ipgetter, .ipv6, .lan])
        #expect(own.known.map(\.confirmedBy) == [1, 1, 1, 0, 0])
    }

    @Test func oneNetworkIsOneVoice() {
        var own = OwnAddresses()
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        own.vote(self.ids[1], echo: self.seen, from: at("198.51.200.1:1"))
        #expect(own.known.map(\.confirmedBy) == [1])
        #expect(own.published.isEmpty)
        #expect(own.shown == [self.seen])
        own.vote(self.ids[2], echo: self.seen, from: at("203.0.113.200:1"))
        #expect(own.known.map(\.confirmedBy) == [2])
        #expect(own.published == [self.seen])
    }

    /// The router says that it has another address now: what peers saw at the former one is over, and no
    /// peer's word of other places.
    @Test func aRouterThatMovedTakesAlongWhatWasSeenThere() {
        func mapped(_ text: String) -> Candidate {
            Candidate(endpoint: at(text), kind: .mapped)
        }
        var own = OwnAddresses()
        own.set(given: [self.lan, mapped("203.0.113.9:5000")])
        own.set(answer: .seen(self.seen, by: 2))
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        own.vote(self.ids[1], echo: self.seen, from: at("192.0.2.1:1"))
        own.vote(self.ids[2], echo: at("203.0.113.200:7"), from: at("198.51.100.1:1"))
        own.vote(self.ids[3], echo: at("203.0.113.200:7"), from: at("192.0.2.1:1"))
        // No word of the router's, and one about the other family, say nothing.
        own.set(given: [self.lan])
        #expect(own.published.contains(self.seen))
        own.set(given: [self.lan, mapped("203.0.113.9:5000")])
        own.set(given: [self.lan, mapped("[2001:db8::7]:5000")])
        #expect(own.published.contains(self.seen))
        own.set(given: [self.lan, mapped("203.0.113.9:5000")])
        own.set(given: [self.lan])
        own.set(given: [self.lan, mapped("203.0.113.10:5000")])
        let there = [at("203.0.113.10:5000"), at("203.0.113.200:7"), self.lan.endpoint]
        #expect(own.published == there)
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.published == there)
    }

    /// What the IPgetter told stays true while somebody connected sees the very same, though nothing keeps it
    /// alive for its sake any more.
    @Test func whatWasToldCountsWhileAPeerSeesIt() {
        var own = OwnAddresses()
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        own.set(answer: .seen(self.seen, by: 1))
        own.lapse()
        #expect(own.published == [self.seen])
        own.silence(self.ids[0])
        #expect(own.published.isEmpty)
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.published == [self.seen])
        own.doubt { _ in true }
        #expect(own.published.isEmpty)
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.published == [self.seen])
        own.vote(self.ids[0], echo: at("203.0.113.9:9"), from: at("198.51.100.1:1"))
        #expect(own.published.isEmpty)
        #expect(own.shown == [at("203.0.113.9:9")])
        own.forgetSeen()
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.published.isEmpty)
    }

    /// Once somebody sees another one nobody brings it back, a liar least of all.
    @Test func whatWasToldEndsWhenAPeerSeesAnother() {
        var own = OwnAddresses()
        let (liar, honest) = (self.ids[0], self.ids[1])
        own.vote(liar, echo: self.seen, from: at("198.51.100.1:1"))
        own.set(answer: .seen(self.seen, by: 1))
        own.lapse()
        own.vote(honest, echo: at("203.0.113.77:41414"), from: at("192.0.2.1:1"))
        #expect(own.published.isEmpty)
        own.vote(honest, echo: at("192.168.1.2:41414"), from: at("192.168.1.3:1"))
        own.vote(liar, echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.published.isEmpty)
    }

    @Test func whatWasToldIsNoAddressWhenNobodySeesIt() {
        var own = OwnAddresses()
        own.set(answer: .seen(self.seen, by: 2))
        #expect(own.published == [self.seen])
        own.lapse()
        #expect(own.known.isEmpty)
        own.set(answer: .seen(self.seen, by: 1))
        #expect(own.published == [self.seen])
    }

    @Test func theNewestWordOfAPeerReplacesTheFormer() {
        var own = OwnAddresses()
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        own.vote(self.ids[1], echo: self.seen, from: at("203.0.113.200:1"))
        own.vote(self.ids[1], echo: at("203.0.113.10:1"), from: at("203.0.113.200:1"))
        #expect(own.known.map(\.confirmedBy) == [1, 1])
        #expect(own.published.isEmpty)
        own.withdraw(self.ids[1])
        #expect(own.known.map(\.candidate.endpoint) == [self.seen])
    }

    @Test func oneLiarAmongThreeDoesNotMoveWhatIsPublished() {
        var own = OwnAddresses()
        let lie = at("203.0.113.66:6")
        own.vote(self.ids[0], echo: lie, from: at("9.9.9.9:1"))
        own.vote(self.ids[1], echo: self.seen, from: at("198.51.100.1:1"))
        own.vote(self.ids[2], echo: self.seen, from: at("203.0.113.200:1"))
        #expect(own.published == [self.seen])
        #expect(own.shown.first == self.seen)
    }

    @Test func whatAnInterfaceHasNeedsNoVoice() {
        var own = OwnAddresses()
        let interface = Candidate(endpoint: self.seen, kind: .lan)
        own.set(given: [interface])
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.published == [self.seen])
        #expect(own.known.count == 1)
    }

    @Test func aCodeShowsOneOfEachSort() {
        var own = OwnAddresses()
        own.set(given: [self.lan, Candidate(endpoint: at("10.0.0.2:41414"), kind: .lan), self.ipv6])
        own.vote(self.ids[0], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.shown == [self.seen, self.lan.endpoint, self.ipv6.endpoint])
        own.set(given: [self.lan])
        #expect(own.shown == [self.seen, self.lan.endpoint])
    }

    @Test func atMostEightArePublishedAndThreeShown() {
        var own = OwnAddresses()
        own.set(given: (1...20).map { Candidate(endpoint: at("10.0.0.\($0):1"), kind: .lan) })
        #expect(own.published.count == 8)
        #expect(own.shown.count == 3)
    }

    @Test func onlyAPublicAddressIsExternal() {
        var own = OwnAddresses()
        #expect(!own.knowsExternal)
        own.set(given: [self.lan])
        own.vote(self.ids[0], echo: at("192.168.1.2:41414"), from: at("192.168.1.3:1"))
        #expect(!own.knowsExternal)
        own.vote(self.ids[1], echo: self.seen, from: at("198.51.100.1:1"))
        #expect(own.knowsExternal)
        own.forgetSeen()
        #expect(!own.knowsExternal)
        own.set(given: [Candidate(endpoint: at("100.64.0.1:1"), kind: .mapped)])
        #expect(!own.knowsExternal)
        own.set(given: [self.mapped])
        #expect(own.knowsExternal)
    }

    @Test func theOrderDoesNotDependOnWhoSpokeFirst() {
        let votes = [
            (self.ids[0], at("203.0.113.1:1"), at("1.1.1.1:1")),
            (self.ids[1], at("203.0.113.1:1"), at("2.2.2.2:1")),
            (self.ids[2], at("203.0.113.2:1"), at("3.3.3.3:1")),
            (self.ids[3], at("203.0.113.3:1"), at("4.4.4.4:1")),
            (self.ids[4], at("203.0.113.3:1"), at("5.5.5.5:1")),
            (self.ids[5], at("203.0.113.3:1"), at("6.6.6.6:1")),
        ]
        var dice = SeededGenerator(seed: 1)
        for _ in 0..<20 {
            var own = OwnAddresses()
            for vote in votes.shuffled(using: &dice) {
                own.vote(vote.0, echo: vote.1, from: vote.2)
            }
            #expect(own.known.map(\.confirmedBy) == [3, 2, 1])
            #expect(
                own.known.map(\.candidate.endpoint) == [3, 1, 2].map { at("203.0.113.\($0):1") })
        }
    }

    /// What the IPgetter told stays published when a peer sees the same.
    @Test func aPeerThatAgreesTakesNothingAway() {
        var own = OwnAddresses()
        own.set(given: [Candidate(endpoint: at("192.168.1.2:41414"), kind: .lan)])
        own.set(asked: at("203.0.113.1:1"))
        #expect(own.published.first == at("203.0.113.1:1"))
        own.vote(self.ids[0], echo: at("203.0.113.1:1"), from: at("1.1.1.1:1"))
        #expect(own.published.first == at("203.0.113.1:1"))
        #expect(own.known.map(\.confirmedBy) == [2, 0])
    }
}
