// SPDX-License-Identifier: Apache-2.0

/// Lets the first few of many pieces of news through at once, and one for all others that come
/// before a pause is over.
struct Stirring: Sendable {
    private var passedCount = 0
    private var isMissed = false

    /// Something was told; whether it is passed on now.
    mutating func take() -> Bool {
        if self.passedCount < Limits.stirringCountMax {
            self.passedCount += 1
            return true
        }
        self.isMissed = true
        return false
    }

    /// Whether the one that was passed on just now begins a pause.
    var beginsPause: Bool { self.passedCount == 1 }

    /// The pause is over; whether what was missed in it is passed on now, and then another one begins.
    mutating func endPause() -> Bool {
        defer { self.isMissed = false }
        self.passedCount = self.isMissed ? 1 : 0
        return self.isMissed
    }
}
