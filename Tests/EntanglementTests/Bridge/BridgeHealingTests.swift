// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What becomes of bridges and cards when somebody was away, was restarted, or changes its mind
/// (PROTOCOL.md §14.2, §14.5).
@Suite struct BridgeHealingTests {
    private func deny(_ number: Int, _ clusters: inout TwoClusters) {
        let reply = clusters.circle.request(
            number,
            .giveCard(clusters.cluster(of: number), for: clusters.otherAlias(for: number), nil))
        #expect(reply == .done)
        clusters.circle.run(for: .seconds(10))
    }

    /// A member that was away while a card was withdrawn does not bring it back.
    @Test func aWithdrawnCardStaysAwayWhoeverReturns() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([5])
        #expect(clusters.seen(by: 1) == ["Fritz"])
        clusters.circle.stopped = [1]
        self.deny(5, &clusters)
        #expect(clusters.seen(by: 0) == [])
        clusters.sleep(days: 2, [1])
        clusters.circle.stopped = []
        clusters.circle.restart(1)
        for _ in 0..<20 {
            clusters.circle.run(for: .seconds(3))
            for number in [0, 2] { #expect(clusters.seen(by: number) == [], "\(number)") }
        }
        #expect(clusters.seen(by: 1) == [])
    }

    /// An end that was restarted does not know any more whose word its card has over there.
    @Test func anotherVouchesForTheEndsCardAfterARestart() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        let members = try [1, 2].map { try clusters.circle.member($0, clusters.family) }
        let (early, late) = members[0] < members[1] ? (2, 1) : (1, 2)
        clusters.giveCards([early, 0])
        #expect(clusters.seen(by: 4) == ["Anna", TwoClusters.names[early]])
        clusters.giveCards([late])
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(30))
        self.deny(early, &clusters)
        clusters.circle.run(for: .seconds(30))
        #expect(clusters.seen(by: 4) == ["Anna", TwoClusters.names[late]])
    }

    /// Who shows and hides its card all the time does not make the end's card be said anew each time.
    @Test func anEndsCardIsNotGivenAnewAllTheTime() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([0, 1, 2])
        let own = try clusters.circle.member(0, clusters.family)
        var sequences: Set<UInt64> = []
        for round in 0..<24 {
            let policy = round % 2 == 0 ? nil : BridgePolicy.cardDefault
            for number in [1, 2] {
                clusters.circle.request(
                    number, .giveCard(clusters.family, for: clusters.hackersAlias, policy))
                clusters.circle.run(for: .milliseconds(500))
                let given = try clusters.circle.live(0, clusters.family).bridges.given
                if let card = given.first(where: { $0.author == own }) {
                    sequences.insert(card.card.sequence)
                }
            }
        }
        #expect(sequences.count <= 3)
        clusters.circle.run(for: .seconds(90))
        #expect(clusters.seen(by: 4) == ["Anna", "Ben", "Carla"])
    }

    /// What a person said of somebody across can be taken back when there is no card any more.
    @Test(arguments: [true, false])
    func whoIsNotAcrossAnyMoreCanBeForgotten(isMatched: Bool) throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([2, 5])
        let relation = try #require(clusters.relation(2, with: "Fritz"))
        let said = isMatched ? Request.matched(relation) : .rename(relation, "Freddy")
        #expect(clusters.circle.request(2, said) == .done)
        #expect(clusters.circle.request(2, .forget(relation)) == .refused(.acrossBridge))
        self.deny(5, &clusters)
        func isThere() -> Bool {
            clusters.circle.hosts[2].store.state.relations.contains { $0.id == relation }
        }
        #expect(isThere())
        let undone = isMatched ? Request.forget(relation) : .rename(relation, "")
        #expect(clusters.circle.request(2, undone) == .done)
        #expect(!isThere())
    }

    /// A card is given for a bridge that is open, or for none.
    @Test func noCardIsGivenForAClosedBridge() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        #expect(clusters.circle.request(0, .closeBridge(id)) == .done)
        clusters.circle.run(for: .seconds(10))
        for bridge in [id, nil] {
            let reply = clusters.circle.request(
                1,
                .giveCard(clusters.family, for: clusters.hackersAlias, over: bridge, .cardDefault))
            #expect(reply == .refused(.notFound))
        }
        #expect(clusters.status(1).givenCards == [])
    }

    /// A vote outlasts its voter's absence, though the bridge was said anew meanwhile.
    @Test func aVoteOutlastsAMonthAway() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        #expect(clusters.circle.request(1, .closeBridge(id)) == .done)
        clusters.circle.run(for: .seconds(10))
        for _ in 0..<4 { clusters.sleep(days: 9, [1]) }
        clusters.circle.stopped = []
        clusters.circle.restart(1)
        clusters.circle.run(for: .seconds(60))
        let voter = try clusters.circle.member(1, clusters.family)
        for number in 0..<3 {
            let bridge = clusters.status(number).bridges.first { $0.id == id }
            #expect(bridge?.closers == [voter], "\(number)")
        }
    }

    /// Each end says its word in each new session, whoever began it.
    @Test func bothEndsSayTheirWordInNewSessions() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        func numbers() -> [UInt32] {
            [0, 3].compactMap { clusters.circle.hosts[$0].node.bridgeLinks.first?.number }
        }
        let before = numbers()
        clusters.circle.run(for: .seconds(400))
        for (former, number) in zip(before, numbers()) { #expect(number > former) }
    }

    /// Nor one, or a vote, of which nobody says anything any more because the end has left.
    @Test func nothingIsSaidForEverAboutAGoneEndsBridge() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.giveCards([1])
        #expect(clusters.circle.request(1, .closeBridge(id)) == .done)
        #expect(clusters.circle.request(0, .leave(clusters.family)) == .done)
        clusters.circle.run(for: .seconds(30))
        for _ in 0..<10 { clusters.sleep(days: 9, [0]) }
        let own = try clusters.circle.member(1, clusters.family)
        let said = try clusters.circle.live(2, clusters.family).notices.notices
        #expect(!said.contains { $0.author == own && $0.isMeant })
        #expect(clusters.status(1).givenCards == [])
    }

    /// The end's card comes back when somebody vouches again, though the end has forgotten whose word it had.
    @Test func anEndsCardComesBackAfterARestart() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([2, 0])
        self.deny(2, &clusters)
        #expect(clusters.seen(by: 4) == [])
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(10))
        clusters.giveCards([1])
        clusters.circle.run(for: .seconds(10))
        #expect(clusters.seen(by: 4) == ["Anna", "Ben"])
    }

    /// A card whose bridges are gone is not said again for ever.
    @Test func aCardEndsAfterItsBridges() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.giveCards([1])
        #expect(clusters.circle.request(0, .closeBridge(id)) == .done)
        clusters.circle.run(for: .seconds(10))
        for _ in 0..<5 { clusters.sleep(days: 9, []) }
        #expect(clusters.status(1).givenCards == [])
    }

    private func openBridges(_ clusters: TwoClusters) -> [Int] {
        (0..<6).filter { clusters.status($0).bridges.contains(where: \.isOpen) }
    }

    /// A bridge is there again when its ends are, however long one of them, or everybody, was away.
    @Test(arguments: [[3], [0, 1, 2, 3, 4, 5]])
    func aBridgeOutlastsAMonth(absent: Set<Int>) throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1, 5])
        if absent.count == 1 {
            for _ in 0..<5 { clusters.sleep(days: 9, absent) }
        } else {
            clusters.sleep(days: 45, absent)
        }
        #expect(self.openBridges(clusters).filter { !absent.contains($0) } == [])
        if !absent.contains(0) {
            // The end that is there knows what it waits for.
            #expect(clusters.status(0).bridges.map(\.isClosed) == [false])
        }
        clusters.circle.stopped = []
        for number in absent.sorted() { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(120))
        #expect(self.openBridges(clusters) == Array(0..<6))
        #expect(clusters.seen(by: 0) == ["Fritz"])
        #expect(clusters.seen(by: 4) == ["Ben"])
    }

    /// An end whose home comes back from before the closing learns that the bridge is over.
    @Test(arguments: [0, 3])
    func aBackupOpensNoClosedBridge(closer: Int) throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        let backup = clusters.circle.hosts[0].store
        #expect(clusters.circle.request(closer, .closeBridge(id)) == .done)
        clusters.circle.run(for: .seconds(20))
        clusters.circle.restore(0, backup)
        clusters.circle.run(for: .seconds(60))
        #expect(self.openBridges(clusters) == [])
        let isLinked = clusters.circle.hosts[0].store.state.relations.contains { record in
            if case .bridging? = record.bond { record.phase == .trusted } else { false }
        }
        #expect(!isLinked)
    }

    /// Nor an old one, which would say again at once what it means.
    @Test func anOldBackupOpensNoClosedBridge() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        let backup = clusters.circle.hosts[0].store
        clusters.sleep(days: 8, [])
        #expect(clusters.circle.request(0, .closeBridge(id)) == .done)
        clusters.circle.run(for: .seconds(20))
        clusters.sleep(days: 5, [])
        clusters.circle.restore(0, backup)
        clusters.circle.run(for: .seconds(60))
        #expect(self.openBridges(clusters) == [])
    }

    /// An end's own card that nobody vouches for goes when it is taken back, and does not come again.
    @Test func anUnvouchedCardIsWithdrawnToo() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([2, 0])
        #expect(clusters.seen(by: 4) == ["Anna", "Carla"])
        self.deny(2, &clusters)
        self.deny(0, &clusters)
        let held = clusters.everything(at: 4)
        #expect(!held.hold(Array("Anna".utf8)))
        clusters.circle.request(
            2, .giveCard(clusters.family, for: clusters.hackersAlias, .cardDefault))
        for _ in 0..<40 {
            clusters.circle.run(for: .milliseconds(250))
            #expect(!clusters.seen(by: 4).contains("Anna"))
        }
        #expect(clusters.seen(by: 4) == ["Carla"])
    }

    /// An end whose clock was hours ahead is heard again when the right time comes near, not only when its word
    /// is old.
    @Test func aWordThatIsPassedOverIsMadeAnew() throws {
        var clusters = try TwoClusters()
        clusters.shiftClock(by: .seconds(2 * 3_600))
        try clusters.bridge(0, 3)
        clusters.shiftClock(by: .seconds(-2 * 3_600))
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(30))
        #expect(clusters.circle.request(1, clusters.card(of: 1)) == .done)
        clusters.circle.run(for: .seconds(30))
        clusters.circle.run(for: .seconds(2 * 3_600 + 200))
        #expect(clusters.seen(by: 4) == ["Ben"])
    }

    /// Nor does what is taken back wait for the right time.
    @Test func whatIsTakenBackDoesNotWaitForTheClock() throws {
        var clusters = try TwoClusters()
        clusters.shiftClock(by: .seconds(20 * 3_600))
        try clusters.bridge(0, 3)
        clusters.giveCards([2])
        #expect(clusters.seen(by: 4) == ["Carla"])
        clusters.shiftClock(by: .seconds(-20 * 3_600))
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(30))
        self.deny(2, &clusters)
        clusters.circle.run(for: .seconds(300))
        #expect(clusters.seen(by: 4) == [])
    }

    /// Who is reached across again has the same keys: no `n` comes twice, though the clock was put back (seed
    /// 2888 of `bridge`).
    @Test func whoComesBackGoesOnCounting() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([1, 4])
        let relation = try #require(clusters.relation(1, with: "Emil"))
        func used() -> UInt64? {
            clusters.circle.hosts[1].node.relations[relation]?.record.reservedCounter
        }
        let before = try #require(used())
        self.deny(4, &clusters)
        #expect(used() == nil)
        clusters.shiftClock(by: .seconds(-3_600))
        clusters.giveCards([4])
        clusters.circle.run(for: .seconds(10))
        #expect(clusters.relation(1, with: "Emil") == relation)
        #expect(try #require(used()) >= before)
        #expect(clusters.isConnected(1, with: "Emil"))
    }

    /// What is said after a restart is heard, when a longer word was said before it.
    @Test func aWordAfterARestartIsHeard() throws {
        var clusters = try TwoClusters()
        clusters.shiftClock(by: .seconds(20 * 3_600))
        let id = try clusters.bridge(0, 3)
        clusters.shiftClock(by: .seconds(-20 * 3_600))
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(400))
        clusters.circle.restart(0)
        clusters.circle.run(for: .seconds(2))
        clusters.allow(.messages, at: [0, 3], id)
        clusters.circle.run(for: .seconds(15))
        #expect(clusters.status(4).bridges.first?.policy.level == .messages)
    }

    /// A card that is given again replaces the former one also where nobody heard that it was taken back, and
    /// the clock was ahead then.
    @Test func aCardThatIsGivenAgainCounts() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, addresses: true, at: [0, 3], id)
        clusters.shiftClock(by: .seconds(5 * 3_600))
        clusters.giveCards([2], BridgePolicy(.messages, addresses: true))
        clusters.shiftClock(by: .seconds(-5 * 3_600))
        func allowsAddresses() -> [Bool] {
            clusters.status(4).foreignCards.map { $0.policy.addresses }
        }
        #expect(allowsAddresses() == [true])
        clusters.circle.blocked = [(0, 3)]
        self.deny(2, &clusters)
        clusters.giveCards([2], BridgePolicy(.messages))
        clusters.circle.blocked = []
        clusters.circle.run(for: .seconds(200))
        #expect(allowsAddresses() == [false])
    }

    /// What was decided about a bridge is not lost over a restart, or is refused.
    @Test func aPolicyIsKeptOrRefused() throws {
        var clusters = try TwoClusters()
        let options = MeetingOptions(intent: .bridge)
        guard case .offered(_, let offer, _) = clusters.circle.request(0, .offer(options)),
            case .answered(_, let answer, _) = clusters.circle.request(3, .answer(offer, options)),
            case .accepted = clusters.circle.request(0, .accept(answer))
        else { throw BridgeTestError() }
        while clusters.circle.hosts[0].node.bridgeLinks.isEmpty, clusters.circle.deliverNext() {}
        let link = try #require(clusters.circle.hosts[0].node.bridgeLinks.first)
        #expect(link.other == nil)
        clusters.circle.inFlight = []
        clusters.circle.stopped = [3]
        let reply = clusters.circle.request(0, .setBridge(link.bridge, BridgePolicy(.nothing)))
        clusters.circle.restart(0)
        let kept = clusters.circle.hosts[0].node.bridgeLinks.first?.policy
        let isRefused = if case .refused? = reply { true } else { false }
        #expect(isRefused || kept == BridgePolicy(.nothing))
    }

    /// A bridge that waits for its other end can be voted out meanwhile.
    @Test func whatWaitsCanBeClosed() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        for _ in 0..<4 { clusters.sleep(days: 9, [3]) }
        #expect(clusters.status(1).bridges.map(\.isOpen) == [false])
        #expect(clusters.circle.request(1, .closeBridge(id)) == .done)
    }

    /// What was said by a clock that was ahead is said again by the right one.
    @Test func aClockThatWasAheadDoesNoLastingHarm() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [3], id)
        clusters.circle.stopped = [1, 3, 4, 5]
        clusters.shiftClock(by: .seconds(3 * 86_400))
        clusters.allow(.messages, at: [0], id)
        clusters.giveCards([2])
        clusters.shiftClock(by: .seconds(-3 * 86_400))
        clusters.circle.stopped = []
        for number in [0, 2] { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(60))
        #expect(clusters.seen(by: 4) == ["Carla"])
        for number in [1, 4] {
            #expect(clusters.status(number).bridges.first?.policy.level == .messages, "\(number)")
        }
    }
}

extension TwoClusters {
    /// Everybody's clock is put forward or back.
    fileprivate mutating func shiftClock(by span: Duration) {
        self.circle.now = Moment(
            instant: self.circle.now.instant, wall: self.circle.now.wall + span)
    }

    fileprivate func card(of number: Int) -> Request {
        .giveCard(self.cluster(of: number), for: self.otherAlias(for: number), .cardDefault)
    }
}
