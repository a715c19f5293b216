// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Two of different clusters link these (PROTOCOL.md §5.6, §14.2, §14.3).
@Suite struct BridgeMeetingTests {
    @Test func bothClustersHearOfIt() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        for number in 0..<6 {
            let status = clusters.status(number)
            let row = try #require(status.bridges.first)
            #expect(status.bridges.count == 1)
            #expect(row.id == id)
            #expect(row.isOpen)
            #expect(row.isConnected)
            #expect(row.isOwn == (number == 0 || number == 3))
            #expect(row.alias == clusters.otherAlias(for: number))
            #expect(row.name == (number < 3 ? "hackers" : "family"))
            #expect(row.policy == BridgePolicy(.cards))
        }
    }

    /// Who was not asked to make bridges makes none, whoever shows the code.
    @Test func aNodeMayMakeNone() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"]) { _, configuration in
            configuration.makesBridges = false
        }
        let options = MeetingOptions(intent: .bridge, cluster: cluster)
        #expect(circle.request(0, .offer(options)) == .refused(.bridgesOff))
        guard case .offered(_, let offer, _) = circle.request(1, .offer(MeetingOptions())) else {
            Issue.record("no offer")
            return
        }
        #expect(circle.request(2, .answer(offer, options)) == .refused(.bridgesOff))
    }

    /// Nothing of it is a member's: no cluster grows, and nobody is called a peer who is none.
    @Test func theClustersStayTwo() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        try clusters.circle.expectOneCluster([0, 1, 2], clusters.family)
        try clusters.circle.expectOneCluster([3, 4, 5], clusters.hackers)
        for number in 0..<6 {
            #expect(clusters.circle.hosts[number].store.state.clusters.count == 1)
            let peers = clusters.status(number).peers
            #expect(peers.count == (number % 3 == 0 ? 3 : 2))
            #expect(peers.count { $0.cluster == nil } == (number % 3 == 0 ? 1 : 0))
        }
        guard case .offered(_, let offer, _) = clusters.circle.request(0, .offer(MeetingOptions()))
        else {
            Issue.record("no offer")
            return
        }
        #expect(offer.contains("\"totalPeers\":1,"))
    }

    /// Two of one cluster cannot link it with itself, and hear so at once.
    @Test func noClusterIsLinkedWithItself() throws {
        var clusters = try TwoClusters()
        let options = MeetingOptions(intent: .bridge)
        guard case .offered(let one, let offer, _) = clusters.circle.request(1, .offer(options)),
            case .answered(let other, let answer, _) = clusters.circle.request(
                2, .answer(offer, options)),
            case .accepted = clusters.circle.request(1, .accept(answer))
        else {
            Issue.record("no meeting")
            return
        }
        clusters.circle.run(for: .seconds(12))
        for (number, id) in [(1, one), (2, other)] {
            let row = clusters.status(number).pairings.first { $0.id == id }
            #expect(row?.phase == .timedOut)
            #expect(row?.problem == .intentConflict)
        }
        clusters.circle.run(for: .seconds(8))
        for number in 0..<3 { #expect(clusters.status(number).bridges.isEmpty) }
    }

    @Test func theOtherSideHoldsNothingOfAnybodyElse() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        clusters.circle.run(for: .seconds(30))
        for number in 3..<6 {
            let held = clusters.everything(at: number)
            #expect(!held.hold(clusters.family.bytes))
            for other in 0..<3 {
                let membership = try #require(
                    clusters.circle.record(other, clusters.family)?.membership)
                let (keys, _) = try #require(membership.keys(CryptoPrimitives()))
                #expect(!held.hold(membership.member.bytes))
                #expect(!held.hold(keys.signingKey.bytes))
                #expect(!held.hold(keys.agreementKey.bytes))
                if other > 0 {
                    #expect(!held.hold(Array(TwoClusters.names[other].utf8)))
                    #expect(!held.hold(Circle.endpoint(of: other).address.bytes))
                }
            }
        }
    }

    @Test func aBridgeNeedsAClusterOnBothSides() throws {
        var circle = Circle(["Anna", "Ben", "Gerd"])
        _ = try circle.found(0, 1)
        let options = MeetingOptions(intent: .bridge)
        #expect(circle.request(2, .offer(options)) == .refused(.noCluster))
        guard case .offered(_, let offer, _) = circle.request(0, .offer(options)),
            case .answered(let id, let answer, _) = circle.request(
                2, .answer(offer, MeetingOptions())),
            case .accepted = circle.request(0, .accept(answer))
        else {
            Issue.record("no codes")
            return
        }
        circle.run(for: .seconds(20))
        let row = circle.hosts[2].node.status(now: circle.now).pairings.first { $0.id == id }
        #expect(row?.problem == .intentConflict)
    }

    /// Who left it open is asked: an offer that says nothing, and an answer that wants a bridge.
    @Test func whoOfferedDecidesWhenTheAnswerIsScanned() throws {
        var clusters = try TwoClusters()
        let bridge = MeetingOptions(intent: .bridge)
        guard
            case .offered(_, let offer, _) = clusters.circle.request(1, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = clusters.circle.request(4, .answer(offer, bridge)),
            case .accepted = clusters.circle.request(1, .accept(answer, intent: .bridge))
        else {
            Issue.record("no codes")
            return
        }
        clusters.circle.run(for: .seconds(5))
        #expect(clusters.status(2).bridges.count == 1)
    }

    /// What the offer said stands: who wants something else when the answer is there is told so, and nothing
    /// is made that the person did not want.
    @Test(
        arguments: [Intent.bridge, .private, .join, .auto],
        [Intent.bridge, .private, .join])
    func anotherWishThanTheOffersIsRefused(said: Intent, wanted: Intent) throws {
        var clusters = try TwoClusters()
        guard
            case .offered(let id, let offer, _) = clusters.circle.request(
                1, .offer(MeetingOptions(intent: said))),
            case .answered(_, let answer, _) = clusters.circle.request(
                4, .answer(offer, MeetingOptions(intent: .bridge)))
        else {
            Issue.record("no codes")
            return
        }
        let reply = clusters.circle.request(1, .accept(answer, intent: wanted))
        let record = clusters.circle.hosts[1].store.state.relations.first { $0.id == id }
        guard said == .auto || said == wanted else {
            #expect(reply == .refused(.wishStands(said)))
            #expect(record?.phase == .offered)
            #expect(record?.intent == said)
            return
        }
        #expect(reply == .accepted(id))
        #expect(record?.intent == wanted)
        // Nor can it be changed afterwards.
        let other: Intent = wanted == .private ? .bridge : .private
        #expect(
            clusters.circle.request(1, .accept(answer, intent: other))
                == .refused(.wishStands(wanted)))
        #expect(clusters.circle.request(1, .accept(answer, intent: wanted)) == .accepted(id))
        #expect(clusters.circle.request(1, .accept(answer)) == .accepted(id))
    }

    /// The same of who answers one offer twice, and of the cluster that is linked.
    @Test func theWishOfAnAnswerStands() throws {
        var clusters = try TwoClusters()
        let bridge = MeetingOptions(intent: .bridge, cluster: clusters.hackers)
        guard
            case .offered(_, let offer, _) = clusters.circle.request(
                1, .offer(MeetingOptions(intent: .bridge))),
            case .answered(let id, let answer, _) = clusters.circle.request(
                4, .answer(offer, bridge))
        else {
            Issue.record("no codes")
            return
        }
        for options in [MeetingOptions(intent: .private), MeetingOptions(intent: .join)] {
            #expect(
                clusters.circle.request(4, .answer(offer, options))
                    == .refused(.wishStands(.bridge)))
        }
        let elsewhere = MeetingOptions(intent: .bridge, cluster: clusters.family)
        #expect(
            clusters.circle.request(4, .answer(offer, elsewhere)) == .refused(.wishStands(.bridge)))
        for options in [MeetingOptions(), MeetingOptions(intent: .bridge), bridge] {
            #expect(
                clusters.circle.request(4, .answer(offer, options))
                    == .answered(id, text: answer, isLate: false))
        }
    }

    @Test func twoWhoSayNothingAreAskedWhatTheyWant() throws {
        var clusters = try TwoClusters()
        guard
            case .offered(let one, let offer, _) = clusters.circle.request(
                1, .offer(MeetingOptions())),
            case .answered(let other, let answer, _) = clusters.circle.request(
                4, .answer(offer, MeetingOptions())),
            case .accepted = clusters.circle.request(1, .accept(answer))
        else {
            Issue.record("no codes")
            return
        }
        clusters.circle.run(for: .seconds(20))
        for (number, id) in [(1, one), (4, other)] {
            let row = clusters.status(number).pairings.first { $0.id == id }
            #expect(row?.problem == .undecided)
        }
    }

    /// A new cluster is called by its founders' names: these do not cross.
    @Test func aNameThatNamesPeopleDoesNotCross() throws {
        var clusters = try TwoClusters()
        clusters.circle.request(0, .renameCluster(clusters.family, "Anna + Ben"))
        try clusters.bridge(0, 3)
        #expect(clusters.status(4).bridges.first?.name == "")
        let id = try #require(clusters.status(0).bridges.first?.id)
        clusters.circle.request(0, .setBridge(id, .bridgeDefault, name: "the neighbours"))
        clusters.circle.run(for: .seconds(2))
        #expect(clusters.status(4).bridges.first?.name == "the neighbours")
    }

    @Test func itIsThereAfterARestart() throws {
        var clusters = try TwoClusters()
        let id = try clusters.bridge(0, 3)
        clusters.allow(.messages, at: [0, 3], id)
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(20))
        for number in 0..<6 {
            let row = try #require(clusters.status(number).bridges.first)
            #expect(row.isOpen)
            #expect(row.policy == BridgePolicy(.messages))
        }
    }

    @Test func itLastsAsLongAsBothEndsSaySo() throws {
        var clusters = try TwoClusters()
        try clusters.bridge(0, 3)
        for _ in 0..<5 {
            clusters.sleep(days: 12, [])
            #expect(clusters.status(1).bridges.first?.isOpen == true)
            #expect(clusters.status(4).bridges.first?.isOpen == true)
        }
        clusters.sleep(days: 12, [3])
        #expect(clusters.status(1).bridges.first?.isOpen == true)
        clusters.sleep(days: 12, [3])
        clusters.sleep(days: 12, [3])
        #expect(clusters.status(1).bridges.first?.isOpen != true)
        #expect(clusters.status(0).bridges.first?.isOpen != true)
    }
}
