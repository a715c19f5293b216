// SPDX-License-Identifier: Apache-2.0

// Time and the network's changes, for one relation.
extension Relation {
    /// Does everything that is due now.
    mutating func tick(_ turn: inout Turn) {
        self.tickSessions(&turn)
        self.tickSlots(&turn)
        self.tickAttempts(&turn)
        self.tickFounding(&turn)
        self.tickHeldMove(&turn)
        self.tickProbe(&turn)
        if let due = self.keepaliveAt, due <= turn.instant {
            self.startProbe(afterRest: self.restEnd.map { $0 <= turn.instant } ?? false, &turn)
        }
        self.tickRests(&turn)
        if let due = self.tellingAt, due <= turn.instant { self.tellPlaces(&turn) }
        self.tickRekey(&turn)
        self.tickForget(&turn)
        self.tickPings(&turn)
        self.tickPhase(&turn)
        if let end = self.wantedUntil, end <= turn.instant {
            self.wantedUntil = nil
            self.isCalled = false
            if self.isResting, !self.isConnected { self.searchStart = nil }
        }
        if let due = self.restingEnd, due <= turn.instant { self.lose(&turn) }
        if let due = self.hangUpAt, due <= turn.instant { self.hangUp(&turn) }
        self.tickSeeking(&turn)
        if let due = self.nextAttemptAt, due <= turn.instant {
            self.nextAttemptAt = nil
            if !self.isAtRest(turn.instant) { self.startAttempt(&turn) }
        }
        self.tickPunching(&turn)
    }

    private mutating func tickSessions(_ turn: inout Turn) {
        while let first = self.sessions.first,
            first.createdAt + Constants.eraseAfter <= turn.instant
        {
            self.erase(session: first.index, &turn)
        }
        if self.isConnected, self.probe == nil, self.sendingSession(turn.instant) == nil {
            self.lose(&turn)
        }
    }

    /// What a loaded relation does first.
    mutating func resume(after start: Duration, _ turn: inout Turn) {
        let left = max(self.record.expiresAt - turn.wall, .zero)
        // A clock set back must not give a code more than its whole life again.
        let life = min(self.record.expiresAt - self.record.createdAt, Constants.codeLifeMax)
        switch self.record.phase {
        case .offered: self.phaseEnd = turn.instant + min(left, life)
        case .answered:
            self.phaseEnd = turn.instant + min(left, life)
            self.nextAttemptAt = turn.instant + start
        case .connecting:
            self.phaseEnd = turn.instant + Constants.connectingLife
            self.nextAttemptAt = turn.instant + start
        case .timedOut:
            self.phaseEnd = turn.instant + min(left, Constants.pairingLife)
            self.nextAttemptAt = turn.instant + start
        case .trusted:
            self.search(&turn, after: start)
            // Whoever was away for long itself asks once more.
            self.phaseEnd = self.guestExpiry(turn).map {
                max($0, turn.instant + Constants.unheardMin)
            }
        case .forgetting:
            // A clock in the future must not end it unheard: a day of trying remains.
            self.phaseEnd =
                turn.instant + min(max(left, Constants.forgottenLife), Constants.pairingLife)
            self.forgetAt = turn.instant
            self.search(&turn, after: start)
        case .forgotten: self.phaseEnd = turn.instant + min(left, Constants.forgottenLife)
        }
    }

    /// The network changed: try what works again, and look at once for what is lost.
    mutating func networkChanged(_ turn: inout Turn) {
        self.renewPunching(&turn)
        self.lastResort.networkChanged()
        guard self.isTrusted else {
            if self.record.phase == .connecting { self.hurry(turn) }
            return
        }
        if self.isConnected {
            self.seeking.isUnproved = true
            self.doubt(&turn)
        } else {
            self.search(&turn)
        }
        self.hastenSeeking(turn, delay: Constants.seekHaste)
    }

    /// The computer slept or a clock jumped: no session survives that (PROTOCOL.md §7.5).
    mutating func dropSessions(_ turn: inout Turn) {
        self.eraseSessions(&turn)
        self.probe = nil
        if self.isTrusted { self.lose(&turn) }
    }

    /// The own addresses changed: tell, until acknowledged; during a pairing as soon as there is trust.
    mutating func announce(sequence: UInt32, _ turn: inout Turn) {
        guard self.duty != .farewell, !self.leadsAcross else { return }
        defer { self.tellHint(sequence: sequence, &turn) }
        guard self.record.phase == .trusted else {
            if !self.isTrusted { self.unacknowledgedAddresses = sequence }
            return
        }
        if !turn.has(.addressesToldOnce) { self.unacknowledgedAddresses = sequence }
        self.send(.addresses(sequence: sequence, self.ownEndpoints(turn)), &turn)
    }
}
