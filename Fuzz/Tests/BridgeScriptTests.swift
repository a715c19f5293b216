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
        #expect(self.news(scene, [(from, bridge), (from, [7, 3, 0, 0, 1, 0, 0, 8])]) == [1, 4])
    }
}
