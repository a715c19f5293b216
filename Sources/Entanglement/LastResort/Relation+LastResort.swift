// SPDX-License-Identifier: Apache-2.0

// A peer whom nothing else leads to any more (PROTOCOL.md §13).
extension Relation {
    /// After every step, where last resorts are used: leaves and seeks the notes that are due.
    mutating func planLastResort(_ turn: inout Turn) {
        guard self.isLost(turn.instant), !self.isCrossing else {
            return self.lastResort = LastResortSchedule()
        }
        let endpoints = Self.endpointsToTell(turn)
        let due = self.lastResort.due(isLost: true, endpoints: endpoints, now: turn.now)
        guard due.put || due.get, let pair = self.pairSecret(turn) else { return }
        if due.put { self.leaveNote(endpoints, pair, &turn) }
        if due.get { self.seekNote(pair, &turn) }
    }

    /// What was found: a number that was accepted before, or a greater one's, changes nothing.
    mutating func take(_ note: LastResortNote, _ turn: inout Turn) {
        guard turn.configuration.usesLastResorts, self.record.phase == .trusted,
            note.sequence > self.record.acceptedNote
        else { return }
        self.record.acceptedNote = note.sequence
        self.persistNotes(&turn)
        guard self.isLost(turn.instant) else { return }
        let told = note.endpoints.filter { turn.isUsable($0) }
        guard !told.isEmpty else { return }
        let former = self.record.endpoints.filter { !told.contains($0) }
        self.record.endpoints = Array((told + former).prefix(Limits.endpointCountMax))
        turn.changes.append(
            .endpoints(self.id, self.record.endpoints, lastHeardAt: self.record.lastHeardAt))
        self.search(&turn)
    }

    /// The note of that number is nowhere: it is left again after a while.
    mutating func noteNotLeft(_ number: UInt64, _ turn: Turn) {
        guard number == self.record.usedNote else { return }
        self.lastResort.putFailed(now: turn.instant)
    }

    /// Whether the peer is looked for, and nobody knows where it is.
    private func isLost(_ now: Instant) -> Bool {
        self.record.phase == .trusted && !self.isConnected && self.duty == .first
            && !self.isAtRest(now)
    }

    /// Where strangers' networks lead to this node: addresses of local networks are no help there.
    ///
    /// A node on loopback is reached there.
    private static func endpointsToTell(_ turn: Turn) -> [Endpoint] {
        turn.ownEndpoints.filter {
            turn.isUsable($0) && ($0.address.isPublic || $0.address.isLoopback)
        }
    }

    private func pairSecret(_ turn: Turn) -> Secret? {
        guard let keys = self.record.keys else { return nil }
        return LastResortSlot.pairSecret(
            psk: keys.psk, ownKey: self.ownKey, peerKey: keys.peerKey, turn.primitives)
    }

    private mutating func leaveNote(_ endpoints: [Endpoint], _ pair: Secret, _ turn: inout Turn) {
        let number = LastResortNote.nextSequence(after: self.record.usedNote, now: turn.wall)
        guard number <= UInt64(Int64.max), let day = LastResortSlot.day(of: turn.wall) else {
            return
        }
        self.record.usedNote = number
        self.persistNotes(&turn)
        let note = LastResortNote(sequence: number, issued: turn.wall, endpoints: endpoints)
        let slot = LastResortSlot(
            pair: pair, writer: self.record.role, day: day, turn.primitives)
        turn.actions.append(.leaveNote(self.id, note, in: slot))
    }

    private func seekNote(_ pair: Secret, _ turn: inout Turn) {
        let peer: MeetingRole = self.record.role == .offering ? .answering : .offering
        let slots = LastResortSlot.days(around: turn.wall).map {
            LastResortSlot(pair: pair, writer: peer, day: $0, turn.primitives)
        }
        guard !slots.isEmpty else { return }
        turn.seeksNote = true
        turn.actions.append(.seekNote(self.id, in: slots, after: self.record.acceptedNote))
    }

    private func persistNotes(_ turn: inout Turn) {
        turn.changes.append(
            .lastResort(
                self.id, used: self.record.usedNote, accepted: self.record.acceptedNote))
    }
}

extension Node {
    /// Who has no address to leave for a lost peer asks for it, where that is allowed.
    ///
    /// What lost peers saw may not be true any more.
    mutating func findOwnAddress(_ turn: inout Turn) {
        guard turn.seeksNote, self.configuration.usesIPgetter else { return }
        let relations = self.relations
        self.own.doubt { relations[$0].map { !$0.isConnected && $0.isTrusted } ?? false }
        guard !self.own.knowsExternal,
            self.askedAt.map({ turn.instant - $0 >= Constants.askingInterval }) ?? true
        else { return }
        self.askedAt = turn.instant
        turn.actions.append(.gatherCandidates)
    }
}
