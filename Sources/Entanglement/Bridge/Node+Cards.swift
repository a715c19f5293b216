// SPDX-License-Identifier: Apache-2.0

// Own cards, and whom they are for (PROTOCOL.md §14.5, §14.6).
extension Node {
    /// Gives a card for another cluster, or a newer one in the place of a former.
    @discardableResult
    mutating func giveCard(
        for alias: ClusterAlias, _ policy: BridgePolicy, name: String, over bridges: [BridgeID],
        _ index: Int, _ turn: inout Turn
    ) -> Bool {
        let cluster = self.live[index].id
        guard let membership = turn.membership(of: cluster),
            let (keys, signingKey) = self.cardKeys(membership, cluster, alias)
        else { return false }
        let seconds = UInt64(max(0, turn.wall.seconds))
        let held = self.ownCard(for: alias, index, turn)
        // Also one that was taken back had a sequence, which no end may have heard to be over.
        let former = self.live[index].notices.notice(
            NoticeKey(membership.member, 3, alias.high, alias.low))
        guard former?.sequence ?? 0 < .max - 1 else { return false }
        var card = Card(
            origin: self.alias(of: index), target: alias,
            sequence: max((former?.sequence ?? 0) + 1, seconds << 10),
            until: seconds + BridgeLimits.validitySeconds, policy: policy, name: name, keys: keys)
        card.signature = self.primitives.sign(card.signedBytes, with: signingKey)
        let proof = self.primitives.sign(
            Notice.proofBytes(
                Notice.holderLabel, of: card.id(self.primitives), by: membership.member,
                in: cluster), with: signingKey)
        let own = Notice.OwnCard(
            card: card, proof: proof, bridges: bridges, vouchers: held?.vouchers ?? [])
        return self.say(.card(alias, own), index, &turn)
    }

    func ownCard(for alias: ClusterAlias, _ index: Int, _ turn: Turn) -> Notice.OwnCard? {
        guard let own = turn.membership(of: self.live[index].id)?.member,
            case .card(_, let card)? = self.live[index].notices.notice(
                NoticeKey(own, 3, alias.high, alias.low))?.body
        else { return nil }
        return card
    }

    private func cardKeys(
        _ membership: Membership, _ cluster: ClusterID, _ alias: ClusterAlias
    ) -> (MemberKeys, SigningKey)? {
        if self.configuration.mutation.isActive(.memberKeysInCard) {
            return membership.keys(self.primitives)
        }
        return CardKeys(membership, of: cluster, for: alias, self.primitives)
            .keys(self.primitives)
    }

    /// Vouches, by the own card, for cards of members who are ends of the bridges that it crosses: these
    /// cannot vouch for themselves.
    ///
    /// Whoever gives such a card again and again makes nobody speak each time.
    mutating func vouch(_ index: Int, _ own: MemberID, _ turn: inout Turn) {
        let view = self.live[index].bridges
        for mine in view.given where mine.author == own {
            guard let held = self.ownCard(for: mine.card.target, index, turn),
                let membership = turn.membership(of: self.live[index].id),
                let (_, signingKey) = self.cardKeys(
                    membership, self.live[index].id, mine.card.target)
            else { continue }
            let ends = view.given.filter { given in
                given.author != own && given.card.target == mine.card.target
                    && view.bridges.contains {
                        $0.author == given.author && $0.isOpen && mine.bridges.contains($0.id)
                            && given.bridges.contains($0.id)
                    }
            }
            let vouchers = ends.prefix(BridgeLimits.voucherCountMax).map { end in
                let hash = self.primitives.hash(end.card.bytes)
                return held.vouchers.first { $0.card == hash }
                    ?? Notice.Voucher(
                        card: hash,
                        signature: self.primitives.sign(
                            end.card.voucherBytes(self.primitives), with: signingKey))
            }
            if vouchers != held.vouchers, self.mayVouch(mine.card.target, index, turn) {
                self.say(
                    .card(
                        mine.card.target,
                        Notice.OwnCard(
                            card: held.card, proof: held.proof, bridges: held.bridges,
                            vouchers: vouchers)),
                    index, &turn)
            }
        }
    }

    /// Whether the own card may say something else about others' now; else it is looked again later.
    private mutating func mayVouch(
        _ alias: ClusterAlias, _ index: Int, _ turn: Turn
    ) -> Bool {
        let now = turn.instant
        // Cards for others than these are not given any more.
        if self.live[index].vouchBuckets.count > BridgeLimits.ownCardCountMax {
            self.live[index].vouchBuckets = [:]
        }
        var bucket =
            self.live[index].vouchBuckets[alias]
            ?? TokenBucket(
                burst: BridgeLimits.vouchBurst, interval: BridgeLimits.vouchInterval, now: now)
        let isAllowed = bucket.hasToken(now: now)
        if isAllowed { bucket.take() }
        self.live[index].vouchBuckets[alias] = bucket
        if !isAllowed {
            let again = now + BridgeLimits.vouchInterval
            self.live[index].reviewAt = min(self.live[index].reviewAt ?? again, again)
        }
        return isAllowed
    }

    // MARK: Relations across

    /// Keeps a relation with everybody across with whom this node may talk, and the ways to them.
    mutating func settleAcross(_ turn: inout Turn) {
        var wanted: [CardPair: RelationID] = [:]
        for index in self.live.indices {
            guard let own = turn.membership(of: self.live[index].id)?.member else { continue }
            let view = self.live[index].bridges
            for foreign in view.foreign {
                guard let mine = view.card(of: own, for: foreign.card.origin) else { continue }
                let ways = foreign.ways(with: mine, self.configuration.mutation)
                let pair = CardPair(own: mine.id, other: foreign.id)
                guard !ways.isEmpty, let id = self.meet(foreign, mine, pair, index, &turn) else {
                    continue
                }
                wanted[pair] = id
                let helpers = self.helpers(of: ways, own, index)
                let allows = foreign.allowsAddresses(with: mine, self.configuration.mutation)
                self.update(id, &turn) {
                    $0.take(ways: helpers, allowsAddresses: allows, &$1)
                }
            }
        }
        for id in self.ids {
            guard let pair = self.relations[id]?.across?.cards, wanted[pair] != id else { continue }
            self.endAcross(id, &turn)
        }
        self.across = wanted
    }

    /// The relation of two cards; it is made if it is not there.
    private mutating func meet(
        _ foreign: BridgeView.Foreign, _ mine: BridgeView.Given, _ pair: CardPair, _ index: Int,
        _ turn: inout Turn
    ) -> RelationID? {
        if let id = self.across[pair], self.relations[id] != nil { return id }
        let cluster = self.live[index].id
        guard let membership = turn.membership(of: cluster),
            self.ids.count < Limits.relationCountMax
        else { return nil }
        var secrets = CardKeys(
            membership, of: cluster, for: foreign.card.origin, self.primitives)
        if turn.has(.memberKeysInCard) { secrets = CardKeys(of: membership) }
        guard
            let crossing = Crossing(
                own: (mine.id, mine.card.keys, secrets.agreementKey, mine.card.origin),
                other: (foreign.id, foreign.card.keys, foreign.card.origin), self.primitives)
        else { return nil }
        let across = Across(cards: pair, allowsAddresses: false)
        if self.relations[crossing.id] != nil {
            // As it was stored.
            self.update(crossing.id, &turn) { relation, _ in relation.across = across }
            return crossing.id
        }
        var record = crossing.record(
            secrets, .crossing(cluster, foreign.card.origin, foreign.id),
            name: foreign.card.name, at: turn.wall)
        let counters = self.live[index].counters(of: record.id)
        if let counters {
            record.reservedCounter = counters.reserved
            record.acceptedCounter = counters.accepted
        }
        guard var relation = Relation(record, self.primitives) else { return nil }
        relation.resyncAnsweredAt = counters?.resyncAnsweredAt
        relation.across = across
        turn.changes.append(.relation(record, erasing: false))
        turn.actions.append(.admit(relation.admission))
        self.insert(relation, turn)
        return crossing.id
    }

    /// The relations by which somebody across is reached: with the members who are ends of bridges, or the
    /// own bridge.
    private func helpers(
        of ways: [BridgeView.Way], _ own: MemberID, _ index: Int
    ) -> [WayAcross] {
        var helpers: [WayAcross] = []
        for way in ways {
            let id =
                way.author == own
                ? self.bridgeLinks.first { $0.bridge == way.bridge }?.relation
                : self.live[index].peers.first { id in
                    guard let relation = self.relations[id] else { return false }
                    return relation.record.member == way.author && relation.canHelp
                }
            guard let id, !helpers.contains(where: { $0.helper == id }),
                self.relations[id]?.canHelp ?? false
            else {
                continue
            }
            helpers.append(WayAcross(helper: id, end: way.author == own ? nil : way.author))
        }
        return Array(helpers.prefix(Limits.relayCountMax))
    }

    /// There is no card or no way any more: the relation ends, or rests if a person said something of it.
    private mutating func endAcross(_ id: RelationID, _ turn: inout Turn) {
        guard self.relations[id]?.isPrecious ?? false else { return self.dropAcross(id, &turn) }
        self.update(id, &turn) { relation, turn in
            relation.take(ways: [], allowsAddresses: false, &turn)
            relation.across = nil
            relation.eraseSessions(&turn)
        }
    }

    /// Ends a relation across without a word.
    mutating func dropAcross(_ id: RelationID, _ turn: inout Turn) {
        guard let pair = self.relations[id]?.across?.cards ?? self.pair(of: id) else {
            return self.end(id, .dropped, &turn)
        }
        self.across[pair] = nil
        self.end(id, .dropped, &turn)
    }

    private func pair(of id: RelationID) -> CardPair? { self.relations[id]?.across?.cards }

    /// Whether two relations across belong together is not known before the cards are: until then it rests.
    mutating func endStrangers(_ turn: inout Turn) {
        for id in self.ids {
            guard let relation = self.relations[id], relation.isCrossing, relation.across == nil,
                !relation.isPrecious
            else { continue }
            self.end(id, .dropped, &turn)
        }
    }
}

extension CardKeys {
    /// A deliberate defect's: the member's own keys.
    init(of membership: Membership) {
        self.signingKey = membership.signingKey
        self.agreementKey = membership.agreementKey
    }
}

extension Relation {
    /// Whether it is with somebody of another cluster.
    var isCrossing: Bool {
        if case .crossing? = self.record.bond { return true }
        return false
    }

    /// Whether a person has named the other, or compared the safety numbers.
    var isPrecious: Bool { !self.record.givenName.isEmpty || self.record.matchedAt != nil }

    /// Whether it is a bridge, whatever has become of it.
    var isBridge: Bool {
        if case .bridging? = self.record.bond { return true }
        return false
    }

    /// Whether the other may hear where this node is, and that it moves, and this node where the other is.
    var mayTellAddresses: Bool { !self.isCrossing || self.across?.allowsAddresses ?? false }

    /// By whom the other is reached now.
    mutating func take(ways: [WayAcross], allowsAddresses: Bool, _ turn: inout Turn) {
        let former = self.across
        self.across?.allowsAddresses = allowsAddresses
        var isCut = false
        self.keepPlaces(ways)
        let helpers = ways.map(\.helper)
        self.seeking.relays.removeAll { relay in
            guard !helpers.contains(relay.helper) else { return false }
            turn.goneRelays.append(relay.number)
            if self.path == .relay(relay.number) { isCut = true }
            return true
        }
        let known = self.seeking.relays.map(\.helper)
        for way in ways {
            let position = self.relay(by: way.helper, &turn)
            self.seeking.relays[position].end = way.end
        }
        let isNew = helpers.contains { !known.contains($0) }
        if isCut, let other = self.seeking.relays.first, self.isConnected {
            self.path = .relay(other.number)
            self.probeAgain(&turn)
            self.startProbe(&turn)
        } else if isCut {
            self.path = nil
            if self.isConnected { self.lose(&turn) } else { self.search(&turn) }
        } else if isNew, !self.isConnected {
            self.search(&turn)
        }
        let isStale = !allowsAddresses && !self.record.endpoints.isEmpty
        if former?.allowsAddresses != allowsAddresses || isStale { self.tellAddresses(&turn) }
    }

    /// The way by an end is the same when that member has other keys: in a new epoch, or after a meeting.
    ///
    /// What changes in the own cluster is not to be seen across.
    private mutating func keepPlaces(_ ways: [WayAcross]) {
        for position in self.seeking.relays.indices {
            let relay = self.seeking.relays[position]
            guard let end = relay.end, !ways.contains(where: { $0.helper == relay.helper }),
                let way = ways.first(where: { $0.end == end }),
                !self.seeking.relays.contains(where: { $0.helper == way.helper })
            else { continue }
            self.seeking.relays[position].helper = way.helper
        }
    }

    /// A ping that was not answered at once goes by the other bridges too.
    mutating func tryOtherBridges(_ token: UInt64, _ turn: inout Turn) {
        guard self.isCrossing, let path = self.path, path.isRelay,
            self.probe?.sentAt.count ?? 0 > 1
        else { return }
        for relay in self.seeking.relays where Endpoint.relay(relay.number) != path {
            let place = Endpoint.relay(relay.number)
            self.send(.ping(token: token, echo: place), to: place, &turn)
        }
    }

    /// A bridge by which a ping was answered is the path, if another one was and did not answer.
    mutating func followBridge(_ source: Endpoint, _ token: UInt64, _ turn: inout Turn) {
        guard self.isCrossing, source.isRelay, source != self.path, self.isRelayed,
            self.probe?.position(of: token) != nil
        else { return }
        self.path = source
        self.keepalive = Keepalive()
        guard self.isConnected else { return }
        if let event = self.tellPath(source, else: { .peerConnected(self.id, $0) }) {
            turn.notify(event)
        }
    }

    /// Addresses may cross now, or may not any more.
    private mutating func tellAddresses(_ turn: inout Turn) {
        guard let across else { return }
        if !across.allowsAddresses {
            self.record.endpoints = []
            self.heardEndpoints = []
            self.directPath = nil
            self.challenges = []
            self.heldMove = nil
            self.heardAddresses = nil
            self.unacknowledgedAddresses = nil
            self.toldAcross = nil
            self.tellingAt = nil
            self.unacknowledgedHint = nil
            turn.changes.append(.endpoints(self.id, [], lastHeardAt: self.record.lastHeardAt))
            if !(self.path?.isRelay ?? true) {
                self.path = nil
                if self.isConnected { self.lose(&turn) }
            }
        } else {
            self.toldAcross = nil
        }
    }
}

/// By which relation somebody across is reached, and which member that is; nil: the other end of an own bridge.
struct WayAcross: Equatable {
    let helper: RelationID
    let end: MemberID?
}
