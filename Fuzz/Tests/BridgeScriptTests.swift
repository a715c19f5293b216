// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What ``BridgeScript`` writes is believed where its author may say it: so the fuzzer gets behind the signatures.
@Suite struct BridgeScriptTests {
    /// The notices that a node holds after some frames and did not hold before, as kinds.
    private func news(_ scene: Int, _ frames: [(from: UInt8, script: [UInt8])]) -> [UInt8] {
        let scene = BridgeScene.all[scene]
        var play = BridgePlay(scene)
        for frame in frames { play.receive(0x40 | frame.from, frame.script) }
        let before = scene.host.store.state.notices
        return play.host.store.state.notices.filter { !before.contains($0) }
            .compactMap { $0.key?.kind }.sorted()
    }

    @Test func anEndTakesCardsOfTheOtherEnd() {
        let card: [UInt8] = [2, 0, 0, 0, 1, 0, 0, 0]
        #expect(self.news(0, [(0, card)]) == [4])
        // By the word of the first one, which came with the end's own.
        let second: [UInt8] = [2, 1, 0, 0, 1, 0, 0, 8]
        #expect(self.news(0, [(0, card), (0, second)]) == [4, 4])
        #expect(self.news(0, [(0, second)]) == [])
        #expect(self.news(1, [(0, card)]) == [])
    }

    @Test func anEndTellsWhatTheOtherOneSays() {
        #expect(self.news(0, [(0, [0, 0, 0, 9, 1, 0, 7, 0])]) == [1])
        #expect(self.news(0, [(0, [0, 0, 0, 9, 1, 6, 7, 0])]) == [])
        // It allows nothing any more: the cards that came by it go.
        #expect(self.news(0, [(0, [0, 3, 0, 9, 1, 0, 7, 0])]) == [1, 4, 4])
    }

    @Test(arguments: [0, 1]) func membersAreHeard(scene: Int) {
        let from: UInt8 = scene == 0 ? 1 : 0
        #expect(self.news(scene, [(from, [5, 0, 0, 0, 0, 0, 0, 0])]) == [2])
        // Who has a card itself gives its word about that of an end.
        let cards: [UInt8] = scene == 0 ? [3] : [3, 3]
        #expect(self.news(scene, [(from, [6, 0, 0, 1, 1, 0, 0, 1])]) == cards)
        let bridge: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0]
        #expect(self.news(scene, [(from, bridge)]) == [1])
        #expect(
            self.news(scene, [(from, bridge), (from, [7, 4, 0, 0, 0, 0, 0, 0x0A])]) == [1, 4])
    }

    /// Whether somebody across is still talked with after some frames.
    private func isAcross(_ scene: Int, _ frames: [(from: UInt8, script: [UInt8])]) -> Bool {
        var play = BridgePlay(BridgeScene.all[scene])
        for frame in frames { play.receive(0x40 | frame.from, frame.script) }
        return !play.host.node.across.isEmpty
    }

    @Test func closingsCutEverything() {
        #expect(self.isAcross(0, []) && self.isAcross(1, []) && self.isAcross(2, []))
        // By its end, as a member hears it.
        #expect(!self.isAcross(1, [(0, [11, 0, 0, 0, 0, 0, 0, 1])]))
        // By both voters, who want no bridges; by one of them.
        #expect(!self.isAcross(2, [(1, [5, 1, 0, 0, 0, 0, 0, 0])]))
        #expect(self.isAcross(0, [(1, [5, 1, 0, 0, 0, 0, 0, 0])]))
    }

    /// Something of an invented person for a member goes on once.
    @Test func datagramsAreCarriedOn() throws {
        let card: [UInt8] = [2, 0, 0, 0, 1, 0, 0, 0]
        var play = BridgePlay(BridgeScene.all[0])
        play.receive(0x40, card)
        let script = BridgeScene.all[0].script
        let origin = script.ids.firstIndex {
            $0 == CardID(RecordScript.pairs[0].keys, script.primitives)
        }
        let carried = (UInt8(0)..<3).map { target in
            var once = play
            once.receive(0x40, [4, UInt8(origin ?? 0), target, 2, 9, 40, 0x81, 1])
            return once.carriedCount
        }
        #expect(carried.reduce(0, +) == 2)
    }
}
