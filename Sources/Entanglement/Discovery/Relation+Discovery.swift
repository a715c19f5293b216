// SPDX-License-Identifier: Apache-2.0

/// A place on the local network where a hello of the peer came from.
struct Sighting: Sendable, Equatable {
    let endpoint: Endpoint
    let at: Instant
}

// A peer on the same local network (PROTOCOL.md §8.10).
extension Relation {
    /// Whether the other side can know this relation's tags.
    var mayBeCalled: Bool {
        switch self.record.phase {
        case .offered, .forgotten: false
        // Who is across a bridge is not to learn where this node is.
        case .trusted where self.isCrossing: false
        case .answered, .connecting, .timedOut, .trusted, .forgetting:
            if case .some = self.record.keys { true } else { false }
        }
    }

    /// Whether the other side should be connected directly and is not.
    var isMissed: Bool {
        !(self.isTrusted && self.isConnected && !self.isRelayed)
            && self.mayBeCalled && self.duty.seeks
            && !(self.isResting && self.wantedUntil == nil)
    }

    mutating func ownTag(of hello: Hello, _ turn: Turn) -> UInt64? {
        self.prepareHelloKeys(turn)
        return self.helloKeys.map { hello.tag($0.own, turn.primitives) }
    }

    mutating func peerTag(of hello: Hello, _ turn: Turn) -> UInt64? {
        self.prepareHelloKeys(turn)
        return self.helloKeys.map { hello.tag($0.peer, turn.primitives) }
    }

    private mutating func prepareHelloKeys(_ turn: Turn) {
        guard self.helloKeys == nil, let keys = self.record.keys else { return }
        self.helloKeys = HelloKeys(keys, turn.primitives)
    }

    /// The places of the last hellos, newest first.
    func sightedEndpoints(_ now: Instant) -> [Endpoint] {
        self.sightings.filter { now - $0.at < Constants.sightingLife }.map(\.endpoint)
    }

    /// The peer's hello came from there: try it at once.
    ///
    /// Whoever repeats a recorded hello gets a message 1 that is of no use to it, twice a second at
    /// most; an answer proves the place as any other.
    mutating func sight(at endpoint: Endpoint, _ turn: inout Turn) {
        guard self.mayBeCalled, self.duty != .farewell, turn.isReachable(endpoint),
            !turn.has(.helloIgnored)
        else { return }
        self.sightings.removeAll {
            $0.endpoint == endpoint || turn.instant - $0.at >= Constants.sightingLife
        }
        self.sightings.insert(Sighting(endpoint: endpoint, at: turn.instant), at: 0)
        if self.sightings.count > Limits.sightingCountMax { self.sightings.removeLast() }
        if let last = self.sightFollowedAt, turn.instant - last < Constants.sightingSpacing {
            return
        }
        self.sightFollowedAt = turn.instant
        guard !self.isConnected || self.path != endpoint else {
            // The peer misses this node, or its network has changed: does the path still work?
            return self.startProbe(&turn)
        }
        let isGoingOn = self.sendsAgain(to: endpoint, &turn)
        if !isGoingOn { self.hurry(turn) }
    }

    /// Sends what is outstanding there too; whether it will be repeated by itself.
    private mutating func sendsAgain(to endpoint: Endpoint, _ turn: inout Turn) -> Bool {
        guard let attempt = self.attempts.last, attempt.life > turn.instant else { return false }
        turn.send(attempt.bytes, to: endpoint)
        return attempt.dueAt < attempt.life
    }
}
