// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Notices by a router's seconds that it has forgotten its mappings.
struct RouterEpoch: Sendable {
    enum Rule { case natpmp, pcp }

    enum Verdict {
        /// Nothing to compare with.
        case first
        case continuous
        case restarted
    }

    private let rule: Rule
    private var last: (seconds: UInt32, at: Instant)?

    init(_ rule: Rule) {
        self.rule = rule
    }

    /// Takes the seconds of a packet from the router; each one is compared with the one before.
    mutating func hear(_ seconds: UInt32, now: Instant) -> Verdict {
        defer { self.last = (seconds, now) }
        guard let last else { return .first }
        let ours = max((now - last.at).nanoseconds, 0)
        let second: Int64 = 1_000_000_000
        let theirs = (Int64(seconds) - Int64(last.seconds)) * second
        let isRestart =
            switch self.rule {
            // RFC 6886 §3.6: seven eighths of our own time, with two seconds to spare.
            case .natpmp: theirs + 2 * second < ours - ours / 8
            // RFC 6887 §8.5: no second lost, and both clocks agree within a sixteenth and two.
            case .pcp:
                theirs < -second || ours + 2 * second < theirs - theirs / 16
                    || theirs + 2 * second < ours - ours / 16
            }
        return isRestart ? .restarted : .continuous
    }
}
