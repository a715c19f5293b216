// SPDX-License-Identifier: Apache-2.0

// Where a peer is reached, and what moves that (PROTOCOL.md §7.3, §8.5).
extension Relation {
    /// A packet from a new source does not move the peer: the source is challenged.
    ///
    /// Returns where an answer goes: to the source, unless the challenge was sent there, so that
    /// an unproved source never gets more bytes than it sent. A challenge is only answered, and its answer
    /// only followed.
    mutating func replyTarget(
        _ packet: OpenedPacket, _ frame: Frame?, _ turn: inout Turn
    ) -> Endpoint {
        guard let path = self.path else {
            self.move(to: packet.source, &turn)
            return packet.source
        }
        if packet.source.isRelay, packet.source != path {
            self.hear(relayedAt: packet.source, &turn)
            return packet.source
        }
        switch frame {
        // An answer that comes twice, or too late, is none, and no reason to ask again.
        case .challenge, .challengeAnswer: return packet.source
        default: break
        }
        guard packet.source != path, turn.isReachable(packet.source) else { return packet.source }
        self.noteUnasked(packet.source.address, &turn)
        if turn.has(.pathUnproved) {
            self.move(to: packet.source, &turn)
            return packet.source
        }
        guard self.mayChallengeLeft(packet.source, &turn) else { return packet.source }
        return self.challenge(packet.source, byteCountMax: packet.byteCount, &turn)
            ? path : packet.source
    }

    /// Asks a new source to prove itself; false when that would be too soon, or too long.
    @discardableResult
    mutating func challenge(
        _ source: Endpoint, byteCountMax: Int, isVouched: Bool = false, _ turn: inout Turn
    ) -> Bool {
        // Over a slow path packets come before the answer: the same challenge again, not another.
        var bytes = turn.random()
        if let challenge = self.challenges.first(where: { $0.endpoint == source }) {
            let age = turn.instant - challenge.sentAt
            if age < Constants.challengeInterval { return false }
            if age < Constants.challengeLife { bytes = challenge.bytes }
        }
        let frame = Frame.challenge(bytes, echo: source)
        let byteCount =
            Constants.packetHeaderByteCount + frame.bytes.count + Constants.tagByteCount
        guard byteCount <= byteCountMax || turn.has(.challengeAmplifies) else { return false }
        self.challenges.removeAll { $0.endpoint == source }
        self.challenges.append(
            Challenge(
                bytes: bytes, endpoint: source, sentAt: turn.instant, isVouched: isVouched))
        if self.challenges.count > Limits.challengeCountMax { self.challenges.removeFirst() }
        self.send(frame, to: source, &turn)
        return true
    }

    /// Whether a source is at a public address that this node never sent to: nothing keeps it out.
    func noteUnasked(_ address: IPAddress, _ turn: inout Turn) {
        guard !self.hasCalled(address), address.isPublic, !address.isIPv6 else { return }
        turn.unasked = (self.id, address)
    }

    /// Whether this node may have sent to that address for this relation.
    func hasCalled(_ address: IPAddress) -> Bool {
        let known = self.record.endpoints + self.heardEndpoints + self.seeking.vouched
        return self.path?.address == address || known.contains { $0.address == address }
    }

    /// The outstanding challenge with these 8 bytes.
    private func challenge(of bytes: UInt64, _ turn: Turn) -> Challenge? {
        self.challenges.first {
            $0.bytes == bytes && turn.instant - $0.sentAt < Constants.challengeLife
        }
    }

    mutating func receiveChallengeAnswer(
        _ bytes: UInt64, from source: Endpoint, _ turn: inout Turn
    ) {
        guard let challenge = self.challenge(of: bytes, turn) else { return }
        self.challenges = []
        guard self.path != challenge.endpoint else { return }
        if self.isLeft(challenge.endpoint, turn) {
            if self.holdLeft(challenge, &turn) { return }
        } else if challenge.isVouched, self.hold(challenge.endpoint, turn) {
            return
        }
        self.move(to: challenge.endpoint, &turn)
        self.probeAgain(&turn)
    }

    /// Whether this is the place that the path left last, and the path is given up for it only if it does
    /// not answer any more.
    ///
    /// Where two each send by another way, both would follow the other, and so pass each other again and
    /// again: only the one with the greater `pid` follows without asking.
    private func isLeft(_ endpoint: Endpoint, _ turn: Turn) -> Bool {
        guard let left = self.leftPath, left.endpoint == endpoint,
            turn.instant - left.at < Constants.leftPathSpan, !turn.has(.pathsCross),
            let other = self.record.keys?.peerPID
        else { return false }
        let own = self.record.ownPID
        return (own.high, own.low) < (other.high, other.low)
    }

    /// Whether a source may be challenged: one that the path has left is not again at once when the path was
    /// kept; the path is asked as well.
    private mutating func mayChallengeLeft(_ source: Endpoint, _ turn: inout Turn) -> Bool {
        guard self.isLeft(source, turn) else { return true }
        self.askPath(&turn)
        return self.leftPath?.answeredAt == nil
    }

    /// Asks the path whether it still works, unless that was done a moment ago or is still going on.
    private mutating func askPath(_ turn: inout Turn) {
        if let asked = self.leftPath?.askedAt {
            if turn.instant - asked < Constants.keptPathSpan { return }
            if self.leftPath?.answeredAt == nil, self.probe?.startedAt == asked { return }
        }
        self.leftPath?.askedAt = turn.instant
        self.leftPath?.answeredAt = nil
        self.renewProbe(&turn)
        // Pongs of before end no waiting any more.
        if let held = self.heldMove, held.endpoint != self.leftPath?.endpoint, self.probe != nil {
            _ = self.hold(held.endpoint, turn)
        }
    }

    /// Whether the path stays, or the move waits until it may have answered.
    private mutating func holdLeft(_ challenge: Challenge, _ turn: inout Turn) -> Bool {
        guard self.isConnected, !self.isRelayed else { return false }
        self.askPath(&turn)
        guard let asked = self.leftPath?.askedAt, self.leftPath?.answeredAt == nil else {
            return true
        }
        let slack = challenge.isVouched ? Constants.heldMoveMin : Constants.leftPathSlack
        let trip = (self.roundTrip ?? Constants.leftPathSlack) * 2 + slack
        return self.hold(challenge.endpoint, until: asked + min(trip, Constants.heldMoveMax), turn)
    }

    /// Whether the move waits, while the path may still answer.
    ///
    /// A helper that means harm may name a place that only passes on.
    private mutating func hold(_ endpoint: Endpoint, _ turn: Turn) -> Bool {
        guard self.isConnected, !self.isRelayed else { return false }
        // The path has answered since.
        guard let probe = self.probe else { return true }
        let trip = (self.roundTrip ?? .zero) * 2 + Constants.heldMoveMin
        return self.hold(
            endpoint, until: probe.startedAt + min(trip, Constants.heldMoveMax), turn)
    }

    private mutating func hold(_ endpoint: Endpoint, until due: Instant, _ turn: Turn) -> Bool {
        guard due > turn.instant else { return false }
        self.heldMove = HeldMove(endpoint: endpoint, dueAt: due)
        return true
    }

    /// A ping to the path was answered, none of before it was asked: no move is held back.
    mutating func keepPath(_ turn: Turn) {
        if self.leftPath?.askedAt != nil { self.leftPath?.answeredAt = turn.instant }
        self.heldMove = nil
    }

    /// The path has not answered: the peer is where it was found.
    mutating func tickHeldMove(_ turn: inout Turn) {
        guard let held = self.heldMove, held.dueAt <= turn.instant else { return }
        self.heldMove = nil
        guard self.isConnected else { return }
        self.move(to: held.endpoint, &turn)
        self.probeAgain(&turn)
    }

    /// The path is proved: use it, remember it, tell.
    mutating func move(to endpoint: Endpoint, _ turn: inout Turn) {
        guard self.path != endpoint, endpoint.isRelay || self.mayTellAddresses else { return }
        // Nothing that works is left for a relayed path.
        if endpoint.isRelay, self.isConnected, self.path != nil, !turn.has(.relayReplacesDirect) {
            return
        }
        let former = self.path.flatMap { $0.isRelay ? nil : $0 }
        self.heldMove = nil
        self.path = endpoint
        self.formerPath = former?.address == endpoint.address ? former : nil
        let left = self.leftPath
        self.leftPath = former.map { LeftPath(endpoint: $0, at: turn.instant) }
        if !endpoint.isRelay {
            self.directPath = endpoint
            self.seeking.movedAt = turn.instant
        }
        self.keepalive = Keepalive()
        self.leaveSocket(for: endpoint, &turn)
        // A router that gives another port now and then must not fill the list with its old ones.
        let isOld =
            former == self.addedPath && former?.address == endpoint.address
            && !turn.has(.endpointsUnlimited)
        self.addedPath =
            endpoint.isRelay || self.record.endpoints.contains(endpoint) ? nil : endpoint
        self.remember([endpoint], dropping: isOld ? former : nil, &turn)
        // What went to the former path while that was in doubt.
        if let left, left.endpoint == endpoint, let token = left.pingToken {
            self.send(.pong(token: token, echo: endpoint), to: endpoint, &turn)
        }
        if !endpoint.isRelay { self.leaveRelays() }
        guard self.isConnected else { return }
        if let former, !endpoint.isRelay, former.address != endpoint.address {
            turn.moved.append(self.id)
        }
        let event = self.tellPath(endpoint) { .peerMoved(self.id, from: former, to: $0) }
        if let event { turn.notify(event) }
    }
}
