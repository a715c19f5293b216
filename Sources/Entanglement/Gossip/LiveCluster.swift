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
    /// What was last computed of the records held.
    private(set) var heads = GossipFrame.noHeads
    private(set) var places = [UInt8](repeating: 0, count: 16)
    /// When some of the others are told what is held, after a change.
    var rounds: [Instant] = []
    /// When this node makes a new epoch, if it is still due then.
    var epochAt: Instant?
    /// When the own endpoint record is made.
    var publishAt: Instant?
    /// When this node is gone for good, whether or not anybody said that he heard it.
    var leaveAt: Instant?
    /// The number of this start of the program, and the own sequence.
    var incarnation: UInt64 = 0
    /// Whether everything that one peer holds has come once.
    var isCaughtUp = false
    var sequence: UInt64 = 0
    /// Members whose clone was told of.
    var clonesTold: [MemberID] = []
    /// Secrets of epochs whose record has not come yet.
    var earlySecrets: [EpochSecret] = []

    init(_ id: ClusterID) {
        self.id = id
    }

    /// Computes anew what the records say; the former state.
    mutating func fold(_ primitives: any Primitives) -> RosterState? {
        let former = self.roster
        guard let set = self.set else { return former }
        self.heads = set.headsHash(primitives)
        self.roster = RosterState(of: set, primitives)
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
        let position = self.peers.firstIndex { $0 >= id } ?? self.peers.count
        let isThere = position < self.peers.count && self.peers[position] == id
        if isPeer, !isThere { self.peers.insert(id, at: position) }
        if !isPeer, isThere { self.peers.remove(at: position) }
        if !isPeer { self.links[id] = nil }
    }

    /// When something is due here.
    var dueAt: Instant? {
        var earliest = self.rounds.first
        for due in [self.epochAt, self.publishAt, self.leaveAt].compactMap({ $0 }) {
            earliest = min(due, earliest ?? due)
        }
        for id in self.peers {
            if let due = self.links[id]?.pull?.dueAt { earliest = min(due, earliest ?? due) }
        }
        return earliest
    }
}

/// What is known of what one peer holds, and what is asked of it.
struct GossipLink: Sendable {
    /// What it said last.
    var summary: GossipFrame.Summary?
    /// When it was told last what is held here.
    var toldAt: Instant?
    /// What it was told then.
    var told: GossipFrame.Summary?
    /// Records that are being asked for.
    var pull: GossipPull?
    /// When it was told the sequences of endpoint records.
    var placesToldAt: Instant?
    /// When it was sent a secret.
    var welcomedAt: Instant?
    /// How much it may still ask for.
    var quota: TokenBucket?
}

/// Asking one peer for everything that it holds and this node lacks, a window at a time.
struct GossipPull: Sendable {
    /// The first id of the window, among those in all buckets that differ.
    var offset = 0
    /// How many there are; nil: no answer yet.
    var total: Int?
    /// Which parts of the window have come, by their offset.
    var parts: [Int] = []
    /// The ids of the window that are lacking.
    var lacking: [RecordID] = []
    /// How many of the last batch have come.
    var answered = 0
    /// How often the same was asked in vain.
    var tries = 0
    var dueAt: Instant

    /// Whether all parts of the window have come.
    var isWhole: Bool {
        guard let total else { return false }
        let end = min(total, self.offset + GossipFrame.windowCount)
        let wanted = Swift.stride(from: self.offset, to: end, by: GossipFrame.idCountMax)
        return wanted.allSatisfy(self.parts.contains)
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
