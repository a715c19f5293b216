// SPDX-License-Identifier: Apache-2.0

/// Who showed which code when two people met: A offered (100), B answered (200).
public enum MeetingRole: String, Sendable, Hashable {
    /// Showed the offer: A.
    case offering
    /// Showed the answer: B.
    case answering
}

/// What a person wants from a meeting; travels sealed in messages 1 and 2 (PROTOCOL.md §5).
public enum Intent: UInt8, Sendable, Hashable, CaseIterable {
    /// `totalPeers` of both sides decides.
    case auto = 0
    /// Take the other into one of my clusters.
    case cluster = 1
    /// Take me into yours.
    case join = 2
    /// Link our clusters and merge nothing.
    case bridge = 3
    /// A new cluster of just us two, whatever else we belong to.
    case `private` = 4
    /// We already share a cluster; only bind this meeting to it.
    case repair = 5
}

/// How far a relation has come; the durable part of the pairing's state.
public enum RelationPhase: String, Sendable, Hashable, CaseIterable {
    /// A shows the offer and knows nothing of B.
    case offered
    /// B showed the answer and does not know whether A has scanned it.
    case answered
    /// The online step runs.
    case connecting
    /// The online step had 90 seconds and waits for Retry or Cancel.
    case timedOut
    /// Both signatures are held and the other is known to hold them too, or was told so.
    case trusted
    /// This node ended the trusted relation; the sealed word is repeated until acknowledged.
    case forgetting
    /// The other ended it; the keys are kept only to acknowledge that, until `expiresAt`.
    case forgotten
}

/// Why a pairing did not go on; shown to the person, never sent as text.
public enum PairingProblem: String, Sendable, Hashable, CaseIterable {
    /// Nothing with a right MAC came within the time of the online step.
    case timedOut
    /// The other side answered with the constant error.
    case refusedByPeer
    /// The two people asked for different things.
    case intentConflict
    /// The two are in different clusters, and not both said what is to become of these.
    ///
    /// Stored as what it was called when bridges were not possible.
    case undecided = "notYet"
    /// The cluster into which one was to take the other has no place for more members.
    case clusterFull
    /// A message was authentic but its content broke the protocol.
    case badMessage
}

/// What the two codes of a meeting held; kept only until the relation is trusted.
public struct MeetingCodes: Sendable, Equatable {
    /// The salt that this node showed, 16 bytes.
    public var ownSalt: Secret
    /// The salt that the other showed, once scanned.
    public var peerSalt: Secret?
    /// The exact bytes of the offer.
    public var offer: [UInt8]
    /// The exact bytes of the answer, once there is one.
    public var answer: [UInt8]?

    /// The codes as far as they are known.
    public init(ownSalt: Secret, peerSalt: Secret?, offer: [UInt8], answer: [UInt8]?) {
        self.ownSalt = ownSalt
        self.peerSalt = peerSalt
        self.offer = offer
        self.answer = answer
    }
}

/// The keys that both codes of one meeting give (PROTOCOL.md §4); they stay for the relation's life.
public struct RelationKeys: Sendable, Equatable {
    /// The `pid` that the other showed.
    public var peerPID: PeerID
    /// The X25519 key that the other showed.
    public var peerKey: PublicKey
    /// The meeting hash, 32 bytes; Noise's prologue.
    public var meeting: [UInt8]
    /// The pre-shared key of Noise, 32 bytes.
    public var psk: Secret
    /// Authenticates what this node sends, 32 bytes.
    public var sendMAC: Secret
    /// Authenticates what the other sends, 32 bytes.
    public var receiveMAC: Secret

    /// Keys as derived or loaded.
    public init(
        peerPID: PeerID, peerKey: PublicKey, meeting: [UInt8], psk: Secret, sendMAC: Secret,
        receiveMAC: Secret
    ) {
        self.peerPID = peerPID
        self.peerKey = peerKey
        self.meeting = meeting
        self.psk = psk
        self.sendMAC = sendMAC
        self.receiveMAC = receiveMAC
    }

    /// A deliberate defect's: each direction has the other's key.
    var withSwappedMACs: RelationKeys {
        var keys = self
        (keys.sendMAC, keys.receiveMAC) = (self.receiveMAC, self.sendMAC)
        return keys
    }
}

/// The two tokens with which a side proves that it cancelled; erased once both know of the trust.
public struct CancelTokens: Sendable, Equatable {
    /// What this node sends when it cancels, 16 bytes.
    public var own: Secret
    /// What the other sends, once both codes are known, 16 bytes.
    public var peer: Secret?

    /// Tokens as far as they are known.
    public init(own: Secret, peer: Secret?) {
        self.own = own
        self.peer = peer
    }
}

/// One side's part of the founding of a cluster: its member keys and its signature.
public struct FoundingPart: Sendable, Equatable {
    /// The member's keys, as message 2 or 3 named them.
    public var keys: MemberKeys
    /// The signature over the genesis, 64 bytes.
    public var signature: [UInt8]

    /// A part as received in message 3 or 4.
    public init(keys: MemberKeys, signature: [UInt8]) {
        self.keys = keys
        self.signature = signature
    }
}

/// What a meeting is for, as both sides agreed when the first signature was made.
public enum MeetingBond: Sendable, Equatable {
    /// It founds a cluster of the two.
    case founding
    /// This node takes the other into its cluster.
    case sponsoring(ClusterID)
    /// The other, a member of that id, takes this node into its cluster.
    case joining(ClusterID, sponsor: MemberID)
    /// Both are members of that cluster already, the other under that id.
    case confirming(ClusterID, MemberID)
    /// It links this node's cluster with the other's, of that alias; nobody joins anything.
    case bridging(ClusterID, ClusterAlias)
    /// No meeting: the two have cards, this node as a member of that cluster, the other that card of the
    /// cluster of that alias.
    case crossing(ClusterID, ClusterAlias, CardID)
}

/// Everything durable about one relation: a pairing while unfinished, a peer once trusted.
public struct RelationRecord: Sendable, Equatable {
    /// This node's name for the relation.
    public var id: RelationID
    /// Which code this node showed.
    public var role: MeetingRole
    /// What the person asked for.
    public var intent: Intent
    /// How far it has come.
    public var phase: RelationPhase
    /// When the relation was made.
    public var createdAt: WallTime
    /// When the offer's life ends; after `timedOut` when the pairing is given up.
    public var expiresAt: WallTime
    /// The `pid` that this node shows to this one peer.
    public var ownPID: PeerID
    /// This node's X25519 private key of this relation, 32 bytes.
    public var ownKey: Secret
    /// This node's Ed25519 member key (seed, 32 bytes), made with the row so that every attempt
    /// signs the same genesis.
    public var memberSigningKey: Secret
    /// This node's X25519 member key, 32 bytes.
    public var memberAgreementKey: Secret
    /// The codes; nil once trusted.
    public var codes: MeetingCodes?
    /// The keys; nil while only one code is known.
    public var keys: RelationKeys?
    /// The cancel tokens; nil once the relation is confirmed both ways.
    public var cancelTokens: CancelTokens?
    /// Whether message 3 was stored and may have been sent.
    public var hasSentFounding: Bool
    /// The other's part of the genesis; non-nil once its signature was checked.
    public var peerPart: FoundingPart?
    /// The member keys that the other named in message 2, stored with message 3.
    public var peerMemberKeys: MemberKeys?
    /// The own cluster into which the other is to be taken, or that is to be linked with the other's, as
    /// the person decided.
    public var sponsors: ClusterID?
    /// What the meeting is for; non-nil once this node has signed something.
    public var bond: MeetingBond?
    /// The cluster that both are members of; non-nil once trusted.
    public var cluster: ClusterID?
    /// Who the other is in that cluster; non-nil once trusted.
    public var member: MemberID?
    /// The number of the epoch that the keys are from; nil: the two met, and the keys are the meeting's.
    public var epoch: UInt32?
    /// What the other calls itself; a claim.
    public var claimedName: String
    /// What this node's person calls the other; empty: the claimed name is shown.
    public var givenName: String
    /// The last problem of the pairing.
    public var problem: PairingProblem?
    /// Where the other may be, best first.
    public var endpoints: [Endpoint]
    /// How the other's router maps, by its own word; nil: it does not say.
    public var peerNAT: NATHint?
    /// How the own router maps, as the other has heard.
    public var toldNAT: NATHint?
    /// The newest packet of the other, by the wall clock.
    public var lastHeardAt: WallTime?
    /// When two people compared the safety numbers.
    public var matchedAt: WallTime?
    /// Counters `n` below this one were reserved for sending and may be used up.
    public var reservedCounter: UInt64
    /// The highest `n` of the other that was accepted.
    public var acceptedCounter: UInt64
    /// The greatest number of a note that this node may have left for the other, below 2^63.
    public var usedNote: UInt64 = 0
    /// The greatest number of a note of the other that was accepted, below 2^63.
    public var acceptedNote: UInt64 = 0

    /// A new relation in its first phase.
    public init(
        id: RelationID, role: MeetingRole, intent: Intent, phase: RelationPhase,
        createdAt: WallTime, expiresAt: WallTime, ownPID: PeerID, ownKey: Secret,
        memberSigningKey: Secret, memberAgreementKey: Secret
    ) {
        self.id = id
        self.role = role
        self.intent = intent
        self.phase = phase
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.ownPID = ownPID
        self.ownKey = ownKey
        self.memberSigningKey = memberSigningKey
        self.memberAgreementKey = memberAgreementKey
        self.hasSentFounding = false
        self.claimedName = ""
        self.givenName = ""
        self.endpoints = []
        self.reservedCounter = 0
        self.acceptedCounter = 0
    }
}

/// A member's two public keys in one cluster.
public struct MemberKeys: Sendable, Equatable {
    /// Ed25519.
    public var signingKey: PublicKey
    /// X25519.
    public var agreementKey: PublicKey

    /// The two keys.
    public init(signingKey: PublicKey, agreementKey: PublicKey) {
        self.signingKey = signingKey
        self.agreementKey = agreementKey
    }
}
