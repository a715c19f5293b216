// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// How often something may be done: so many times at once, then once in each interval.
struct RunBudget: Sendable {
    private let interval: Duration
    private let countMax: Int
    private var count: Int
    private var countedAt: Instant?

    init(countMax: Int, interval: Duration) {
        self.countMax = countMax
        self.interval = interval
        self.count = countMax
    }

    /// Whether it may be done now; then it counts as done.
    mutating func take(now: Instant) -> Bool {
        if let countedAt {
            let gained = (now - countedAt).nanoseconds / max(self.interval.nanoseconds, 1)
            if gained > 0 {
                self.count = min(self.countMax, self.count + Int(min(gained, Int64(self.countMax))))
                self.countedAt =
                    self.count == self.countMax ? now : countedAt + self.interval * Int(gained)
            }
        } else {
            self.countedAt = now
        }
        guard self.count > 0 else { return false }
        self.count -= 1
        return true
    }
}
