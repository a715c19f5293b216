// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

struct ClockJumpsTests {
    /// Clocks that a test moves.
    private struct Clocks {
        var awake = Duration.seconds(1_000)
        var asleep = Duration.zero
        var wall = Duration.seconds(1_800_000_000)

        mutating func pass(_ time: Duration, asleep: Duration = .zero, jump: Duration = .zero) {
            self.awake += time
            self.asleep += asleep
            self.wall += time + asleep + jump
        }

        var reading: ClockReading {
            ClockReading(
                awake: Instant(nanoseconds: self.awake.nanoseconds),
                elapsed: Instant(nanoseconds: (self.awake + self.asleep).nanoseconds),
                wall: WallTime(milliseconds: self.wall.nanoseconds / 1_000_000))
        }
    }

    private func findings(_ steps: [(asleep: Duration, jump: Duration)]) -> [Bool] {
        var clocks = Clocks()
        var jumps = ClockJumps(since: clocks.reading)
        return steps.map { step in
            clocks.pass(.seconds(10), asleep: step.asleep, jump: step.jump)
            return jumps.observe(clocks.reading)
        }
    }

    @Test func steadyClocksAreNoJump() {
        let found = self.findings(Array(repeating: (.zero, .milliseconds(2)), count: 1_000))
        #expect(!found.contains(true))
    }

    @Test(arguments: [(179, false), (180, true), (86_400, true)])
    func sleepCountsFromThreeMinutesOn(seconds: Int, isFound: Bool) {
        #expect(self.findings([(.seconds(seconds), .zero)]) == [isFound])
    }

    @Test func shortSleepsAddUpAndCountOnce() {
        let found = self.findings(Array(repeating: (.seconds(60), .zero), count: 6))
        #expect(found == [false, false, true, false, false, true])
    }

    @Test(arguments: [(179, false), (180, true), (-179, false), (-180, true), (1 << 40, true)])
    func aJumpOfTheWallClockCountsInBothDirections(seconds: Int, isFound: Bool) {
        #expect(self.findings([(.zero, .seconds(seconds)), (.zero, .zero)]) == [isFound, false])
    }
}
