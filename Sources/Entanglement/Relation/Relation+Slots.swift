// SPDX-License-Identifier: Apache-2.0

// The responder's side of messages 1 and 2 (PROTOCOL.md §5.2, §5.3, §8.3).
extension Relation {
    /// Message 1 whose MAC the gate has checked.
    mutating func receiveOpening(
        _ datagram: [UInt8], _ envelope: Envelope, payload: [UInt8], from source: Endpoint,
        _ turn: inout Turn
    ) {
        guard case .opening(let from, let n) = envelope.kind, let keys = self.record.keys else {
            return
        }
        if self.answerAgain(datagram, from: source, &turn) { return }
        guard !self.hasAskedWhy(turn.instant) else { return }
        guard n > self.record.acceptedCounter || turn.has(.questionRepeats) else {
            self.answerStale(n, keys, to: source, &turn)
            return
        }
        var handshake = NoiseHandshake.kkpsk0(
            role: .responder, prologue: keys.meeting, staticKey: self.ownKey,
            remoteStatic: keys.peerKey, psk: keys.psk,
            ephemeral: turn.primitives.agreementKey(using: &turn.generator),
            primitives: turn.primitives)
        guard let padded = try? handshake.read(payload),
            let content = PaddedContent.unpad(padded).flatMap({ OpeningContent($0) }),
            content.n == n, content.from == from
        else {
            self.refuse(.opening(n: n), keys, to: source, &turn)
            return
        }
        self.noteSocket(of: source, isNew: true, &turn)
        self.record.acceptedCounter = n
        turn.changes.append(.acceptCounter(self.id, n))
        self.noteUnasked(source.address, &turn)
        self.hear(content.endpoints, at: source, turn)
        let (purpose, problem) = self.agreement(
            peerIntent: content.intent, matches: content.clusterMatches,
            isPeerFull: content.isFull, turn)
        let index = turn.indexes.make(using: &turn.generator)
        guard
            let response = self.makeResponse(
                to: from, index: index, n: n, source: source,
                self.introduction(purpose, matches: content.clusterMatches, turn),
                self.clusterMatches(turn, answering: content.clusterMatches), &handshake,
                keys, turn)
        else { return }
        self.makeRoomForSlot(&turn)
        self.slots.append(
            Slot(
                index: index, opening: datagram, response: response, createdAt: turn.instant,
                sources: [source]))
        let split = handshake.split()
        let session = Session(
            index: index, remoteIndex: from, keys: keys, ownPID: self.record.ownPID,
            sendKey: split.responderToInitiator, receiveKey: split.initiatorToResponder,
            createdAt: turn.instant)
        self.add(
            SessionView(
                index: index, isInitiator: false, createdAt: turn.instant, isConfirmed: false,
                isCrossed: self.noticeCrossing(turn.instant), purpose: purpose,
                provedEndpoint: source),
            session, &turn)
        turn.send(response, to: source)
        if let problem, !self.isTrusted { self.stop(problem, &turn) } else { self.begin(&turn) }
    }

    /// The same question gets the same answer; false: it is another.
    private mutating func answerAgain(
        _ datagram: [UInt8], from source: Endpoint, _ turn: inout Turn
    ) -> Bool {
        guard let position = self.slots.firstIndex(where: { $0.opening == datagram }) else {
            return false
        }
        turn.send(self.slots[position].response, to: source)
        let sources = self.slots[position].sources
        if !sources.contains(source), sources.count < Limits.endpointCountMax {
            self.slots[position].sources.append(source)
        }
        return true
    }

    private func makeResponse(
        to: UInt32, index: UInt32, n: UInt64, source: Endpoint,
        _ introduction: (keys: MemberKeys, reference: ClusterReference?), _ matches: [UInt64],
        _ handshake: inout NoiseHandshake, _ keys: RelationKeys, _ turn: Turn
    ) -> [UInt8]? {
        let writer = EnvelopeWriter.response(
            pid: keys.peerPID, to: to, from: index, echo: source)
        let byteCount =
            writer.payloadByteCountMax(byteCountMax: Constants.responseByteCounts.upperBound)
            - PublicKey.byteCount - Constants.tagByteCount
        let content = ResponseContent(
            isTrusted: self.isTrusted, isFull: self.isFull(turn), n: n, to: to, from: index,
            echo: source,
            intent: self.record.intent, clusterMatches: matches,
            memberKeys: introduction.keys, endpoints: self.ownEndpoints(turn),
            reference: introduction.reference)
        guard
            let padded = PaddedContent.pad(
                content.bytes(byteCountMax: byteCount - 2), to: byteCount),
            let payload = try? handshake.write(padded)
        else { return nil }
        return writer.finish(payload: payload, key: keys.sendMAC, turn.primitives)
    }

    /// A stale `n` with a right MAC gets one 409 in 30 s.
    private mutating func answerStale(
        _ n: UInt64, _ keys: RelationKeys, to source: Endpoint, _ turn: inout Turn
    ) {
        if let last = self.resyncAnsweredAt, turn.instant - last < Constants.resyncInterval,
            !turn.has(.resyncUnlimited)
        {
            return
        }
        self.resyncAnsweredAt = turn.instant
        let bytes = EnvelopeWriter.resync(
            pid: keys.peerPID, n: n, have: self.record.acceptedCounter
        ).finish(key: keys.sendMAC, turn.primitives)
        turn.send(bytes, to: source)
    }

    /// The constant error, without a reason.
    func refuse(
        _ question: Envelope.Question, _ keys: RelationKeys, to source: Endpoint,
        _ turn: inout Turn
    ) {
        let bytes = EnvelopeWriter.refusal(pid: keys.peerPID, question)
            .finish(key: keys.sendMAC, turn.primitives)
        turn.send(bytes, to: source)
    }

    /// Slots full: the oldest unconfirmed goes, else the oldest.
    private mutating func makeRoomForSlot(_ turn: inout Turn) {
        while self.slots.count >= Constants.slotCountMax, !turn.has(.slotsUnlimited) {
            let unconfirmed = self.slots.firstIndex { slot in
                !self.sessions.contains { $0.index == slot.index && $0.isConfirmed }
            }
            self.dropSlot(at: unconfirmed ?? 0, &turn)
        }
    }

    /// Ends a slot, and its session unless that was confirmed.
    private mutating func dropSlot(at position: Int, _ turn: inout Turn) {
        let index = self.slots.remove(at: position).index
        if self.sessions.contains(where: { $0.index == index && !$0.isConfirmed }) {
            self.erase(session: index, &turn)
        }
    }

    mutating func tickSlots(_ turn: inout Turn) {
        while let first = self.slots.first,
            first.createdAt + Constants.attemptLife <= turn.instant
        {
            self.dropSlot(at: 0, &turn)
        }
    }
}
