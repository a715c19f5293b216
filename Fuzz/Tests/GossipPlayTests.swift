// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What ``GossipHarness`` draws: all frames about a cluster, and calls where members call each other.
@Suite struct GossipPlayTests {
    private static let all = Set<UInt8>(20...31).union([37])

    /// The types of an input's frames.
    private func types(_ input: [UInt8]) -> [UInt8] {
        var reader = ByteReader(input.dropFirst())
        var types: [UInt8] = []
        while let kind = reader.uint8(), let length = reader.uint16(),
            reader.take(Int(length & 0x7fff)) != nil
        {
            types.append(GossipHarness.type(kind, length))
        }
        return types
    }

    @Test func allFramesAboutAClusterAreDrawn() {
        let drawn = (UInt8.min...UInt8.max).flatMap { kind in
            [UInt16(0), 0x8000].map { GossipHarness.type(kind, $0) }
        }
        #expect(Set(drawn) == Self.all)
        #expect(Set(GossipHarness.shared.seeds.flatMap(self.types)) == Self.all)
    }

    /// The numbers of the members in the crowd's roster: the node, and somebody with whom it is not connected.
    private func numbers() throws -> (own: UInt8, stranger: UInt8, relation: RelationID) {
        let node = GossipScene.crowd.host.node
        let members = try #require(node.live.first?.roster).members.map(\.id)
        let own = try #require(node.clusters.first).membership.member
        let resting = try #require(
            node.ids.compactMap { node.relations[$0] }
                .first { $0.isResting && !$0.isConnected && $0.record.member != nil })
        let number = try #require(members.firstIndex { $0 == resting.record.member })
        return (
            UInt8(try #require(members.firstIndex(of: own))), UInt8(number), resting.id
        )
    }

    @Test func whoIsCalledLooksForTheCaller() throws {
        let (own, stranger, relation) = try self.numbers()
        for (call, isCalled) in [([stranger, own, 16], true), ([own, stranger, 16], false)] {
            var play = GossipPlay(GossipScene.crowd)
            play.receive(31, 0x43, call)
            #expect(play.host.node.relations[relation]?.isCalled == isCalled)
        }
    }

    @Test func aCallForAnotherIsPassedOn() throws {
        let (own, stranger, _) = try self.numbers()
        let passed = (UInt8(0)..<31).filter { called in
            guard called != own, called != stranger else { return false }
            var play = GossipPlay(GossipScene.crowd)
            play.receive(31, 0x43, [stranger, called, 16])
            return play.host.lastOutputs.contains { output in
                guard case .sendSealed(_, _, let plaintext, _) = output else { return false }
                return plaintext.first == 31
            }
        }
        #expect(passed.count > 10)
    }
}
