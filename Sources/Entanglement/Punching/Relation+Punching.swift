// SPDX-License-Identifier: Apache-2.0

// Routers with another port for each destination: predicted ports and birthday probing
// (PROTOCOL.md §8.8).
extension Relation {
    /// What this node does about the other's router; nil: nothing helps, or nothing is needed.
    private func punchingRole(_ turn: Turn) -> Birthday.Role? {
        let own = self.ownNAT(turn)?.isPerDestination ?? false
        let peer = self.record.peerNAT?.isPerDestination ?? false
        guard own != peer else { return nil }
        return own ? .opener : .prober
    }

    /// How the own router maps; after a start what the other was told, until something tells.
    private func ownNAT(_ turn: Turn) -> NATHint? { self.ownHint(turn) ?? self.record.toldNAT }

    /// How the own router maps, as far as the other may know: what peers see tells of peers.
    private func ownHint(_ turn: Turn) -> NATHint? {
        self.leadsAcross ? nil : turn.ownHint
    }

    /// Whether an address in a list was vouched for: it stood in the code, or the other was there.
    ///
    /// In a trusted relation that is the last path alone: what a peer says of itself is not enough
    /// to send a thousand datagrams to.
    private var probedEndpoints: [Endpoint] {
        guard self.mayTellAddresses else { return [] }
        let vouched =
            self.isTrusted
            ? self.provedPlace : self.record.endpoints
        return vouched.filter { !$0.address.isIPv6 && $0.address.isPublic }
    }

    /// The ports that a router gives next whose ports follow each other.
    func predictedEndpoints(_ turn: Turn) -> [Endpoint] {
        guard self.record.peerNAT == .sequential, !self.isMet,
            let known = self.probedEndpoints.first(where: { turn.isUsable($0) })
        else { return [] }
        return (1...Constants.predictedPortCount).compactMap { step in
            UInt16(exactly: Int(known.port) + step).map {
                Endpoint(address: known.address, port: $0)
            }
        }
    }

    /// Whether there is a direct path; a relayed way is no reason to stop looking for one.
    private var isMet: Bool { self.isConnected && !self.isRelayed }

    // MARK: Rounds

    /// Whether both sides look for each other now and this one may probe.
    private func mayPunch(_ turn: Turn) -> Bool {
        guard !self.attempts.isEmpty || self.isRelayed, !self.isMet else { return false }
        switch self.record.phase {
        case .answered, .connecting: return true
        case .trusted, .forgetting: return self.isEager(turn)
        case .offered, .timedOut, .forgotten: return false
        }
    }

    /// An attempt was made: probing begins some time after the first one.
    mutating func considerPunching(_ turn: inout Turn) {
        guard self.birthday == nil, self.mayPunch(turn), !self.hasGivenUp,
            let role = self.punchingRole(turn), !self.probedEndpoints.isEmpty
        else { return }
        self.birthday = Birthday(
            role: role, scan: PortScan(using: &turn.generator), doneCount: nil,
            dueAt: turn.instant + self.punchingDelay(turn))
    }

    private func punchingDelay(_ turn: Turn) -> Duration {
        let isLate = [self.ownNAT(turn), self.record.peerNAT].contains {
            $0 == .open || $0 == .sequential
        }
        switch self.record.phase {
        case .answered:
            return isLate ? Constants.birthdayShownDelay : Constants.birthdayDelay
        case .trusted, .forgetting:
            return isLate ? Constants.birthdayLateDelay : Constants.birthdaySearchDelay
        case .offered, .connecting, .timedOut, .forgotten:
            return isLate ? Constants.birthdayLateDelay : Constants.birthdayDelay
        }
    }

    /// Three rounds in vain are enough, unless nobody knows whether the code was scanned yet.
    private var hasGivenUp: Bool {
        self.record.phase != .answered
            && self.birthdayRoundCount >= Constants.birthdayRoundCountMax
    }

    /// Addresses, letters or the person's wish are new: three rounds again.
    mutating func renewPunching(_ turn: inout Turn) {
        self.birthdayRoundCount = 0
        self.endPunching(&turn)
    }

    /// After each step: whoever was met needs no probing.
    mutating func settlePunching(_ turn: inout Turn) {
        if self.birthday != nil, !self.mayPunch(turn) { self.endPunching(&turn) }
    }

    mutating func endPunching(_ turn: inout Turn) {
        guard let birthday = self.birthday else { return }
        self.birthday = nil
        turn.punching.giveBack(self.id, now: turn.instant)
        if birthday.role == .opener { turn.punching.wantsClosing = true }
    }

    mutating func tickPunching(_ turn: inout Turn) {
        while var birthday = self.birthday, birthday.dueAt <= turn.instant {
            // While the computer slept in a round of this one, another's may have begun.
            guard let done = birthday.doneCount, turn.punching.owner == self.id else {
                self.beginRound(&birthday, &turn)
                continue
            }
            if self.attempts.isEmpty, self.isRelayed { self.startAttempt(&turn, reach: .direct) }
            guard let bytes = self.attempts.last?.bytes, done < birthday.role.count else {
                self.finishRound(&birthday, &turn)
                continue
            }
            let targets = self.probedEndpoints.filter { turn.isUsable($0) }
            self.probe(with: bytes, done, of: &birthday, targets, &turn)
            birthday.doneCount = done + 1
            let left = birthday.role.count - done - 1
            turn.punching.keep(
                self.id, for: Constants.birthdaySpacing * left, now: turn.instant)
            // A late timer is made up for, a long sleep is not: nobody gets a burst.
            birthday.dueAt = max(
                birthday.dueAt + Constants.birthdaySpacing,
                turn.instant + Constants.birthdayLag)
            self.birthday = birthday
        }
    }

    private mutating func beginRound(_ birthday: inout Birthday, _ turn: inout Turn) {
        guard !self.hasGivenUp else { return self.endPunching(&turn) }
        let span = Constants.birthdaySpacing * birthday.role.count
        if let later = turn.punching.take(self.id, for: span, now: turn.instant) {
            birthday.doneCount = nil
            birthday.dueAt = later
        } else {
            birthday.doneCount = 0
            birthday.dueAt = turn.instant
        }
        self.birthday = birthday
    }

    /// The sockets stay open in the pause: the other may still send there.
    private mutating func finishRound(_ birthday: inout Birthday, _ turn: inout Turn) {
        self.birthdayRoundCount += 1
        turn.punching.giveBack(self.id, now: turn.instant)
        let isPatient = self.birthdayRoundCount >= Constants.birthdayRoundCountMax
        birthday.doneCount = nil
        // Who waits for its turn comes first.
        birthday.dueAt =
            turn.instant + .milliseconds(1)
            + (isPatient && self.record.phase == .answered
                ? Constants.birthdayPatience : Constants.birthdayPause)
        self.birthday = birthday
    }

    /// One probe, or one fresh socket's sending to all targets.
    private mutating func probe(
        with bytes: [UInt8], _ number: Int, of birthday: inout Birthday, _ targets: [Endpoint],
        _ turn: inout Turn
    ) {
        switch birthday.role {
        case .prober:
            var addresses: [IPAddress] = []
            for target in targets where !addresses.contains(target.address) {
                addresses.append(target.address)
            }
            guard !addresses.isEmpty else { return }
            // One address a round: half the ports of two would meet less often.
            let address = addresses[self.birthdayRoundCount % addresses.count]
            turn.send(bytes, to: Endpoint(address: address, port: birthday.scan.next()))
        case .opener:
            for target in targets.prefix(Constants.freshTargetCountMax) {
                turn.actions.append(.sendFresh(bytes, to: target, socket: number))
            }
        }
    }

    /// Whether no round of probing is to come.
    var isProbedInVain: Bool {
        self.record.phase == .timedOut
            || self.birthdayRoundCount >= Constants.birthdayRoundCountMax
    }

    // MARK: Sockets

    /// An authentic packet came from there: it is answered by the socket at which it came in.
    mutating func noteSocket(of source: Endpoint, isNew: Bool, _ turn: inout Turn) {
        guard let socket = turn.via else { return }
        let wasFresh = self.freshEndpoint == source
        // Another relation may have bound that endpoint, or this one in a former life.
        let mustBind = turn.punching.note(source, isFresh: socket.isFresh)
        if isNew, mustBind || wasFresh { turn.actions.append(.bind(source, socket)) }
        guard socket.isFresh || wasFresh else { return }
        self.freshEndpoint = socket.isFresh ? source : nil
        if !socket.isFresh { turn.punching.wantsClosing = true }
    }

    /// The path leads elsewhere: its fresh socket may be closed.
    mutating func leaveSocket(for endpoint: Endpoint, _ turn: inout Turn) {
        guard let fresh = self.freshEndpoint, fresh != endpoint else { return }
        self.freshEndpoint = nil
        turn.punching.wantsClosing = true
    }

    // MARK: The letter

    /// Whether the other must hear how the own router maps: what it believes decides who probes.
    private func mustTellHint(_ turn: Turn) -> Bool {
        guard let hint = self.ownHint(turn) else { return false }
        let believed = [self.record.toldNAT, self.perhapsToldNAT].compactMap { $0 }
        return hint.isPerDestination
            ? believed.isEmpty || believed.contains { $0 != hint }
            : believed.contains(where: \.isPerDestination)
    }

    /// Tells the letter, until it is acknowledged.
    mutating func tellHint(sequence: UInt32, _ turn: inout Turn) {
        guard self.mayTellAddresses, self.mustTellHint(turn) else {
            self.unacknowledgedHint = nil
            return
        }
        self.unacknowledgedHint = sequence
        if self.record.phase == .trusted { self.sendHint(&turn) }
    }

    mutating func sendHint(_ turn: inout Turn) {
        guard let sequence = self.unacknowledgedHint, let hint = self.ownHint(turn),
            self.mayTellAddresses
        else { return }
        self.perhapsToldNAT = hint
        self.send(.natHint(sequence: sequence, hint), &turn)
    }

    mutating func receiveHint(
        _ hint: NATHint?, sequence: UInt32, in session: UInt32, answerTo target: Endpoint,
        _ turn: inout Turn
    ) {
        if self.isNewer(sequence, in: session, than: self.heardHint) {
            self.heardHint = (session, sequence)
            if self.record.peerNAT != hint {
                self.record.peerNAT = hint
                turn.changes.append(.relation(self.record, erasing: false))
                self.renewPunching(&turn)
            }
        }
        self.send(.natHintAnswer(sequence: sequence), to: target, &turn)
    }

    mutating func receiveHintAnswer(sequence: UInt32, _ turn: inout Turn) {
        guard self.unacknowledgedHint == sequence else { return }
        self.unacknowledgedHint = nil
        self.perhapsToldNAT = nil
        let hint = self.ownHint(turn)
        guard self.record.toldNAT != hint else { return }
        self.record.toldNAT = hint
        turn.changes.append(.relation(self.record, erasing: false))
    }
}
