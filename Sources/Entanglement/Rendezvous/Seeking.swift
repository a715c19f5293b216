// SPDX-License-Identifier: Apache-2.0

/// What one relation knows of common peers that may help it (PROTOCOL.md §8.9); memory alone.
struct Seeking: Sendable {
    /// One relayed way to the peer.
    struct Relay: Sendable, Equatable {
        /// The number of its place.
        let number: UInt64
        /// Who relays.
        var helper: RelationID
        /// Of a way across a bridge: which member its end is.
        var end: MemberID?
        /// From when on attempts may go this way; nil: answers alone.
        var usableAt: Instant?
        /// When the helper told of the peer last.
        var foundAt: Instant?
        /// When anything came this way.
        var heardAt: Instant
    }

    var tag: RendezvousTag?
    /// Whether this peer has not been heard since the own network changed: it may not know of the new
    /// place yet, and could tell nobody of it.
    var isUnproved = false
    /// When this peer was found at a new place, or anew.
    var movedAt: Instant?
    /// When it was answered last that this peer is sought.
    var soughtAnsweredAt: Instant?
    /// How often this peer may tell that somebody is sought: each time costs a look at all relations.
    var soughtBucket: TokenBucket?
    /// When common peers are asked next; nil: nobody is looked for.
    var seekAt: Instant?
    /// When they were asked last.
    var soughtAt: Instant?
    /// Where a common peer sees the peer, and until when that is taken for fresh.
    var vouched: [Endpoint] = []
    var vouchedUntil: Instant?
    var relays: [Relay] = []
    /// When relayed ways may be tried too.
    var relayAt: Instant?
    /// When a direct path is tried next, while the peer is reached by way of another.
    var directAt: Instant?
    var triedDirectAt: Instant?
    /// When a direct path was asked whether it lives, because something came by way of another.
    var doubtedAt: Instant?
}
