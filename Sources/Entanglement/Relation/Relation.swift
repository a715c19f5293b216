// SPDX-License-Identifier: Apache-2.0

/// One relation at work: the durable record and everything about it that lives in memory only.
struct Relation: Sendable {
    var record: RelationRecord
    let ownKey: AgreementKey
    var memberSigningKey: SigningKey
    var memberKeys: MemberKeys

    /// Handshakes that this node started and that wait for message 2.
    var attempts: [Attempt] = []
    /// Handshakes that the other started and this node answered.
    var slots: [Slot] = []
    /// Sessions that the gate holds.
    var sessions: [SessionView] = []
    var nextCounter: UInt64
    /// Which of the own clusters the next attempt names, where these are many.
    var matchRound = 0
    var nextAttemptAt: Instant?
    var lastAttemptAt: Instant?
    /// Attempts out of turn, and when the first of them was asked for.
    var hurry = Hurry()
    /// When the offer's life, or the 90 s of the online step, end.
    var phaseEnd: Instant?
    /// When this node began to look for a trusted peer.
    var searchStart: Instant?
    var founding: FoundingSends?
    /// Addresses that the other named in messages without durable effect.
    var heardEndpoints: [Endpoint] = []
    /// Those of the stored places that only an endpoint record names.
    var told: [Endpoint] = []
    /// Datagrams to all of them.
    var toldBucket: TokenBucket?
    /// Where hellos of the other came from, newest first.
    var sightings: [Sighting] = []
    /// When one of them was followed last.
    var sightFollowedAt: Instant?
    var helloKeys: HelloKeys?

    var path: Endpoint?
    /// The last path that was not a relayed way; nil since the start: the first stored place is.
    var directPath: Endpoint?
    /// The path before, another port of the same address, until the new one has answered a ping.
    var formerPath: Endpoint?
    /// The direct path before.
    var leftPath: LeftPath?
    var isConnected = false
    var lastHeard: Instant?
    var lastSent: Instant?
    /// Since when nothing has come, though something was sent that hides that.
    var unheardSince: Instant?
    var probe: Probe?
    var keepalive = Keepalive()
    /// What is sent to keep the path.
    var upkeep = Upkeep.unmeasured
    /// Since when a direct path works.
    var standing: Standing?
    /// Until then this peer is not asked to help to measure.
    var unhelpfulUntil: Instant?
    /// What this peer wants to hear after a rest.
    var rests: [RestWatch] = []
    var waitingPings: [WaitingPing] = []
    /// Places that must prove themselves, the newest last.
    var challenges: [Challenge] = []
    var heldMove: HeldMove?
    /// When news went with an answer last.
    var newsSentAt: Instant?
    /// When the peer was called where it says that it is now.
    var followedAt: Instant?
    var echo: Endpoint?
    var roundTrip: Duration?
    var resyncAnsweredAt: Instant?
    /// The newest list of the other's addresses: the session it came in, and its sequence there.
    var heardAddresses: (session: UInt32, sequence: UInt32)?
    /// The newest own addresses that the other has not acknowledged.
    var unacknowledgedAddresses: UInt32?
    /// Where those who carry for it see this node, and what the other was told; only across bridges.
    var seenPlaces: [Endpoint] = []
    var toldAcross: ToldPlaces?
    /// When it is to be told the next time.
    var tellingAt: Instant?
    var forgetAt: Instant?
    /// The path, if nobody but the path itself told of that place.
    var addedPath: Endpoint?
    /// The rounds of probing for a router with random ports.
    var birthday: Birthday?
    /// How many of them were in vain.
    var birthdayRoundCount = 0
    /// A place of the other that was heard at a fresh socket.
    var freshEndpoint: Endpoint?
    /// The newest letter of the other's router: the session it came in, and its sequence there.
    var heardHint: (session: UInt32, sequence: UInt32)?
    /// The newest letter of the own router that the other has not acknowledged.
    var unacknowledgedHint: UInt32?
    /// A letter that was sent and perhaps arrived, acknowledged or not.
    var perhapsToldNAT: NATHint?
    /// Common peers that may help to reach this one.
    var seeking = Seeking()
    /// When notes are left for this peer and sought, while it is lost.
    var lastResort = LastResortSchedule()
    /// What it is there for, among all with the same member.
    var duty = Duty.first
    /// When somebody who is removed began to ask why, and how many packets it may still get.
    var farewellAt: Instant?
    /// When this node came to trust it, if that was since the start of the program.
    var trustedAt: Instant?
    var farewellBudget = 0
    /// The two cards, if it is with somebody across a bridge and these are known.
    var across: Across?
    /// Whether the cluster is so large that this one is only used when it is wanted.
    var isResting = false
    /// Until then it is wanted all the same.
    var wantedUntil: Instant?
    /// Whether it is the other alone who wants that, and has called.
    var isCalled = false

    init?(_ record: RelationRecord, _ primitives: any Primitives) {
        guard let ownKey = primitives.agreementKey(from: record.ownKey),
            let signingKey = primitives.signingKey(from: record.memberSigningKey),
            let agreementKey = primitives.agreementKey(from: record.memberAgreementKey)
        else { return nil }
        self.record = record
        self.ownKey = ownKey
        self.memberSigningKey = signingKey
        self.memberKeys = MemberKeys(
            signingKey: signingKey.publicKey, agreementKey: agreementKey.publicKey)
        self.nextCounter = record.reservedCounter
    }

    var id: RelationID { self.record.id }

    /// Whether this node holds both signatures and may send binary packets.
    var isTrusted: Bool {
        self.record.phase == .trusted || self.record.phase == .forgetting
            || self.record.phase == .forgotten
    }

    /// When `tick` is due.
    var deadline: Instant? {
        var earliest: Instant?
        func consider(_ due: Instant?) {
            guard let due else { return }
            earliest = min(due, earliest ?? due)
        }
        consider(self.nextAttemptAt)
        consider(self.wantedUntil)
        consider(self.hangUpAt)
        consider(self.tellingAt)
        consider(self.phaseEnd)
        consider(self.founding?.dueAt)
        consider(self.forgetAt)
        consider(self.probe?.dueAt)
        consider(self.heldMove?.dueAt)
        consider(self.keepaliveAt)
        consider(self.restingEnd)
        consider(self.rekeyAt)
        consider(self.birthday?.dueAt)
        consider(self.seeking.seekAt)
        consider(self.seeking.relayAt)
        consider(self.seeking.directAt)
        consider(self.lastResort.deadline)
        // By position: a loop over the values would copy their handshakes.
        for index in self.attempts.indices { consider(self.attempts[index].dueAt) }
        for index in self.slots.indices {
            consider(self.slots[index].createdAt + Constants.attemptLife)
        }
        for session in self.sessions { consider(session.createdAt + Constants.eraseAfter) }
        for waiting in self.waitingPings { consider(waiting.deadline) }
        for rest in self.rests { consider(rest.dueAt) }
        return earliest
    }
}

/// How often a search was hurried lately: a network that flaps must not flood anybody.
struct Hurry: Sendable {
    private(set) var began: Instant?
    private(set) var count = 0

    /// Counts one; whether it may still be served out of turn.
    mutating func isAllowed(at now: Instant) -> Bool {
        if let began, now - began < Constants.hurrySpan {
            self.count += 1
        } else {
            self.began = now
            self.count = 1
        }
        return self.count <= Constants.hurryCountMax
    }
}

/// One handshake of the initiator: one ephemeral key, one `n`, one byte string.
struct Attempt: Sendable {
    /// Which places an attempt goes to.
    enum Reach: Sendable {
        /// The path while it works, else all.
        case all
        /// All but the places of relayed ways, although one works.
        case direct
    }

    let index: UInt32
    let n: UInt64
    let handshake: NoiseHandshake
    let bytes: [UInt8]
    let createdAt: Instant
    /// When it is over.
    let life: Instant
    /// Offsets at which the bytes are sent.
    let sends: ArraySlice<Duration>
    /// Where it goes.
    let reach: Reach
    /// Which of the own clusters it names, where these are more than it can.
    let matchRound: Int
    /// Whether it says that there is no place for the other.
    let saysFull: Bool
    private(set) var sentCount = 0
    /// When the next sending is due, or the end.
    private(set) var dueAt: Instant

    /// An attempt whose first sending is due at once.
    init(
        index: UInt32, n: UInt64, handshake: NoiseHandshake, bytes: [UInt8], createdAt: Instant,
        sends: ArraySlice<Duration>, reach: Reach = .all, matchRound: Int = 0,
        saysFull: Bool = false
    ) {
        self.matchRound = matchRound
        self.saysFull = saysFull
        self.index = index
        self.n = n
        self.handshake = handshake
        self.bytes = bytes
        self.createdAt = createdAt
        self.life = createdAt + Constants.attemptLife
        self.sends = sends
        self.reach = reach
        self.dueAt = createdAt
    }

    /// Counts one sending and plans the next.
    mutating func noteSending() {
        self.sentCount += 1
        self.dueAt =
            self.sentCount < self.sends.count
            ? self.createdAt + self.sends[self.sends.startIndex + self.sentCount] : self.life
    }
}

/// One handshake of the responder; the same question gets the same answer.
struct Slot: Sendable {
    let index: UInt32
    let opening: [UInt8]
    let response: [UInt8]
    let createdAt: Instant
    /// Where message 2 went, first the first one: who confirms the session was reached at one of them.
    var sources: [Endpoint]
}

/// What the node knows of a session that the gate holds.
struct SessionView: Sendable, Equatable {
    let index: UInt32
    let isInitiator: Bool
    let createdAt: Instant
    /// Whether a packet of the other in it was opened (the initiator: message 2).
    var isConfirmed: Bool
    /// Whether the other's first message crossed one of this node's own.
    var isCrossed: Bool
    /// Whether a packet of the other in it was opened (the initiator: after message 2).
    var isHeard = false
    /// What the meeting is for, as both intents say; nil: they do not allow to go on.
    var purpose: MeetingPurpose?
    /// Where the handshake proved the other to be.
    let provedEndpoint: Endpoint

    /// Whether the first messages of both crossed each other: both crossed one, at the same time.
    ///
    /// Minutes apart each crossed another one; then the newer one counts, and the peer may have
    /// started anew between them.
    func hasCrossed(_ other: SessionView) -> Bool {
        let gap =
            self.createdAt < other.createdAt
            ? other.createdAt - self.createdAt : self.createdAt - other.createdAt
        return self.isCrossed && other.isCrossed && gap < Constants.attemptLife
    }
}

/// Message 3 on its way: sent until message 4 comes.
struct FoundingSends: Sendable {
    let session: UInt32
    let to: Endpoint
    let startedAt: Instant
    var sentCount = 0

    var dueAt: Instant? {
        self.sentCount < Constants.attemptSends.count
            ? self.startedAt + Constants.attemptSends[self.sentCount] : nil
    }
}

/// One ping and its repetitions; token `base + i` belongs to the i-th sending.
struct Probe: Sendable {
    let base: UInt64
    let startedAt: Instant
    /// Whether the path had rested for the whole interval before.
    var isAfterRest = false
    /// Since when the peer may not be there any more: then common peers are asked before it ends.
    var doubtedAt: Instant?
    /// Whether it was repeated out of turn.
    var isRepeated = false
    var sentAt: [Instant] = []

    /// Which of its pings has that token.
    func position(of token: UInt64) -> Int? {
        let position = token &- self.base
        return position < UInt64(self.sentAt.count) ? Int(position) : nil
    }

    var dueAt: Instant {
        self.sentAt.count < Constants.probeSends.count
            ? self.startedAt + Constants.probeSends[self.sentAt.count]
            : self.startedAt + Constants.probeSpan
    }
}

/// A person's ping that waits for its round trip.
struct WaitingPing: Sendable {
    let request: RequestID
    let deadline: Instant
}

/// A new source that must prove itself before the path moves.
struct Challenge: Sendable {
    let bytes: UInt64
    let endpoint: Endpoint
    let sentAt: Instant
    /// Whether only a common peer's word led there.
    var isVouched = false
}

/// A place that has proved itself on a common peer's word, while the path may still answer.
struct HeldMove: Sendable, Equatable {
    let endpoint: Endpoint
    let dueAt: Instant
}

/// A direct path that was left for another one.
struct LeftPath: Sendable, Equatable {
    let endpoint: Endpoint
    let at: Instant
    /// When the path was last asked whether it works, as the peer was heard here, and when it answered.
    var askedAt: Instant?
    var answeredAt: Instant?
    /// The newest ping that came from here, whose pong went to the path.
    var pingToken: UInt64?
}
