// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Renewal and end of sessions (PROTOCOL.md §7.1).
@Suite struct SessionLifeTests {
    private func isOpening(_ sent: Host.Sent) -> Bool {
        sent.bytes.starts(with: Beginning.opening.utf8)
    }

    /// The side that started the only session, and when it was made there.
    private func initiator(_ pair: Pair) throws -> (side: Pair.Side, createdAt: Instant) {
        let id = try #require(pair.relation(.alice)?.id)
        let confirmed = pair.alice.node.relations[id]?.sessions.last { $0.isConfirmed }
        let view = try #require(confirmed)
        return (view.isInitiator ? .alice : .bob, view.createdAt)
    }

    @Test func theInitiatorRenewsAfter120Seconds() throws {
        var pair = try Pair.trusted()
        let (side, createdAt) = try self.initiator(pair)
        let start = pair.now.instant
        let openings = pair.record(for: .seconds(125)) { _ in true }.filter {
            self.isOpening($0.sent)
        }
        let first = try #require(openings.first)
        #expect(start + first.time == createdAt + .seconds(120))
        #expect(first.sent.from == side.endpoint)
        #expect(openings.count == 1)
        #expect(pair.isEntangled)
    }

    @Test func theResponderRenewsAfter130SecondsWhenTheInitiatorCannot() throws {
        var pair = try Pair.trusted()
        let (side, createdAt) = try self.initiator(pair)
        let start = pair.now.instant
        let recorded = pair.record(for: .seconds(135)) {
            !self.isOpening($0) || $0.from != side.endpoint
        }
        let first = try #require(
            recorded.first { self.isOpening($0.sent) && $0.sent.from == side.other.endpoint })
        #expect(start + first.time == createdAt + .seconds(130))
        #expect(pair.isEntangled)
    }

    @Test func nothingIsSentInASessionAfter180Seconds() throws {
        var pair = try Pair.trusted()
        let (_, createdAt) = try self.initiator(pair)
        let start = pair.now.instant
        let recorded = pair.record(for: .seconds(300)) { !self.isOpening($0) }
        let packets = recorded.filter { $0.sent.bytes.first == Constants.packetType }
        let last = try #require(packets.last)
        #expect(start + last.time < createdAt + .seconds(180))
        #expect(start + last.time > createdAt + .seconds(150))
        #expect(pair.peer(.alice)?.isConnected == false)
    }

    @Test func keysAreErasedAfter540Seconds() throws {
        var pair = try Pair.trusted()
        _ = pair.record(for: .seconds(538))
        #expect(!pair.alice.gate.sessions.isEmpty)
        _ = pair.record(for: .seconds(3))
        #expect(Pair.Side.allCases.allSatisfy { pair[$0].gate.sessions.isEmpty })
    }

    @Test func aDayKeepsTheNumberOfSessionsBounded() throws {
        var pair = try Pair.trusted()
        var most = 0
        for _ in 0..<96 {
            pair.run(for: .seconds(900))
            for side in Pair.Side.allCases {
                most = max(most, pair[side].gate.sessions.count)
                let old = pair[side].gate.sessions.values.filter {
                    pair.now.instant - $0.createdAt >= Constants.eraseAfter
                }
                #expect(old.isEmpty)
            }
            #expect(pair.isEntangled)
        }
        #expect((2...Limits.sessionCountMax).contains(most))
        #expect(
            !pair.alice.events.contains { if case .peerUnreachable = $0 { true } else { false } })
        // One renewal in two minutes, and no handshake beyond that.
        let count = pair.sent(Beginning.response).count
        #expect((700...760).contains(count))
    }
}
