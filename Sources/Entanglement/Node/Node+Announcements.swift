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

    /// For those across: one voice is enough, since few are heard.
    ///
    /// An end that means harm gains nothing by a lie: it may name any place as that of people whom it invents.
    private var publishedAcross: [Endpoint] { self.ownAcross.published(voices: 1) }

    // MARK: What tells it

    /// Something is learned that nobody of a cluster said.
    mutating func learnOwn(_ change: (inout OwnAddresses) -> Void) {
        change(&self.own)
        change(&self.ownAcross)
    }

    /// A peer says where it sees this node.
    mutating func hear(
        _ id: RelationID, echo: Endpoint, from peer: Endpoint, at now: Instant?
    ) {
        self.own.vote(id, echo: echo, from: peer, at: now)
        if self.isVoiceAcross(id) { self.ownAcross.vote(id, echo: echo, from: peer, at: now) }
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
        let counting = Set(self.ids.filter(self.isVoiceAcross))
        self.ownAcross.take(votesOf: self.own) { counting.contains($0) }
    }

    /// Whether somebody may be noticed across bridges by what it sees of this node: who is no mate, and who of
    /// the mates is known over there, wherever a bridge leads (PROTOCOL.md §14.7).
    private func isVoiceAcross(_ id: RelationID) -> Bool {
        guard let relation = self.relations[id] else { return false }
        guard !relation.leadsAcross, let cluster = relation.record.cluster else { return true }
        guard let member = relation.record.member, let own = self.liveIndex(of: cluster) else {
            return false
        }
        var isBridged = false
        for index in self.live.indices {
            for bridge in self.live[index].bridges.bridges where bridge.isOpen {
                let view = self.live[own].bridges
                guard index == own, view.knows(member, at: bridge.alias) else { return false }
                isBridged = true
            }
        }
        return isBridged
    }

    // MARK: Who is told

    func tellOwn(to turn: inout Turn) {
        turn.ownEndpoints = self.published
        turn.ownEndpointsAcross = self.publishedAcross
        self.tellHint(to: &turn)
    }

    func tellHint(to turn: inout Turn) {
        turn.ownHint = self.own.hint
        turn.ownHintAcross = self.ownAcross.hint
    }

    mutating func announceAddresses(_ turn: inout Turn) {
        let (hint, hintAcross) = (self.own.hint, self.ownAcross.hint)
        let isNews = self.published != self.announced
        let isNewsAcross = self.publishedAcross != self.announcedAcross
        let isOther = isNews || hint != self.announcedHint
        let isOtherAcross = isNewsAcross || hintAcross != self.announcedHintAcross
        guard isOther || isOtherAcross else { return }
        let listeners = self.ids.filter { id in
            self.relations[id].map { $0.leadsAcross ? isOtherAcross : isOther } ?? false
        }
        self.tellOwn(to: &turn)
        self.announced = turn.ownEndpoints
        self.announcedHint = hint
        self.announcedAcross = turn.ownEndpointsAcross
        self.announcedHintAcross = hintAcross
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
