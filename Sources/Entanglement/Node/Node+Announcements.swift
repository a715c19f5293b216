// SPDX-License-Identifier: Apache-2.0

// The own addresses: what tells them, and who is told on every change (PROTOCOL.md §7.2, frame 5).
extension Node {
    /// Where lists of own addresses begin to be counted: higher after every start, where the clock is
    /// right, for up to four changes a second, until the year 2057 (PROTOCOL.md §7.2).
    static func firstSequence(_ wall: WallTime) -> UInt32 {
        UInt32(truncatingIfNeeded: max(0, wall.seconds - 1_700_000_000) << 2)
    }

    var published: [Endpoint] {
        self.configuration.mutation.isActive(.echoBelieved)
            ? self.own.published(voices: 1) : self.own.published
    }

    private var publishedAcross: [Endpoint] {
        self.configuration.mutation.isActive(.echoBelieved)
            ? self.ownAcross.published(voices: 1) : self.ownAcross.published
    }

    // MARK: What tells it

    /// Something is learned of which it does not matter who is in a cluster.
    mutating func learnOwn(_ change: (inout OwnAddresses) -> Void) {
        change(&self.own)
        change(&self.ownAcross)
    }

    /// A peer says where it sees this node.
    mutating func hear(
        _ id: RelationID, echo: Endpoint, from peer: Endpoint, at now: Instant?
    ) {
        self.own.vote(id, echo: echo, from: peer, at: now)
        if let isEnd = self.isVoiceOfEnd(id) {
            self.ownAcross.vote(id, echo: echo, from: peer, at: now, isTrusted: isEnd)
        }
    }

    /// What lost peers saw may not be true any more.
    mutating func doubtLost() {
        let relations = self.relations
        self.learnOwn {
            $0.doubt { relations[$0].map { !$0.isConnected && $0.isTrusted } ?? false }
        }
    }

    /// Who of a cluster is known across, or not any more, changes who is heard for those there.
    mutating func chooseVoices() {
        var across = self.ownAcross
        across.take(votesOf: self.own) { self.isVoiceOfEnd($0) }
        self.ownAcross = across
    }

    /// Whether it is the end of a bridge that sees this node; nil: it may not be noticed across bridges by what
    /// it sees, since it is a mate who is not known over there, wherever a bridge leads (PROTOCOL.md §14.8).
    ///
    /// An end's word alone is believed: what it says of others is all that those across know anyway.
    private func isVoiceOfEnd(_ id: RelationID) -> Bool? {
        guard let relation = self.relations[id] else { return nil }
        if relation.leadsAcross { return relation.isBridge }
        guard let cluster = relation.record.cluster else { return false }
        guard let member = relation.record.member, let own = self.liveIndex(of: cluster) else {
            return nil
        }
        let view = self.live[own].bridges
        var isEnd: Bool?
        for index in self.live.indices {
            for bridge in self.live[index].bridges.bridges where bridge.isOpen {
                guard index == own, view.knows(member, at: bridge.alias) else { return nil }
                isEnd = isEnd ?? false || bridge.author == member
            }
        }
        return isEnd
    }

    // MARK: Who is told

    func tellOwn(to turn: inout Turn) {
        turn.ownEndpoints = self.published
        turn.ownPlaceAcross.endpoints = self.publishedAcross
        self.tellHint(to: &turn)
    }

    func tellHint(to turn: inout Turn) {
        turn.ownHint = self.own.hint
        turn.ownPlaceAcross.hint = self.ownAcross.hint
    }

    mutating func announceAddresses(_ turn: inout Turn) {
        let place = OwnPlace(endpoints: self.published, hint: self.own.hint)
        let across = OwnPlace(endpoints: self.publishedAcross, hint: self.ownAcross.hint)
        let (isOther, isOtherAcross) = (place != self.announced, across != self.announcedAcross)
        guard isOther || isOtherAcross else { return }
        let isNews = place.endpoints != self.announced.endpoints
        let isNewsAcross = across.endpoints != self.announcedAcross.endpoints
        (self.announced, self.announcedAcross) = (place, across)
        self.tellOwn(to: &turn)
        let listeners = self.ids.filter { id in
            self.relations[id].map { $0.leadsAcross ? isOtherAcross : isOther } ?? false
        }
        if isOther || !listeners.isEmpty {
            // By the clock: how much was told to others is no business of those who are told.
            self.announcementSequence = max(
                self.announcementSequence &+ 1, Self.firstSequence(turn.wall))
        }
        let sequence = self.announcementSequence
        for id in listeners {
            self.update(id, &turn) {
                ($0.leadsAcross ? isNewsAcross : isNews)
                    ? $0.announce(sequence: sequence, &$1) : $0.tellHint(sequence: sequence, &$1)
            }
        }
        guard isNews else { return }
        self.publishSoon(turn)
        turn.notify(.ownAddresses(self.own.known.map(\.candidate)))
    }
}

/// The own addresses and how the own router maps, as peers are told.
struct OwnPlace: Sendable, Equatable {
    var endpoints: [Endpoint] = []
    var hint: NATHint?
}
