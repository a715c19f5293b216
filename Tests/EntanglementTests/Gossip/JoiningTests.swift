// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A third person joins by meeting any member (PROTOCOL.md §12.4).
@Suite("Joining")
struct JoiningTests {
    @Test("the member shows the offer: the newcomer becomes a member, and connects with everybody")
    func memberOffers() throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        let cluster = try circle.found(0, 1)
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    @Test("the newcomer shows the offer")
    func newcomerOffers() throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        let cluster = try circle.found(0, 1)
        try circle.join(2, by: 1, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    @Test("five join one after the other, each by another one; all are connected with all")
    func chain() throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia", "Eli", "Fay"])
        let cluster = try circle.found(0, 1)
        for newcomer in 2..<6 {
            try circle.takeIn(newcomer, by: newcomer - 1, into: cluster)
            circle.run(for: .seconds(3))
        }
        circle.run(for: .seconds(10))
        try circle.expectOneCluster(Array(0..<6), cluster)
    }

    @Test("two long names make a name of the cluster that is cut where it travels")
    func longNames() throws {
        let names = ["A", "B"].map { String(repeating: $0, count: 60) }
        var circle = Circle(names + ["Cem"])
        let cluster = try circle.found(0, 1)
        #expect(circle.hosts[0].node.clusters[0].name.utf8.count == 123)
        try circle.takeIn(2, by: 0, into: cluster)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
        #expect(circle.hosts[2].node.clusters[0].name.utf8.count == 64)
    }

    @Test("records that were missed are fetched after a restart of everybody")
    func restart() throws {
        var circle = Circle(["Ada", "Ben", "Cem", "Dia"])
        let cluster = try circle.found(0, 1)
        circle.stopped = [1]
        try circle.takeIn(2, by: 0, into: cluster)
        try circle.takeIn(3, by: 2, into: cluster)
        circle.run(for: .seconds(5))
        circle.stopped = []
        for number in 0..<4 { circle.restart(number) }
        circle.run(for: .seconds(60))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
    }

    @Test(
        "a secret that was lost comes again with the next round, though the newcomer is not heard")
    func secretIsRepeated() throws {
        var circle = Circle(["Ada", "Ben", "Cem"], seed: 7, primitives: StandInPrimitives())
        let cluster = try circle.found(0, 1)
        circle.stopped = [1]
        guard case .offered(_, let offer, _) = circle.request(0, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(
                2, .answer(offer, MeetingOptions())),
            case .accepted = circle.request(0, .accept(answer, into: cluster))
        else {
            Issue.record("no codes")
            return
        }
        func frame(_ datagram: Host.Sent) -> UInt8? {
            // The stand-in for cryptography leaves the text readable.
            guard datagram.bytes.count > 16, datagram.bytes[0] == Constants.packetType else {
                return nil
            }
            return datagram.bytes[16]
        }
        circle.run(for: .seconds(4)) { frame($0) != 26 }
        #expect(circle.hosts[2].store.state.clusters.map(\.epochs.count) == [0])
        let newcomer = circle.hosts[2].endpoint
        circle.run(for: .seconds(20)) { datagram in
            datagram.from != newcomer || !(frame(datagram).map { (20...27).contains($0) } ?? false)
        }
        #expect(circle.hosts[2].store.state.clusters.map(\.epochs.count) == [1])
    }

    /// A newcomer whose device is gone before the meeting is confirmed is nobody's member; whoever took it
    /// in need not keep it.
    @Test func whoWasNeverConfirmedIsForgotten() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"], apart: ["Dia"])
        let options = MeetingOptions()
        guard case .offered(_, let offer, _) = circle.request(0, .offer(options)),
            case .answered(_, let answer, _) = circle.request(3, .answer(offer, options)),
            case .accepted(let relation) = circle.request(0, .accept(answer, into: cluster))
        else {
            Issue.record("no codes")
            return
        }
        // Only messages 1 to 4 come through: Dia does not come to trust.
        circle.run(for: .seconds(2)) { $0.bytes.first == 0x7b }
        circle.stopped = [3]
        circle.run(for: .seconds(10))
        #expect(circle.hosts[0].node.relations[relation]?.record.phase == .trusted)
        #expect(circle.request(0, .forget(relation)) == .done)
        circle.run(for: .seconds(10))
        #expect(circle.hosts[0].node.relations[relation] == nil)
        #expect(try circle.roster(0, cluster).present.count == 3)
        circle.stopped = []
        circle.run(for: .seconds(120))
        #expect(circle.hosts[3].store.state.clusters.isEmpty)
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// Whoever leaves before the records came that make it a member says so when they come: the sponsor may
    /// have written already that it is one.
    @Test(arguments: [true, false], [true, false])
    func whoLeavesAtOnceIsGoneEverywhere(isSponsorOffering: Bool, isConfirmed: Bool) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben"], apart: ["Cem"])
        let (one, other) = isSponsorOffering ? (0, 2) : (2, 0)
        let answering = MeetingOptions(cluster: isSponsorOffering ? nil : cluster)
        guard case .offered(_, let offer, _) = circle.request(one, .offer(MeetingOptions())),
            case .answered(_, let answer, _) = circle.request(other, .answer(offer, answering)),
            case .accepted =
                circle.request(one, .accept(answer, into: isSponsorOffering ? cluster : nil))
        else {
            Issue.record("no codes")
            return
        }
        func isThere() -> Bool {
            circle.record(2, cluster)?.standing == .joining
                && (!isConfirmed
                    || circle.hosts[2].store.state.relations.allSatisfy { $0.cancelTokens == nil })
        }
        for _ in 0..<2_000 where !isThere() {
            if !circle.deliverNext() { circle.run(for: .milliseconds(1)) }
        }
        #expect(isThere())
        #expect(circle.request(2, .leave(cluster)) == .done)
        circle.run(for: .seconds(60))
        #expect(circle.hosts[2].store.state.clusters == [])
        #expect(circle.hosts[2].store.state.relations == [])
        #expect(circle.count(2, .clusterLost(cluster, .left)) == 1)
        try circle.expectOneCluster([0, 1], cluster)
    }

    /// A newcomer that never confirms its meeting forgets it after 30 days; its sponsor does not seek it for
    /// ever.
    @Test func whoIsNeverConfirmedExpires() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben"], apart: ["Cem"])
        let options = MeetingOptions()
        guard case .offered(_, let offer, _) = circle.request(0, .offer(options)),
            case .answered(_, let answer, _) = circle.request(2, .answer(offer, options)),
            case .accepted(let relation) = circle.request(0, .accept(answer, into: cluster))
        else {
            Issue.record("no codes")
            return
        }
        circle.run(for: .seconds(2)) { $0.bytes.first == 0x7b }
        circle.stopped = [2]
        circle.run(for: .seconds(10))
        #expect(circle.hosts[0].node.relations[relation]?.record.phase == .trusted)
        circle.skip(.seconds(29 * 86_400))
        circle.run(for: .seconds(1))
        #expect(circle.hosts[0].node.relations[relation] != nil)
        circle.skip(.seconds(86_400))
        circle.run(for: .seconds(100))
        #expect(circle.hosts[0].node.relations[relation] == nil)
        #expect(circle.count(0, .pairingEnded(relation, .expired)) == 1)
        try circle.expectOneCluster([0, 1], cluster)
    }

    @Test("who is joining already is not taken in by a second member", arguments: [true, false])
    func secondSponsor(newcomerOffers: Bool) throws {
        var circle = Circle(["Ada", "Ben", "Cem"])
        let cluster = try circle.found(0, 1)
        func text(_ reply: Reply?) throws -> String {
            switch reply {
            case .offered(_, let text, _)?, .answered(_, let text, _)?: return text
            default:
                Issue.record("\(String(describing: reply))")
                return ""
            }
        }
        var answers: [String] = []
        for sponsor in 0..<2 {
            let (one, other) = newcomerOffers ? (2, sponsor) : (sponsor, 2)
            var options = MeetingOptions()
            if newcomerOffers { options.cluster = cluster }
            let offer = try text(circle.request(one, .offer(MeetingOptions())))
            answers.append(try text(circle.request(other, .answer(offer, options))))
        }
        for sponsor in 0..<2 {
            let scanner = newcomerOffers ? 2 : sponsor
            _ = circle.request(
                scanner, .accept(answers[sponsor], into: newcomerOffers ? nil : cluster))
            // No record comes: the newcomer stays joining.
            circle.run(for: .seconds(2)) { $0.bytes.first == 0x7b }
        }
        circle.run(for: .seconds(60))
        try circle.expectOneCluster([0, 1, 2], cluster)
        #expect(try circle.roster(0, cluster).members.count == 3)
    }
}
