// SPDX-License-Identifier: Apache-2.0

/// One cluster at work: its records, what they say, and what is known of what others hold.
struct LiveCluster: Sendable {
    let id: ClusterID
    /// All records; nil: the founding's has not come yet.
    var set: RecordSet?
    /// What they say together.
    private(set) var roster: RosterState?
    /// The relations with members of it, in order.
    var peers: [RelationID] = []
    /// What each of them holds and was told; looked up and never gone through.
    var links: [RelationID: GossipLink] = [:]
    /// What is being asked for.
    var pulls: [GossipPull] = []
    /// What was last computed of the records held.
    private(set) var heads = GossipFrame.noHeads
    private(set) var places = [UInt8](repeating: 0, count: 16)
    /// When some of the others are told what is held, after a change.
    var rounds: [Instant] = []
    /// When somebody who did not answer may be asked again.
    var askAgainAt: Instant?
    /// When this node makes a new epoch, if it is still due then.
    var epochAt: Instant?
    /// Whether a member holds another secret of epoch 0: nothing says which one is right.
    var isFoundingDisputed = false
    /// The epoch whose secret has not come, and when another one is made if it is still so.
    var missing: (epoch: RecordID, dueAt: Instant)?
    /// When the own endpoint record is made.
    var publishAt: Instant?
    /// Not before that; nil: nobody was connected since the start.
    var mayPublishAt: Instant?
    /// When this node is gone for good, whether or not anybody said that he heard it.
    var leaveAt: Instant?
    /// When this node's leave or joining is over though nobody is there to hear it.
    var giveUpAt: Instant?
    /// When it is looked at whether enough others are connected.
    var lonelyAt: Instant?
    /// When it is looked at those who were met and are lost.
    var fallbackAt: Instant?
    /// The relations with keys of the secret that counts; looked up and never gone through.
    var counting: Set<RelationID> = []
    /// Who has said that this node's leave was heard; looked up and never gone through.
    var hearers: Set<RelationID> = []
    /// How many belong to the cluster, as the records say.
    private(set) var presentCount = 0
    /// The number of this start of the program, and the own sequence.
    var incarnation: UInt64 = 0
    /// Whether everything that one peer holds has come once.
    var isCaughtUp = false
    /// Whether there are records that the roster does not tell of yet: more of their batch are to come.
    var isFoldDue = false
    var sequence: UInt64 = 0
    /// Members whose clone was told of.
    var clonesTold: [MemberID] = []
    /// Secrets of epochs whose record has not come yet.
    var earlySecrets: [EpochSecret] = []

    /// What members say about bridges, and what that means.
    var notices = NoticeTable()
    var bridges = BridgeView()
    /// Whether changes of that are told: what was stored is what was told before.
    var tellsOfBridges = true
    /// When others are asked whether they have heard what is new.
    var noticeRounds: [Instant] = []
    /// When the others were asked last with whom they are connected.
    var linksAskedAt: Instant?
    /// When something of it is over, or to be said again.
    var reviewAt: Instant?
    /// How often the own card for each cluster may still say something else about others'; looked up and
    /// never gone through.
    var vouchBuckets: [ClusterAlias: TokenBucket] = [:]

    /// Counters of relations that were dropped and whose keys may come back.
    private(set) var keptCounters: [KeptCounters] = []

    init(_ id: ClusterID) {
        self.id = id
    }

    /// Remembers what a relation has used up whose keys may come back; which one is forgotten for it.
    mutating func keep(_ counters: KeptCounters) -> RelationID? {
        self.keptCounters.removeAll { $0.id == counters.id }
        self.keptCounters.append(counters)
        guard self.keptCounters.count > Limits.keptCounterCountMax else { return nil }
        // Counters begin by the clock: the lowest ones are the oldest.
        let oldest = self.keptCounters.indices.min {
            (self.keptCounters[$0].reserved, self.keptCounters[$0].id)
                < (self.keptCounters[$1].reserved, self.keptCounters[$1].id)
        }
        return oldest.map { self.keptCounters.remove(at: $0).id }
    }

    /// What a relation that was dropped had used up.
    func counters(of id: RelationID) -> KeptCounters? {
        self.keptCounters.first { $0.id == id }
    }

    /// Computes anew what the records say; the former state.
    mutating func fold(_ primitives: any Primitives) -> RosterState? {
        let former = self.roster
        guard let set = self.set else { return former }
        self.heads = set.headsHash(primitives)
        let roster = RosterState(of: set, primitives)
        self.roster = roster
        self.set?.note(roster)
        self.presentCount = roster.present.count
        self.notePlaces(primitives)
        return former
    }

    /// Computes anew what is held of endpoint records.
    mutating func notePlaces(_ primitives: any Primitives) {
        guard let set = self.set else { return }
        var writer = ByteWriter(domain: "spockex/1 places", self.id)
        for place in set.placeSequences {
            writer.put(place.member)
            writer.put(place.sequence)
        }
        self.places = Array(primitives.hash(writer.bytes).prefix(16))
    }

    mutating func setPeer(_ id: RelationID, _ isPeer: Bool) {
        let position = self.peers.sortedPosition(of: id)
        let isThere = position < self.peers.count && self.peers[position] == id
        if isPeer, !isThere { self.peers.insert(id, at: position) }
        if !isPeer, isThere { self.peers.remove(at: position) }
        guard !isPeer else { return }
        self.links[id] = nil
        self.pulls.removeAll { $0.peer == id }
    }

    /// Whether a relation is one with a member.
    func hasPeer(_ id: RelationID) -> Bool {
        let position = self.peers.sortedPosition(of: id)
        return position < self.peers.count && self.peers[position] == id
    }

    /// When something is due here.
    ///
    /// Inlined, so that no cluster is copied for a look at it.
    @inline(__always)
    var dueAt: Instant? {
        var earliest = self.rounds.first
        func consider(_ due: Instant?) {
            guard let due else { return }
            earliest = min(due, earliest ?? due)
        }
        consider(self.epochAt)
        consider(self.publishAt)
        consider(self.leaveAt)
        consider(self.lonelyAt)
        consider(self.askAgainAt)
        consider(self.fallbackAt)
        consider(self.missing?.dueAt)
        consider(self.giveUpAt)
        consider(self.noticeRounds.first)
        consider(self.reviewAt)
        for index in self.pulls.indices { consider(self.pulls[index].dueAt) }
        return earliest
    }
}

/// What a relation that was dropped had used up.
struct KeptCounters: Sendable {
    let id: RelationID
    let reserved: UInt64
    let accepted: UInt64
    /// When a stale one was answered last.
    let resyncAnsweredAt: Instant?
}

/// What is known of what one peer holds, and what is asked of it.
struct GossipLink: Sendable {
    /// What it said last.
    var summary: GossipFrame.Summary?
    /// The hash of notices that it was told, that it told, and when it got a list.
    var noticesTold: [UInt8]?
    var noticesHeard: [UInt8]?
    var noticesListedAt: Instant?
    /// What was listed then, and how long the same is not listed again.
    var noticesListed: [UInt8]?
    var noticesPause = BridgeLimits.noticeSpacing
    /// When it was told last what is held here.
    var toldAt: Instant?
    /// What it was told then.
    var told: GossipFrame.Summary?
    /// The heads that it held when it was begun to ask everything of it.
    var pulled: [UInt8]?
    /// It did not answer, or sent more than could be taken: until then it is not asked.
    var restsUntil: Instant?
    /// Whether that is because it did not answer; a new session ends such a pause.
    var isSilent = false
    /// When it was asked for records last.
    var askedAt: Instant?
    /// When it was told the sequences of endpoint records.
    var placesToldAt: Instant?
    /// When it was sent a secret.
    var welcomedAt: Instant?
    /// How much it may still ask for.
    var quota: TokenBucket?
    /// The same for calls.
    var calls: TokenBucket?
    /// With whom it is connected, as it said when it was asked last.
    var connections: LinkReport?

    /// What goes on in a new session: whoever makes many of them must not gain by it.
    var renewed: GossipLink {
        var link = GossipLink()
        link.restsUntil = self.isSilent ? nil : self.restsUntil
        link.askedAt = self.askedAt
        link.quota = self.quota
        link.calls = self.calls
        link.noticesListed = self.noticesListed
        link.noticesListedAt = self.noticesListedAt
        link.noticesPause = self.noticesPause
        return link
    }
}

/// Asking one peer for everything that it holds and this node lacks, a window at a time.
struct GossipPull: Sendable {
    let peer: RelationID
    /// What was held when it began: all windows are of one list.
    let digest: RecordDigest
    /// The heads that the other held then; what it may show can become more with them.
    let heads: [UInt8]?
    /// The first id of the window, among those in all buckets that differ.
    var offset = 0
    /// How many there are; nil: no answer yet.
    var total: Int?
    /// The parts of the window that have come, by their offset, with those of their ids that are lacking.
    private(set) var parts: [(offset: Int, lacking: [RecordID])] = []
    /// Whether a record came that was not taken yet, because its author writes too fast.
    var isIncomplete = false
    /// How many of the last batch have come.
    var answered = 0
    /// How often the same was asked in vain.
    var tries = 0
    /// When its first window was asked for.
    let since: Instant
    /// Whether a record that it sent was taken in.
    var hasNews = false
    var dueAt: Instant

    init(from peer: RelationID, _ digest: RecordDigest, _ heads: [UInt8]?, now: Instant) {
        self.peer = peer
        self.digest = digest
        self.heads = heads
        self.since = now
        self.dueAt = now
    }

    /// The window after this one, of the same list.
    func next(now: Instant) -> GossipPull {
        var window = self
        window.offset += GossipFrame.windowCount
        (window.total, window.parts, window.answered, window.tries) = (nil, [], 0, 0)
        window.dueAt = now
        return window
    }

    /// Whether it has had its time: others are to have their turn.
    func isOver(now: Instant) -> Bool { now - self.since >= Constants.gossipPullSpan }

    /// Takes a part of the list, of whose ids these are lacking; false: it is none of this window, or came
    /// before.
    mutating func take(_ list: GossipFrame.IDList, lacking: [RecordID]) -> Bool {
        let offset = Int(list.offset)
        guard offset >= self.offset, offset < self.offset + GossipFrame.windowCount,
            offset.isMultiple(of: GossipFrame.idCountMax)
        else { return false }
        // The list has grown, so that ids may have moved from one part to another.
        if let total = self.total, total != Int(list.total) { self.parts = [] }
        guard !self.has(offset) else { return false }
        let position = self.parts.firstIndex { $0.offset > offset } ?? self.parts.count
        self.parts.insert((offset, lacking), at: position)
        self.total = Int(list.total)
        self.tries = 0
        return true
    }

    /// Whether all parts of the window have come.
    var isWhole: Bool {
        guard let total else { return false }
        let end = min(total, self.offset + GossipFrame.windowCount)
        let wanted = Swift.stride(from: self.offset, to: end, by: GossipFrame.idCountMax)
        return wanted.allSatisfy(self.has)
    }

    /// Whether the part at that offset has come.
    func has(_ offset: Int) -> Bool { self.parts.contains { $0.offset == offset } }

    /// What is lacking of the parts before the first that has not come: nothing of it waits for records of
    /// other parts.
    var lacking: [RecordID] {
        var lacking: [RecordID] = []
        var next = self.offset
        for part in self.parts {
            guard part.offset == next else { break }
            lacking += part.lacking
            next += GossipFrame.idCountMax
        }
        return lacking
    }

    /// A record has come; false: it was not asked for.
    mutating func remove(_ record: RecordID) -> Bool {
        for index in self.parts.indices {
            guard let position = self.parts[index].lacking.firstIndex(of: record) else { continue }
            self.parts[index].lacking.remove(at: position)
            return true
        }
        return false
    }
}

extension LiveCluster {
    /// What is being asked of a peer.
    subscript(pullFrom id: RelationID) -> GossipPull? {
        get { self.pulls.first { $0.peer == id } }
        set {
            self.pulls.removeAll { $0.peer == id }
            if let newValue { self.pulls.append(newValue) }
        }
    }

    /// Lets a peer be for a while.
    mutating func rest(from id: RelationID, until instant: Instant, isSilent: Bool = false) {
        self.links[id]?.restsUntil = instant
        self.links[id]?.isSilent = isSilent
        self.askAgainAt = self.askAgainAt.map { min($0, instant) } ?? instant
    }

    /// When the first of those who rest may be asked.
    mutating func noteRests(now: Instant) {
        self.askAgainAt = self.peers.compactMap { self.links[$0]?.restsUntil }
            .filter { $0 > now }.min()
    }

    /// Whether a peer holds something that was not asked for yet.
    func mayPull(from id: RelationID, now: Instant) -> Bool {
        guard let link = self.links[id], let heads = link.summary?.heads,
            link.restsUntil.map({ $0 <= now }) ?? true
        else { return false }
        return heads != self.heads && heads != GossipFrame.noHeads && heads != link.pulled
            && self[pullFrom: id] == nil
    }
}

extension RecordSet {
    /// The sequences of the endpoint records held, ordered by member.
    var placeSequences: [GossipFrame.PlaceSequence] {
        self.endpointRecords.compactMap { record in
            guard let member = record.author, case .endpoint(let whereabouts) = record.body else {
                return nil
            }
            return GossipFrame.PlaceSequence(member: member, sequence: whereabouts.sequence)
        }
    }
}
