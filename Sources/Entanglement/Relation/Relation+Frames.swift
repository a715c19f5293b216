// SPDX-License-Identifier: Apache-2.0

// Binary packets and the path they take (PROTOCOL.md §7.2, §7.3).
extension Relation {
    /// A packet that one of this relation's sessions opened.
    mutating func receive(_ packet: OpenedPacket, _ turn: inout Turn) {
        if !packet.isAside { self.noteSocket(of: packet.source, isNew: false, &turn) }
        if !packet.source.isRelay { self.proveHelper(&turn) }
        switch packet.content {
        case .founding: self.receiveFounding(packet, &turn)
        case .foundingAnswer: self.receiveFoundingAnswer(packet, &turn)
        case .frame: self.receiveFrame(packet, &turn)
        }
    }

    /// Only who trusts sends binary packets: the first one ends the responder's waiting.
    private mutating func receiveFrame(_ packet: OpenedPacket, _ turn: inout Turn) {
        let wasTrusted = self.isTrusted
        if !wasTrusted, self.record.peerPart == nil { return }
        self.confirm(packet, &turn)
        self.noteHeard(turn)
        self.trust(isConfirmed: true, &turn)
        self.eraseTokens(&turn)
        guard self.isTrusted else { return }
        let frame = Frame(packet.plaintext)
        // From a place that is nobody's path, and is not to become one.
        if case .rest(let token, let rest, let ordinal) = frame {
            return self.receive(
                rest: rest, token: token, ordinal: ordinal, from: packet.source, &turn)
        }
        if packet.isAside { return }
        self.nextAttemptAt = nil
        self.searchStart = nil
        let target = self.replyTarget(packet, frame, &turn)
        // The path that an answer proves comes first: who is found again is told of there.
        if case .challengeAnswer(let bytes, _) = frame {
            self.receiveChallengeAnswer(bytes, from: packet.source, &turn)
        }
        if !self.isConnected { self.establish(&turn) }
        if let frame, self.mayFollow(frame) {
            self.follow(frame, of: packet, answerTo: target, &turn)
        }
    }

    /// Whether a frame counts: of whoever is removed only what keeps the session, and its questions.
    private func mayFollow(_ frame: Frame) -> Bool {
        guard self.duty == .farewell else { return true }
        return switch frame {
        case .ping, .pong, .challenge, .challengeAnswer, .gossip: true
        default: false
        }
    }

    /// Does what a frame asks for; `target` is where an answer goes.
    private mutating func follow(
        _ frame: Frame, of packet: OpenedPacket, answerTo target: Endpoint, _ turn: inout Turn
    ) {
        switch frame {
        case .ping(let token, let echo):
            self.heard(at: packet.source, echo: echo, &turn)
            if self.record.phase != .forgotten, let path = self.path {
                // Of several bridges the path may be one that does not work any more.
                let target = self.isCrossing && packet.source.isRelay ? packet.source : path
                self.send(.pong(token: token, echo: packet.source), to: target, &turn)
                if packet.source == self.leftPath?.endpoint { self.leftPath?.pingToken = token }
                if packet.source == path { self.answerWithNews(&turn) }
            }
        case .pong(let token, let echo):
            self.heard(at: packet.source, echo: echo, &turn)
            self.followBridge(packet.source, token, &turn)
            if packet.source == self.path { self.formerPath = nil }
            self.receivePong(token, from: packet.source, &turn)
        case .challenge(let bytes, let echo):
            self.heard(at: packet.source, echo: echo, &turn)
            self.send(
                .challengeAnswer(bytes, echo: packet.source), to: packet.source, &turn)
            if packet.source == self.path { self.repeatProbe(&turn) }
        case .challengeAnswer(_, let echo): self.heard(at: packet.source, echo: echo, &turn)
        // Who may not tell them yet, as far as is known here, tells them again.
        case .addresses where !self.mayTellAddresses: break
        case .addresses(let sequence, let endpoints):
            if self.isNewest(sequence, in: packet.session) || turn.has(.oldAddressesWin) {
                self.receiveAddresses(endpoints, &turn)
                if packet.source == self.path { self.follow(endpoints, &turn) }
                // Across a bridge the own ones may have come before the other knew that they may: both
                // are to call each other at one moment.
                if self.isCrossing { self.answerWithNews(&turn) }
            }
            self.send(.addressesAnswer(sequence: sequence), to: target, &turn)
        case .addressesAnswer(let sequence):
            if self.unacknowledgedAddresses == sequence { self.unacknowledgedAddresses = nil }
        case .forget: self.receiveForget(answerTo: target, &turn)
        case .natHint(let sequence, let hint):
            self.receiveHint(
                hint, sequence: sequence, in: packet.session, answerTo: target, &turn)
        case .natHintAnswer(let sequence): self.receiveHintAnswer(sequence: sequence, &turn)
        case .forgetAnswer:
            if self.record.phase == .forgetting { turn.endings.append((self.id, .forgotten)) }
        case .rest, .restAnswer: break
        case .seek, .found, .relay, .sought:
            // One relayed inside another would have no end.
            guard self.record.phase == .trusted, !packet.source.isRelay else { return }
            turn.rendezvous.append((self.id, frame))
        case .gossip(let frame):
            guard self.record.phase == .trusted || self.record.phase == .forgetting,
                self.record.cluster == frame.cluster
            else { return }
            turn.gossip.append((self.id, frame))
        case .bridge(let frame):
            // One carried inside another would have no end.
            guard self.record.phase == .trusted, !packet.source.isRelay else { return }
            turn.bridgeFrames.append((self.id, frame))
        }
    }

    private mutating func receivePong(
        _ token: UInt64, from source: Endpoint, _ turn: inout Turn
    ) {
        guard let probe = self.probe, let position = probe.position(of: token) else { return }
        // The repetitions go to the former port as well: an answer from there tells nothing of the path.
        if position > 0, source == self.formerPath { return }
        let roundTrip = turn.instant - probe.sentAt[position]
        self.roundTrip = roundTrip
        if probe.isAfterRest { self.noteRest(answered: position, &turn) }
        self.probe = nil
        self.keepPath(turn)
        if !self.isRelayed { self.leaveRelays() }
        guard let path = self.peerPath else { return }
        for waiting in self.waitingPings {
            turn.reply(waiting.request, .pong(self.id, roundTrip: roundTrip, path: path))
        }
        self.waitingPings = []
    }

    /// Whether a list of addresses is newer than all before: in one session, or in two whose first
    /// messages crossed, its sequence is greater; else its session is newer.
    private mutating func isNewest(_ sequence: UInt32, in session: UInt32) -> Bool {
        guard self.isNewer(sequence, in: session, than: self.heardAddresses) else { return false }
        self.heardAddresses = (session, sequence)
        return true
    }

    func isNewer(
        _ sequence: UInt32, in session: UInt32, than heard: (session: UInt32, sequence: UInt32)?
    ) -> Bool {
        guard let heard,
            let former = self.sessions.firstIndex(where: { $0.index == heard.session }),
            let position = self.sessions.firstIndex(where: { $0.index == session })
        else { return true }
        let areOneTime =
            position == former || self.sessions[position].hasCrossed(self.sessions[former])
        return areOneTime ? sequence > heard.sequence : position > former
    }

    /// What the other says replaces nothing that works: the path stays first.
    private mutating func receiveAddresses(_ endpoints: [Endpoint], _ turn: inout Turn) {
        let usable = endpoints.filter { turn.isUsable($0) }
        if self.isRelayed, usable.contains(where: { !self.record.endpoints.contains($0) }) {
            self.hastenSeeking(turn, spacing: Constants.directInterval)
        }
        if self.addedPath.map(usable.contains) ?? false { self.addedPath = nil }
        self.noteNamed(usable)
        self.remember(self.provedPlace + usable, &turn)
    }

    /// A peer that is not any more where its path leads by its own word, but elsewhere, is called there:
    /// it may have told this by a way that lasts not much longer, and the own router lets nothing in
    /// from the new place before.
    mutating func follow(_ told: [Endpoint], _ turn: inout Turn) {
        guard self.isConnected, let path = self.path, path.address.isPublic else { return }
        let places = told.filter {
            turn.isUsable($0) && $0.address.isPublic && $0.address.isIPv6 == path.address.isIPv6
        }
        guard !places.isEmpty, !places.contains(where: { $0.address == path.address }),
            self.followedAt.map({ turn.instant - $0 >= Constants.challengeLife }) ?? true
        else { return }
        self.followedAt = turn.instant
        for place in places.prefix(Limits.challengeCountMax) where self.mayCall(place, &turn) {
            self.challenge(place, byteCountMax: .max, &turn)
        }
    }

    /// The place that stays first on disk, whatever the other says of itself: the last direct path.
    var provedPlace: [Endpoint] {
        [self.directPath ?? self.record.endpoints.first].compactMap { $0 }
    }

    /// Puts endpoints in front of the record's list, durably where that changes it.
    mutating func remember(
        _ endpoints: [Endpoint], dropping old: Endpoint? = nil, _ turn: inout Turn
    ) {
        var list: [Endpoint] = []
        for endpoint in endpoints + self.record.endpoints
        where !list.contains(endpoint) && endpoint != old
            && (!endpoint.isRelay || turn.has(.relayPlaceStored))
        {
            list.append(endpoint)
        }
        if !turn.has(.endpointsUnlimited) { list = Array(list.prefix(Limits.endpointCountMax)) }
        guard list != self.record.endpoints else { return }
        self.record.endpoints = list
        turn.changes.append(
            .endpoints(self.id, list, lastHeardAt: self.record.lastHeardAt))
    }

    // MARK: Forget

    /// Ends the trusted relation: the word is repeated until acknowledged.
    mutating func forget(_ turn: inout Turn) {
        turn.mustTendBridges = true
        self.record.phase = .forgetting
        self.record.expiresAt = turn.wall + Constants.pairingLife
        self.phaseEnd = turn.instant + Constants.pairingLife
        turn.changes.append(.relation(self.record, erasing: false))
        self.forgetAt = turn.instant
        if self.sendingSession(turn.instant) == nil { self.search(&turn) }
        self.tickForget(&turn)
    }

    mutating func tickForget(_ turn: inout Turn) {
        guard self.record.phase == .forgetting, let due = self.forgetAt, due <= turn.instant
        else { return }
        self.forgetAt = turn.instant + .seconds(1)
        self.send(.forget, &turn)
    }

    /// The other ended the relation; the keys stay for a day, to acknowledge repetitions.
    ///
    /// Who ends a cluster of two does not know yet that there is a third: then it has to leave.
    private mutating func receiveForget(answerTo target: Endpoint, _ turn: inout Turn) {
        if let cluster = self.record.cluster, turn.largerClusters.contains(cluster) { return }
        if !turn.has(.forgetUnanswered) { self.send(.forgetAnswer, to: target, &turn) }
        guard self.record.phase != .forgotten else { return }
        turn.mustTendBridges = true
        self.record.phase = .forgotten
        self.forgetAt = nil
        self.record.expiresAt = turn.wall + Constants.forgottenLife
        self.phaseEnd = turn.instant + Constants.forgottenLife
        self.nextAttemptAt = nil
        self.probe = nil
        self.isConnected = false
        turn.changes.append(.relation(self.record, erasing: false))
        turn.notify(.peerForgotten(self.id, byPeer: true))
    }
}

extension OpenedPacket {
    /// Whether it carries one of the frames about rests, which are sent from and to places beside the path.
    fileprivate var isAside: Bool {
        self.content == .frame && (self.plaintext.first == 11 || self.plaintext.first == 12)
    }
}
