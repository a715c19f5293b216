// SPDX-License-Identifier: Apache-2.0

/// Tells which request a reply belongs to; chosen by the driver.
public struct RequestID: Sendable, Hashable {
    /// Any number, unused among open requests.
    public var value: UInt64

    /// The request of that number.
    public init(_ value: UInt64) {
        self.value = value
    }
}

/// How a person wants a meeting to be made.
public struct MeetingOptions: Sendable, Equatable {
    /// What is wanted.
    public var intent: Intent
    /// Endpoints to show instead of the known ones; nil: the known ones; empty: "unknown".
    public var hosts: [Endpoint]?
    /// Life of an offer.
    public var life: Duration
    /// The own cluster into which the other is to be taken, if it is a newcomer, or that is to be linked;
    /// nil: not decided.
    public var cluster: ClusterID?

    /// Options with their defaults.
    public init(
        intent: Intent = .auto, hosts: [Endpoint]? = nil, life: Duration = .seconds(600),
        cluster: ClusterID? = nil
    ) {
        self.intent = intent
        self.hosts = hosts
        self.life = life
        self.cluster = cluster
    }
}

/// What a person asks the node to do.
public enum Request: Sendable, Equatable {
    /// A new pairing; replied with `offered`.
    case offer(MeetingOptions)
    /// The text of a scanned offer; replied with `answered`.
    case answer(String, MeetingOptions)
    /// The text of a scanned answer; replied with `accepted`. If the other is a newcomer and this node a
    /// member, it is taken into that cluster.
    ///
    /// `intent`: what the person wants after all, if the offer left it open; for a bridge `into` is the own
    /// cluster that it links.
    case accept(String, into: ClusterID? = nil, intent: Intent? = nil)
    /// Back to the start of the online step.
    case retry(RelationID)
    /// Deletes a pairing everywhere.
    case cancel(RelationID)
    /// Ends a trusted relation on both sides.
    case forget(RelationID)
    /// Gives a peer a name; empty: its own claim is shown again.
    case rename(RelationID, String)
    /// Names a cluster.
    case renameCluster(ClusterID, String)
    /// Leaves a cluster for good.
    case leave(ClusterID)
    /// Proposes that a member be removed, or votes for the proposal that there is.
    ///
    /// `withGuests`: also those guests whom the member took in after the last one who is a voter now, and
    /// whatever else it wrote since.
    case removeMember(ClusterID, MemberID, withGuests: Bool = false)
    /// Has nothing to do any more with a member, or has again.
    case block(ClusterID, MemberID, isOn: Bool)
    /// Changes what the own end of a bridge allows, and what the own cluster is called across.
    case setBridge(BridgeID, BridgePolicy, name: String? = nil)
    /// Closes a bridge of which this node is an end, or votes for its end.
    case closeBridge(BridgeID)
    /// Asks the members who are connected with whom they are; what they answer is in the status.
    case askLinks(ClusterID)
    /// Votes for a cluster without bridges, or takes that back.
    case forbidBridges(ClusterID, isOn: Bool)
    /// Agrees to be seen by another cluster; without a policy not any more.
    case giveCard(
        ClusterID, for: ClusterAlias, over: BridgeID? = nil, BridgePolicy?, name: String? = nil)
    /// Records that two people compared the safety numbers.
    case matched(RelationID)
    /// One round trip; replied with `pong` or `noAnswer`.
    case ping(RelationID)
}

/// What the node says to a request; always exactly one.
public enum Reply: Sendable, Equatable {
    /// The offer is on disk; its text, and when it expires.
    case offered(RelationID, text: String, expiresAt: WallTime)
    /// The answer is on disk; `isLate`: the offer's `exp` has passed by this clock (a warning).
    case answered(RelationID, text: String, isLate: Bool)
    /// The answer fits its offer; the online step runs.
    case accepted(RelationID)
    /// Done, and there is nothing to tell.
    case done
    /// A round trip.
    case pong(RelationID, roundTrip: Duration, path: PeerPath)
    /// No answer came in time, or there is no path.
    case noAnswer(RelationID)
    /// Not done, for good.
    case refused(Refusal)
}

/// Why a request was not done.
public enum Refusal: Error, Sendable, Equatable {
    /// The text is neither an offer nor an answer.
    case unreadable(CodeTextError)
    /// An answer was given where an offer was wanted, or the other way round.
    case wrongCode(expected: MeetingRole)
    /// The other side's device refused offline (code 400); its text, printable ASCII.
    case refusedOffline(String)
    /// This node showed that code itself.
    case ownCode
    /// No offer of this node fits the answer: cancelled, expired, used or somebody else's.
    case unknownOffer
    /// The offer was used already.
    case alreadyUsed
    /// Something else was wanted when the code was shown, or the answer accepted; that stands.
    case wishStands(Intent)
    /// The offer's life is over.
    case expired
    /// The code names only loopback endpoints and this node does not listen on loopback.
    case loopbackOnly
    /// Neither side knows an address, and they share no LAN.
    case bothUnknown
    /// This node makes no bridges.
    case bridgesOff
    /// A bridge needs a cluster on this side.
    case noCluster
    /// The members of that cluster want no bridges.
    case bridgesForbidden(ClusterID)
    /// Another member is the end of that bridge.
    case notBridgeEnd
    /// The other end of the bridge has not said its word yet.
    case bridgeIsNew
    /// Whoever is across a bridge is not forgotten: take the card back.
    case acrossBridge
    /// No such pairing or peer.
    case notFound
    /// Not possible in this phase.
    case wrongPhase(RelationPhase)
    /// A name is too long or has control or bidirectional characters.
    case badName
    /// A host to show is not usable, is there twice, or there are more than three.
    case badHost
    /// The life of an offer is under 10 s or over a day.
    case badLife
    /// The other is a newcomer: into which of these clusters is it to be taken? (Or none: `private`.)
    case mustChoose([ClusterID])
    /// Fewer than three voters: they can only leave or block.
    case tooFewVoters
    /// This node has no vote in the cluster, and cannot remove anybody.
    case notVoter
    /// The cluster has as many records as it may have, or this node as many as are its part.
    case clusterFull
    /// A member of a cluster of more than two cannot be forgotten: leave it, block or remove the member.
    case inCluster(ClusterID)
    /// The records of the cluster have not come yet.
    case notMember
    /// More pairings or peers than the limit.
    case tooMany(limit: Int)
}
