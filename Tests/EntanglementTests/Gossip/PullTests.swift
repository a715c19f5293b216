// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What was missed is asked for, a window at a time (PROTOCOL.md §12.2).
@Suite struct PullTests {
    /// A newcomer gets everything at the pace of the network, not of repetitions.
    @Test(arguments: [1, 255, 256, 320])
    func aNewcomerGetsEveryWindowAtOnce(recordCount: Int) throws {
        let archive = Archive(recordCount: recordCount)
        var circle = try archive.circle(held: 0)
        circle.run(for: .milliseconds(600))
        #expect(circle.recordCount(Archive.ben) == recordCount + 1)
        let live = circle.hosts[Archive.ben].node.live[0]
        #expect(live.isCaughtUp)
        #expect(live.pulls.isEmpty)
        #expect(live.heads == circle.hosts[Archive.anna].node.live[0].heads)
        #expect(circle.hosts[Archive.ben].store.state.records.count == recordCount + 1)
        #expect(circle.record(Archive.ben, archive.cluster)?.standing == .member)
    }

    /// What a newcomer gets is looked at in whole batches, not after each of thousands of records.
    @Test func aNewcomerFoldsByBatches() throws {
        let archive = Archive(recordCount: 960)
        var circle = try archive.circle(held: 0)
        circle.run(for: .seconds(3))
        #expect(circle.recordCount(Archive.ben) == 961)
        #expect(circle.hosts[Archive.ben].node.tally.folds < 120)
        let live = circle.hosts[Archive.ben].node.live[0]
        #expect(live.isCaughtUp)
        #expect(live.heads == circle.hosts[Archive.anna].node.live[0].heads)
    }

    /// Every fifth packet is lost: whatever is lacking is asked for again.
    @Test(arguments: 1...4)
    func lostPartsAreRepeated(seed: UInt64) throws {
        let archive = Archive(recordCount: 300, seed: seed)
        var circle = try archive.circle(held: 0)
        var dice = SeededGenerator(seed: seed)
        var fates: [Host.Sent: Bool] = [:]
        circle.run(for: .seconds(60)) { sent in
            if let fate = fates[sent] { return fate }
            let fate = Int.random(in: 0..<5, using: &dice) > 0
            fates[sent] = fate
            return fate
        }
        #expect(circle.recordCount(Archive.ben) == 301)
        let heads = [0, 1].map { circle.hosts[$0].node.live[0].heads }
        #expect(heads[0] == heads[1])
    }

    /// Who holds all but the last ones asks for these alone.
    @Test func whoHoldsAlmostEverythingGetsTheRest() throws {
        let archive = Archive(recordCount: 300)
        var circle = try archive.circle(held: 290)
        let before = circle.log.count
        circle.run(for: .seconds(1))
        #expect(circle.recordCount(Archive.ben) == 301)
        #expect(circle.log.count - before < 80)
    }

    /// What an author writes too fast is taken later, and then it is all there.
    @Test func thePaceOfAnAuthorDelaysAndNothingMore() throws {
        let archive = Archive(recordCount: 100)
        var circle = try archive.circle(held: 1)
        circle.run(for: .seconds(2))
        #expect((60..<80).contains(circle.recordCount(Archive.ben)))
        let count = circle.log.count
        circle.run(for: .seconds(20))
        #expect(circle.log.count - count < 50)
        circle.run(for: .seconds(100))
        #expect(circle.recordCount(Archive.ben) == 101)
    }

    /// Nobody answers: the question is repeated a few times, and then not any more.
    @Test func aSilentPeerIsGivenUp() throws {
        let archive = Archive(recordCount: 40)
        var circle = try archive.circle(held: 1)
        // Everything of Anna's that is longer than a summary is lost: lists of ids and records.
        let isShort: (Host.Sent) -> Bool = {
            $0.from != Circle.endpoint(of: Archive.anna) || $0.bytes.count < 160
                || $0.bytes.first == Constants.jsonType
        }
        circle.run(for: .milliseconds(600), keep: isShort)
        #expect(circle.hosts[Archive.ben].node.live[0].pulls.count == 1)
        // Digests are the longest of all that Ben sends.
        func digestCount() -> Int {
            circle.log.count {
                $0.from == Circle.endpoint(of: Archive.ben) && $0.bytes.count > 1_060
            }
        }
        circle.run(for: .seconds(10), keep: isShort)
        #expect(circle.hosts[Archive.ben].node.live[0].pulls.isEmpty)
        #expect(digestCount() == Constants.gossipTryCountMax + 1)
        circle.run(for: .seconds(60), keep: isShort)
        #expect(digestCount() <= 3 * (Constants.gossipTryCountMax + 1))
        circle.run(for: .seconds(35))
        #expect(circle.recordCount(Archive.ben) == 41)
    }

    /// Who asks for the same again and again is served no more than its quota.
    @Test func aGreedyPeerHasAQuota() throws {
        let archive = Archive(recordCount: 32)
        var circle = try archive.circle(held: 33)
        circle.run(for: .seconds(30))
        let ids = archive.records.prefix(32).map(\.id)
        func answerCount() -> Int {
            circle.log.count {
                $0.from == Circle.endpoint(of: Archive.anna)
                    && $0.bytes.first == Constants.packetType
            }
        }
        let before = answerCount()
        for _ in 0..<60 {
            try circle.hand(.want(ids), of: archive.cluster, to: Archive.anna, from: Archive.ben)
        }
        let served = answerCount() - before
        #expect(served >= Limits.gossipBurst)
        #expect(served <= Limits.gossipBurst + 10)
        circle.run(for: .seconds(1))
        let later = answerCount()
        for _ in 0..<60 {
            try circle.hand(.want(ids), of: archive.cluster, to: Archive.anna, from: Archive.ben)
        }
        #expect(answerCount() - later <= Limits.gossipPerSecond + 10)
    }

    /// What nobody asked for does no harm: lists, records of strangers, questions about other clusters.
    @Test func whatWasNotAskedForChangesNothing() throws {
        let archive = Archive(recordCount: 5)
        var circle = try archive.circle(held: 6)
        circle.run(for: .seconds(30))
        let stranger = Archive(recordCount: 3, seed: 9)
        let store = circle.hosts[Archive.anna].store
        let list = GossipFrame.IDList(
            offset: 0, total: 1, ids: stranger.records.prefix(1).map(\.id))
        for record in stranger.records {
            try circle.hand(
                .record(record.bytes), of: archive.cluster, to: Archive.anna, from: Archive.ben)
        }
        try circle.hand(.ids(list), of: archive.cluster, to: Archive.anna, from: Archive.ben)
        try circle.hand(.goodbye, of: archive.cluster, to: Archive.anna, from: Archive.ben)
        #expect(circle.hosts[Archive.anna].store.state.records == store.state.records)
        #expect(circle.hosts[Archive.anna].store.state.clusters == store.state.clusters)
        #expect(circle.hosts[Archive.anna].node.live[0].pulls.isEmpty)
    }

    /// Two who answer with parts of ever new lists do not keep the others from being asked.
    @Test func whoNeverComesToAnEndGivesItsPlaceToOthers() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem", "Dia"])
        let id = try #require(try circle.relations(0, with: 3, cluster).first?.id)
        circle.stopped = [1, 2, 3]
        var wasAsked = false
        func lie(_ number: Int) -> GossipFrame.Body {
            let ids = (0..<32).compactMap {
                RecordID(bytes: noise(32, seed: UInt64(number * 100 + $0)))
            }
            return .ids(
                GossipFrame.IDList(offset: 0, total: UInt16(300 + number % 1_000), ids: ids))
        }
        for second in 0..<90 {
            for other in 1...3 {
                let summary = GossipFrame.Summary(
                    heads: noise(32, seed: UInt64(second * 4 + other)),
                    places: try circle.live(0, cluster).places, epoch: 1)
                try circle.hand(.summary(summary), of: cluster, to: 0, from: other)
            }
            for step in 0..<2 {
                for other in 1...2 {
                    try circle.hand(
                        lie(second * 8 + other * 2 + step), of: cluster, to: 0, from: other)
                }
                circle.run(for: .milliseconds(500))
                let pulls = try circle.live(0, cluster).pulls.map(\.peer)
                #expect(pulls.count <= Constants.gossipPullCountMax)
                wasAsked = wasAsked || pulls.contains(id)
            }
        }
        #expect(wasAsked)
    }

    /// A new session is no new quota.
    @Test func aNewSessionRenewsNoQuota() throws {
        let archive = Archive(recordCount: 32)
        var circle = try archive.circle(held: 33)
        circle.run(for: .seconds(30))
        let ids = archive.records.prefix(32).map(\.id)
        func answerCount() -> Int {
            circle.log.count {
                $0.from == Circle.endpoint(of: Archive.anna) && $0.bytes.count > 180
                    && $0.bytes.first == Constants.packetType
            }
        }
        func askForAll() throws -> Int {
            let before = answerCount()
            for _ in 0..<40 {
                try circle.hand(
                    .want(ids), of: archive.cluster, to: Archive.anna, from: Archive.ben)
            }
            return answerCount() - before
        }
        #expect(try askForAll() >= Limits.gossipBurst)
        circle.restart(Archive.ben)
        circle.run(for: .milliseconds(700))
        #expect(try askForAll() <= Limits.gossipPerSecond)
    }
}
