// SPDX-License-Identifier: Apache-2.0

/// What the notices of a cluster say together, given who is a member and what time it is
/// (PROTOCOL.md §14.2, §14.4).
struct BridgeView: Sendable, Equatable {
    struct Bridge: Sendable, Equatable {
        var id: BridgeID
        /// The member who is the end on this side.
        var author: MemberID
        var alias: ClusterAlias
        /// What the other end calls its cluster; a claim.
        var name: String
        /// The other end's Ed25519 key.
        var otherKey: PublicKey
        /// What both ends allow.
        var policy: BridgePolicy
        /// What the end on this side allows.
        var ownPolicy: BridgePolicy
        /// Not closed by one of its ends, nor unwanted, and its word is not over.
        var isOpen: Bool
        /// Voted out, or forbidden as all are.
        var isUnwanted: Bool
        /// Closed by one of its ends, or unwanted: it does not open again.
        var isClosed: Bool
        /// Voters who want it to be closed.
        var closers: [MemberID]
        /// When it is over, in seconds since 1970.
        var until: UInt64
    }

    /// A member's card for another cluster.
    struct Given: Sendable, Equatable {
        var author: MemberID
        var id: CardID
        var card: Card
        /// The bridges that it may cross.
        var bridges: [BridgeID]
    }

    /// A card of somebody of another cluster, and by which bridges it came.
    struct Foreign: Sendable, Equatable {
        var id: CardID
        var card: Card
        var ways: [Way]
    }

    struct Way: Sendable, Equatable {
        var author: MemberID
        var bridge: BridgeID
        var policy: BridgePolicy
    }

    var bridges: [Bridge] = []
    var given: [Given] = []
    var foreign: [Foreign] = []
    /// Voters who want no bridges at all, and whether they are enough.
    var forbidders: [MemberID] = []
    var isForbidden = false
    /// When the first of the notices is over, in seconds since 1970.
    var end: UInt64 = .max

    init() {}

    /// The view of a table; ``MemberID``s that are not present say nothing.
    ///
    /// Own bridges are in it also when what was said of them is over: they wait for the other end.
    init(
        _ table: NoticeTable, _ roster: RosterState, of own: MemberID?, at wall: WallTime,
        _ primitives: any Primitives,
        _ defects: Mutation
    ) {
        let now = UInt64(max(0, wall.seconds))
        let notices = table.notices.filter {
            ($0.end > now || $0.author == own && $0.key.kind == 1) && roster.isPresent($0.author)
        }
        self.end = notices.flatMap(\.ends).filter { $0 > now }.min() ?? .max
        let voterCount = roster.members.count { $0.isVoter && $0.status == .present }
        func voters(for bridge: BridgeID) -> [MemberID] {
            notices.filter { notice in
                notice.body == .vote(bridge, isOn: true)
                    && roster.member(notice.author)?.isVoter ?? false
            }.map(\.author)
        }
        func isMajority(_ members: [MemberID]) -> Bool { members.count * 2 > voterCount }
        self.forbidders = voters(for: .all)
        self.isForbidden = isMajority(self.forbidders)
        for notice in notices {
            guard case .bridge(let id, let bridge) = notice.body else { continue }
            let closers = voters(for: id)
            let isUnwanted = self.isForbidden || isMajority(closers)
            let isOpen = bridge.isOpen && !isUnwanted && bridge.word.until > now
            self.bridges.append(
                Bridge(
                    id: id, author: notice.author, alias: bridge.alias, name: bridge.word.name,
                    otherKey: bridge.other.signingKey,
                    policy: bridge.policy.intersection(bridge.word.policy),
                    ownPolicy: bridge.policy,
                    isOpen: isOpen || defects.isActive(.closedBridgeCarries),
                    isUnwanted: isUnwanted, isClosed: !bridge.isOpen || isUnwanted,
                    closers: closers,
                    until: min(bridge.word.until, notice.end)))
        }
        self.addCards(notices, at: now, primitives, defects)
    }

    private mutating func addCards(
        _ notices: [Notice], at now: UInt64, _ primitives: any Primitives, _ defects: Mutation
    ) {
        for notice in notices {
            switch notice.body {
            case .card(_, let own?) where own.card.until > now && own.card.policy.level >= .cards:
                self.given.append(
                    Given(
                        author: notice.author, id: own.card.id(primitives), card: own.card,
                        bridges: own.bridges))
            case .foreign(let bridgeID, let id, let vouched?):
                let card = vouched.card
                guard card.until > now, card.policy.level >= .cards,
                    let bridge = self.bridges.first(where: {
                        $0.id == bridgeID && $0.author == notice.author
                    }), bridge.isOpen, bridge.alias == card.origin,
                    bridge.policy.level >= .cards || defects.isActive(.policyUnchecked),
                    self.isVouched(vouched, bridge, notices)
                        || defects.isActive(.voucherUnchecked)
                else { continue }
                self.add(
                    card, id, Way(author: notice.author, bridge: bridge.id, policy: bridge.policy))
            default: break
            }
        }
        self.foreign.sort { $0.id < $1.id }
    }

    private mutating func add(_ card: Card, _ id: CardID, _ way: Way) {
        guard let index = self.foreign.firstIndex(where: { $0.id == id }) else {
            return self.foreign.append(Foreign(id: id, card: card, ways: [way]))
        }
        self.foreign[index].ways.append(way)
        if card.sequence > self.foreign[index].card.sequence { self.foreign[index].card = card }
    }

    /// Whether the second signature is by the other end, or by another card that came the same way.
    private func isVouched(_ card: VouchedCard, _ bridge: Bridge, _ notices: [Notice]) -> Bool {
        if card.voucher.key == bridge.otherKey { return true }
        return notices.contains { notice in
            guard case .foreign(bridge.id, _, let other?) = notice.body,
                notice.author == bridge.author
            else { return false }
            return other.card.keys.signingKey == card.voucher.key
                && other.voucher.key == bridge.otherKey
        }
    }

    func bridge(_ id: BridgeID) -> Bridge? { self.bridges.first { $0.id == id } }

    func given(_ id: CardID) -> Given? { self.given.first { $0.id == id } }

    func foreign(_ id: CardID) -> Foreign? { self.foreign.first { $0.id == id } }

    /// With whom a member stays connected for the sake of bridges: an end with those whose cards cross its
    /// own, and they with it.
    func partners(of own: MemberID) -> Set<MemberID> {
        var partners: Set<MemberID> = []
        for bridge in self.bridges where bridge.isOpen {
            for card in self.given where card.bridges.contains(bridge.id) {
                if bridge.author == own { partners.insert(card.author) }
                if card.author == own { partners.insert(bridge.author) }
            }
        }
        partners.remove(own)
        return partners
    }

    /// The card that a member has for another cluster.
    func card(of member: MemberID, for alias: ClusterAlias) -> Given? {
        self.given.first { $0.author == member && $0.card.target == alias }
    }
}

extension BridgeView.Foreign {
    /// Whether two bridges without a common end brought it.
    var isConfirmed: Bool { Set(self.ways.map(\.author)).count > 1 }

    /// The ways by which two may talk, where both cards allow it too.
    func ways(with own: BridgeView.Given, _ defects: Mutation) -> [BridgeView.Way] {
        let both = own.card.policy.intersection(self.card.policy)
        return self.ways.filter { way in
            let isAllowed = way.policy.intersection(both).level >= .messages
            return own.bridges.contains(way.bridge)
                && (isAllowed || defects.isActive(.policyUnchecked))
        }
    }

    /// Whether the two may tell each other their addresses.
    func allowsAddresses(with own: BridgeView.Given, _ defects: Mutation) -> Bool {
        let both = own.card.policy.intersection(self.card.policy)
        return both.addresses
            && self.ways.contains {
                own.bridges.contains($0.bridge) && $0.policy.intersection(both).addresses
            }
            || defects.isActive(.addressesCross)
    }
}
