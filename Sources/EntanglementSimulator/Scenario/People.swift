// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// One attempt of two people to meet, as the people know it.
struct Meeting: Sendable {
    let offering: HostID
    let answering: HostID
    var offeredAt: Instant
    /// Which start of the offering program showed the offer.
    let incarnation: Int
    var offer: String?
    var answer: String?
    /// What somebody else answered to the same offer.
    var rival: String?
    /// Whether the offer was still waiting when the answer was scanned.
    var wasOffered = false
    var isAccepted = false
    var acceptedAt: Instant?
    /// Each host's name for it.
    var offeringRelation: RelationID?
    var answeringRelation: RelationID?
    /// Whether one of the two has ended it, or it was never made.
    var isOver = false
    var isForgotten = false
    /// What the two want; nil: nothing special.
    var wishes: MeetingWishes?

    func relation(of host: HostID) -> RelationID? {
        host == self.offering ? self.offeringRelation : self.answeringRelation
    }
}

/// What two people want who meet about a cluster.
struct MeetingWishes: Sendable {
    var offering: MeetingOptions
    var answering: MeetingOptions
    /// Into which cluster the other is taken when its answer is scanned.
    var into: ClusterID?
    var isFounding = false
    /// Who takes the other in.
    var sponsor: HostID?
}

/// What people have asked for and wait for.
struct People: Sendable {
    /// What a person waits for.
    enum Wait: Sendable {
        case offer(meeting: Int)
        case answer(meeting: Int)
        case accept(meeting: Int)
        case ending(meeting: Int)
        case rival(meeting: Int)
        case acceptRival(meeting: Int)
    }

    /// Codes say "unknown".
    var nameNoHosts = false

    private struct Key: Hashable, Sendable {
        var host: HostID
        var incarnation: Int
        var request: RequestID
    }

    var meetings: [Meeting] = []
    /// Nobody thinks better of a meeting, and no program dies in the middle of one.
    var areResolute = false
    private var waits: [Key: Wait] = [:]

    mutating func wait(
        for wait: Wait, _ request: RequestID, at host: HostID, incarnation: Int
    ) {
        self.waits[Key(host: host, incarnation: incarnation, request: request)] = wait
    }

    mutating func take(_ request: RequestID, at host: HostID, incarnation: Int) -> Wait? {
        self.waits.removeValue(
            forKey: Key(host: host, incarnation: incarnation, request: request))
    }
}
