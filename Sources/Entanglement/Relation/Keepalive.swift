// SPDX-License-Identifier: Apache-2.0

/// How long a path may rest, learned from how pings after a rest fare (PROTOCOL.md §7.5).
///
/// A router that forgets sooner than the rest lasts swallows the first ping each time, since both
/// sides' holes are closed by then; loss swallows one now and then.
struct Keepalive: Sendable, Equatable {
    /// How often the rest was shortened.
    private(set) var shorteningCount = 0
    /// Pings in a row whose first sending was not answered.
    private(set) var missCount = 0

    /// A ping after a whole rest was answered, at its sending of that number; nil: not at all.
    mutating func note(answered sending: Int?) {
        guard sending != 0 else {
            self.missCount = 0
            return
        }
        self.missCount += 1
        guard self.missCount >= Constants.keepaliveMissCountMax else { return }
        self.missCount = 0
        self.shorteningCount = min(self.shorteningCount + 1, Self.shorteningCountMax)
    }

    /// How long a path may rest for which that was right at first.
    func interval(of rest: Duration) -> Duration {
        var interval = rest
        for _ in 0..<self.shorteningCount { interval = interval * 3 / 5 }
        return max(interval, min(rest, Constants.keepaliveIntervalMin))
    }

    /// From the longest rest to the shortest.
    private static let shorteningCountMax = 5
}
