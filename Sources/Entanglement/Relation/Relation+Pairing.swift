// SPDX-License-Identifier: Apache-2.0

// The phases of a pairing and the founding of a cluster of two (PROTOCOL.md §6, §8.1).
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
        case .trusted: break
        }
    }

    // MARK: Founding

    private func genesis(peer: MemberKeys, _ turn: Turn) -> Genesis? {
        guard let meeting = self.record.keys?.meeting else { return nil }
        let isOffering = self.record.role == .offering
        return Genesis(
            meeting: meeting, offering: isOffering ? self.memberKeys : peer,
            answering: isOffering ? peer : self.memberKeys, turn.primitives)
    }

    /// Message 3 is stored, then sent until message 4 comes.
    mutating func startFounding(
        _ peerKeys: MemberKeys, session: UInt32, to source: Endpoint, _ turn: inout Turn
    ) {
        let known = self.record.peerPart?.keys ?? self.record.peerMemberKeys
        guard known == nil || known == peerKeys else {
            self.note(.badMessage, &turn)
            return
        }
        if !self.record.hasSentFounding, !turn.has(.foundingNotStored) {
            self.record.hasSentFounding = true
            self.record.peerMemberKeys = peerKeys
            turn.changes.append(.relation(self.record, erasing: false))
        } else {
            self.record.peerMemberKeys = peerKeys
        }
        self.founding = FoundingSends(session: session, to: source, startedAt: turn.instant)
        self.tickFounding(&turn)
    }

    mutating func tickFounding(_ turn: inout Turn) {
        while let founding = self.founding, let due = founding.dueAt, due <= turn.instant {
            self.founding?.sentCount += 1
            guard let peerKeys = self.record.peerMemberKeys,
                let genesis = self.genesis(peer: peerKeys, turn)
            else { return }
            let content = FoundingContent(
                echo: founding.to,
                part: FoundingPart(
                    keys: self.memberKeys,
                    signature: turn.primitives.sign(
                        genesis.signedBytes, with: self.memberSigningKey)),
                name: turn.nodeName, endpoints: turn.ownEndpoints)
            self.seal(
                content.bytes, as: .founding, session: founding.session, to: founding.to, &turn)
        }
    }

    /// Message 3: checked, stored, answered; the same body again is only answered.
    mutating func receiveFounding(_ packet: OpenedPacket, _ turn: inout Turn) {
        guard let keys = self.record.keys,
            let view = self.sessions.first(where: { $0.index == packet.session }),
            !view.isInitiator
        else { return }
        guard view.mayFound || self.isTrusted else { return }
        guard let content = FoundingContent(packet.plaintext),
            let genesis = self.genesis(peer: content.part.keys, turn),
            turn.primitives.isValid(
                content.part.signature, of: genesis.signedBytes,
                by: content.part.keys.signingKey),
            self.isConsistent(content.part.keys)
        else {
            self.refuse(.founding(counter: packet.counter), keys, to: packet.source, &turn)
            self.note(.badMessage, &turn)
            return
        }
        self.confirm(packet, &turn)
        self.begin(&turn)
        if self.record.peerPart == nil {
            self.record.peerPart = content.part
            self.record.claimedName = content.name
            self.hear(content.endpoints, turn)
            turn.changes.append(.relation(self.record, erasing: false))
        }
        self.heard(at: packet.source, echo: content.echo, &turn)
        let answer = FoundingAnswerContent(
            echo: packet.source,
            signature: turn.primitives.sign(genesis.signedBytes, with: self.memberSigningKey),
            name: turn.nodeName, endpoints: turn.ownEndpoints)
        self.seal(
            answer.bytes, as: .foundingAnswer, session: packet.session, to: packet.source, &turn)
        if self.isTrusted { self.startProbe(&turn) }
        if turn.has(.noConfirmation) { self.trust(isConfirmed: true, &turn) }
    }

    private func isConsistent(_ keys: MemberKeys) -> Bool {
        (self.record.peerPart.map { $0.keys == keys } ?? true)
            && (self.record.peerMemberKeys.map { $0 == keys } ?? true)
    }

    /// Message 4: both signatures are here, so the other is trusted.
    mutating func receiveFoundingAnswer(_ packet: OpenedPacket, _ turn: inout Turn) {
        guard let keys = self.record.keys,
            let view = self.sessions.first(where: { $0.index == packet.session }),
            view.isInitiator, view.mayFound || self.isTrusted
        else { return }
        guard let peerKeys = self.record.peerMemberKeys ?? self.record.peerPart?.keys,
            let content = FoundingAnswerContent(packet.plaintext),
            let genesis = self.genesis(peer: peerKeys, turn),
            turn.primitives.isValid(
                content.signature, of: genesis.signedBytes, by: peerKeys.signingKey)
        else {
            self.refuse(.founding(counter: packet.counter), keys, to: packet.source, &turn)
            self.note(.badMessage, &turn)
            return
        }
        self.confirm(packet, &turn)
        self.founding = nil
        if self.record.peerPart == nil {
            self.record.peerPart = FoundingPart(keys: peerKeys, signature: content.signature)
        }
        self.record.claimedName = content.name
        self.hear(content.endpoints, turn)
        self.heard(at: packet.source, echo: content.echo, &turn)
        self.trust(isConfirmed: false, &turn)
        self.establish(&turn)
    }

    /// The pairing is finished on this side.
    ///
    /// Erased are the salts and codes; the cancel tokens too once the other is known to trust.
    mutating func trust(isConfirmed: Bool, _ turn: inout Turn) {
        guard !self.isTrusted else {
            if isConfirmed { self.eraseTokens(&turn) }
            return
        }
        guard let part = self.record.peerPart, let genesis = self.genesis(peer: part.keys, turn)
        else { return }
        let own = turn.primitives.sign(genesis.signedBytes, with: self.memberSigningKey)
        let isOffering = self.record.role == .offering
        let names =
            isOffering
            ? [turn.nodeName, self.record.claimedName] : [self.record.claimedName, turn.nodeName]
        let uid =
            turn.has(.clusterChosen)
            ? ClusterID(
                hash: [UInt8](repeating: UInt8(truncatingIfNeeded: turn.random()), count: 32))
            : genesis.cluster
        let cluster = ClusterRecord(
            id: uid, name: names.filter { !$0.isEmpty }.joined(separator: " + "),
            genesis: genesis.content, offeringSignature: isOffering ? own : part.signature,
            answeringSignature: isOffering ? part.signature : own, createdAt: turn.wall)
        self.remember(self.provedPlace + self.heardEndpoints, &turn)
        self.record.phase = .trusted
        self.record.problem = nil
        if !turn.has(.codesKept) { self.record.codes = nil }
        self.record.cluster = uid
        self.record.peerMemberKeys = nil
        if isConfirmed, !turn.has(.tokensKept) { self.record.cancelTokens = nil }
        self.phaseEnd = nil
        self.nextAttemptAt = nil
        self.searchStart = nil
        if !turn.clusters.contains(where: { $0.id == cluster.id }) {
            turn.clusters.append(cluster)
            turn.changes.append(.cluster(cluster))
        }
        turn.changes.append(.relation(self.record, erasing: true))
        turn.actions.append(.admit(self.admission))
        turn.notify(.trusted(self.id, cluster: uid))
    }

    /// Both sides trust: nobody can take the pairing back any more.
    mutating func eraseTokens(_ turn: inout Turn) {
        guard self.isTrusted, self.record.cancelTokens != nil, !turn.has(.tokensKept) else {
            return
        }
        self.record.cancelTokens = nil
        turn.changes.append(.relation(self.record, erasing: true))
        turn.actions.append(.admit(self.admission))
    }

    /// What the gate must know.
    var admission: Admission {
        Admission(
            pid: self.record.ownPID, receiveMAC: self.record.keys?.receiveMAC,
            cancelToken: self.record.cancelTokens?.peer,
            acceptedCounter: self.record.acceptedCounter)
    }
}
