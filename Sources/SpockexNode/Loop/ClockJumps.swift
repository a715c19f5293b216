// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Notices that the computer slept or that its clock was set (PROTOCOL.md §9).
///
/// Sleep counts in sum since the last finding, so that many short naps count too. A jump of the
/// wall clock counts from one look to the next: what a time service corrects little by little is
/// no jump.
struct ClockJumps: Sendable {
    private var last: ClockReading
    private var slept = Duration.zero

    /// Compares with this reading first.
    init(since first: ClockReading) {
        self.last = first
    }

    /// Whether sleep or a jump of at least 180 seconds came to light with this reading.
    mutating func observe(_ reading: ClockReading) -> Bool {
        let awake = reading.awake - self.last.awake
        let elapsed = reading.elapsed - self.last.elapsed
        let wall = reading.wall - self.last.wall
        self.last = reading
        self.slept += max(elapsed - awake, .zero)
        let drift = wall - elapsed
        guard
            self.slept >= Limits.clockJumpMin || drift >= Limits.clockJumpMin
                || drift <= .zero - Limits.clockJumpMin
        else { return false }
        self.slept = .zero
        return true
    }
}
