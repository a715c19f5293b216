// SPDX-License-Identifier: Apache-2.0

/// Something that happened, for people and programs that watch (`spockex events`).
public enum Event: Sendable, Equatable {
    /// An offer or answer is on disk and may be shown.
    case pairingStarted(RelationID)
    /// The online step moved on: an attempt was sent to these endpoints.
    case trying(RelationID, [Endpoint])
    /// The phase of a pairing changed.
    case pairingPhase(RelationID, RelationPhase)
    /// A problem of a pairing; it goes on or waits for the person.
    case pairingProblem(RelationID, PairingProblem)
    /// The pairing is finished: the other is a peer.
    case trusted(RelationID, cluster: ClusterID)
    /// The pairing is gone, and why.
    case pairingEnded(RelationID, PairingEnd)
    /// A session with a peer stands.
    case peerConnected(RelationID, Endpoint)
    /// A peer stopped answering; the search has begun.
    case peerUnreachable(RelationID)
    /// A peer's path moved.
    case peerMoved(RelationID, from: Endpoint?, to: Endpoint)
    /// A peer is connected by way of another, or its path moved there.
    case peerRelayed(RelationID, via: RelationID)
    /// A peer ended the relation, or acknowledged that this node did.
    case peerForgotten(RelationID, byPeer: Bool)
    /// The own addresses changed.
    case ownAddresses([Candidate])
    /// The records say that this node is a member of the cluster.
    case clusterJoined(ClusterID)
    /// This node does not belong to the cluster any more, and why.
    case clusterLost(ClusterID, MemberDeparture)
    /// Somebody was taken in, and by whom.
    case memberJoined(ClusterID, MemberID, sponsor: MemberID?)
    /// Somebody does not belong to the cluster any more, and why.
    case memberGone(ClusterID, MemberID, MemberDeparture)
    /// A member met another in person for the first time.
    case memberMet(ClusterID, MemberID, by: MemberID)
    /// A member wants another to be removed.
    case removalProposed(ClusterID, MemberID, by: MemberID)
    /// Another member wants that too.
    case removalVoted(ClusterID, MemberID, by: MemberID)
    /// Somebody who waited has a place in the cluster now.
    case memberAdmitted(ClusterID, MemberID)
    /// Somebody waits for a place: others go before, as more are present than there are places.
    case memberWaits(ClusterID, MemberID)
    /// Somebody who was gone is a member again: the removal does not hold any more.
    case memberReturned(ClusterID, MemberID)
    /// A member blocked another, or does not any more.
    case memberBlocked(ClusterID, MemberID, by: MemberID, isOn: Bool)
    /// The cluster has a new secret, which nobody has who is gone.
    case epochBegan(ClusterID, UInt32)
    /// Two signed records prove that a member said two different things.
    case memberEquivocated(ClusterID, MemberID)
    /// A member runs twice: two of its endpoint records have one sequence.
    case memberCloned(ClusterID, MemberID)
    /// The pairing is finished: it links that own cluster with the one of that alias.
    case bridgeMade(RelationID, ClusterID, ClusterAlias)
    /// A bridge of the cluster is open, as one of its members says.
    case bridgeOpened(ClusterID, BridgeID, by: MemberID)
    /// A bridge of the cluster is closed, or over.
    case bridgeClosed(ClusterID, BridgeID)
    /// A voter wants a bridge to be closed, of ``BridgeID/all`` that there are none, or does not any more.
    case bridgeVoted(ClusterID, BridgeID, by: MemberID, isOn: Bool)
    /// What both ends of an open bridge allow is something else now.
    case bridgePolicyChanged(ClusterID, BridgeID, BridgePolicy)
    /// Somebody of another cluster is seen across a bridge.
    case cardSeen(ClusterID, CardID)
    /// Somebody of another cluster is not seen any more.
    case cardGone(ClusterID, CardID)
}

/// Why a member does not belong to a cluster any more.
public enum MemberDeparture: String, Sendable, Hashable, CaseIterable {
    /// It left by itself.
    case left
    /// It was removed, or came by a record that is void.
    case removed
}

/// Why a pairing is gone.
public enum PairingEnd: String, Sendable, Hashable, CaseIterable {
    /// This node's person cancelled.
    case cancelled
    /// The other side proved that it cancelled.
    case cancelledByPeer
    /// Nobody answered in time, or nothing worked for 30 days.
    case expired
}
