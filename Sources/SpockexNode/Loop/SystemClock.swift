// SPDX-License-Identifier: Apache-2.0
import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the computer's clocks say at one moment.
struct ClockReading: Sendable, Equatable {
    /// Runs steadily while the computer is awake.
    var awake: Instant
    /// The same, and it goes on while the computer sleeps.
    var elapsed: Instant
    /// Civil time.
    var wall: WallTime

    /// What the core is told.
    var moment: Moment {
        Moment(instant: self.awake, wall: self.wall)
    }
}

/// The clocks of the system.
enum SystemClock {
    /// Reads all clocks.
    static func read() -> ClockReading {
        #if canImport(Darwin)
            // On Darwin CLOCK_MONOTONIC goes on during sleep.
            let (awake, elapsed) = (CLOCK_UPTIME_RAW, CLOCK_MONOTONIC)
        #else
            let (awake, elapsed) = (CLOCK_MONOTONIC, CLOCK_BOOTTIME)
        #endif
        return ClockReading(
            awake: Instant(nanoseconds: Self.nanoseconds(awake)),
            elapsed: Instant(nanoseconds: Self.nanoseconds(elapsed)),
            wall: WallTime(milliseconds: Self.nanoseconds(CLOCK_REALTIME) / 1_000_000))
    }

    /// The instant alone, for the data path.
    static func instant() -> Instant {
        #if canImport(Darwin)
            Instant(nanoseconds: Self.nanoseconds(CLOCK_UPTIME_RAW))
        #else
            Instant(nanoseconds: Self.nanoseconds(CLOCK_MONOTONIC))
        #endif
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else {
            preconditionFailure("the system has no such clock")
        }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
