// SPDX-License-Identifier: Apache-2.0

/// What a member tells its cluster about bridges (PROTOCOL.md §14.2).
///
/// Not part of the records and their fold: of each author, kind and subject the newest one counts, it is
/// over after 30 days, and what is over goes.
struct Notice: Sendable, Equatable {
    /// One end of a bridge, by the member who is that end.
    struct Bridge: Sendable, Equatable {
        var isOpen: Bool
        /// Which code the author showed.
        var role: MeetingRole
        var meeting: [UInt8]
        /// The other cluster.
        var alias: ClusterAlias
        /// The author's keys of the bridge, and the other's.
        var own: MemberKeys
        var other: MemberKeys
        /// What the author allows.
        var policy: BridgePolicy
        /// What the author calls the cluster across.
        var name: String
        /// What the other end said last, signed.
        var word: BridgeWord
        /// That the author is this end, by its key of the bridge: nobody else can say the same of itself.
        var proof: [UInt8]
    }

    /// A card of the author's, and its words about others'.
    struct OwnCard: Sendable, Equatable {
        var card: Card
        /// That the author is whose card it is, by the card's key.
        var proof: [UInt8]
        /// The bridges that it may cross: whoever claims to be the same cluster later does not get it.
        var bridges: [BridgeID]
        /// SHA-256 of a card of a member who is an end of a bridge, and the signature by this card's key.
        var vouchers: [Voucher]
    }

    struct Voucher: Sendable, Equatable {
        var card: [UInt8]
        var signature: [UInt8]
    }

    enum Body: Sendable, Equatable {
        case bridge(BridgeID, Bridge)
        /// Whether the author wants that bridge to be closed; for ``BridgeID/all``: none at all.
        case vote(BridgeID, isOn: Bool)
        /// nil: the author has none any more.
        case card(ClusterAlias, OwnCard?)
        /// A card that crossed the author's bridge; nil: it does not any more.
        case foreign(BridgeID, CardID, VouchedCard?)
    }

    var author: MemberID
    var sequence: UInt64
    /// Seconds since 1970.
    var issuedAt: UInt64
    var validity: UInt32
    var body: Body
    /// By the author's Ed25519 key in the cluster.
    var signature: [UInt8] = []

    var key: NoticeKey {
        switch self.body {
        case .bridge(let id, _): NoticeKey(self.author, 1, id.high, id.low)
        case .vote(let id, _): NoticeKey(self.author, 2, id.high, id.low)
        case .card(let alias, _): NoticeKey(self.author, 3, alias.high, alias.low)
        case .foreign(let bridge, let id, _):
            NoticeKey(self.author, 4, bridge.high ^ id.high, bridge.low ^ id.low)
        }
    }

    /// When it is over, in seconds since 1970.
    var end: UInt64 {
        let (end, isOver) = self.issuedAt.addingReportingOverflow(UInt64(self.validity))
        return isOver ? .max : end
    }

    /// When something of it is over: itself, the word or the card in it.
    var ends: [UInt64] {
        switch self.body {
        case .bridge(_, let bridge): [self.end, bridge.word.until]
        case .card(_, let own?): [self.end, own.card.until]
        case .foreign(_, _, let vouched?): [self.end, vouched.card.until]
        case .vote, .card(_, nil), .foreign(_, _, nil): [self.end]
        }
    }

    /// Whether it says that something is so, not that it is so no more.
    var isMeant: Bool {
        switch self.body {
        case .bridge(_, let bridge): bridge.isOpen
        case .vote(_, let isOn): isOn
        case .card(_, let own): own != nil
        case .foreign(_, _, let vouched): vouched != nil
        }
    }

    /// Whether it is to be said again, if it is still meant.
    func isOld(at now: UInt64) -> Bool {
        if self.issuedAt + BridgeLimits.renewalSeconds <= now { return true }
        guard case .card(_, let own?) = self.body else { return false }
        return own.card.until < now + 2 * BridgeLimits.renewalSeconds
    }

    /// Whether the clock by which it was said, or the card in it, was ahead: others pass it over.
    func isAhead(at now: UInt64) -> Bool {
        if self.issuedAt > now + BridgeLimits.clockToleranceSeconds { return true }
        guard case .card(_, let own?) = self.body else { return false }
        return own.card.until > now + BridgeLimits.validitySeconds
            + BridgeLimits.clockToleranceSeconds
    }

    /// "spockex/1 notice" | 0 | cluster UID | everything before the signature.
    func signedBytes(in cluster: ClusterID) -> [UInt8] {
        var writer = ByteWriter(domain: "spockex/1 notice", cluster)
        writer.putNotice(self)
        return writer.bytes
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.putNotice(self)
        writer.put(self.signature)
        return writer.bytes
    }

    /// Reads a notice; nil: anything that is not exactly one.
    init?(bytes: [UInt8]) {
        guard bytes.count <= BridgeLimits.noticeByteCountMax else { return nil }
        var reader = ByteReader(bytes)
        guard let notice = reader.notice(), reader.isAtEnd, notice.bytes == bytes else {
            return nil
        }
        self = notice
    }

    init(
        author: MemberID, sequence: UInt64, issuedAt: UInt64,
        validity: UInt32 = UInt32(BridgeLimits.validitySeconds), _ body: Body
    ) {
        self.author = author
        self.sequence = sequence
        self.issuedAt = issuedAt
        self.validity = validity
        self.body = body
    }

    /// What the key of a bridge, or of a card, signs to show whose it is:
    /// "spockex/1 bridge end" or "spockex/1 card holder" | 0 | cluster UID | member id | id.
    static func proofBytes(
        _ label: String, of id: some Identifier, by author: MemberID, in cluster: ClusterID
    ) -> [UInt8] {
        var writer = ByteWriter(domain: label, cluster)
        writer.put(author)
        writer.put(id)
        return writer.bytes
    }

    static let endLabel = "spockex/1 bridge end"
    static let holderLabel = "spockex/1 card holder"

    /// Whether the parts of it that others signed are theirs, as far as that can be told from it and the
    /// cluster alone.
    func isHonest(
        in cluster: ClusterID, _ primitives: any Primitives, _ defects: Mutation
    ) -> Bool {
        let alias = ClusterAlias(of: cluster, primitives)
        func isProved(
            _ proof: [UInt8], _ label: String, _ id: some Identifier, by key: PublicKey
        ) -> Bool {
            primitives.isValid(
                proof, of: Self.proofBytes(label, of: id, by: self.author, in: cluster), by: key)
        }
        switch self.body {
        case .bridge(let id, let bridge):
            guard let statement = bridge.statement(in: alias), statement.id(primitives) == id else {
                return false
            }
            return (bridge.word.until >= self.issuedAt || !bridge.isOpen)
                && isProved(bridge.proof, Self.endLabel, id, by: bridge.own.signingKey)
                && bridge.word.isValid(of: id, by: bridge.other.signingKey, primitives)
        case .vote, .card(_, nil), .foreign(_, _, nil): return true
        case .card(let target, let own?):
            let (latest, isOver) = self.issuedAt.addingReportingOverflow(
                BridgeLimits.validitySeconds + BridgeLimits.clockToleranceSeconds)
            return own.card.origin == alias && own.card.target == target
                // No end across would take it.
                && (isOver || own.card.until <= latest)
                && isProved(
                    own.proof, Self.holderLabel, own.card.id(primitives),
                    by: own.card.keys.signingKey)
                && own.card.isValid(primitives)
        case .foreign(_, let id, let vouched?):
            let card = vouched.card
            return card.target == alias && card.id(primitives) == id && card.isValid(primitives)
                && (vouched.voucher.isValid(for: card, primitives)
                    || defects.isActive(.voucherUnchecked))
        }
    }
}

extension Notice.Bridge {
    func statement(in alias: ClusterAlias) -> BridgeStatement? {
        BridgeStatement(
            meeting: self.meeting, role: self.role, own: (alias, self.own),
            peer: (self.alias, self.other))
    }
}

/// Which notices replace each other: those of one author, kind and subject.
public struct NoticeKey: Sendable, Hashable, Comparable {
    /// Who wrote it.
    public var author: MemberID
    /// 1 bridge, 2 vote, 3 card, 4 a card that crossed (about the bridge's id, exclusive-or the card's).
    public var kind: UInt8
    /// The first eight bytes of what it is about.
    public var high: UInt64
    /// The last eight.
    public var low: UInt64

    init(_ author: MemberID, _ kind: UInt8, _ high: UInt64, _ low: UInt64) {
        self.author = author
        self.kind = kind
        self.high = high
        self.low = low
    }

    /// Ordered by author, kind and subject.
    public static func < (left: NoticeKey, right: NoticeKey) -> Bool {
        (left.author, left.kind, left.high, left.low)
            < (right.author, right.kind, right.high, right.low)
    }

    /// u128 author, u8 kind, u128 subject: 33 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(self.author)
        writer.put(self.kind)
        writer.put(self.high)
        writer.put(self.low)
        return writer.bytes
    }
}

/// A notice as it is stored: verified before.
public struct StoredNotice: Sendable, Equatable {
    /// Of which cluster.
    public var cluster: ClusterID
    /// Its bytes.
    public var bytes: [UInt8]

    /// A notice as taken in or loaded.
    public init(cluster: ClusterID, bytes: [UInt8]) {
        self.cluster = cluster
        self.bytes = bytes
    }

    /// Which notices it replaces; nil: the bytes do not begin as a notice does.
    public var key: NoticeKey? {
        var reader = ByteReader(self.bytes)
        guard self.bytes.count <= BridgeLimits.noticeByteCountMax,
            let kind = reader.uint8(), (1...4).contains(kind), let author = reader.memberID(),
            let high = reader.uint64(), let low = reader.uint64()
        else { return nil }
        return NoticeKey(author, kind, high, low)
    }
}

extension ByteWriter {
    fileprivate mutating func putNotice(_ notice: Notice) {
        let key = notice.key
        self.put(key.kind)
        self.put(key.author)
        self.put(key.high)
        self.put(key.low)
        self.put(notice.sequence)
        self.put(notice.issuedAt)
        self.put(notice.validity)
        switch notice.body {
        case .bridge(_, let bridge): self.put(bridge)
        case .vote(_, let isOn): self.put(UInt8(isOn ? 1 : 0))
        case .card(_, nil): self.put(UInt8(0))
        case .card(_, let own?):
            self.put(UInt8(1))
            self.put(own.card)
            self.put(own.proof)
            self.put(UInt8(own.bridges.count))
            for bridge in own.bridges { self.put(bridge) }
            self.put(UInt8(own.vouchers.count))
            for voucher in own.vouchers {
                self.put(voucher.card)
                self.put(voucher.signature)
            }
        case .foreign(let bridge, _, let card):
            self.put(bridge)
            self.put(UInt8(card == nil ? 0 : 1))
            if let card { self.put(card) }
        }
    }

    private mutating func put(_ bridge: Notice.Bridge) {
        self.put(UInt8(bridge.isOpen ? 1 : 0))
        self.put(UInt8(bridge.role == .offering ? 0 : 1))
        self.put(bridge.meeting)
        self.put(bridge.alias)
        self.put(bridge.own)
        self.put(bridge.other)
        self.put(bridge.policy.code)
        self.put(name: bridge.name)
        self.put(bridge.word)
        self.put(bridge.proof)
    }
}

extension ByteReader {
    fileprivate mutating func notice() -> Notice? {
        guard let kind = self.uint8(), let author = self.memberID(), let high = self.uint64(),
            let low = self.uint64(), let sequence = self.uint64(), let issuedAt = self.uint64(),
            let validity = self.uint32(),
            (1...UInt32(BridgeLimits.validitySeconds)).contains(validity)
        else { return nil }
        let body: Notice.Body?
        switch kind {
        case 1:
            body = self.bridgeNotice().map { .bridge(BridgeID(high: high, low: low), $0) }
        case 2:
            body = self.flag().map { .vote(BridgeID(high: high, low: low), isOn: $0) }
        case 3:
            body = self.flag().flatMap { isThere in
                let alias = ClusterAlias(high: high, low: low)
                return isThere ? self.ownCard().map { .card(alias, $0) } : .card(alias, nil)
            }
        case 4: body = self.foreign(high, low)
        default: body = nil
        }
        guard let body, let signature = self.take(64) else { return nil }
        var notice = Notice(
            author: author, sequence: sequence, issuedAt: issuedAt, validity: validity, body)
        notice.signature = Array(signature)
        return notice
    }

    private mutating func flag() -> Bool? {
        self.uint8().flatMap { $0 <= 1 ? $0 == 1 : nil }
    }

    private mutating func bridgeNotice() -> Notice.Bridge? {
        guard let isOpen = self.flag(), let isAnswering = self.flag(),
            let meeting = self.take(32), let alias: ClusterAlias = self.identifier(),
            let own = self.memberKeys(), let other = self.memberKeys(),
            let policy = self.uint8().flatMap({ BridgePolicy(code: $0) }),
            let name = self.name(), let word = self.bridgeWord(), let proof = self.take(64)
        else { return nil }
        return Notice.Bridge(
            isOpen: isOpen, role: isAnswering ? .answering : .offering, meeting: Array(meeting),
            alias: alias, own: own, other: other, policy: policy, name: name, word: word,
            proof: Array(proof))
    }

    private mutating func ownCard() -> Notice.OwnCard? {
        guard let card = self.card(), let proof = self.take(64), let bridgeCount = self.uint8(),
            Int(bridgeCount) <= BridgeLimits.cardBridgeCountMax
        else { return nil }
        var bridges: [BridgeID] = []
        for _ in 0..<bridgeCount {
            guard let bridge: BridgeID = self.identifier() else { return nil }
            bridges.append(bridge)
        }
        guard let count = self.uint8(), Int(count) <= BridgeLimits.voucherCountMax else {
            return nil
        }
        var vouchers: [Notice.Voucher] = []
        for _ in 0..<count {
            guard let hash = self.take(32), let signature = self.take(64) else { return nil }
            vouchers.append(Notice.Voucher(card: Array(hash), signature: Array(signature)))
        }
        return Notice.OwnCard(
            card: card, proof: Array(proof), bridges: bridges, vouchers: vouchers)
    }

    private mutating func foreign(_ high: UInt64, _ low: UInt64) -> Notice.Body? {
        guard let bridge: BridgeID = self.identifier(), let isThere = self.flag() else {
            return nil
        }
        let id = CardID(high: high ^ bridge.high, low: low ^ bridge.low)
        guard isThere else { return .foreign(bridge, id, nil) }
        return self.vouchedCard().map { .foreign(bridge, id, $0) }
    }
}
