// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Whom members of large clusters stay connected with (PROTOCOL.md §12.7).
@Suite("Neighbors")
struct NeighborsTests {
    private func ids(_ count: Int) -> [MemberID] {
        var generator = SeededGenerator(seed: UInt64(count))
        return (0..<count).map { _ in MemberID(using: &generator) }.sorted()
    }

    private func graph(_ ids: [MemberID]) -> [[Int]] {
        ids.map { own in
            let neighbors = Neighbors(of: own, among: ids)
            return ids.indices.filter { ids[$0] != own && neighbors.includes(ids[$0]) }
        }
    }

    @Test("up to thirty members everybody has everybody", arguments: [2, 12, 30])
    func mesh(count: Int) {
        #expect(self.graph(self.ids(count)).map(\.count).allSatisfy { $0 == count - 1 })
    }

    @Test(
        "above that both ends agree, few are enough, and any two are joined by a few steps",
        arguments: [31, 64, 100, 256, 1_000])
    func ring(count: Int) {
        let graph = self.graph(self.ids(count))
        var bits = 0
        while 1 << bits < count { bits += 1 }
        #expect(graph.map(\.count).max() ?? 0 <= 2 * bits)
        for (one, others) in graph.enumerated() {
            #expect(others.allSatisfy { graph[$0].contains(one) })
        }
        var distance = [Int?](repeating: nil, count: count)
        distance[0] = 0
        var queue = [0]
        while !queue.isEmpty {
            let one = queue.removeFirst()
            for other in graph[one] where distance[other] == nil {
                distance[other] = (distance[one] ?? 0) + 1
                queue.append(other)
            }
        }
        #expect(distance.allSatisfy { $0 != nil })
        #expect(distance.compactMap { $0 }.max() ?? .max <= bits)
    }

    @Test("a call comes nearer with each member, and arrives", arguments: [31, 33, 256])
    func calls(count: Int) throws {
        let ids = self.ids(count)
        for (number, one) in ids.enumerated() where number % 5 == 0 {
            let ring = Neighbors(of: one, among: ids)
            #expect(ring.neighbors(of: one) == ids.filter { $0 != one && ring.includes($0) })
            for target in ids {
                var (at, steps) = (one, 0)
                while at != target {
                    let distance = try #require(ring.distance(at, target))
                    at = try #require(
                        ring.neighbors(of: at).min {
                            ring.distance($0, target) ?? .max < ring.distance($1, target) ?? .max
                        })
                    #expect(try #require(ring.distance(at, target)) < distance)
                    steps += 1
                }
                #expect(steps <= Int(Constants.callHopCountMax))
            }
        }
    }
}
