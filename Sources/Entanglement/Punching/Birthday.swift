// SPDX-License-Identifier: Apache-2.0

/// One side's part in meeting a router that gives each destination a random port (PROTOCOL.md §8.8).
///
/// The prober has one stable endpoint and tries ports of the other; the opener sends from many sockets,
/// each of which gets a port of its own. When one of the prober's ports is one of the opener's,
/// whichever packet comes second passes both routers.
struct Birthday: Sendable, Equatable {
    /// Which part this node has.
    enum Role: Sendable, Equatable {
        case prober
        case opener

        /// How many datagrams, or sockets, one round has.
        var count: Int {
            switch self {
            case .prober: Constants.probeCountMax
            case .opener: Constants.freshSocketCount
            }
        }
    }

    let role: Role
    /// The ports to try, over all rounds.
    var scan: PortScan
    /// What this round has done; nil: it has not begun.
    var doneCount: Int?
    /// When the next datagram, or the next round, is due.
    var dueAt: Instant
}

/// Whether anybody on this node probes: one relation at a time, with pauses (PROTOCOL.md §8.8).
struct PunchingTurn: Sendable, Equatable {
    /// Whose round it is.
    private(set) var owner: RelationID?
    /// When the next round may begin.
    private(set) var freeAt: Instant?
    /// Fresh sockets are not needed any more, and somebody may still use them.
    var wantsClosing = false
    /// Endpoints that were answered by a fresh socket since all were closed, by whichever relation, and by
    /// the main one not since: what is sent there may leave by a fresh one.
    private(set) var boundEndpoints: Set<Endpoint> = []

    /// An authentic datagram came from there; whether what is sent there must be bound anew.
    mutating func note(_ endpoint: Endpoint, isFresh: Bool) -> Bool {
        guard isFresh else { return self.boundEndpoints.remove(endpoint) != nil }
        if self.boundEndpoints.count >= Limits.boundEndpointCountMax { self.boundEndpoints = [] }
        self.boundEndpoints.insert(endpoint)
        return true
    }

    /// All fresh sockets are closed.
    mutating func forgetBound() { self.boundEndpoints = [] }

    /// Takes the turn for a round of that length.
    ///
    /// Nil: it is taken; otherwise when to ask again.
    mutating func take(_ id: RelationID, for span: Duration, now: Instant) -> Instant? {
        if let freeAt, freeAt > now { return freeAt }
        self.owner = id
        self.freeAt = now + span + Constants.birthdayPause
        return nil
    }

    /// The round goes on for so long still: it may have slept.
    mutating func keep(_ id: RelationID, for span: Duration, now: Instant) {
        guard self.owner == id else { return }
        let end = now + span + Constants.birthdayPause
        self.freeAt = max(end, self.freeAt ?? end)
    }

    /// The round is over, perhaps before its time.
    mutating func giveBack(_ id: RelationID, now: Instant) {
        guard self.owner == id else { return }
        self.owner = nil
        self.freeAt = now + Constants.birthdayPause
    }
}
