// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Which bridges a card crosses, who vouches for it, and what ends at once (PROTOCOL.md §14.4, §14.5).
@Suite struct BridgeConsentTests {
    /// Whoever claims to be the same cluster later gets no card that was given before.
    @Test func aCardCrossesTheBridgesThatItWasGivenFor() throws {
        var clusters = try TwoClusters()
        let first = try clusters.bridge(0, 3)
        clusters.giveCards([1])
        let second = try clusters.bridge(2, 5)
        clusters.circle.run(for: .seconds(10))
        func ways() -> [BridgeID] {
            clusters.status(4).foreignCards.first { $0.name == "Ben" }?.bridges ?? []
        }
        #expect(ways() == [first])
        // A change of the card alone gives it to nobody else.
        func allow(over bridge: BridgeID, _ policy: BridgePolicy) {
            let reply = clusters.circle.request(
                1, .giveCard(clusters.family, for: clusters.hackersAlias, over: bridge, policy))
            #expect(reply == .done)
            clusters.circle.run(for: .seconds(5))
        }
        allow(over: first, BridgePolicy(.cards))
        #expect(ways() == [first])
        allow(over: second, BridgePolicy(.cards))
        #expect(Set(ways()) == [first, second])
        #expect(clusters.status(4).foreignCards.first?.isConfirmed == true)
    }

    /// No code tells how many there are: every meeting may be one with a stranger, who may want a bridge.
    @Test(arguments: [Intent.bridge, .auto, .cluster, .join, .private])
    func noCodeTellsANumber(intent: Intent) throws {
        var clusters = try TwoClusters()
        let options = MeetingOptions(intent: intent, cluster: clusters.family)
        guard case .offered(_, let text, _) = clusters.circle.request(0, .offer(options)),
            case .offer(let offer)? = try? CodeText(scanned: text)
        else {
            Issue.record("no code")
            return
        }
        #expect(offer.code.totalPeers == 1)
        guard
            case .answered(_, let answered, _) = clusters.circle.request(
                3, .answer(text, MeetingOptions(intent: intent == .cluster ? .join : .auto))),
            case .answer(let answer)? = try? CodeText(scanned: answered)
        else {
            Issue.record("no answer")
            return
        }
        #expect(answer.code.totalPeers == 1)
    }

    /// The end's own card stays although who vouched for it shows none any more, whoever that was.
    @Test(arguments: [[1, 2], [2, 1]])
    func anotherVouchesForTheEndsCard(leaving: [Int]) throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([0, 1, 2])
        clusters.circle.run(for: .seconds(10))
        #expect(clusters.seen(by: 4) == ["Anna", "Ben", "Carla"])
        let last = TwoClusters.names[leaving[1]]
        // With nobody left to vouch the end itself cannot be shown.
        for (number, left) in zip(leaving, [["Anna", last], []]) {
            let reply = clusters.circle.request(
                number, .giveCard(clusters.family, for: clusters.hackersAlias, nil))
            #expect(reply == .done)
            clusters.circle.run(for: .seconds(30))
            #expect(clusters.seen(by: 4) == left)
        }
    }

    /// A cluster that wants no bridges while one is being made ends it at both sides.
    @Test func aBridgeThatIsForbiddenWhileItIsMadeIsOverForBoth() throws {
        var clusters = try TwoClusters()
        // Carla has a vote once both founders have met her.
        try clusters.circle.confirm(1, 2)
        clusters.circle.run(for: .seconds(10))
        try clusters.bridge(1, 4)
        let options = MeetingOptions(intent: .bridge)
        guard case .offered(_, let offer, _) = clusters.circle.request(0, .offer(options)),
            case .answered(_, let answer, _) = clusters.circle.request(3, .answer(offer, options))
        else {
            Issue.record("no codes")
            return
        }
        for number in [1, 2] {
            let reply = clusters.circle.request(
                number, .forbidBridges(clusters.family, isOn: true))
            #expect(reply == .done)
        }
        clusters.circle.run(for: .seconds(3))
        clusters.circle.request(0, .accept(answer))
        clusters.circle.run(for: .seconds(30))
        for number in 0..<6 {
            #expect(clusters.status(number).bridges.filter(\.isOpen).map(\.id) == [])
            let relations = clusters.circle.hosts[number].store.state.relations
            let isLinked = relations.contains { record in
                if case .bridging? = record.bond { record.phase == .trusted } else { false }
            }
            #expect(!isLinked)
        }
    }

    /// Vouchers that come one after the other do not make the end give its card again and again.
    @Test func anEndsCardComesToRest() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([1, 2])
        let members = try [1, 2].map { try clusters.circle.member($0, clusters.family) }
        // The word of whose member id is smaller comes later.
        clusters.circle.blocked = [(0, members[0] < members[1] ? 1 : 2)]
        clusters.giveCards([0])
        clusters.circle.blocked = []
        clusters.circle.run(for: .seconds(30))
        func sequence() throws -> UInt64? {
            let own = try clusters.circle.member(0, clusters.family)
            return try clusters.circle.live(0, clusters.family).bridges.given
                .first { $0.author == own }?.card.sequence
        }
        let before = try sequence()
        clusters.circle.run(for: .seconds(60))
        #expect(try sequence() == before)
        #expect(clusters.seen(by: 4) == ["Anna", "Ben", "Carla"])
    }

    /// Whoever agrees last is called all the same; and again, when addresses were taken back and given again.
    @Test func addressesMayCrossInAnyOrder() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        let addresses = BridgePolicy(.messages, addresses: true)
        clusters.allow(.messages, addresses: true, at: [0, 3], id)
        func paths() -> [Endpoint?] {
            [(2, "Fritz"), (5, "Carla")].map { number, name in
                let relation = clusters.relation(number, with: name)
                return clusters.status(number).peers.first { $0.id == relation }?.path
            }
        }
        clusters.giveCards([2], addresses)
        clusters.giveCards([5], addresses)
        clusters.circle.run(for: .seconds(60))
        #expect(paths() == [Circle.endpoint(of: 5), Circle.endpoint(of: 2)])
        clusters.giveCards([5], BridgePolicy(.messages))
        clusters.circle.run(for: .seconds(20))
        #expect(paths() == [nil, nil])
        clusters.giveCards([5], addresses)
        clusters.circle.run(for: .seconds(60))
        #expect(paths() == [Circle.endpoint(of: 5), Circle.endpoint(of: 2)])
    }

    /// Who hears of the other's card late passes its addresses over; they come again with the answer to the own.
    @Test func addressesThatCameTooSoonComeAgain() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, addresses: true, at: [0, 3], id)
        clusters.giveCards([2, 5])
        let addresses = BridgePolicy(.messages, addresses: true)
        clusters.giveCards([2], addresses)
        clusters.circle.run(for: .seconds(10))
        clusters.circle.blocked = [(2, 5)]
        clusters.circle.request(
            5, .giveCard(clusters.hackers, for: clusters.familyAlias, addresses))
        // Of what the end carries to Carla the first is lost: longer than a hash, shorter than a notice.
        var lost: [UInt8]?
        clusters.circle.run(for: .milliseconds(2_500)) { datagram in
            let isCarried =
                datagram.from == Circle.endpoint(of: 0) && datagram.to == Circle.endpoint(of: 2)
                && (100..<400).contains(datagram.bytes.count)
            guard isCarried, lost == nil || lost == datagram.bytes else { return true }
            lost = datagram.bytes
            return false
        }
        #expect(lost != nil)
        for (number, other, name) in [(2, 5, "Fritz"), (5, 2, "Carla")] {
            let relation = try #require(clusters.relation(number, with: name))
            let known = clusters.circle.hosts[number].node.knownEndpoints(of: relation)
            #expect(known.contains(Circle.endpoint(of: other)), "\(name)")
        }
    }

    /// Both learn where the other is, though nothing sent directly arrives and one agreed after the other.
    @Test(arguments: [true, false])
    func bothLearnTheOthersAddresses(isPolicyFirst: Bool) throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        clusters.giveCards([2, 5])
        clusters.circle.run(for: .seconds(10))
        clusters.circle.blocked = [(2, 5)]
        let addresses = BridgePolicy(.messages, addresses: true)
        if isPolicyFirst { clusters.allow(.messages, addresses: true, at: [0, 3], id) }
        for number in [2, 5] {
            clusters.circle.request(
                number,
                .giveCard(
                    clusters.cluster(of: number), for: clusters.otherAlias(for: number), addresses))
        }
        clusters.circle.run(for: .seconds(2))
        if !isPolicyFirst { clusters.allow(.messages, addresses: true, at: [0, 3], id) }
        clusters.circle.run(for: .seconds(6))
        for (number, other, name) in [(2, 5, "Fritz"), (5, 2, "Carla")] {
            let relation = try #require(clusters.relation(number, with: name))
            let known = clusters.circle.hosts[number].node.knownEndpoints(of: relation)
            #expect(known.contains(Circle.endpoint(of: other)), "\(name)")
        }
    }
}
