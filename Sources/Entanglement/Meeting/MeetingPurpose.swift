// SPDX-License-Identifier: Apache-2.0

/// What a meeting is for, as one of its two sides sees it (PROTOCOL.md §5.6).
enum MeetingPurpose: Sendable, Equatable {
    /// A new cluster of the two.
    case founding
    /// This side takes the other into one of its clusters.
    case sponsoring
    /// The other takes this side into one of its.
    case joining
    /// Both are members of one cluster already, and have met now.
    case confirming
    /// The clusters of both are linked, and stay two.
    case bridging
}

/// What each side wants, and how many peers its code named.
struct MeetingWish: Equatable {
    var intent: Intent
    var totalPeers: UInt64

    /// Whether this side takes the other in.
    func isSponsor(of other: MeetingWish) -> Bool {
        switch self.intent {
        case .cluster: true
        case .auto: self.totalPeers > 0 && (other.totalPeers == 0 || other.intent == .join)
        case .join, .bridge, .private, .repair: false
        }
    }

    /// Whether this side wants to be taken in by the other.
    func isNewcomer(with other: MeetingWish) -> Bool {
        switch self.intent {
        case .join: true
        case .auto: self.totalPeers == 0 && (other.totalPeers > 0 || other.intent == .cluster)
        case .cluster, .bridge, .private, .repair: false
        }
    }
}

/// What two wishes make together; both sides come to the same end.
struct MeetingTerms {
    var own: MeetingWish
    var peer: MeetingWish
    /// Whether both are members of one cluster already.
    var sharesCluster: Bool

    /// What the meeting is for, or why it cannot go on.
    func purpose() throws(MeetingDisagreement) -> MeetingPurpose {
        let intents = [self.own.intent, self.peer.intent]
        if intents.contains(.private) {
            guard intents.allSatisfy({ $0 == .private || $0 == .auto }) else {
                throw MeetingDisagreement(problem: .intentConflict)
            }
            return .founding
        }
        if intents.contains(.bridge) {
            guard self.own.totalPeers > 0, self.peer.totalPeers > 0 else {
                throw MeetingDisagreement(problem: .intentConflict)
            }
            if intents == [.bridge, .bridge] { return .bridging }
            // Who leaves it open may still be asked.
            throw MeetingDisagreement(
                problem: intents.contains(.auto) ? .undecided : .intentConflict)
        }
        if self.sharesCluster { return .confirming }
        if intents.contains(.repair) { throw MeetingDisagreement(problem: .intentConflict) }
        if self.own.isSponsor(of: self.peer), self.peer.isNewcomer(with: self.own) {
            return .sponsoring
        }
        if self.peer.isSponsor(of: self.own), self.own.isNewcomer(with: self.peer) {
            return .joining
        }
        guard self.own.intent == .auto, self.peer.intent == .auto else {
            throw MeetingDisagreement(problem: .intentConflict)
        }
        guard self.own.totalPeers == 0 else { throw MeetingDisagreement(problem: .undecided) }
        return .founding
    }
}

/// The two sides cannot have what both want.
struct MeetingDisagreement: Error {
    let problem: PairingProblem
}

/// Which member of which cluster somebody is; sealed in messages 2 and 3 by a member.
///
/// Of who links its cluster: the cluster's alias, and no member (16 zeros).
struct ClusterReference: Equatable {
    var cluster: ClusterID
    var member: MemberID

    /// What the end of a bridge shows.
    init(alias: ClusterAlias) {
        self.cluster = ClusterID(high: alias.high, low: alias.low)
        self.member = MemberID(high: 0, low: 0)
    }

    init(cluster: ClusterID, member: MemberID) {
        self.cluster = cluster
        self.member = member
    }

    /// The alias, if that is what it shows.
    var alias: ClusterAlias? {
        self.member == MemberID(high: 0, low: 0)
            ? ClusterAlias(high: self.cluster.high, low: self.cluster.low) : nil
    }
}

extension ByteWriter {
    mutating func put(_ reference: ClusterReference) {
        self.put(reference.cluster)
        self.put(reference.member)
    }
}

extension ByteReader {
    /// What is left: nothing, or a reference; `.none`: something else.
    mutating func lastReference() -> ClusterReference?? {
        if self.isAtEnd { return .some(nil) }
        guard let cluster = self.take(16).flatMap({ ClusterID(bytes: $0) }),
            let member = self.memberID(), self.isAtEnd
        else { return .none }
        return .some(ClusterReference(cluster: cluster, member: member))
    }
}
