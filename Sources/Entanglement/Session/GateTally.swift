// SPDX-License-Identifier: Apache-2.0

/// How many datagrams came, and why some were dropped.
struct GateTally: Sendable {
    var received: UInt64 = 0
    var malformed: UInt64 = 0
    var unknown: UInt64 = 0
    var forged: UInt64 = 0
    var replayed: UInt64 = 0
    var limited: UInt64 = 0
}

extension Gate {
    /// Counters by the names that `status` shows, in a fixed order.
    public var counters: [(name: String, count: UInt64)] {
        [
            ("datagramsReceived", self.tally.received),
            ("datagramsDroppedMalformed", self.tally.malformed),
            ("datagramsDroppedUnknown", self.tally.unknown),
            ("datagramsDroppedForged", self.tally.forged),
            ("datagramsDroppedReplayed", self.tally.replayed),
            ("datagramsDroppedLimited", self.tally.limited),
        ]
    }
}
