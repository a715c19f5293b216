// SPDX-License-Identifier: Apache-2.0

/// Allows a burst, then so many a second.
struct TokenBucket: Sendable {
    private let burst: Int64
    private let interval: Int64
    private var credit: Int64
    private var filledAt: Instant

    /// A full bucket.
    init(burst: Int, perSecond: Int, now: Instant) {
        self.interval = 1_000_000_000 / Int64(perSecond)
        self.burst = Int64(burst) * self.interval
        self.credit = self.burst
        self.filledAt = now
    }

    /// A full bucket that gets one more after each interval.
    init(burst: Int, interval: Duration, now: Instant) {
        self.interval = interval.nanoseconds
        self.burst = Int64(burst) * self.interval
        self.credit = self.burst
        self.filledAt = now
    }

    /// Whether one more is allowed now; takes nothing.
    mutating func hasToken(now: Instant) -> Bool { self.hasTokens(1, now: now) }

    /// Whether so many more are allowed now; takes nothing.
    mutating func hasTokens(_ count: Int, now: Instant) -> Bool {
        let elapsed = max((now - self.filledAt).nanoseconds, 0)
        self.credit = min(self.burst, self.credit + min(elapsed, self.burst))
        self.filledAt = now
        return self.credit >= Int64(count) * self.interval
    }

    /// Takes one, or so many.
    mutating func take(_ count: Int = 1) {
        self.credit -= Int64(count) * self.interval
    }
}
