// SPDX-License-Identifier: Apache-2.0

// The phases of a pairing (PROTOCOL.md §8.1).
extension Relation {
    /// Changes the phase, durably.
    mutating func enter(_ phase: RelationPhase, _ turn: inout Turn) {
        guard self.record.phase != phase else { return }
        self.record.phase = phase
        turn.changes.append(.relation(self.record, erasing: false))
        turn.notify(.pairingPhase(self.id, phase))
    }

    /// Starts the online step: at `accept`, at Retry, and when the other is heard.
    mutating func startConnecting(_ turn: inout Turn, firstAttempt: Duration) {
        self.record.problem = nil
        // Who tries again without another network gets one round more, not three.
        self.birthdayRoundCount =
            self.record.phase == .timedOut
            ? min(self.birthdayRoundCount, Constants.birthdayRoundCountMax - 1) : 0
        self.phaseEnd = turn.instant + Constants.connectingLife
        self.nextAttemptAt = turn.instant + firstAttempt
        self.enter(.connecting, &turn)
    }

    /// How long the online step of a pairing has run; its whole length once it is over.
    func onlineSpan(_ now: Instant) -> Duration {
        guard self.record.phase == .connecting, let end = self.phaseEnd else {
            return Constants.connectingLife
        }
        return Constants.connectingLife - (end - now)
    }

    /// The first authentic packet of the other: its online step has begun, so ours has too.
    mutating func begin(_ turn: inout Turn) {
        switch self.record.phase {
        case .answered, .timedOut:
            // What the other does renews no rounds of probing that were in vain.
            let count = self.record.phase == .timedOut ? self.birthdayRoundCount : 0
            self.startConnecting(&turn, firstAttempt: Constants.attemptInterval)
            self.birthdayRoundCount = count
        case .offered, .connecting, .trusted, .forgetting, .forgotten: break
        }
    }

    /// Shows a problem; the pairing goes on.
    mutating func note(_ problem: PairingProblem, _ turn: inout Turn) {
        guard !self.isTrusted else { return }
        self.record.problem = problem
        turn.changes.append(.relation(self.record, erasing: false))
        turn.notify(.pairingProblem(self.id, problem))
    }

    /// Stops the online step with a problem and waits for Retry or Cancel.
    mutating func stop(_ problem: PairingProblem, _ turn: inout Turn) {
        self.founding = nil
        self.dropAttempts(&turn)
        self.nextAttemptAt = turn.instant + turn.patience()
        let isKnown = self.record.phase == .timedOut && self.record.problem == problem
        guard !isKnown else { return }
        self.record.problem = problem
        if self.record.phase == .timedOut {
            turn.changes.append(.relation(self.record, erasing: false))
        } else {
            self.record.expiresAt = turn.wall + Constants.pairingLife
            self.phaseEnd = turn.instant + Constants.pairingLife
        }
        self.enter(.timedOut, &turn)
        turn.notify(.pairingProblem(self.id, problem))
    }

    /// The end of the offer's life, of the online step, or of the pairing itself.
    mutating func tickPhase(_ turn: inout Turn) {
        guard let end = self.phaseEnd, end <= turn.instant else { return }
        self.phaseEnd = nil
        if self.record.phase == .offered, turn.has(.offerWithoutEnd) { return }
        switch self.record.phase {
        case .offered, .timedOut: turn.endings.append((self.id, .given(up: .expired)))
        case .answered, .connecting: self.stop(.timedOut, &turn)
        case .forgetting, .forgotten: turn.endings.append((self.id, .forgotten))
        case .trusted:
            self.phaseEnd = self.guestExpiry(turn)
            guard let due = self.phaseEnd, due <= turn.instant else { return }
            self.phaseEnd = nil
            turn.endings.append((self.id, .given(up: .expired)))
        }
    }

    /// When a newcomer that never confirmed is given up, as it gives up the meeting: 30 days after it was
    /// heard last.
    func guestExpiry(_ turn: Turn) -> Instant? {
        guard self.record.phase == .trusted, self.record.cancelTokens != nil,
            case .sponsoring? = self.record.bond
        else { return nil }
        let silence = max(turn.wall - (self.record.lastHeardAt ?? self.record.createdAt), .zero)
        return turn.instant + (Constants.pairingLife - silence)
    }
}
