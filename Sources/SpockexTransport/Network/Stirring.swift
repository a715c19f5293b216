// SPDX-License-Identifier: Apache-2.0

/// Lets the first of many pieces of news through at once, and one for all that come in the pause
/// after it.
struct Stirring: Sendable {
    private var isPausing = false
    private var isMissed = false

    /// Something was told; whether it is passed on now, and then a pause begins.
    mutating func take() -> Bool {
        self.isMissed = self.isPausing
        defer { self.isPausing = true }
        return !self.isPausing
    }

    /// The pause is over; whether what came in it is passed on now, and then another one begins.
    mutating func endPause() -> Bool {
        self.isPausing = self.isMissed
        self.isMissed = false
        return self.isPausing
    }
}
