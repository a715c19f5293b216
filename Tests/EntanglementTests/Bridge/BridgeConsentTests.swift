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
        clusters.giveCards([1])
        #expect(Set(ways()) == [first, second])
        #expect(clusters.status(4).foreignCards.first?.isConfirmed == true)
    }

    /// The code of who links clusters does not tell how many there are.
    @Test(arguments: [(Intent.bridge, UInt64(1)), (.auto, 2)])
    func theCodeOfABridgeTellsNoNumber(intent: Intent, count: UInt64) throws {
        var clusters = try TwoClusters()
        let options = MeetingOptions(intent: intent, cluster: clusters.family)
        guard case .offered(_, let text, _) = clusters.circle.request(0, .offer(options)),
            case .offer(let offer)? = try? CodeText(scanned: text)
        else {
            Issue.record("no code")
            return
        }
        #expect(offer.code.totalPeers == count)
    }

    /// The end's own card stays although who vouched for it shows none any more.
    @Test func anotherVouchesForTheEndsCard() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.giveCards([0, 1, 2])
        clusters.circle.run(for: .seconds(10))
        #expect(clusters.seen(by: 4) == ["Anna", "Ben", "Carla"])
        for (number, left) in [(1, ["Anna", "Carla"]), (2, [])] {
            let reply = clusters.circle.request(
                number, .giveCard(clusters.family, for: clusters.hackersAlias, nil))
            #expect(reply == .done)
            clusters.circle.run(for: .seconds(30))
            // With nobody left to vouch the end itself cannot be shown.
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
            #expect(!clusters.circle.hosts[number].store.state.relations.contains { record in
                if case .bridging? = record.bond { record.phase == .trusted } else { false }
            })
        }
    }

    /// Two who have no place for each other's notices do not list them for ever.
    @Test func listsComeToAnEnd() throws {
        var clusters = try TwoClusters()
        let cluster = clusters.family
        let author = try clusters.circle.member(1, cluster)
        let membership = try #require(clusters.circle.record(1, cluster)).membership
        let signing = try #require(membership.keys(CryptoPrimitives())).1
        let seconds = UInt64(clusters.circle.now.wall.seconds)
        clusters.circle.blocked = [(0, 2)]
        for (number, subjects) in [(0, 1...32), (2, 33...64)] {
            for subject in subjects {
                var notice = Notice(
                    author: author, sequence: 5, issuedAt: seconds,
                    .vote(BridgeID(high: 7, low: UInt64(subject)), isOn: true))
                notice.signature = CryptoPrimitives().sign(
                    notice.signedBytes(in: cluster), with: signing)
                try clusters.circle.hand(
                    .notice(notice.bytes), of: cluster, to: number, from: 1)
            }
        }
        clusters.circle.blocked = []
        clusters.circle.stopped = [1]
        clusters.circle.run(for: .seconds(120))
        let before = clusters.circle.log.count
        clusters.circle.run(for: .seconds(60))
        let ends = [0, 2].map { Circle.endpoint(of: $0) }
        let count = clusters.circle.log[before...].count {
            ends.contains($0.from) && ends.contains($0.to)
        }
        #expect(count < 40)
    }
}
