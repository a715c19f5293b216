// SPDX-License-Identifier: Apache-2.0

/// When a note is left for one peer and when its note is looked for (PROTOCOL.md §13.5).
///
/// Nothing is done for a peer who is not lost: in good times no stranger hears of the node.
public struct LastResortSchedule: Sendable {
    /// What is to be done now.
    public struct Due: Sendable, Equatable {
        /// Leave the own addresses in today's slot.
        public var put: Bool
        /// Look into the peer's slots.
        public var get: Bool
    }

    /// How long a peer must be lost first; by then everything else has been tried.
    static let lossSpan: Duration = .seconds(120)
    /// Nodes of the DHT forget after two hours (BEP 44).
    static let putInterval: Duration = .seconds(3_600)
    /// The least time between two notes; addresses may change often.
    static let putPause: Duration = .seconds(60)
    /// After so long a note that could not be left is left again.
    static let putRetry: Duration = .seconds(300)
    /// The first pause between two looks; it doubles with each one.
    static let getPauseMin: Duration = .seconds(60)
    /// The longest one.
    static let getPauseMax: Duration = .seconds(900)

    private var lostAt: Instant?
    private var lastPut: (at: Instant, day: UInt32?, endpoints: [Endpoint])?
    private var putAgainAt: Instant?
    private var lastGet: Instant?
    private var getCount = 0

    /// The schedule of one peer, of whom nothing was left or looked for yet.
    public init() {}

    /// What is due; it counts as done.
    public mutating func due(isLost: Bool, endpoints: [Endpoint], now: Moment) -> Due {
        guard isLost else {
            self = LastResortSchedule()
            return Due(put: false, get: false)
        }
        let lostAt = self.lostAt ?? now.instant
        self.lostAt = lostAt
        guard lostAt + Self.lossSpan <= now.instant else { return Due(put: false, get: false) }
        let due = Due(put: self.putsNow(endpoints, now), get: self.nextGet <= now.instant)
        if due.put {
            self.lastPut = (now.instant, LastResortSlot.day(of: now.wall), endpoints)
            self.putAgainAt = nil
        }
        if due.get {
            self.lastGet = now.instant
            self.getCount += 1
        }
        return due
    }

    /// The last note could not be left.
    mutating func putFailed(now: Instant) {
        guard self.lastPut != nil else { return }
        self.putAgainAt = now + Self.putRetry
    }

    /// The own network is another one: the next look comes sooner.
    mutating func networkChanged() {
        self.getCount = 0
    }

    /// When to ask again, should neither addresses nor day change before; nil while the peer is not
    /// lost.
    public var deadline: Instant? {
        guard let lostAt else { return nil }
        let first = lostAt + Self.lossSpan
        guard let lastPut else { return max(first, self.nextGet) }
        let nextPut = lastPut.at + Self.putInterval
        return max(first, min(self.putAgainAt ?? nextPut, nextPut, self.nextGet))
    }

    private func putsNow(_ endpoints: [Endpoint], _ now: Moment) -> Bool {
        guard !endpoints.isEmpty, let day = LastResortSlot.day(of: now.wall) else { return false }
        guard let lastPut else { return true }
        guard lastPut.at + Self.putPause <= now.instant else { return false }
        return lastPut.day != day || lastPut.endpoints != endpoints
            || lastPut.at + Self.putInterval <= now.instant
            || self.putAgainAt.map { $0 <= now.instant } ?? false
    }

    private var nextGet: Instant {
        guard let lastGet else { return Instant(nanoseconds: .min) }
        let pause = Self.getPauseMin * (1 << min(max(self.getCount - 1, 0), 8))
        return lastGet + min(pause, Self.getPauseMax)
    }
}
