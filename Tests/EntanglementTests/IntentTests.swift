// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What two people want, and what they are told when it does not fit (PROTOCOL.md §5.6).
@Suite struct IntentTests {
    /// A pair whose stored pairings hold these intents, as a later version could have made them.
    private func pair(_ alice: Intent, _ bob: Intent) throws -> Pair {
        var pair = try Situation.connecting.reached()
        for side in Pair.Side.allCases {
            var state = pair[side].store.state
            state.relations[0].intent = side == .alice ? alice : bob
            let store = MemoryStore(state)
            pair.act(side) { host, now, sent in
                host = Host(
                    side == .alice ? "Alice" : "Bob", at: side.endpoint, store: store,
                    primitives: CryptoPrimitives(), seed: 5, now: now, sent: &sent)
            }
        }
        return pair
    }

    /// Nobody of them has said into which cluster: who would take the other in cannot.
    private func problem(_ one: Intent, _ other: Intent) -> PairingProblem? {
        switch (one, other) {
        case (.auto, .auto), (.auto, .private), (.private, .auto), (.private, .private): nil
        default: .intentConflict
        }
    }

    @Test(arguments: Intent.allCases, Intent.allCases)
    func bothScreensSayTheSame(alice: Intent, bob: Intent) throws {
        var pair = try self.pair(alice, bob)
        pair.run(for: .seconds(20))
        guard let problem = self.problem(alice, bob) else {
            #expect(pair.isEntangled)
            return
        }
        for side in Pair.Side.allCases {
            #expect(pair.phase(side) == .timedOut)
            #expect(pair.relation(side)?.problem == problem)
            #expect(pair.pairing(side)?.problem == problem)
            #expect(pair[side].store.state.clusters.isEmpty)
            #expect(pair.relation(side)?.peerPart == nil)
        }
        #expect(pair.sent(Beginning.founding).isEmpty)
    }

    /// Whose code names peers takes the other in, and nobody said into which cluster; two of them may
    /// found another cluster, if they say so.
    @Test(
        arguments: [[Pair.Side.alice], [.bob], [.alice, .bob]], [Intent.auto, .private])
    func aCodeThatNamesPeersFoundsNothingByItself(sides: [Pair.Side], intent: Intent) throws {
        var pair = try self.pair(.auto, intent)
        for host in Pair.Side.allCases {
            var state = pair[host].store.state
            var codes = try #require(state.relations[0].codes)
            codes = MeetingCodes(
                ownSalt: codes.ownSalt, peerSalt: codes.peerSalt,
                offer: self.withPeers(codes.offer, if: sides.contains(.alice)),
                answer: self.withPeers(
                    try #require(codes.answer), if: sides.contains(.bob)))
            state.relations[0].codes = codes
            let store = MemoryStore(state)
            pair.act(host) { node, now, sent in
                node = Host(
                    host == .alice ? "Alice" : "Bob", at: host.endpoint, store: store,
                    primitives: CryptoPrimitives(), seed: 6, now: now, sent: &sent)
            }
        }
        pair.run(for: .seconds(20))
        guard intent == .auto else {
            #expect(pair.isEntangled)
            return
        }
        for host in Pair.Side.allCases {
            #expect(pair.phase(host) == .timedOut)
            #expect(
                pair.relation(host)?.problem == (sides.count == 1 ? .intentConflict : .undecided))
        }
    }

    private func withPeers(_ code: [UInt8], if doesName: Bool) -> [UInt8] {
        guard doesName else { return code }
        let text = String(decoding: code, as: UTF8.self)
        let changed = text.split(separator: "\"totalPeers\":0").joined(
            separator: "\"totalPeers\":3")
        return Array(changed.utf8)
    }

    @Test func aPairingThatCannotGoOnIsGivenUpAfterThirtyDays() throws {
        var pair = try self.pair(.bridge, .join)
        pair.run(for: .seconds(20))
        let ends = Pair.Side.allCases.compactMap { pair.relation($0)?.expiresAt }
        pair.run(for: .seconds(600))
        #expect(Pair.Side.allCases.compactMap { pair.relation($0)?.expiresAt } == ends)
    }

    @Test func privateWithPeersFoundsAnotherCluster() throws {
        var pair = try Pair.trusted()
        let first = try #require(pair.relation(.alice)?.cluster)
        let wanted = MeetingOptions(intent: .private)
        try #require(pair.meet(alice: wanted, bob: wanted) != nil)
        pair.run(for: .seconds(5))
        for side in Pair.Side.allCases {
            let relations = pair[side].store.state.relations
            #expect(relations.map(\.phase) == [.trusted, .trusted])
            #expect(pair[side].store.state.clusters.count == 2)
            #expect(Set(relations.compactMap(\.cluster)).count == 2)
            #expect(relations.contains { $0.cluster == first })
        }
    }

    /// A member may want anything; a newcomer's offer asks it into which cluster.
    @Test func aMemberIsAskedIntoWhichClusterANewcomerIsToCome() throws {
        var pair = try Pair.trusted()
        let cluster = try #require(pair.relation(.alice)?.cluster)
        for intent in [Intent.auto, .cluster, .join, .private, .repair, .bridge] {
            let reply = pair.request(.alice, .offer(MeetingOptions(intent: intent)))
            guard case .offered = reply else {
                Issue.record("\(intent): \(String(describing: reply))")
                continue
            }
        }
        var third = Pair(seed: 8)
        guard case .offered(_, let offer, _) = third.request(.alice, .offer(MeetingOptions()))
        else {
            Issue.record("no offer")
            return
        }
        let reply = pair.request(.bob, .answer(offer, MeetingOptions()))
        #expect(reply == .refused(.mustChoose([cluster])))
        let elsewhere = MeetingOptions(cluster: ClusterID(high: 1, low: 1))
        #expect(pair.request(.bob, .answer(offer, elsewhere)) == .refused(.notFound))
        guard
            case .answered = pair.request(.bob, .answer(offer, MeetingOptions(cluster: cluster)))
        else {
            Issue.record("no answer")
            return
        }
        #expect(pair.peer(.alice)?.isConnected == true)
    }

    /// Whoever is in no cluster takes nobody in.
    @Test func whoHasNoClusterCannotTakeAnybodyIn() {
        var pair = Pair()
        let options = MeetingOptions(intent: .cluster)
        #expect(pair.request(.alice, .offer(options)) == .refused(.mustChoose([])))
    }
}
