// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What a common peer across a bridge hears of whom the others have lost (PROTOCOL.md §8.9, §14.7).
///
/// Anna and Ben have cards, and so have all of "hackers"; addresses may cross. Carla has none.
@Suite struct TagsAcrossTests {
    private static let policy = BridgePolicy(.messages, addresses: true)

    private func linked(seed: UInt64 = 1) throws -> OpenClusters {
        var clusters = try OpenClusters(seed: seed)
        try clusters.bridge(0, 3, [Self.policy, Self.policy])
        for number in [0, 1, 3, 4, 5] { try clusters.give(number, Self.policy) }
        clusters.circle.run(for: .seconds(120))
        for (one, other) in [(0, 3), (0, 4), (0, 5), (1, 3), (1, 4)] {
            #expect(clusters.path(one, to: other) == .direct)
        }
        return clusters
    }

    /// All that anybody across is asked about is who has a card, for however long another one is
    /// lost.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func whoHasNoCardIsNotSoughtAcross(seed: UInt64) throws {
        let base = try self.linked(seed: seed)
        var asked: [[String]] = []
        // Nobody is lost, Carla, Ben, or both: Anna does not reach them.
        for lost in [[], [2], [1], [1, 2]] {
            var clusters = base
            clusters.circle.blocked = lost.map { (0, $0) }
            let start = clusters.circle.log.count
            // With other keys a relation has another tag; it may be gone when the other is found
            // again.
            var tags: [Int: [RendezvousTag]] = [:]
            for _ in 0..<60 {
                clusters.circle.run(for: .seconds(5))
                for number in [1, 2] {
                    tags[number, default: []] += try clusters.tags(of: 0, with: number)
                }
            }
            let sought = clusters.sought(by: 0, at: 3..<6, since: start)
            asked.append(sought.map { "\($0.helper) \($0.tags.count)" })
            let allowed = tags[1] ?? []
            #expect(sought.allSatisfy { $0.tags.allSatisfy(allowed.contains) })
            let own = clusters.sought(by: 0, at: 1..<3, since: start).flatMap(\.tags)
            if lost.count == 1 {
                #expect(tags[lost[0]]?.contains(where: own.contains) ?? false)
            }
        }
        #expect(asked[0] == [])
        #expect(asked[1] == [])
        #expect(asked[2].count > 9)
        #expect(asked[2] == asked[3])
    }

    /// Who comes while somebody is sought is asked at once: the same as before.
    @Test func whoComesIsAskedForNobodyElse() throws {
        var clusters = try self.linked()
        clusters.circle.stopped = [1, 2, 3]
        clusters.circle.run(for: .seconds(200))
        let start = clusters.circle.log.count
        clusters.circle.stopped = [1, 2]
        clusters.circle.restart(3)
        clusters.circle.run(for: .seconds(60))
        let sought = clusters.sought(by: 0, at: 3..<4, since: start)
        let allowed = try clusters.tags(of: 0, with: 1)
        #expect(!sought.isEmpty)
        #expect(sought.allSatisfy { $0.tags.allSatisfy(allowed.contains) })
    }

    /// A helper that tells that somebody seeks is answered about who has a card alone, also by
    /// somebody across who knows or guesses another's tag.
    @Test(arguments: [1, 2])
    func whoSaysThatSomebodySeeksHearsNothing(member: Int) throws {
        var clusters = try self.linked()
        let tag = try #require(try clusters.tags(of: 0, with: member).first)
        let veiled = tag.veiled(nonce: 7, StandInPrimitives())
        let start = clusters.circle.log.count
        try clusters.say(.sought(nonce: 7, [veiled]), by: 3, to: 0)
        let answers = clusters.sought(by: 0, at: 3..<4, since: start)
        #expect(answers.map(\.tags) == (member == 1 ? [[tag]] : []))
        // A member is answered about both.
        clusters.circle.run(for: .seconds(6))
        try clusters.say(.sought(nonce: 7, [veiled]), by: 3 - member, to: 0)
        #expect(clusters.sought(by: 0, at: 1..<3, since: start).map(\.tags) == [[tag]])
    }

    /// That somebody of the own side has moved and seeks is told to nobody across, nor the other
    /// way round; only between those across it is passed on.
    @Test(arguments: [1, 2, 4])
    func whoMovesIsToldOfOnItsOwnSide(mover: Int) throws {
        var clusters = try self.linked()
        clusters.circle.blocked = [(1, 2), (4, 5), (3, 4)]
        clusters.circle.run(for: .seconds(5))
        let start = clusters.circle.log.count
        let place = Endpoint(address: .v4(0x1600_0001), port: 7_777)
        clusters.circle.move(mover, to: place)
        clusters.circle.run(for: .seconds(60))
        func told(_ others: Range<Int>) -> Int {
            others.reduce(0) { count, other in
                count
                    + clusters.frames(from: 0, to: other, since: start).count { frame in
                        if case .sought = frame { true } else { false }
                    }
            }
        }
        let (own, across) = (told(1..<3), told(3..<6))
        #expect(mover == 4 ? own == 0 : across == 0)
        #expect((mover == 4 ? across : own) > 0)
    }
}

extension OpenClusters {
    /// The frames in packets that one host sent another directly.
    fileprivate func frames(from number: Int, to other: Int, since start: Int) -> [Frame] {
        let (from, to) = (self.circle.hosts[number].endpoint, self.circle.hosts[other].endpoint)
        return self.circle.log[start...].compactMap { sent in
            guard sent.from == from, sent.to == to, sent.bytes.first == Constants.packetType else {
                return nil
            }
            let text = sent.bytes.dropFirst(Constants.packetHeaderByteCount)
            return Frame(Array(text.dropLast(Constants.tagByteCount)))
        }
    }

    /// The tags by which a host asked others for help, in the order of these.
    fileprivate func sought(
        by number: Int, at others: Range<Int>, since start: Int
    ) -> [(helper: Int, tags: [RendezvousTag])] {
        others.flatMap { other in
            self.frames(from: number, to: other, since: start).compactMap { frame in
                guard case .seek(let tags) = frame else { return nil }
                return (other, tags)
            }
        }
    }

    /// The tags that two members share.
    fileprivate func tags(of number: Int, with other: Int) throws -> [RendezvousTag] {
        let ids = try self.circle.relations(number, with: other, self.clusters[number / 3]).map(
            \.id)
        return ids.compactMap { self.circle.hosts[number].node.relations[$0]?.seeking.tag }
    }

    /// A frame that one host makes in its session with another, of its own cluster or across.
    fileprivate mutating func say(_ frame: Frame, by number: Int, to other: Int) throws {
        let place = self.circle.hosts[other].endpoint
        let node = self.circle.hosts[number].node
        let id = try #require(
            node.ids.first { id in
                guard let relation = node.relations[id] else { return false }
                return relation.path == place && !relation.isBridge && relation.canHelp
            })
        let session = try #require(
            node.relations[id]?.sendingSession(self.circle.now.instant)?.index)
        self.circle.act(number) { host, now, sent in
            host.carryOut(
                .sendSealed(session: session, .frame, frame.bytes, to: place), now, &sent)
        }
        self.circle.run(for: .milliseconds(100))
    }
}
