// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Who blocks a member has nothing to do with it; everybody else goes on (PROTOCOL.md §12.6).
@Suite struct BlockingTests {
    @Test(arguments: [1, 2])
    func blockingEndsWhatTheTwoHaveAndNothingElse(other: Int) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let ids = try (0..<4).map { try circle.member($0, cluster) }
        // Dia never met Ben and Cem; Ada, whom she met, is asked nothing.
        #expect(circle.request(3, .block(cluster, ids[other], isOn: true)) == .done)
        #expect(try circle.relations(3, with: other, cluster).isEmpty)
        circle.run(for: .seconds(10))
        // Who is blocked has one that only answers.
        #expect(try circle.relations(other, with: 3, cluster).map(\.epoch) == [0])
        #expect(!circle.isConnected(other, with: ids[3], cluster))
        for number in 0..<4 {
            let event = Event.memberBlocked(cluster, ids[other], by: ids[3], isOn: true)
            #expect(circle.count(number, event) == 1)
            #expect(try circle.roster(number, cluster).present.count == 4)
        }
        let third = 3 - other
        #expect(circle.isConnected(3, with: ids[third], cluster))
        #expect(circle.isConnected(other, with: ids[third], cluster))
        #expect(circle.request(3, .block(cluster, ids[other], isOn: false)) == .done)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2, 3], cluster)
    }

    /// Also whom one met: the way back is by the members' keys.
    @Test func whoWasMetAndBlockedComesBack() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        #expect(circle.request(0, .block(cluster, ids[2], isOn: true)) == .done)
        circle.run(for: .seconds(10))
        #expect(!circle.isConnected(0, with: ids[2], cluster))
        #expect(circle.request(0, .block(cluster, ids[2], isOn: false)) == .done)
        circle.run(for: .seconds(10))
        try circle.expectOneCluster([0, 1, 2], cluster)
        #expect(try circle.relations(0, with: 2, cluster).map(\.epoch) == [0])
    }

    @Test func theSameTwiceAndStrangersChangeNothing() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        func count() throws -> Int { try #require(try circle.live(0, cluster).set).count }
        let before = try count()
        #expect(circle.request(0, .block(cluster, ids[1], isOn: false)) == .done)
        let unchanged = try count()
        #expect(unchanged == before)
        #expect(circle.request(0, .block(cluster, ids[0], isOn: true)) == .refused(.notFound))
        let nobody = MemberID(high: 1, low: 1)
        #expect(circle.request(0, .block(cluster, nobody, isOn: true)) == .refused(.notFound))
        let elsewhere = ClusterID(high: 1, low: 1)
        #expect(circle.request(0, .block(elsewhere, ids[1], isOn: true)) == .refused(.notFound))
    }

    /// Whom the other blocks has the same keys anew, and with them what they have used up: no second 409 within
    /// its 30 s (seed 3732 of `cluster`).
    @Test func aBlockRenewsNoAnswer() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let ids = try (0..<4).map { try circle.member($0, cluster) }
        let old = circle.log.filter { sent in
            sent.from == Circle.endpoint(of: 3) && sent.to == Circle.endpoint(of: 1)
                && sent.bytes.starts(with: Beginning.opening.utf8)
        }
        #expect(!old.isEmpty)
        func answerCount() -> Int {
            circle.log.count { $0.bytes.starts(with: Beginning.resync.utf8) }
        }
        for question in old { circle.deliver(question) }
        #expect(answerCount() == 1)
        #expect(circle.request(3, .block(cluster, ids[1], isOn: true)) == .done)
        circle.run(for: .seconds(5))
        #expect(try circle.relations(1, with: 3, cluster).map(\.epoch) == [0])
        for question in old { circle.deliver(question) }
        #expect(answerCount() == 1)
        circle.run(for: .seconds(30))
        for question in old { circle.deliver(question) }
        #expect(answerCount() == 2)
    }

    /// Who is blocked calls nobody, but whoever is on the same network and calls it again has taken the block
    /// back: also when both have other addresses by then, and nobody else is there (seed 2038 of `cluster`).
    @Test func aHelloTellsThatTheBlockWasTakenBack() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"]) {
            $1.helloPorts = HelloPorts(ipv4: 41_414, ipv6: 41_414)
        }
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        #expect(circle.request(0, .block(cluster, ids[1], isOn: true)) == .done)
        circle.run(for: .seconds(10))
        circle.stopped = [2]
        for number in [0, 1] {
            circle.renumber(number, to: Circle.endpoint(of: 10 + number), isTold: false)
            circle.act(number) { $0.handle(.localNetwork(true), now: $1, sent: &$2) }
        }
        circle.run(for: .seconds(300))
        #expect(circle.request(0, .block(cluster, ids[1], isOn: false)) == .done)
        let count = circle.log.count
        circle.run(for: .seconds(10))
        #expect(!circle.isConnected(0, with: ids[1], cluster))
        let hello = try #require(
            circle.log.dropFirst(count).last {
                $0.to.port == Hello.port && $0.from.address == Circle.endpoint(of: 10).address
            })
        circle.act(1) { $0.handle(.hello(hello.bytes, from: hello.from), now: $1, sent: &$2) }
        circle.run(for: .seconds(10))
        #expect(circle.isConnected(0, with: ids[1], cluster))
        #expect(circle.isConnected(1, with: ids[0], cluster))
    }

    /// Keys that come back after a restart go on with the counters that they had, too (seed 33932 of
    /// `cluster`).
    @Test func countersOutlastARestart() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let ids = try (0..<3).map { try circle.member($0, cluster) }
        let before = try #require(try circle.relations(1, with: 2, cluster).first)
        #expect(before.epoch == 0)
        try circle.confirm(1, 2)
        circle.run(for: .seconds(10))
        #expect(try circle.relations(1, with: 2, cluster).map(\.epoch) == [nil])
        circle.restart(1)
        circle.run(for: .seconds(10))
        #expect(circle.request(2, .block(cluster, ids[1], isOn: true)) == .done)
        circle.run(for: .seconds(5))
        let after = try #require(try circle.relations(1, with: 2, cluster).first)
        #expect(after.id == before.id)
        #expect(after.acceptedCounter >= before.acceptedCounter)
        #expect(after.reservedCounter >= before.reservedCounter)
    }
}
