// SPDX-License-Identifier: Apache-2.0

/// One end of a bridge at work: what was said to the other end, and what it said (PROTOCOL.md §14.3).
struct BridgeLink: Sendable {
    let relation: RelationID
    /// The own cluster, and the other's alias.
    let cluster: ClusterID
    let alias: ClusterAlias
    let bridge: BridgeID
    /// What this end allows.
    var policy = BridgePolicy.bridgeDefault
    /// What the cluster is called there: what the person says, else what it was called when the bridge was
    /// made, if that named nobody.
    var name = ""
    /// The number of the last word sent, and that word.
    var number: UInt32 = 0
    var word: BridgeWord?
    /// What the other end said last.
    var other: BridgeWord?
    /// The number of the last word of which the answer was followed.
    var answered: UInt32 = 0
    /// How often the other end may still make this one say something to its cluster.
    private var bucket: TokenBucket?
    /// When the newest word ends that was answered, and the last one that was said, in seconds since 1970.
    var answeredUntil: UInt64 = 0
    var saidUntil: UInt64 = 0
    /// The cards that the other end held by its last answer; looked up and never gone through.
    var held: Set<CardID> = []
    /// The cards that are to be known across.
    var wanted: [BridgeFrame.Held] = []
    /// When the word is sent, again if it was not answered as it should be; and how long after that again.
    var dueAt: Instant?
    var pause = BridgeLimits.wordPause

    init(relation: RelationID, cluster: ClusterID, alias: ClusterAlias, bridge: BridgeID) {
        self.relation = relation
        self.cluster = cluster
        self.alias = alias
        self.bridge = bridge
    }

    /// Whether what the other end says may be told to the cluster now.
    mutating func mayTell(_ now: Instant) -> Bool {
        var bucket =
            self.bucket
            ?? TokenBucket(
                burst: BridgeLimits.tellBurst, interval: BridgeLimits.tellInterval, now: now)
        let isAllowed = bucket.hasToken(now: now)
        if isAllowed { bucket.take() }
        self.bucket = bucket
        return isAllowed
    }

    /// As many of these as one answer may cause: of the second ones others each time, since what is refused
    /// must keep nothing else waiting.
    static func part<Item>(first: [Item], then second: [Item], number: UInt32) -> [Item] {
        let head = first.prefix(BridgeLimits.cardBurst)
        guard !second.isEmpty else { return Array(head) }
        let start = Int(number) % second.count
        return Array((head + second[start...] + second[..<start]).prefix(BridgeLimits.cardBurst))
    }

    /// Everything is to be said anew.
    mutating func hasten(_ now: Instant) {
        self.dueAt = now
        self.pause = BridgeLimits.wordPause
    }
}

/// What a node remembers of the datagrams that it carried for others.
struct Carrying: Sendable {
    /// The ids of the last ones, oldest first from ``start`` on; looked up in the set.
    private var ring: [CarriedID] = []
    private var start = 0
    private var known: Set<CarriedID> = []
    /// By which bridge each was heard last; looked up and never gone through.
    private var heard: [Source: Instant] = [:]
    /// What each origin may still send; looked up and never gone through.
    private var quotas: [Quota: TokenBucket] = [:]

    struct CarriedID: Hashable, Sendable {
        let origin: CardID
        let id: UInt64
    }

    private struct Source: Hashable, Sendable {
        let card: CardID
        let relation: RelationID
    }

    private struct Quota: Hashable, Sendable {
        let origin: CardID
        let isLarge: Bool
    }

    /// Somebody was heard by that bridge.
    mutating func hear(_ card: CardID, by relation: RelationID, now: Instant) {
        if self.heard.count > BridgeLimits.carriedIDCountMax { self.heard = [:] }
        self.heard[Source(card: card, relation: relation)] = now
    }

    /// Whether somebody was heard by that bridge of late.
    func isHeard(_ card: CardID, by relation: RelationID, now: Instant) -> Bool {
        self.heard[Source(card: card, relation: relation)]
            .map { now - $0 < Constants.connectedSpan } ?? false
    }

    /// Whether a datagram was carried on, as far as that is remembered.
    func knows(_ carried: Carried) -> Bool {
        self.known.contains(CarriedID(origin: carried.origin, id: carried.id))
    }

    /// Remembers a datagram that is carried on.
    mutating func note(_ carried: Carried) {
        let id = CarriedID(origin: carried.origin, id: carried.id)
        guard self.known.insert(id).inserted else { return }
        if self.ring.count < BridgeLimits.carriedIDCountMax {
            self.ring.append(id)
        } else {
            self.known.remove(self.ring[self.start])
            self.ring[self.start] = id
            self.start = (self.start + 1) % self.ring.count
        }
    }

    /// Takes so many bytes off what an origin may send; false: it may not.
    mutating func mayCarry(
        _ byteCount: Int, of origin: CardID, _ level: BridgeLevel, now: Instant
    ) -> Bool {
        let isLarge = level >= .relaying
        let quota = Quota(origin: origin, isLarge: isLarge)
        if self.quotas.count > BridgeLimits.carriedIDCountMax { self.quotas = [:] }
        var bucket =
            self.quotas[quota]
            ?? TokenBucket(
                burst: isLarge ? BridgeLimits.relayBurst : BridgeLimits.messageBurst,
                perSecond: isLarge
                    ? BridgeLimits.relayBytesPerSecond : BridgeLimits.messageBytesPerSecond,
                now: now)
        let isAllowed = bucket.hasTokens(byteCount, now: now)
        if isAllowed { bucket.take(byteCount) }
        self.quotas[quota] = bucket
        return isAllowed
    }
}
