// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@Suite struct ReplayWindowTests {
    @Test(arguments: [UInt64(0), 1, 63, 64, 65, 8127, 8128, 8129, ReplayWindow.limit - 1])
    func acceptsACounterOnce(counter: UInt64) {
        var window = ReplayWindow()
        let verdicts = [window.accept(counter), window.accept(counter)]
        #expect(verdicts == [true, false])
        #expect(window.highest == counter)
    }

    @Test(arguments: [UInt64(1), 2, 63, 64, 65, 128, 8128, 8192])
    func theEdgeIsExact(size: UInt64) {
        let highest: UInt64 = 1_000_000
        var window = ReplayWindow(window: size)
        let verdicts = [
            window.accept(highest), window.accept(highest - size),
            window.accept(highest - size + 1), window.accept(highest - size + 1),
        ]
        #expect(verdicts == [true, false, size > 1, false])
    }

    @Test(arguments: [ReplayWindow.limit, ReplayWindow.limit + 1, .max])
    func countersFromTheLimitOnAreRefused(counter: UInt64) {
        var window = ReplayWindow()
        let accepted = window.accept(counter)
        #expect(!accepted)
        #expect(window == ReplayWindow())
    }

    @Test func askingChangesNothing() {
        var window = ReplayWindow()
        _ = window.accept(10)
        let before = window
        #expect(window.wouldAccept(11) && window.wouldAccept(9) && !window.wouldAccept(10))
        #expect(window == before)
    }

    @Test func aCopyIsAnotherWindow() {
        var window = ReplayWindow()
        _ = window.accept(1)
        var copy = window
        let verdicts = [copy.accept(2), window.accept(2), window.accept(1), copy.accept(1)]
        #expect(verdicts == [true, true, false, false])
    }

    @Test(arguments: [UInt64(1), 7, 64, 100, 8128])
    func verdictsAreThoseOfASet(size: UInt64) {
        var generator = SeededGenerator(seed: size)
        for base in [UInt64(0), 1 << 32, ReplayWindow.limit - 3 * size - 2000] {
            var window = ReplayWindow(window: size)
            var seen: Set<UInt64> = []
            var highest: UInt64?
            for _ in 0..<3000 {
                let top = highest ?? base
                let reach = min(Bool.random(using: &generator) ? 3 : 3 * size, .max - top)
                let low = top - min(top, reach)
                let counter = UInt64.random(in: low...(top + reach), using: &generator)
                let isRecent = highest.map { counter > $0 || $0 - counter < size } ?? true
                let expected =
                    counter < ReplayWindow.limit && isRecent && !seen.contains(counter)
                let accepted = window.accept(counter)
                #expect(accepted == expected)
                guard accepted else { continue }
                seen.insert(counter)
                highest = max(highest ?? counter, counter)
            }
            #expect(window.highest == highest)
        }
    }
}
