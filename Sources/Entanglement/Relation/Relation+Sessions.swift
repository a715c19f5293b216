// SPDX-License-Identifier: Apache-2.0

// Sessions: which one to use, when to make another, whether the peer lives (PROTOCOL.md §7).
extension Relation {
    mutating func add(_ view: SessionView, _ session: Session, _ turn: inout Turn) {
        while self.sessions.count >= Limits.sessionCountMax, !turn.has(.sessionsUnlimited),
            let oldest = self.sessions.first
        {
            self.erase(session: oldest.index, &turn)
        }
        self.sessions.append(view)
        turn.actions.append(.install(session))
    }

    mutating func erase(session index: UInt32, _ turn: inout Turn) {
        self.sessions.removeAll { $0.index == index }
        if self.founding?.session == index { self.founding = nil }
        turn.indexes.free(index)
        turn.actions.append(.erase(session: index))
    }

    mutating func eraseSessions(_ turn: inout Turn) {
        for view in self.sessions { self.erase(session: view.index, &turn) }
        self.slots = []
        self.dropAttempts(&turn)
    }

    mutating func seal(
        _ plaintext: [UInt8], as content: SessionContent, session: UInt32, to endpoint: Endpoint,
        _ turn: inout Turn
    ) {
        if self.path == nil || endpoint == self.path { self.lastSent = turn.instant }
        turn.actions.append(.sendSealed(session: session, content, plaintext, to: endpoint))
    }

    /// The session to send on: the newest confirmed; of two whose first messages crossed, the one
    /// whose initiator has the smaller static key.
    func sendingSession(_ now: Instant) -> SessionView? {
        self.preferred(
            self.sessions.filter {
                $0.isConfirmed && now - $0.createdAt < Constants.rejectAfter
            })
    }

    private func preferred(_ usable: [SessionView]) -> SessionView? {
        guard let newest = usable.last else { return nil }
        let rival = usable.dropLast().last {
            $0.isInitiator != newest.isInitiator && $0.hasCrossed(newest)
        }
        guard let rival, let peerKey = self.record.keys?.peerKey else { return newest }
        let isOwnSmaller = self.ownKey.publicKey < peerKey
        return newest.isInitiator == isOwnSmaller ? newest : rival
    }

    /// Sends a frame on the best session; false when there is none.
    @discardableResult
    mutating func send(_ frame: Frame, to endpoint: Endpoint? = nil, _ turn: inout Turn) -> Bool {
        guard self.isTrusted, let session = self.sendingSession(turn.instant),
            let target = endpoint ?? self.path
        else { return false }
        self.seal(frame.bytes, as: .frame, session: session.index, to: target, &turn)
        if target == self.path, frame.hidesSilence {
            self.unheardSince = self.unheardSince ?? turn.instant
        }
        return true
    }

    /// The first packet of the other in a session that it started proves where message 2 went.
    mutating func confirm(_ packet: OpenedPacket, _ turn: inout Turn) {
        guard let position = self.sessions.firstIndex(where: { $0.index == packet.session })
        else { return }
        self.sessions[position].isHeard = true
        guard !self.sessions[position].isConfirmed else { return }
        self.sessions[position].isConfirmed = true
        if self.isConnected {
            turn.connected.append(self.id)
            self.noteBridge(&turn)
        }
        self.dropAttempts(&turn)
        // Who confirms has read message 2 at one of the places where it went; another source must
        // prove itself.
        let places =
            self.slots.first { $0.index == packet.session }?.sources
            ?? [self.sessions[position].provedEndpoint]
        let former = self.path
        if places.contains(packet.source) {
            self.move(to: packet.source, &turn)
            if former != self.path { self.probeAgain(&turn) }
        } else if self.path == nil {
            self.move(to: places[0], &turn)
        }
    }

    /// Whether a message 1 that comes now crossed one of our own.
    ///
    /// Ours is outstanding, or message 2 came back and nothing else has come in that session yet:
    /// then the other started before it could know of ours.
    mutating func noticeCrossing(_ now: Instant) -> Bool {
        let unheard = self.sessions.lastIndex {
            $0.isInitiator && !$0.isHeard && now - $0.createdAt < Constants.attemptLife
        }
        if let unheard { self.sessions[unheard].isCrossed = true }
        return unheard != nil || !self.attempts.isEmpty
    }

    /// A session stands between two who trust each other.
    mutating func establish(_ turn: inout Turn) {
        self.nextAttemptAt = nil
        self.searchStart = nil
        if self.isConnected {
            turn.renewed.append(self.id)
            self.noteBridge(&turn)
        } else {
            self.connect(&turn)
        }
        // Something must go out in the new session at once, or the other drops it.
        if self.probe == nil { self.startProbe(&turn) } else { self.repeatProbe(&turn) }
    }

    private mutating func connect(_ turn: inout Turn) {
        guard self.isTrusted, self.record.phase != .forgotten, !self.isConnected,
            let path = self.path
        else { return }
        self.isConnected = true
        turn.connected.append(self.id)
        self.noteBridge(&turn)
        self.seeking.isUnproved = false
        if !path.isRelay { self.seeking.movedAt = turn.instant }
        if self.duty == .farewell {
            let isNew = self.farewellAt.map { turn.instant - $0 >= Constants.farewellPause }
            guard isNew ?? true else { return }
            self.farewellAt = turn.instant
            self.farewellBudget = Limits.farewellPacketMax
            return
        }
        // Nor is it told when a connection at rest ends.
        if let event = self.tellPath(path, else: { .peerConnected(self.id, $0) }),
            !self.isAtRest(turn.instant)
        {
            turn.notify(event)
        }
    }

    private func noteBridge(_ turn: inout Turn) {
        guard self.bridge != nil else { return }
        turn.bridgesConnected.append(self.id)
        turn.mustTendBridges = true
    }

    /// An authentic packet came.
    mutating func noteHeard(_ turn: Turn) {
        self.lastHeard = turn.instant
        self.record.lastHeardAt = turn.wall
        self.unheardSince = nil
    }

    /// An authentic packet: who sent it lives, and says where it sees this node.
    mutating func heard(at source: Endpoint, echo: Endpoint?, _ turn: inout Turn) {
        self.noteHeard(turn)
        if self.path == nil { self.move(to: source, &turn) }
        guard let echo, turn.isUsable(echo), !source.isRelay else { return }
        self.echo = echo
        turn.echoes.append((self.id, echo, source))
    }

    /// Remembers endpoints that the other named, in memory, and first the one that it was heard at; none of
    /// somebody across a bridge whom nobody may reach directly.
    mutating func hear(_ endpoints: [Endpoint], at source: Endpoint? = nil, _ turn: Turn) {
        guard self.mayTellAddresses else { return }
        let heard = [source].compactMap { $0 }.filter { turn.isReachable($0) }
        let fresh = heard + endpoints.filter { turn.isUsable($0) && $0 != source }
        self.noteNamed(Array(fresh.dropFirst(heard.count)))
        let old = self.heardEndpoints.filter { !fresh.contains($0) }
        self.heardEndpoints = Array((fresh + old).prefix(Limits.endpointCountMax))
    }

    // MARK: Keepalive

    /// When a ping is due: the path has rested, or the peer has been silent.
    var keepaliveAt: Instant? {
        guard self.isTrusted, self.isConnected, self.probe == nil, self.upkeep != .nothing,
            self.record.phase != .forgotten, !self.isResting || self.wantedUntil != nil
        else { return nil }
        let silent = self.lastHeard.map { $0 + Constants.silenceMax }
        let unheard = self.unheardSince.map { $0 + Constants.keepaliveInterval }
        return [silent, unheard, self.restEnd].compactMap { $0 }.min()
    }

    /// When the path has rested as long as it may; nil: it may rest for ever.
    var restEnd: Instant? {
        guard case .pings(let rest) = self.upkeep else { return nil }
        return self.lastSent.map { $0 + self.keepalive.interval(of: rest) }
    }

    /// When the session in use wants a successor.
    var rekeyAt: Instant? {
        guard self.isTrusted, self.isConnected, self.attempts.isEmpty, !self.duty.isSilent,
            self.nextAttemptAt == nil, !self.isResting || self.wantedUntil != nil,
            let session = self.preferred(self.sessions.filter(\.isConfirmed))
        else { return nil }
        let patience = session.isInitiator ? Duration.zero : Constants.rekeyResponderExtra
        return session.createdAt + Constants.rekeyAfter + patience
    }

    mutating func startProbe(afterRest isAfterRest: Bool = false, _ turn: inout Turn) {
        guard self.isTrusted, self.record.phase != .forgotten, self.probe == nil else { return }
        guard self.sendingSession(turn.instant) != nil, self.path != nil else { return }
        self.probe = Probe(
            base: turn.random(), startedAt: turn.instant, isAfterRest: isAfterRest)
        self.tickProbe(&turn)
    }

    /// The path has moved to a place that has just answered: what went to the former one tells nothing.
    mutating func probeAgain(_ turn: inout Turn) {
        guard self.probe != nil else { return }
        self.probe = nil
        self.startProbe(&turn)
    }

    /// The peer has just learned where this node is: the ping that went before was answered elsewhere.
    mutating func repeatProbe(_ turn: inout Turn) {
        guard let probe = self.probe, !probe.isRepeated else { return }
        self.probe?.isRepeated = true
        self.sendProbe(probe, &turn)
    }

    /// A probe of now in the place of one on its way: pongs of former pings tell of then.
    mutating func renewProbe(_ turn: inout Turn) {
        let doubtedAt = self.probe?.doubtedAt
        self.probe = nil
        self.startProbe(&turn)
        self.probe?.doubtedAt = doubtedAt
    }

    mutating func tickProbe(_ turn: inout Turn) {
        while let probe = self.probe, probe.dueAt <= turn.instant {
            guard probe.sentAt.count < Constants.probeSends.count, self.path != nil else {
                if probe.isAfterRest { self.noteRest(answered: nil, &turn) }
                self.probe = nil
                self.lose(&turn)
                return
            }
            guard self.sendProbe(probe, &turn) else { return }
        }
    }

    /// The next sending of a probe; false: there is no session any more, and the peer is lost.
    @discardableResult
    private mutating func sendProbe(_ probe: Probe, _ turn: inout Turn) -> Bool {
        guard let path = self.path else { return false }
        let token = probe.base &+ UInt64(probe.sentAt.count)
        self.probe?.sentAt.append(turn.instant)
        if !self.send(.ping(token: token, echo: path), &turn) {
            self.probe = nil
            self.lose(&turn)
            return false
        }
        self.tryOtherBridges(token, &turn)
        // A router that gave a few packets another port may let nothing in there any more.
        if !probe.sentAt.isEmpty, let former = self.formerPath {
            self.send(.ping(token: token, echo: former), to: former, &turn)
        }
        self.repeatNews(&turn)
        return true
    }

    /// The same with the answer to a ping that came by the path, once a second: who is always asked first
    /// never asks, and who does not acknowledge gets no more for it.
    mutating func answerWithNews(_ turn: inout Turn) {
        guard self.unacknowledgedAddresses != nil || self.unacknowledgedHint != nil else { return }
        if let last = self.newsSentAt, turn.instant - last < .seconds(1) { return }
        self.newsSentAt = turn.instant
        self.repeatNews(&turn)
    }

    /// What the other has not acknowledged goes with each ping.
    private mutating func repeatNews(_ turn: inout Turn) {
        if let sequence = self.unacknowledgedAddresses {
            self.send(.addresses(sequence: sequence, self.ownEndpoints(turn)), &turn)
        }
        self.sendHint(&turn)
    }

    /// The peer does not answer: look for it.
    mutating func lose(_ turn: inout Turn) {
        // Whoever is removed has its time to ask once, however it ends.
        if self.duty == .farewell { return self.hangUp(&turn) }
        if turn.has(.endpointsForgotten) { self.record.endpoints = [] }
        self.heldMove = nil
        if self.isConnected {
            self.isConnected = false
            turn.lost.append(self.id)
            if !self.isAtRest(turn.instant) {
                turn.notify(.peerUnreachable(self.id))
            }
            turn.changes.append(
                .endpoints(
                    self.id, self.record.endpoints, lastHeardAt: self.record.lastHeardAt))
        }
        if self.duty == .first { self.search(&turn) } else { self.callSeldom(&turn) }
    }

    /// Starts to look for a trusted peer, with haste again.
    mutating func search(_ turn: inout Turn, after delay: Duration = .zero) {
        guard self.record.phase == .trusted || self.record.phase == .forgetting,
            self.duty == .first, !self.isAtRest(turn.instant)
        else { return }
        if self.searchStart == nil { self.birthdayRoundCount = 0 }
        if turn.has(.noSearch), self.path != nil { return }
        self.searchStart = turn.instant
        self.hurry(turn, after: delay)
        self.hastenSeeking(turn)
    }

    mutating func tickRekey(_ turn: inout Turn) {
        guard let due = self.rekeyAt, due <= turn.instant else { return }
        self.startAttempt(&turn)
    }

    /// A person's ping: with a session at once, without one as soon as there is one.
    mutating func ping(_ request: RequestID, _ turn: inout Turn) {
        guard self.waitingPings.count < Limits.waitingPingCountMax else {
            turn.reply(request, .noAnswer(self.id))
            return
        }
        self.want(&turn)
        self.waitingPings.append(
            WaitingPing(request: request, deadline: turn.instant + Constants.challengeLife))
        if self.sendingSession(turn.instant) == nil || self.path == nil {
            if self.attempts.isEmpty { self.search(&turn) }
        } else {
            self.startProbe(&turn)
        }
    }

    mutating func tickPings(_ turn: inout Turn) {
        while let first = self.waitingPings.first, first.deadline <= turn.instant {
            self.waitingPings.removeFirst()
            turn.reply(first.request, .noAnswer(self.id))
        }
    }
}
