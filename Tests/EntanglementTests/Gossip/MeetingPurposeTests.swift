// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What a meeting is for: the table of PROTOCOL.md §5.6.
@Suite struct MeetingPurposeTests {
    private enum Outcome: String {
        case found, sponsor, join, confirm, bridge, undecided, conflict
    }

    /// What a side wants; of `auto` it matters whether its code names peers.
    private static let wishes: [(name: String, wish: MeetingWish)] = [
        ("auto, 0", MeetingWish(intent: .auto, totalPeers: 0)),
        ("auto, n", MeetingWish(intent: .auto, totalPeers: 3)),
        ("cluster", MeetingWish(intent: .cluster, totalPeers: 3)),
        ("join", MeetingWish(intent: .join, totalPeers: 3)),
        ("bridge", MeetingWish(intent: .bridge, totalPeers: 3)),
        ("private", MeetingWish(intent: .private, totalPeers: 3)),
        ("repair", MeetingWish(intent: .repair, totalPeers: 3)),
    ]

    /// Own wish in rows, the other's in columns, while they share no cluster.
    private static let apart: [[Outcome]] = [
        [.found, .join, .join, .conflict, .conflict, .found, .conflict],
        [.sponsor, .undecided, .conflict, .sponsor, .undecided, .found, .conflict],
        [.sponsor, .conflict, .conflict, .sponsor, .conflict, .conflict, .conflict],
        [.conflict, .join, .join, .conflict, .conflict, .conflict, .conflict],
        [.conflict, .undecided, .conflict, .conflict, .bridge, .conflict, .conflict],
        [.found, .found, .conflict, .conflict, .conflict, .found, .conflict],
        [.conflict, .conflict, .conflict, .conflict, .conflict, .conflict, .conflict],
    ]

    /// The same while they share one: only a private meeting and a bridge are something else.
    private static func expected(_ row: Int, _ column: Int, _ sharesCluster: Bool) -> Outcome {
        let isOther = [row, column].contains { [4, 5].contains($0) }
        return sharesCluster && !isOther ? .confirm : self.apart[row][column]
    }

    private func outcome(
        _ own: MeetingWish, _ peer: MeetingWish, _ sharesCluster: Bool
    ) -> Outcome {
        do throws(MeetingDisagreement) {
            let terms = MeetingTerms(own: own, peer: peer, sharesCluster: sharesCluster)
            switch try terms.purpose() {
            case .founding: return .found
            case .sponsoring: return .sponsor
            case .joining: return .join
            case .confirming: return .confirm
            case .bridging: return .bridge
            }
        } catch {
            return error.problem == .undecided ? .undecided : .conflict
        }
    }

    @Test(arguments: [false, true])
    func theTableHolds(sharesCluster: Bool) {
        for (row, own) in Self.wishes.enumerated() {
            for (column, peer) in Self.wishes.enumerated() {
                let expected = Self.expected(row, column, sharesCluster)
                let outcome = self.outcome(own.wish, peer.wish, sharesCluster)
                #expect(outcome == expected, "\(own.name) with \(peer.name)")
            }
        }
    }

    /// Both sides come to the same end: one takes in whom the other lets itself be taken in by.
    @Test(arguments: [false, true])
    func bothSidesComeToTheSameEnd(sharesCluster: Bool) {
        for own in Intent.allCases {
            for peer in Intent.allCases {
                for totals in [(0, 0), (0, 2), (2, 0), (1, 2)] as [(UInt64, UInt64)] {
                    let one = MeetingWish(intent: own, totalPeers: totals.0)
                    let other = MeetingWish(intent: peer, totalPeers: totals.1)
                    let here = self.outcome(one, other, sharesCluster)
                    let there = self.outcome(other, one, sharesCluster)
                    let mirrored: Outcome
                    switch here {
                    case .sponsor: mirrored = .join
                    case .join: mirrored = .sponsor
                    case .found, .confirm, .bridge, .undecided, .conflict: mirrored = here
                    }
                    #expect(there == mirrored, "\(one) with \(other)")
                }
            }
        }
    }

    /// How many peers a code names matters to those alone who leave the rest to the program, and where a
    /// bridge is wanted by both.
    @Test func totalsMatterOnlyWithAuto() {
        for own in Intent.allCases where own != .auto {
            for peer in Intent.allCases
            where peer != .auto && [own, peer] != [.bridge, .bridge] {
                let outcomes = [(0, 0), (0, 2), (2, 0), (1, 2)].map { totals in
                    self.outcome(
                        MeetingWish(intent: own, totalPeers: UInt64(totals.0)),
                        MeetingWish(intent: peer, totalPeers: UInt64(totals.1)), false)
                }
                #expect(Set(outcomes).count == 1, "\(own) with \(peer)")
            }
        }
    }

    /// What is left behind a message's last list: nothing, or exactly one reference.
    @Test func aReferenceIsWholeOrNotThere() {
        let reference = ClusterReference(
            cluster: ClusterID(high: 1, low: 2), member: MemberID(high: 3, low: 4))
        var writer = ByteWriter()
        writer.put(reference)
        for count in 0...33 {
            var reader = ByteReader(Array((writer.bytes + [0]).prefix(count)))
            let read = reader.lastReference()
            switch count {
            case 0: #expect(read == .some(nil))
            case 32: #expect(read == .some(reference))
            default: #expect(read == .none)
            }
        }
    }
}
