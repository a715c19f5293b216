// SPDX-License-Identifier: Apache-2.0

// Looking for a peer with the help of common peers (PROTOCOL.md §8.9).
extension Relation {
    /// Whether packets to the peer go by way of another.
    var isRelayed: Bool { self.path?.isRelay ?? false }

    /// Whether this peer can be asked for help, and may ask: trusted, and reached directly.
    var canHelp: Bool {
        self.record.phase == .trusted && self.isConnected && !self.isRelayed
            && self.duty != .farewell
    }

    var help: Help {
        Help(canHelp: self.canHelp, seeks: self.seeking.seekAt != nil, tag: self.seeking.tag)
    }

    /// Whether a common peer's help is wanted.
    private var wantsHelp: Bool {
        switch self.record.phase {
        case .answered, .connecting, .timedOut: self.record.keys != nil
        case .trusted, .forgetting:
            self.isWanted && (!self.isResting || self.wantedUntil != nil)
                && (!self.isConnected || self.isRelayed || self.isDoubtful)
        case .offered, .forgotten: false
        }
    }

    /// Whether the peer is sought by it, or connected.
    private var isWanted: Bool {
        self.duty.seeks || self.isConnected && !self.duty.isSilent
    }

    /// Whether the peer is connected, and may not be where it was.
    private var isDoubtful: Bool { self.probe?.doubtedAt != nil }

    /// Whether common peers were asked for this peer and have not helped: who can help only now is
    /// asked at once.
    var waitsForHelp: Bool {
        guard let sought = self.seeking.soughtAt, self.seeking.seekAt != nil else { return false }
        return self.probe?.doubtedAt.map { sought >= $0 } ?? true
    }

    /// After every step: begins to ask for help, or ends it.
    mutating func planSeeking(_ turn: inout Turn) {
        guard !self.isCrossing else { return self.planCrossing(&turn) }
        if self.seeking.tag == nil, let psk = self.record.keys?.psk {
            self.seeking.tag = KeySchedule(primitives: turn.primitives).rendezvousTag(psk: psk)
        }
        guard self.wantsHelp, self.seeking.tag != nil else { return self.stopSeeking() }
        if self.seeking.seekAt == nil {
            let delay =
                self.isDoubtful || self.isResting ? Constants.seekHaste : Constants.seekDelay
            self.seeking.seekAt = turn.instant + delay
        }
        guard self.isConnected, self.isRelayed, !turn.has(.relayNeverLeft) else {
            self.seeking.directAt = nil
            return
        }
        if self.seeking.directAt == nil { self.seeking.directAt = turn.instant + turn.patience() }
    }

    /// Somebody across a bridge is sought by its ends alone, and reached directly only if both agree.
    private mutating func planCrossing(_ turn: inout Turn) {
        self.seeking.seekAt = nil
        self.seeking.relayAt = nil
        let mayMeet =
            self.isConnected && self.isRelayed && self.across?.allowsAddresses ?? false
            && !self.record.endpoints.isEmpty
        guard mayMeet else {
            self.seeking.directAt = nil
            return
        }
        if self.seeking.directAt == nil { self.seeking.directAt = turn.instant + turn.patience() }
    }

    /// Nobody is asked any more; nobody may be there who could be.
    mutating func stopSeeking() {
        self.seeking.seekAt = nil
        self.seeking.relayAt = nil
        self.seeking.directAt = nil
    }

    /// Common peers are asked anew, and a direct path is tried: the peer is lost, or a network another.
    ///
    /// What a peer says of itself must not make this node send without end: hence the spacing.
    mutating func hastenSeeking(
        _ turn: Turn, delay: Duration = Constants.seekDelay,
        spacing: Duration = Constants.attemptInterval
    ) {
        if self.isCrossing {
            if self.seeking.directAt == nil { self.seeking.directAt = turn.instant }
            return self.hastenDirect(to: turn.instant, spacing: spacing)
        }
        guard let due = self.seeking.seekAt else { return }
        self.seeking.seekAt = min(due, turn.instant + delay)
        self.hastenDirect(to: turn.instant, spacing: spacing)
    }

    /// A direct path is tried then, but not sooner after the last time than `spacing`.
    private mutating func hastenDirect(to moment: Instant, spacing: Duration) {
        let earliest = self.seeking.triedDirectAt.map { $0 + spacing } ?? moment
        self.seeking.directAt = self.seeking.directAt.map { min($0, max(moment, earliest)) }
    }

    mutating func tickSeeking(_ turn: inout Turn) {
        if let due = self.seeking.seekAt, due <= turn.instant {
            self.seeking.seekAt = turn.instant + self.seekPause(&turn)
            self.noteSought(turn)
            turn.seeks.append(self.id)
            if self.isResting, !self.isCalled, !self.isConnected {
                turn.wanted.append((self.id, isAgain: true))
            }
        }
        if let due = self.seeking.relayAt, due <= turn.instant {
            self.seeking.relayAt = nil
            if !self.isConnected { self.hurry(turn) }
        }
        // Who was just lost is looked for everywhere anyway.
        if let due = self.seeking.directAt, due <= turn.instant, self.isConnected {
            self.seeking.directAt = turn.instant + turn.patience()
            self.seeking.triedDirectAt = turn.instant
            self.startAttempt(&turn, reach: .direct)
        }
    }

    mutating func noteSought(_ turn: Turn) { self.seeking.soughtAt = turn.instant }

    private func seekPause(_ turn: inout Turn) -> Duration {
        if self.isDoubtful { return Constants.seekDelay }
        if self.isConnected { return Constants.seekRelayedInterval }
        return self.record.phase == .timedOut || self.isTrusted && !self.isEager(turn)
            ? turn.patience() : Constants.seekInterval
    }

    // MARK: What helpers say

    /// A common peer reaches the peer too: both try at one moment, and by its way if that fails.
    mutating func found(
        _ endpoints: [Endpoint], delay: Duration, by helper: RelationID, _ turn: inout Turn
    ) {
        guard self.seeking.seekAt != nil || self.hasSought(turn), !turn.has(.foundIgnored)
        else { return }
        let position = self.relay(by: helper, &turn)
        if let last = self.seeking.relays[position].foundAt,
            turn.instant - last < Constants.foundInterval
        {
            return
        }
        self.seeking.relays[position].foundAt = turn.instant
        let fresh = endpoints.filter { turn.isUsable($0) }
        let old = self.seeking.vouched.filter { !fresh.contains($0) }
        self.seeking.vouched = Array((fresh + old).prefix(Limits.endpointCountMax))
        self.seeking.vouchedUntil = turn.instant + Constants.vouchedLife
        let moment = min(max(delay, .zero), Constants.foundDelayMax)
        if self.isConnected {
            self.doubt(&turn)
            self.hastenDirect(to: turn.instant + moment, spacing: Constants.directInterval)
        } else {
            self.hurry(turn, after: moment)
        }
        guard !self.isConnected || self.isDoubtful else { return }
        if self.seeking.relays[position].usableAt == nil {
            self.seeking.relays[position].usableAt = turn.instant + Constants.relayPatience
            self.seeking.relayAt = turn.instant + Constants.relayPatience
        }
        guard self.isConnected else { return }
        // The own packet opens the own router for what the peer sends from its new place all the time.
        for place in fresh.filter({ $0 != self.path }).prefix(Limits.challengeCountMax) {
            self.challenge(place, byteCountMax: .max, isVouched: true, &turn)
        }
    }

    /// The peer may not be where it was: it is asked, and common peers unless it answers soon.
    mutating func doubt(_ turn: inout Turn) {
        self.startProbe(&turn)
        guard !self.isRelayed, let probe = self.probe, probe.doubtedAt == nil else { return }
        self.probe?.doubtedAt = probe.startedAt
    }

    /// Whether this helper may tell once more that somebody is sought.
    mutating func mayTellOfSeekers(_ now: Instant) -> Bool {
        var bucket =
            self.seeking.soughtBucket
            ?? TokenBucket(
                burst: Limits.soughtHeardBurst, perSecond: Limits.soughtHeardPerSecond, now: now)
        let isAllowed = bucket.hasToken(now: now)
        if isAllowed { bucket.take() }
        self.seeking.soughtBucket = bucket
        return isAllowed
    }

    /// A common peer tells that the peer has moved and looks for this node; whether it is answered.
    mutating func sought(_ turn: inout Turn) -> Bool {
        guard self.seeking.tag != nil, self.record.phase != .offered,
            self.record.phase != .forgotten,
            self.seeking.soughtAnsweredAt.map({ turn.instant - $0 >= Constants.foundInterval })
                ?? true
        else { return false }
        self.seeking.soughtAnsweredAt = turn.instant
        self.noteSought(turn)
        if self.isConnected { self.doubt(&turn) }
        return true
    }

    /// A helper that is heard after the own network changed knows the new place, or learns it with this
    /// answer.
    mutating func proveHelper(_ turn: inout Turn) {
        guard self.seeking.isUnproved else { return }
        self.seeking.isUnproved = false
        if self.canHelp { turn.gainedHelpers.append(self.id) }
    }

    private func hasSought(_ turn: Turn) -> Bool {
        self.seeking.soughtAt.map { turn.instant - $0 < Constants.seekLife } ?? false
    }

    /// The place of what this helper relays; nil when no help was asked for lately.
    mutating func placeOfRelayed(by helper: RelationID, _ turn: inout Turn) -> Endpoint? {
        guard self.hasSought(turn) else { return nil }
        let position = self.relay(by: helper, &turn)
        self.seeking.relays[position].heardAt = turn.instant
        if !self.isConnected { self.seeking.relays[position].usableAt = turn.instant }
        return .relay(self.seeking.relays[position].number)
    }

    /// Where among the relayed ways this helper's is; it is made if it is not there.
    mutating func relay(by helper: RelationID, _ turn: inout Turn) -> Int {
        if let position = self.seeking.relays.firstIndex(where: { $0.helper == helper }) {
            return position
        }
        if self.seeking.relays.count >= Limits.relayCountMax {
            let idle = self.seeking.relays.indices.filter {
                self.path != .relay(self.seeking.relays[$0].number)
            }
            let oldest = idle.min {
                self.seeking.relays[$0].heardAt < self.seeking.relays[$1].heardAt
            }
            turn.goneRelays.append(self.seeking.relays.remove(at: oldest ?? 0).number)
        }
        let number = turn.relayCount + 1
        turn.relayCount = number
        turn.newRelays.append((number, self.id))
        self.seeking.relays.append(
            Seeking.Relay(number: number, helper: helper, heardAt: turn.instant))
        return self.seeking.relays.count - 1
    }

    /// The relayed way that a place stands for.
    func relay(at place: Endpoint?) -> Seeking.Relay? {
        guard let number = place?.relayNumber else { return nil }
        return self.seeking.relays.first { $0.number == number }
    }

    // MARK: Places

    /// Where a common peer saw the peer less than a minute ago.
    func vouchedEndpoints(_ turn: Turn) -> [Endpoint] {
        guard let until = self.seeking.vouchedUntil, until > turn.instant else { return [] }
        return self.seeking.vouched
    }

    /// The relayed ways that may be tried now.
    func relayPlaces(_ turn: Turn) -> [Endpoint] {
        if self.isCrossing { return self.seeking.relays.map { Endpoint.relay($0.number) } }
        return self.seeking.relays.filter { $0.usableAt.map { $0 <= turn.instant } ?? false }
            .map { .relay($0.number) }
    }

    /// Something came by way of a common peer although the path is another: it moves a peer that is
    /// lost; a direct path that lives is asked whether it does.
    mutating func hear(relayedAt place: Endpoint, _ turn: inout Turn) {
        guard self.isConnected, !turn.has(.relayReplacesDirect) else {
            return self.move(to: place, &turn)
        }
        guard !self.isRelayed || self.isCrossing else { return }
        if let last = self.seeking.doubtedAt, turn.instant - last < Constants.challengeLife {
            return
        }
        self.seeking.doubtedAt = turn.instant
        self.startProbe(&turn)
    }

    /// There is a direct path: relayed ways are tried again only after another meeting point.
    mutating func leaveRelays() {
        for position in self.seeking.relays.indices {
            self.seeking.relays[position].usableAt = nil
        }
        self.seeking.relayAt = nil
    }

    /// How the path is told to people.
    func tellPath(_ path: Endpoint, else direct: (Endpoint) -> Event) -> Event? {
        guard path.isRelay else { return direct(path) }
        return self.relay(at: path).map { .peerRelayed(self.id, via: $0.helper) }
    }

    /// The path as it is shown; nil: there is none.
    var peerPath: PeerPath? {
        guard let path = self.path else { return nil }
        guard path.isRelay else { return .direct(path) }
        let reason = self.relayReason ?? .noDirectPath
        return self.relay(at: path).map { .relayed(via: $0.helper, reason: reason) }
    }

    /// Why the peer is reached by way of another; nil: it is not.
    var relayReason: RelayReason? {
        guard self.isRelayed else { return nil }
        return self.isCrossing ? .bridge : .noDirectPath
    }
}
