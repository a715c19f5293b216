// SPDX-License-Identifier: Apache-2.0

/// How often places were called of which only endpoint records tell, whoever's (PROTOCOL.md §12.5).
///
/// Such a place may be anybody's: a member who means harm names those of others.
struct PlaceRations: Sendable {
    /// Whoever was called for the first time the longest ago is the first.
    private var buckets: [(place: Endpoint, bucket: TokenBucket)] = []
    /// That of all places together for which there is no room.
    private var rest: TokenBucket?

    /// Whether a place may be called now; if so it is counted.
    mutating func allows(_ place: Endpoint, now: Instant) -> Bool {
        if let index = self.buckets.firstIndex(where: { $0.place == place }) {
            guard self.buckets[index].bucket.hasToken(now: now) else { return false }
            self.buckets[index].bucket.take()
            return true
        }
        guard self.makeRoom(now: now) else { return self.allowsOneMore(now: now) }
        var bucket = TokenBucket(
            burst: Constants.toldCallCountMax, interval: Constants.toldCallPause, now: now)
        bucket.take()
        self.buckets.append((place, bucket))
        return true
    }

    /// Forgets those that have their whole ration again; false: there are too many others.
    private mutating func makeRoom(now: Instant) -> Bool {
        guard self.buckets.count >= Limits.rationCountMax else { return true }
        self.buckets = self.buckets.filter { entry in
            var bucket = entry.bucket
            return !bucket.hasTokens(Constants.toldCallCountMax, now: now)
        }
        return self.buckets.count < Limits.rationCountMax
    }

    /// Who names very many places must not make this node forget which of them it has called often enough.
    private mutating func allowsOneMore(now: Instant) -> Bool {
        var rest =
            self.rest
            ?? TokenBucket(
                burst: Constants.toldCallCountMax, perSecond: Limits.rationRestPerSecond, now: now)
        let isAllowed = rest.hasToken(now: now)
        if isAllowed { rest.take() }
        self.rest = rest
        return isAllowed
    }
}

extension Relation {
    /// Whether a datagram may go to a place now; if it is counted there, it counts.
    mutating func mayCall(_ place: Endpoint, _ turn: inout Turn) -> Bool {
        guard self.told.contains(place), !self.isAttested(place, turn) else { return true }
        var bucket =
            self.toldBucket
            ?? TokenBucket(
                burst: Constants.toldCallCountMaxOfAll, interval: Constants.toldCallPauseOfAll,
                now: turn.instant)
        defer { self.toldBucket = bucket }
        guard bucket.hasToken(now: turn.instant),
            turn.rations.allows(place, now: turn.instant)
        else { return false }
        bucket.take()
        return true
    }

    /// Whether more than the other's word speaks for a place: it was there or is seen there, or, if the two
    /// met, named it in a session.
    private func isAttested(_ place: Endpoint, _ turn: Turn) -> Bool {
        place == self.path || place == self.directPath
            || self.record.epoch == nil && self.heardEndpoints.contains(place)
            || self.sightedEndpoints(turn.instant).contains(place)
            || self.vouchedEndpoints(turn).contains(place)
    }

    /// Notes which of the known places only an endpoint record names: those that were not known before.
    mutating func noteTold(knownBefore: [Endpoint]) {
        let named = self.heardEndpoints.filter {
            self.told.contains($0) && !self.record.endpoints.contains($0)
        }
        self.told =
            named
            + self.record.endpoints.filter { self.told.contains($0) || !knownBefore.contains($0) }
    }

    /// The other names places in a session: of somebody whom this node never met that is worth no more than
    /// its record.
    mutating func noteNamed(_ places: [Endpoint]) {
        guard self.record.epoch != nil else { return }
        let known = self.record.endpoints + self.heardEndpoints
        let kept = self.told.filter(known.contains)
        self.told =
            kept
            + places.filter {
                !known.contains($0) && $0 != self.path && $0 != self.directPath
                    && !kept.contains($0)
            }
    }
}
