// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What members of large clusters can do to each other by calls (PROTOCOL.md §12.7).
@Suite("Calls")
struct CallTests {
    /// 33 members that the first one took in, a while later: most relations rest and are not connected.
    private struct Crowd {
        static let count = 33

        var circle: Circle
        let cluster: ClusterID
        let ids: [MemberID]

        private static let ready: Result<Crowd, any Error> = Result { try Crowd() }

        /// Equal for each test.
        static func make() throws -> Crowd { try Self.ready.get() }

        private init() throws {
            self.circle = Circle(
                (0..<Self.count).map { "M\($0)" }, primitives: StandInPrimitives())
            let cluster = try self.circle.found(0, 1)
            for newcomer in 2..<Self.count {
                try self.circle.takeIn(newcomer, by: 0, into: cluster)
            }
            self.circle.run(for: .seconds(400))
            self.cluster = cluster
            let circle = self.circle
            self.ids = try (0..<Self.count).map { try circle.member($0, cluster) }
        }

        func relation(_ number: Int, with other: Int) throws -> Relation? {
            let id = try self.circle.relations(number, with: other, self.cluster).first?.id
            return id.flatMap { self.circle.hosts[number].node.relations[$0] }
        }

        /// Those whom a member is connected with, and those who rest.
        func others(of number: Int) throws -> (connected: [Int], resting: [Int]) {
            var (connected, resting): ([Int], [Int]) = ([], [])
            for other in 0..<Self.count where other != number {
                guard let relation = try self.relation(number, with: other) else { continue }
                if relation.isConnected {
                    connected.append(other)
                } else if relation.isResting {
                    resting.append(other)
                }
            }
            return (connected, resting)
        }

        /// For whom a member looks because of calls.
        func called(_ number: Int) throws -> [Int] {
            try (0..<Self.count).filter { other in
                try other != number && self.relation(number, with: other)?.isCalled ?? false
            }
        }

        /// Somebody with whom a member is connected, and those who rest.
        func wayAndStrangers(of number: Int) throws -> (way: Int, strangers: [Int]) {
            let (connected, resting) = try self.others(of: number)
            return (try #require(connected.first), resting)
        }

        /// A call comes to a member from another one, whoever is named in it; to whom that member sends
        /// something because of it.
        @discardableResult
        mutating func call(
            from caller: MemberID, to called: MemberID, hops: UInt8 = 16, handedTo number: Int,
            by other: Int
        ) throws -> [Int] {
            let before = self.circle.log.count
            try self.circle.hand(
                .call(GossipFrame.Call(from: caller, to: called, hops: hops)),
                of: self.cluster, to: number, from: other)
            let own = self.circle.hosts[number].endpoint
            return self.circle.log[before...].filter { $0.from == own }.compactMap { sent in
                self.circle.hosts.firstIndex { $0.endpoint == sent.to }
            }
        }
    }
}

extension CallTests {
    @Test("who rests is not connected for longer than it was heard, and who stays is")
    func connectionsAtRestEnd() throws {
        let crowd = try Crowd.make()
        let (connected, resting) = try crowd.others(of: 5)
        let ring = Neighbors(of: crowd.ids[5], among: crowd.ids.sorted())
        let neighbors = try ring.neighbors(of: crowd.ids[5]).map { member in
            try #require(crowd.ids.firstIndex(of: member))
        }
        // The first one has met everybody.
        #expect(connected == Set(neighbors + [0]).sorted())
        #expect(resting.count == Crowd.count - 1 - connected.count)
    }

    @Test("who is called looks for the caller, and for nobody else")
    func whoIsCalledLooks() throws {
        var crowd = try Crowd.make()
        let (way, strangers) = try crowd.wayAndStrangers(of: 5)
        #expect(try crowd.called(5) == [])
        try crowd.call(from: crowd.ids[strangers[0]], to: crowd.ids[5], handedTo: 5, by: way)
        #expect(try crowd.called(5) == [strangers[0]])
    }

    @Test("calls do not make the time longer for which somebody is looked for")
    func callsDoNotGoOn() throws {
        var crowd = try Crowd.make()
        let (way, strangers) = try crowd.wayAndStrangers(of: 5)
        let caller = strangers[0]
        try crowd.call(from: crowd.ids[caller], to: crowd.ids[5], handedTo: 5, by: way)
        let end = try #require(try crowd.relation(5, with: caller)?.wantedUntil)
        let noise = Circle.endpoint(of: caller)
        crowd.circle.run(for: .seconds(20)) { $0.from != noise && $0.to != noise }
        try crowd.call(from: crowd.ids[caller], to: crowd.ids[5], handedTo: 5, by: way)
        #expect(try crowd.relation(5, with: caller)?.wantedUntil == end)
    }

    @Test(
        "a call by who is no member, by this node itself, or by whom it is for, is not passed on"
    )
    func callsOfNobody() throws {
        var crowd = try Crowd.make()
        let (way, strangers) = try crowd.wayAndStrangers(of: 5)
        var generator = SeededGenerator(seed: 1)
        let nobody = MemberID(using: &generator)
        let target = try #require(strangers.last)
        let (own, member, to) = (crowd.ids[5], crowd.ids[strangers[0]], crowd.ids[target])
        for from in [nobody, own, to] {
            #expect(try crowd.call(from: from, to: to, handedTo: 5, by: way) == [])
        }
        // The same call by a member is passed on.
        #expect(try crowd.call(from: member, to: to, handedTo: 5, by: way).count == 1)
    }

    @Test("a node looks for eight callers at a time")
    func fewAreLookedFor() throws {
        var crowd = try Crowd.make()
        let (way, strangers) = try crowd.wayAndStrangers(of: 5)
        try #require(strangers.count > Constants.calledCountMax + 2)
        // None of them answers, else there would be room for the next one.
        crowd.circle.blocked = strangers.map { (5, $0) }
        for stranger in strangers {
            try crowd.call(from: crowd.ids[stranger], to: crowd.ids[5], handedTo: 5, by: way)
        }
        #expect(try crowd.called(5) == Array(strangers.prefix(Constants.calledCountMax)))
    }

    @Test(
        "the calls that a member brings count as far as its quota goes, and those of others after it"
    )
    func eachHasAQuota() throws {
        var crowd = try Crowd.make()
        let (connected, strangers) = try crowd.others(of: 5)
        let (from, to) = (crowd.ids[strangers[0]], crowd.ids[try #require(strangers.last)])
        var count = 0
        for _ in 0..<40 {
            count += try crowd.call(from: from, to: to, handedTo: 5, by: connected[0]).count
        }
        #expect(count == Constants.callBurst)
        #expect(try crowd.call(from: from, to: to, handedTo: 5, by: connected[1]).count == 1)
    }

    @Test("a call is passed on to one who is nearer, never back, and not without hops")
    func callsComeNearer() throws {
        let crowd = try Crowd.make()
        let (connected, strangers) = try crowd.others(of: 5)
        let ring = Neighbors(of: crowd.ids[5], among: crowd.ids.sorted())
        var count = 0
        for target in strangers.dropFirst() {
            let (from, to) = (crowd.ids[strangers[0]], crowd.ids[target])
            let own = try #require(ring.distance(crowd.ids[5], to))
            for way in connected {
                var copy = crowd
                let next = try copy.call(from: from, to: to, handedTo: 5, by: way)
                count += next.count
                #expect(next.count <= 1 && !next.contains(way))
                for next in next {
                    #expect(try #require(ring.distance(crowd.ids[next], to)) < own)
                }
                copy = crowd
                #expect(try copy.call(from: from, to: to, hops: 0, handedTo: 5, by: way) == [])
            }
        }
        #expect(count > strangers.count)
    }

    @Test("up to thirty members nobody is called")
    func aSmallClusterHasNoCalls() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Anna", "Ben", "Carl"])
        let (anna, ben) = (try circle.member(0, cluster), try circle.member(1, cluster))
        let carl = try circle.member(2, cluster)
        let before = circle.log.count
        // A member of a larger one would pass the first on.
        for (from, to) in [(carl, ben), (carl, anna), (ben, anna)] {
            try circle.hand(
                .call(GossipFrame.Call(from: from, to: to, hops: 16)), of: cluster, to: 0, from: 2)
        }
        #expect(circle.log.count == before + 3)
    }
}
