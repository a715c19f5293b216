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
}
