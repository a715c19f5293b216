// SPDX-License-Identifier: Apache-2.0

/// What a helper remembers: who of its peers looks for whom, in memory alone.
///
/// It never forwards to who did not ask, and never more than its quotas allow. Tables are looked up
/// by tag or relation and never iterated.
struct Rendezvous: Sendable {
    private struct Entry: Sendable {
        /// Who seeks, and until when that counts; the newest last.
        var seekers: [(id: RelationID, until: Instant)] = []
        /// When both were told of each other.
        var foundAt: Instant?
        /// When something was relayed.
        var relayedAt: Instant?
    }

    private var entries: [RendezvousTag: Entry] = [:]
    /// The tags of each peer, the oldest first.
    private var tags: [RelationID: [RendezvousTag]] = [:]
    private var quotas: [RelationID: TokenBucket] = [:]
    private var quotaOfAll: TokenBucket?
    /// Frames to others that each peer's moves may cost, and those of all.
    private var callQuotas: [RelationID: TokenBucket] = [:]
    private var callQuotaOfAll: TokenBucket?
    /// What was relayed lately.
    private var active: [RendezvousTag] = []

    /// A peer seeks; returns the pairs that are to be told of each other now.
    mutating func seek(
        _ sought: [RendezvousTag], by seeker: RelationID, now: Instant
    ) -> [(tag: RendezvousTag, other: RelationID)] {
        var found: [(tag: RendezvousTag, other: RelationID)] = []
        for tag in sought.prefix(Constants.seekCountMax) {
            self.note(tag, by: seeker, now: now)
            let others = self.others(than: seeker, of: tag, now: now)
            guard !others.isEmpty, self.mayTell(tag, now: now) else { continue }
            self.entries[tag]?.foundAt = now
            found += others.map { (tag, $0) }
        }
        return found
    }

    /// The other seekers of a tag, if this one seeks it too.
    func others(than seeker: RelationID, of tag: RendezvousTag, now: Instant) -> [RelationID] {
        let live = self.entries[tag]?.seekers.filter { $0.until > now } ?? []
        guard live.contains(where: { $0.id == seeker }) else { return [] }
        return live.map(\.id).filter { $0 != seeker }
    }

    /// Whether a datagram of that size may be relayed; takes it off the quotas then.
    mutating func mayRelay(
        _ tag: RendezvousTag, byteCount: Int, from seeker: RelationID, now: Instant
    ) -> Bool {
        var own =
            self.quotas[seeker]
            ?? TokenBucket(
                burst: Limits.relayBurst, perSecond: Limits.relayedBytesPerSecond, now: now)
        var all =
            self.quotaOfAll
            ?? TokenBucket(
                burst: Limits.relayBurstOfAll, perSecond: Limits.relayedBytesPerSecondOfAll,
                now: now)
        let isAllowed =
            own.hasTokens(byteCount, now: now) && all.hasTokens(byteCount, now: now)
            && self.activate(tag, now: now)
        if isAllowed {
            own.take(byteCount)
            all.take(byteCount)
        }
        self.quotas[seeker] = own
        self.quotaOfAll = all
        return isAllowed
    }

    /// Whether one more peer may be told that this one seeks; takes it off the quotas then.
    mutating func mayTell(of seeker: RelationID, now: Instant) -> Bool {
        var own =
            self.callQuotas[seeker]
            ?? TokenBucket(burst: Limits.soughtBurst, perSecond: Limits.soughtPerSecond, now: now)
        var all =
            self.callQuotaOfAll
            ?? TokenBucket(
                burst: Limits.soughtBurstOfAll, perSecond: Limits.soughtPerSecondOfAll, now: now)
        let isAllowed = own.hasToken(now: now) && all.hasToken(now: now)
        if isAllowed {
            own.take()
            all.take()
        }
        self.callQuotas[seeker] = own
        self.callQuotaOfAll = all
        return isAllowed
    }

    /// A peer is gone, and all that it sought.
    mutating func withdraw(_ seeker: RelationID) {
        for tag in self.tags.removeValue(forKey: seeker) ?? [] { self.drop(tag, of: seeker) }
    }

    /// The relation is deleted; who is only lost for a while begins with no full quotas.
    mutating func forget(_ seeker: RelationID) {
        self.withdraw(seeker)
        self.quotas[seeker] = nil
        self.callQuotas[seeker] = nil
    }

    /// Under how many tags a peer seeks, as far as that is remembered.
    func tagCount(of seeker: RelationID) -> Int { self.tags[seeker]?.count ?? 0 }

    /// Whether it holds more than it may for so many peers.
    func isExcessive(relationCount: Int) -> Bool {
        self.entries.count > relationCount * Limits.soughtCountMax
            || self.tags.count > relationCount || self.active.count > Limits.relayedTagCountMax
    }

    // MARK: Parts

    private mutating func note(_ tag: RendezvousTag, by seeker: RelationID, now: Instant) {
        self.drop(tag, of: seeker)
        var entry = self.entries[tag] ?? Entry()
        entry.seekers.removeAll { $0.until <= now }
        entry.seekers.append((seeker, now + Constants.seekLife))
        if entry.seekers.count > Limits.seekerCountMax {
            let oldest = entry.seekers.removeFirst().id
            self.tags[oldest]?.removeAll { $0 == tag }
        }
        self.entries[tag] = entry
        self.tags[seeker, default: []].append(tag)
        guard let all = self.tags[seeker], all.count > Limits.soughtCountMax else { return }
        self.drop(all[0], of: seeker)
    }

    private mutating func drop(_ tag: RendezvousTag, of seeker: RelationID) {
        self.tags[seeker]?.removeAll { $0 == tag }
        guard var entry = self.entries[tag] else { return }
        entry.seekers.removeAll { $0.id == seeker }
        // What is kept is a pause, not a memory of who has met: it goes with the last seeker.
        self.entries[tag] = entry.seekers.isEmpty ? nil : entry
    }

    /// Two who are relayed already hear of each other now and then, the others whenever they ask.
    private func mayTell(_ tag: RendezvousTag, now: Instant) -> Bool {
        guard let entry = self.entries[tag], let last = entry.foundAt else { return true }
        let isRelayed = entry.relayedAt.map { now - $0 < Limits.relayIdleSpan } ?? false
        return now - last >= (isRelayed ? Constants.foundRelayedInterval : Constants.foundInterval)
    }

    private mutating func activate(_ tag: RendezvousTag, now: Instant) -> Bool {
        if !self.active.contains(tag) {
            if self.active.count >= Limits.relayedTagCountMax {
                self.active.removeAll { tag in
                    self.entries[tag]?.relayedAt.map { now - $0 >= Limits.relayIdleSpan } ?? true
                }
            }
            guard self.active.count < Limits.relayedTagCountMax else { return false }
            self.active.append(tag)
        }
        self.entries[tag]?.relayedAt = now
        return true
    }
}
