// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What the two clocks of one computer say, given the true time.
struct HostClock: Sendable {
    /// True time at which the monotonic clock began; a restart of the computer sets it.
    private var zero: Instant
    /// How far the wall clock is off.
    private(set) var wallError = Duration.zero

    /// Unix seconds of the true time 0.
    static let epoch = WallTime(seconds: 1_795_000_000)

    init(zero: Instant) {
        self.zero = zero
    }

    func moment(at time: Instant) -> Moment {
        Moment(
            instant: self.local(time),
            wall: Self.epoch + .nanoseconds(time.nanoseconds) + self.wallError)
    }

    /// The monotonic clock at a true time; it begins at a second.
    func local(_ time: Instant) -> Instant {
        Instant(nanoseconds: 1_000_000_000) + (time - self.zero)
    }

    /// The true time of a local instant; what has passed is now.
    func time(of local: Instant, now: Instant) -> Instant {
        max(self.zero + (local - Instant(nanoseconds: 1_000_000_000)), now)
    }

    mutating func restart(at time: Instant) { self.zero = time }

    mutating func setWallError(_ error: Duration) { self.wallError = error }
}
