// SPDX-License-Identifier: Apache-2.0

// The initiator's side of messages 1 and 2 (PROTOCOL.md §5.2, §5.3, §8.2).
extension Relation {
    /// Where attempts go: the path while it works, else all that was ever heard of; and where the other
    /// said hello just now.
    func candidates(_ turn: Turn, _ reach: Attempt.Reach = .all) -> [Endpoint] {
        guard self.mayTellAddresses else { return reach == .all ? self.relayPlaces(turn) : [] }
        let sighted = self.sightedEndpoints(turn.instant)
        let isSettled = reach == .all && self.isConnected && self.path != nil
        var known = [self.path].compactMap { $0 } + sighted
        if !isSettled { known += self.record.endpoints + self.heardEndpoints }
        var seen: [Endpoint] = []
        for endpoint in known where turn.isReachable(endpoint) && !seen.contains(endpoint) {
            seen.append(endpoint)
        }
        seen = Array(seen.prefix(Limits.endpointCountMax))
        if isSettled { return [self.path].compactMap { $0 }.filter(\.isRelay) + seen }
        seen += self.vouchedEndpoints(turn).filter { !seen.contains($0) }
        return reach == .all ? seen + self.relayPlaces(turn) : seen
    }

    /// The sends of an attempt in this phase: one where patience is due, all where haste is.
    private func sends(_ turn: Turn) -> ArraySlice<Duration> {
        let isVouched = self.seeking.vouchedUntil.map { $0 > turn.instant } ?? false
        // Somebody on the local network waits for an answer now.
        guard self.sightedEndpoints(turn.instant).isEmpty else {
            return Constants.attemptSends[...]
        }
        switch self.record.phase {
        case .answered where self.mustBegin: return Constants.lonelySends[...]
        case .answered where isVouched, .timedOut where isVouched:
            return Constants.attemptSends[...]
        case .answered, .timedOut, .offered, .forgotten: return Constants.attemptSends.prefix(1)
        case .connecting: return Constants.attemptSends[...]
        case .trusted, .forgetting:
            return self.isEager(turn) || isVouched
                ? Constants.attemptSends[...] : Constants.attemptSends.prefix(1)
        }
    }

    /// Whether the own answer names no place that the other can send to: then only this side can begin.
    private var mustBegin: Bool {
        guard let answer = self.record.codes?.answer,
            case .answer(let own)? = try? CodeText(scanned: answer)
        else { return false }
        return own.code.hosts.isEmpty || own.code.nat?.isPerDestination ?? false
    }

    func isEager(_ turn: Turn) -> Bool {
        self.duty == .first
            && (self.searchStart.map { turn.instant - $0 < Constants.searchEagerSpan } ?? true)
    }

    /// When the next attempt is due after one made now; nil: none.
    private mutating func pause(_ turn: inout Turn) -> Duration? {
        switch self.record.phase {
        case .offered, .forgotten: nil
        case .answered, .connecting: Constants.attemptInterval + turn.jitter()
        case .timedOut: turn.patience()
        case .trusted, .forgetting:
            self.isEager(turn)
                ? Constants.attemptInterval + turn.jitter()
                : self.duty.isSilent ? nil : self.calmPause(&turn)
        }
    }

    /// The next attempt comes as soon as it may, but not sooner than a second after the last one, and
    /// out of turn only a few times: the outstanding ones go to all candidates too.
    mutating func hurry(_ turn: Turn, after delay: Duration = .zero) {
        let spacing =
            self.hurry.isAllowed(at: turn.instant)
            ? Constants.attemptSpacing : Constants.attemptInterval
        let earliest = self.lastAttemptAt.map { $0 + spacing } ?? turn.instant
        let due = max(turn.instant + delay, earliest)
        self.nextAttemptAt = min(due, self.nextAttemptAt ?? due)
    }

    /// Starts one attempt and plans the next.
    mutating func startAttempt(_ turn: inout Turn, reach: Attempt.Reach = .all) {
        if reach == .all { self.nextAttemptAt = self.pause(&turn).map { turn.instant + $0 } }
        guard let keys = self.record.keys else { return }
        let targets = self.candidates(turn, reach)
        guard !targets.isEmpty, let n = self.takeCounter(&turn) else { return }
        self.lastAttemptAt = turn.instant
        while self.attempts.count >= Constants.attemptCountMax, !turn.has(.attemptsUnlimited) {
            self.dropAttempt(at: 0, &turn)
        }
        guard var attempt = self.makeAttempt(n: n, keys, reach, &turn) else { return }
        attempt.noteSending()
        self.attempts.append(attempt)
        for target in targets { self.call(target, attempt.bytes, &turn) }
        for target in self.predictedEndpoints(turn) where !targets.contains(target) {
            turn.send(attempt.bytes, to: target)
        }
        self.considerPunching(&turn)
        if !self.isTrusted {
            turn.events.append(.trying(self.id, targets.filter { !$0.isRelay }))
        }
    }

    /// Sends a message 1, also from the main socket where a fresh one was the path: whether the way of the
    /// fresh one still lasts is not known, and the other may call the main one.
    ///
    /// A place that only an endpoint record names gets few.
    private mutating func call(_ target: Endpoint, _ bytes: [UInt8], _ turn: inout Turn) {
        guard self.mayCall(target, &turn) else { return }
        turn.send(bytes, to: target)
        if turn.punching.boundEndpoints.contains(target) || target == self.freshEndpoint {
            turn.actions.append(.sendMain(bytes, to: target))
        }
    }

    /// One message 1 of its own, to all candidates, that no attempt stands behind (simulator alone).
    mutating func question(_ turn: inout Turn) -> [(bytes: [UInt8], to: Endpoint)]? {
        guard let keys = self.record.keys, let n = self.takeCounter(&turn),
            let attempt = self.makeAttempt(n: n, keys, .all, &turn)
        else { return nil }
        turn.indexes.free(attempt.index)
        return self.candidates(turn).map { (attempt.bytes, $0) }
    }

    /// Sends what is due of the attempts and drops those that are over.
    mutating func tickAttempts(_ turn: inout Turn) {
        var index = 0
        while index < self.attempts.count {
            guard self.attempts[index].life > turn.instant else {
                self.dropAttempt(at: index, &turn)
                continue
            }
            while self.attempts[index].dueAt <= turn.instant {
                self.attempts[index].noteSending()
                let bytes = self.attempts[index].bytes
                let reach = self.attempts[index].reach
                for target in self.candidates(turn, reach) { self.call(target, bytes, &turn) }
            }
            index += 1
        }
    }

    private mutating func dropAttempt(at index: Int, _ turn: inout Turn) {
        turn.indexes.free(self.attempts[index].index)
        self.attempts.remove(at: index)
    }

    mutating func dropAttempts(_ turn: inout Turn) {
        while !self.attempts.isEmpty { self.dropAttempt(at: 0, &turn) }
    }

    /// The next `n`; never one that may have been used, whatever the clock says.
    private mutating func takeCounter(_ turn: inout Turn) -> UInt64? {
        let seconds = UInt64(max(0, min(turn.wall.seconds, 1 << 36)))
        let n = max(self.nextCounter, seconds << 16)
        guard n + Constants.counterBlock < Constants.integerLimit else { return nil }
        if n >= self.record.reservedCounter {
            self.record.reservedCounter = n + Constants.counterBlock
            guard !turn.has(.counterNotReserved) else {
                self.nextCounter = n + 1
                return n
            }
            turn.changes.append(.reserveCounters(self.id, until: self.record.reservedCounter))
        }
        self.nextCounter = n + 1
        return n
    }

    private mutating func makeAttempt(
        n: UInt64, _ keys: RelationKeys, _ reach: Attempt.Reach, _ turn: inout Turn
    ) -> Attempt? {
        for digits in [10, 9] {
            let index = turn.indexes.make(digits: digits, using: &turn.generator)
            let writer = EnvelopeWriter.opening(pid: keys.peerPID, from: index, n: n)
            let byteCount = writer.payloadByteCountMax(byteCountMax: Constants.openingByteCount)
            let content = OpeningContent(
                isTrusted: self.isTrusted, isFull: self.isFull(turn), n: n, from: index,
                intent: self.record.intent,
                clusterMatches: self.clusterMatches(turn, round: self.matchRound),
                endpoints: self.ownEndpoints(turn))
            var handshake = NoiseHandshake.kkpsk0(
                role: .initiator, prologue: keys.meeting, staticKey: self.ownKey,
                remoteStatic: keys.peerKey, psk: keys.psk,
                ephemeral: turn.primitives.agreementKey(using: &turn.generator),
                primitives: turn.primitives)
            let overhead = PublicKey.byteCount + Constants.tagByteCount
            guard let padded = PaddedContent.pad(content.bytes, to: byteCount - overhead),
                let payload = try? handshake.write(padded)
            else { return nil }
            let bytes = writer.finish(payload: payload, key: keys.sendMAC, turn.primitives)
            if bytes.count == Constants.openingByteCount {
                defer { self.matchRound &+= 1 }
                return Attempt(
                    index: index, n: n, handshake: handshake, bytes: bytes,
                    createdAt: turn.instant, sends: self.sends(turn), reach: reach,
                    matchRound: self.matchRound, saysFull: content.isFull)
            }
            turn.indexes.free(index)
        }
        return nil
    }

    /// Up to four values by which the other finds a cluster that both are in already: in each round those
    /// of the next four clusters.
    func clusterMatches(_ turn: Turn, round: Int) -> [UInt64] {
        let values = self.matchValues(turn).map(\.value)
        let count = Constants.clusterMatchCountMax
        guard values.count > count else { return values }
        let rounds = (values.count + count - 1) / count
        return Array(values.dropFirst((round & 0xFFFF) % rounds * count).prefix(count))
    }

    /// The same for an answer: first those that the other named too.
    func clusterMatches(_ turn: Turn, answering matches: [UInt64]) -> [UInt64] {
        let values = self.matchValues(turn).map(\.value)
        let shared = values.filter { matches.contains($0) }
        let others = values.filter { !matches.contains($0) }
        return Array((shared + others).prefix(Constants.clusterMatchCountMax))
    }

    /// Whether there are clusters that none of the last attempts named.
    private func hasMoreMatches(after round: Int, _ turn: Turn) -> Bool {
        let count = Constants.clusterMatchCountMax
        let rounds = (self.matchValues(turn).count + count - 1) / count
        return rounds > 1 && (round & 0xFFFF) % rounds != rounds - 1
    }

    /// Whether the other has not heard all that it has to hear before the two give up.
    private func hasMore(toSayAfter attempt: Attempt, _ turn: Turn) -> Bool {
        self.hasMoreMatches(after: attempt.matchRound, turn)
            || self.isFull(turn) && !attempt.saysFull
    }

    /// The first own cluster by UID that one of the other's values names.
    func sharedCluster(_ matches: [UInt64], _ turn: Turn) -> ClusterID? {
        guard !matches.isEmpty else { return nil }
        return self.matchValues(turn).filter { matches.contains($0.value) }.map(\.cluster).min()
    }

    private func matchValues(_ turn: Turn) -> [(cluster: ClusterID, value: UInt64)] {
        guard let codes = self.record.codes, let peerSalt = codes.peerSalt,
            let meeting = self.record.keys?.meeting
        else { return [] }
        let isOffering = self.record.role == .offering
        let schedule = KeySchedule(primitives: turn.primitives)
        let prk = schedule.prk(
            meeting: meeting, offeringSalt: isOffering ? codes.ownSalt : peerSalt,
            answeringSalt: isOffering ? peerSalt : codes.ownSalt)
        return turn.livingClusters.map {
            ($0.id, schedule.clusterMatch(prk: prk, cluster: $0.id))
        }
    }

    /// Message 2: the question must be outstanding, the seal must hold, the inner copy counts.
    mutating func receiveResponse(
        _ envelope: Envelope, payload: [UInt8], from source: Endpoint, _ turn: inout Turn
    ) {
        guard case .response(let to, let from) = envelope.kind, let keys = self.record.keys,
            let position = self.attempts.firstIndex(where: { $0.index == to })
        else { return }
        let attempt = self.attempts[position]
        var handshake = attempt.handshake
        guard attempt.life > turn.instant, let padded = try? handshake.read(payload),
            let content = PaddedContent.unpad(padded).flatMap({ ResponseContent($0) }),
            content.n == attempt.n, content.to == to, content.from == from
        else { return }
        self.noteSocket(of: source, isNew: true, &turn)
        let former = self.path
        // A relayed path works until a direct one has proved itself.
        let isBetter = self.isConnected && self.isRelayed && !source.isRelay
        if !isBetter,
            self.path == nil || !self.isConnected || self.candidates(turn).contains(source)
        {
            self.move(to: source, &turn)
        }
        let split = handshake.split()
        let isCrossed = self.slots.contains { $0.createdAt >= attempt.createdAt }
        self.attempts.remove(at: position)
        self.dropAttempts(&turn)
        let session = Session(
            index: attempt.index, remoteIndex: from, keys: keys, ownPID: self.record.ownPID,
            sendKey: split.initiatorToResponder, receiveKey: split.responderToInitiator,
            createdAt: turn.instant)
        // The other knows of no more of the own clusters than that attempt named.
        let named = self.clusterMatches(turn, round: attempt.matchRound)
        let (purpose, problem) = self.agreement(
            peerIntent: content.intent,
            matches: content.clusterMatches.filter { named.contains($0) },
            isPeerFull: content.isFull, turn)
        self.add(
            SessionView(
                index: attempt.index, isInitiator: true, createdAt: turn.instant,
                isConfirmed: true, isCrossed: isCrossed, purpose: purpose,
                provedEndpoint: source),
            session, &turn)
        self.hear(content.endpoints, turn)
        self.heard(at: source, echo: content.echo, &turn)
        if self.path != former { self.probeAgain(&turn) }
        if isBetter {
            self.challenge(source, byteCountMax: Constants.responseByteCounts.lowerBound, &turn)
        }
        if self.isTrusted && content.isTrusted {
            self.establish(&turn)
        } else if let problem, !self.isTrusted {
            let hasMore = self.hasMore(toSayAfter: attempt, turn)
            if hasMore { self.startAttempt(&turn) } else { self.stop(problem, &turn) }
        } else {
            self.begin(&turn)
            self.startFounding(
                content.memberKeys, purpose, content.reference, session: attempt.index,
                to: source, &turn)
        }
    }

    /// The constant error: it ends that attempt, is shown, and deletes nothing.
    mutating func receiveRefusal(_ question: Envelope.Question, _ turn: inout Turn) {
        if turn.has(.errorsDelete) {
            turn.endings.append((self.id, .cancelledByPeer))
            return
        }
        switch question {
        case .opening(let n):
            guard let index = self.attempts.firstIndex(where: { $0.n == n }) else { return }
            self.dropAttempt(at: index, &turn)
        case .founding(let counter):
            // Nothing but message 3 has been sent in that session, as often as its counters say.
            guard let founding = self.founding, counter < UInt64(founding.sentCount) else { return }
            self.founding = nil
        }
        self.note(.refusedByPeer, &turn)
    }

    /// The other has accepted a higher `n`: go on above it, if the question is outstanding.
    mutating func receiveResync(n: UInt64, have: UInt64, _ turn: inout Turn) {
        guard self.attempts.contains(where: { $0.n == n }), have >= self.nextCounter,
            have + 2 * Constants.counterBlock < Constants.integerLimit
        else { return }
        self.nextCounter = have + 1
        self.startAttempt(&turn)
    }
}
