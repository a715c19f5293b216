// SPDX-License-Identifier: Apache-2.0

/// A peer's question how long its router remembers: when the late answers are due.
struct RestWatch: Sendable, Equatable {
    let token: UInt64
    let source: Endpoint
    let rest: Duration
    /// Which of its questions came last, and when.
    var ordinal: UInt8
    var askedAt: Instant
    /// Late answers that have been sent.
    var lateCount = 0

    var dueAt: Instant { self.askedAt + self.rest + Constants.restLateSends[self.lateCount] }
    var isOver: Bool { self.lateCount >= Constants.restLateSends.count }
}

// Who helps a peer to measure: answers at once, and again after the rest (PROTOCOL.md §7.5).
extension Relation {
    /// The question of a peer, from a place that is not its path.
    mutating func receive(
        rest: Duration, token: UInt64, ordinal: UInt8, from source: Endpoint, _ turn: inout Turn
    ) {
        guard self.record.phase == .trusted, self.isConnected, let path = self.path, !path.isRelay,
            source.address == path.address || turn.has(.restAnsweredAnywhere),
            turn.isReachable(source), rest > .zero, rest <= Constants.restMax
        else { return }
        if let position = self.rests.firstIndex(where: { $0.token == token }) {
            let former = self.rests[position]
            guard former.source == source, former.rest == rest, ordinal > former.ordinal else {
                return
            }
            self.rests.remove(at: position)
        }
        while self.rests.count >= Limits.restCountMax { self.rests.removeFirst() }
        self.rests.append(
            RestWatch(
                token: token, source: source, rest: rest, ordinal: ordinal, askedAt: turn.instant))
        self.sendAside(
            .restAnswer(token: token, ordinal: ordinal, late: 0, echo: source), to: source, &turn)
    }

    /// Sends the late answers that are due.
    mutating func tickRests(_ turn: inout Turn) {
        guard !self.rests.isEmpty else { return }
        // Whoever is lost, or elsewhere, waits for nothing any more.
        guard self.isConnected, let path = self.path else { return self.rests = [] }
        self.rests.removeAll {
            $0.source.address != path.address && !turn.has(.restAnsweredAnywhere)
        }
        for position in self.rests.indices {
            while !self.rests[position].isOver, self.rests[position].dueAt <= turn.instant {
                self.rests[position].lateCount += 1
                let rest = self.rests[position]
                self.sendAside(
                    .restAnswer(
                        token: rest.token, ordinal: rest.ordinal, late: UInt8(rest.lateCount),
                        echo: rest.source),
                    to: rest.source, &turn)
            }
        }
        self.rests.removeAll(where: \.isOver)
    }

    /// Sends a frame that keeps no path open.
    private mutating func sendAside(
        _ frame: Frame, to endpoint: Endpoint, _ turn: inout Turn
    ) {
        guard let session = self.sendingSession(turn.instant) else { return }
        turn.actions.append(
            .sendSealed(session: session.index, .frame, frame.bytes, to: endpoint))
    }
}
