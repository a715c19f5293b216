// SPDX-License-Identifier: Apache-2.0

// The own addresses that peers are told, on every change (PROTOCOL.md §7.2, frame 5).
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

    mutating func announceAddresses(_ turn: inout Turn) {
        let published = self.published
        let hint = self.own.hint
        let isNews = published != self.announced
        guard isNews || hint != self.announcedHint else { return }
        self.announced = published
        self.announcedHint = hint
        turn.ownHint = hint
        self.announcementSequence &+= 1
        turn.ownEndpoints = published
        guard isNews else {
            let sequence = self.announcementSequence
            return self.forEach(&turn) { $0.tellHint(sequence: sequence, &$1) }
        }
        let sequence = self.announcementSequence
        self.forEach(&turn) { $0.announce(sequence: sequence, &$1) }
        self.publishSoon(turn)
        turn.notify(.ownAddresses(self.own.known.map(\.candidate)))
    }
}
