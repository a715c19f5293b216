// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Offer, answer, accept: the offline exchange (PROTOCOL.md §3).
@Suite struct MeetingTests {
    private static let tenYears = Duration.seconds(10 * 365 * 86_400)

    private func offer(_ pair: inout Pair, _ options: MeetingOptions = MeetingOptions()) throws
        -> String
    {
        guard case .offered(_, let text, _) = pair.request(.alice, .offer(options)) else {
            throw Refusal.notFound
        }
        return text
    }

    private func answer(
        _ pair: inout Pair, _ offer: String, _ options: MeetingOptions = MeetingOptions()
    ) throws -> String {
        guard case .answered(_, let text, _) = pair.request(.bob, .answer(offer, options)) else {
            throw Refusal.notFound
        }
        return text
    }

    // MARK: Codes

    @Test func theSameOfferGetsTheSameAnswer() throws {
        var pair = Pair()
        let offer = try self.offer(&pair)
        let first = pair.request(.bob, .answer(offer, MeetingOptions()))
        let again = pair.request(.bob, .answer(offer, MeetingOptions()))
        #expect(first == again)
        #expect(
            pair.request(.bob, .answer(offer, MeetingOptions(intent: .private)))
                == .refused(.wishStands(.auto)))
        #expect(pair.bob.store.state.relations.count == 1)
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        let afterRestart = pair.request(.bob, .answer(offer, MeetingOptions()))
        #expect(first == afterRestart)
    }

    @Test func anOfferIsUsedOnce() throws {
        var pair = Pair()
        let offer = try self.offer(&pair)
        let answer = try self.answer(&pair, offer)
        // A third person photographed the offer and answers it too.
        var stranger = Pair(seed: 9)
        let other = try self.answer(&stranger, offer)
        let accepted = pair.request(.alice, .accept(answer))
        #expect(pair.request(.alice, .accept(other)) == .refused(.alreadyUsed))
        #expect(pair.request(.alice, .accept(answer)) == accepted)
        pair.run(for: .seconds(5))
        try #require(pair.isEntangled)
        #expect(pair.request(.alice, .accept(answer)) == accepted)
        #expect(pair.request(.alice, .accept(other)) == .refused(.unknownOffer))
        #expect(
            pair.request(.bob, .answer(offer, MeetingOptions(intent: .private)))
                == .refused(.alreadyUsed))
        #expect(pair.isEntangled)
    }

    @Test func anAnswerFitsItsOfferOnly() throws {
        var pair = Pair()
        var other = Pair(seed: 2)
        let foreign = try self.answer(&other, try self.offer(&other))
        _ = try self.offer(&pair)
        #expect(pair.request(.alice, .accept(foreign)) == .refused(.unknownOffer))
        #expect(pair.phase(.alice) == .offered)
    }

    @Test func ownCodesAndWrongKindsAreRefused() throws {
        var pair = Pair()
        let offer = try self.offer(&pair)
        let answer = try self.answer(&pair, offer)
        #expect(pair.request(.alice, .answer(offer, MeetingOptions())) == .refused(.ownCode))
        #expect(pair.request(.bob, .accept(answer)) == .refused(.ownCode))
        #expect(pair.request(.alice, .accept(offer)) == .refused(.wrongCode(expected: .answering)))
        #expect(
            pair.request(.bob, .answer(answer, MeetingOptions()))
                == .refused(.wrongCode(expected: .offering)))
        let busy = CodeText.refusalLine("busy")
        #expect(pair.request(.alice, .accept(busy)) == .refused(.refusedOffline("busy")))
        #expect(
            pair.request(.bob, .answer(busy, MeetingOptions())) == .refused(.refusedOffline("busy"))
        )
        #expect(pair.request(.alice, .accept("x")) == .refused(.unreadable(.notOurs)))
        #expect(pair.phase(.alice) == .offered)
    }

    /// Whatever single character a scanner or an editor changes: no session ever stands.
    @Test(arguments: [Golden.offer.count / 3, 90, 150, 200])
    func aChangedCodeNeverEntangles(position: Int) throws {
        var pair = Pair()
        let offer = try self.offer(&pair)
        var changed = Array(offer.utf8)
        for digit in Array("0123456789abcdefABCD".utf8) where changed[position] != digit {
            changed[position] = digit
            guard
                case .answered(_, let answer, _) = pair.request(
                    .bob, .answer(String(decoding: changed, as: UTF8.self), MeetingOptions()))
            else { continue }
            #expect(pair.request(.alice, .accept(answer)) == .refused(.unknownOffer))
        }
        pair.run(for: .seconds(30))
        #expect(pair.phase(.alice) == .offered)
    }

    // MARK: Expiry

    @Test func anOfferEndsWithItsLife() throws {
        var pair = Pair()
        let offer = try self.offer(&pair)
        let answer = try self.answer(&pair, offer)
        let id = try #require(pair.relation(.alice)?.id)
        var late = pair
        pair.run(for: .milliseconds(599_999)) { _ in false }
        guard case .accepted = pair.request(.alice, .accept(answer)) else {
            Issue.record("refused in time")
            return
        }
        late.run(for: .seconds(600)) { _ in false }
        #expect(late.alice.events.last == .pairingEnded(id, .expired))
        #expect(late.request(.alice, .accept(answer)) == .refused(.unknownOffer))
        #expect(late.alice.store.state.relations.isEmpty)
        #expect(late.alice.store.state.tombstones.count == 1)
        // Bob asks, and the tombstone tells him.
        late.run(for: .seconds(70))
        #expect(late.bob.store.state.relations.isEmpty)
    }

    @Test(arguments: [Self.tenYears, .zero - Self.tenYears])
    func aWrongWallClockDoesNotChangeTheLife(jump: Duration) throws {
        var pair = Pair()
        let answer = try self.answer(&pair, try self.offer(&pair))
        pair.wallOffsets.alice = jump
        pair.run(for: .seconds(599)) { _ in false }
        guard case .accepted = pair.request(.alice, .accept(answer)) else {
            Issue.record("refused in time")
            return
        }
        var late = Pair()
        _ = try self.offer(&late)
        late.wallOffsets.alice = jump
        late.run(for: .seconds(601)) { _ in false }
        #expect(late.alice.store.state.relations.isEmpty)
    }

    @Test func afterARestartTheStoredTimeCounts() throws {
        var pair = Pair()
        let answer = try self.answer(&pair, try self.offer(&pair))
        pair.run(for: .seconds(300)) { _ in false }
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        var late = pair
        pair.run(for: .seconds(299)) { _ in false }
        #expect(pair.phase(.alice) == .offered)
        guard case .accepted = pair.request(.alice, .accept(answer)) else {
            Issue.record("refused in time")
            return
        }
        late.run(for: .seconds(301)) { _ in false }
        #expect(late.alice.store.state.relations.isEmpty)
    }

    @Test func aClockSetForwardAndARestartEndIt() throws {
        var pair = Pair()
        let answer = try self.answer(&pair, try self.offer(&pair))
        pair.wallOffsets.alice = Self.tenYears
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        #expect(pair.request(.alice, .accept(answer)) == .refused(.unknownOffer))
        #expect(pair.alice.store.state.relations.isEmpty)
    }

    /// The sooner of both clocks: no restart gives an offer more than its whole life again.
    @Test func aClockSetBackAndARestartDoNotProlongIt() throws {
        var pair = Pair()
        _ = try self.offer(&pair)
        pair.run(for: .seconds(300)) { _ in false }
        pair.wallOffsets.alice = .zero - Self.tenYears
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        pair.run(for: .seconds(601)) { _ in false }
        #expect(pair.alice.store.state.relations.isEmpty)
    }

    @Test func lateIsAWarningAndNoRefusal() throws {
        var pair = Pair()
        let offer = try self.offer(&pair)
        pair.wallOffsets.bob = Self.tenYears
        guard
            case .answered(_, let answer, let isLate) = pair.request(
                .bob, .answer(offer, MeetingOptions()))
        else {
            Issue.record("refused")
            return
        }
        #expect(isLate)
        pair.request(.alice, .accept(answer))
        pair.run(for: .seconds(5))
        #expect(pair.isEntangled)
    }

    @Test(arguments: [Duration.seconds(9), .seconds(86_401), .zero, .seconds(-1)])
    func livesOutOfRangeAreRefused(life: Duration) {
        var pair = Pair()
        #expect(pair.request(.alice, .offer(MeetingOptions(life: life))) == .refused(.badLife))
        #expect(pair.alice.store.state.relations.isEmpty)
    }

    @Test func bobWaitsAsLongAsTheOfferLives() throws {
        var pair = Pair()
        _ = try self.answer(&pair, try self.offer(&pair, MeetingOptions(life: .seconds(3_600))))
        let expiresAt = try #require(pair.relation(.bob)?.expiresAt)
        #expect(expiresAt - pair.now.wall == .seconds(3_600))
        pair.run(for: .seconds(1_800)) { _ in false }
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        pair.run(for: .seconds(1_799)) { _ in false }
        #expect(pair.phase(.bob) == .answered)
        pair.run(for: .seconds(2)) { _ in false }
        #expect(pair.phase(.bob) == .timedOut)
    }

    // MARK: Hosts

    @Test(arguments: Pair.Side.allCases)
    func oneUnknownSideIsFoundThroughTheOthersCode(unknown: Pair.Side) throws {
        var pair = Pair()
        let empty = MeetingOptions(hosts: [])
        let offer = try self.offer(&pair, unknown == .alice ? empty : MeetingOptions())
        #expect(offer.contains("\"host\":\"unknown\"") == (unknown == .alice))
        let answer = try self.answer(&pair, offer, unknown == .bob ? empty : MeetingOptions())
        guard case .accepted = pair.request(.alice, .accept(answer)) else {
            Issue.record("refused")
            return
        }
        pair.run(for: .seconds(10))
        #expect(pair.isEntangled)
    }

    @Test func bothUnknownIsRefused() throws {
        var pair = Pair()
        let empty = MeetingOptions(hosts: [])
        let offer = try self.offer(&pair, empty)
        #expect(pair.request(.bob, .answer(offer, empty)) == .refused(.bothUnknown))
        #expect(pair.bob.store.state.relations.isEmpty)
        #expect(pair.phase(.alice) == .offered)
    }

    @Test func loopbackIsForThoseWhoListenThere() throws {
        let local = MeetingOptions(hosts: [at("127.0.0.1:41414")])
        var pair = Pair()
        #expect(pair.request(.alice, .offer(local)) == .refused(.badHost))
        var open = Pair { $0.allowsLoopback = true }
        let offer = try self.offer(&open, local)
        #expect(pair.request(.bob, .answer(offer, MeetingOptions())) == .refused(.loopbackOnly))
        guard case .answered = open.request(.bob, .answer(offer, MeetingOptions())) else {
            Issue.record("refused")
            return
        }
        #expect(open.inFlight.map(\.to) == [at("127.0.0.1:41414")])
        let mixed = try self.offer(
            &open, MeetingOptions(hosts: [at("127.0.0.1:1"), at("10.0.0.1:1")]))
        guard case .answered = pair.request(.bob, .answer(mixed, MeetingOptions())) else {
            Issue.record("refused")
            return
        }
        #expect(pair.inFlight.map(\.to) == [at("10.0.0.1:1")])
    }

    @Test(arguments: [
        [at("224.0.0.1:1")], [at("10.0.0.1:0")], [at("10.0.0.1:1"), at("10.0.0.1:1")],
        (1...4).map { at("10.0.0.\($0):1") }, [at("[fe80::1]:1")],
    ])
    func hostsThatCannotBeShownAreRefused(hosts: [Endpoint]) {
        var pair = Pair()
        #expect(pair.request(.alice, .offer(MeetingOptions(hosts: hosts))) == .refused(.badHost))
    }

    @Test func theRecordIsOnDiskBeforeTheCodeIsShown() throws {
        var pair = Pair()
        _ = try self.offer(&pair)
        var isStored = false
        for output in pair.alice.lastOutputs {
            switch output {
            case .persist(.relation): isStored = true
            case .reply, .notify, .send, .admit: #expect(isStored)
            default: break
            }
        }
        #expect(isStored)
    }

    // MARK: Limits

    @Test func sixtyFourPairingsAreTheMost() throws {
        var pair = Pair()
        for _ in 0..<64 { _ = try self.offer(&pair) }
        #expect(pair.request(.alice, .offer(MeetingOptions())) == .refused(.tooMany(limit: 64)))
        let id = try #require(pair.alice.store.state.relations.first?.id)
        pair.request(.alice, .cancel(id))
        _ = try self.offer(&pair)
        #expect(pair.alice.store.state.relations.count == 64)
    }
}
