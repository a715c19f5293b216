// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Where a relayed way meets lists of places and probing (PROTOCOL.md §8.8, §8.9).
@Suite struct RelayedPlaceTests {
    private let relay = Endpoint.relay(7)
    private let told = Endpoint(address: .v4(0xcb00_7109), port: 4_000)

    /// A peer that is reached by a common peer, after a direct path.
    private func relayed(_ body: (inout Relation, inout Turn) -> Void) throws {
        let pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        var relation = try #require(pair.alice.node.relations[id])
        var turn = pair.alice.node.turn(pair.now)
        relation.isConnected = false
        relation.seeking.relays = [
            Seeking.Relay(number: 7, helper: id, heardAt: pair.now.instant)
        ]
        relation.move(to: self.relay, &turn)
        relation.isConnected = true
        #expect(relation.path == self.relay)
        body(&relation, &turn)
    }

    @Test func directAttemptsGoToNoRelay() throws {
        try self.relayed { relation, turn in
            #expect(relation.candidates(turn, .direct) == [Pair.bobEndpoint])
            #expect(relation.candidates(turn) == [self.relay])
        }
    }

    @Test func whatAPeerSaysDoesNotBecomeTheLastPath() throws {
        try self.relayed { relation, turn in
            relation.remember(relation.provedPlace + [self.told], &turn)
            #expect(relation.record.endpoints.prefix(2) == [Pair.bobEndpoint, self.told])
            #expect(!relation.record.endpoints.contains(self.relay))
        }
    }

    @Test func aRelayedWayIsNoReasonToStopProbing() throws {
        try self.relayed { relation, turn in
            relation.record.peerNAT = .sequential
            let predicted = relation.predictedEndpoints(turn)
            #expect(predicted.count == Constants.predictedPortCount)
            #expect(predicted.allSatisfy { $0.address == Pair.bobEndpoint.address })
            relation.isConnected = false
            #expect(relation.predictedEndpoints(turn) == predicted)
        }
    }

    /// Two on one local network who reach each other by a third only must find that out.
    @Test func whoIsReachedByAnotherIsCalledOnTheLocalNetwork() throws {
        try self.relayed { relation, turn in
            #expect(relation.isMissed)
            relation.move(to: Pair.bobEndpoint, &turn)
            #expect(!relation.isMissed)
            relation.isConnected = false
            #expect(relation.isMissed)
        }
    }

    @Test func whoseRelayedWayIsLostIsTriedOnce() throws {
        try self.relayed { relation, turn in
            relation.attempts = []
            relation.seeking.seekAt = turn.instant + .seconds(5)
            relation.seeking.directAt = turn.instant
            relation.lastAttemptAt = nil
            relation.lose(&turn)
            turn.actions = []
            relation.tick(&turn)
            #expect(relation.attempts.count == 1)
        }
    }
}
