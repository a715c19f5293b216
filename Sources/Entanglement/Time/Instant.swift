// SPDX-License-Identifier: Apache-2.0

/// A point on the monotonic clock of this process, in nanoseconds from an arbitrary zero.
///
/// Instants of two processes cannot be compared; what must survive a restart is a `WallTime`.
public struct Instant: Sendable, Hashable, Comparable {
    /// Nanoseconds since the clock's zero.
    public var nanoseconds: Int64

    /// The instant that many nanoseconds after the clock's zero.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Whether the left instant comes first.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant a duration later; saturates at the ends of the clock.
    public static func + (left: Instant, right: Duration) -> Instant {
        let sum = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        return Instant(nanoseconds: sum.overflow ? .max : sum.partialValue)
    }

    /// The time from the right instant to the left one.
    public static func - (left: Instant, right: Instant) -> Duration {
        Duration(attoseconds: Int128(left.nanoseconds &- right.nanoseconds) * 1_000_000_000)
    }
}

extension Duration {
    /// The whole duration in nanoseconds, saturating at the range of `Int64`.
    public var nanoseconds: Int64 {
        // Up to 78 minutes, 512 attoseconds fit an Int64 and divide quickly.
        if self.attoseconds >= 0, self.attoseconds < 1 << 72 {
            return Int64(truncatingIfNeeded: self.attoseconds >> 9) / 1_953_125
        }
        let (seconds, attoseconds) = self.components
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let sum = product.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000)
        return product.overflow || sum.overflow ? (seconds < 0 ? .min : .max) : sum.partialValue
    }
}

/// Civil time as the computer's clock tells it, in milliseconds since 1970 (UTC).
///
/// It may be wrong and may jump; no rule of the protocol depends on it alone (PROTOCOL.md §9).
public struct WallTime: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// The time that many milliseconds after 1970.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The time that many seconds after 1970.
    public init(seconds: Int64) {
        let product = seconds.multipliedReportingOverflow(by: 1000)
        self.milliseconds = product.overflow ? (seconds < 0 ? .min : .max) : product.partialValue
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        self.milliseconds >= 0 ? self.milliseconds / 1000 : (self.milliseconds - 999) / 1000
    }

    /// Whole seconds since 1970, as notices and words have them; none before.
    var unixSeconds: UInt64 { UInt64(max(0, self.seconds)) }

    /// Whether the left time is earlier.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time a duration later, rounded to milliseconds.
    public static func + (left: WallTime, right: Duration) -> WallTime {
        let sum = left.milliseconds.addingReportingOverflow(right.nanoseconds / 1_000_000)
        return WallTime(milliseconds: sum.overflow ? .max : sum.partialValue)
    }

    /// The time from the right time to the left one.
    public static func - (left: WallTime, right: WallTime) -> Duration {
        .milliseconds(left.milliseconds &- right.milliseconds)
    }
}

/// What both clocks say at one moment; every machine is given one with each input.
public struct Moment: Sendable, Hashable {
    /// The monotonic clock; timers run on it.
    public var instant: Instant
    /// The wall clock; only for floors of counters, what is stored, and what people see.
    public var wall: WallTime

    /// Both clocks' readings.
    public init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}
