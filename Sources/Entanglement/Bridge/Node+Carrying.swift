// SPDX-License-Identifier: Apache-2.0

// Datagrams between two who have cards, by way of the ends of a bridge (PROTOCOL.md §14.6).
extension Node {
    mutating func receive(_ carried: Carried, from id: RelationID, _ turn: inout Turn) {
        guard let relation = self.relations[id], relation.canHelp else { return }
        if let (cluster, alias) = relation.bridge {
            guard let position = self.linkPosition(of: id), let index = self.liveIndex(of: cluster)
            else { return }
            return self.bringIn(carried, position, alias, index, &turn)
        }
        guard let cluster = relation.record.cluster, let member = relation.record.member,
            let index = self.liveIndex(of: cluster), self.mayLearn(id, index),
            let own = turn.membership(of: cluster)?.member
        else { return }
        let view = self.live[index].bridges
        if let given = view.given(carried.target), given.author == own {
            // Who brings it must be an end of a bridge by which that card came.
            let isWay =
                view.foreign(carried.origin)?.ways.contains {
                    $0.author == member && given.bridges.contains($0.bridge)
                } ?? false
            guard isWay else { return self.refuse(carried) }
            return self.take(carried, from: id, &turn)
        }
        self.takeOut(carried, of: member, own, index, &turn)
    }

    private mutating func refuse(_ carried: Carried) { self.tally.carriedDropped += 1 }

    /// A member sends something across the own bridge.
    private mutating func takeOut(
        _ carried: Carried, of member: MemberID, _ own: MemberID, _ index: Int,
        _ turn: inout Turn
    ) {
        let view = self.live[index].bridges
        guard let origin = view.given(carried.origin), origin.author == member,
            let target = view.foreign(carried.target), target.card.origin == origin.card.target,
            let (way, link) = self.openWay(
                target.ways(with: origin, self.configuration.mutation), of: own, for: carried,
                turn.instant),
            let allowed = self.pass(carried, way.policy, origin.card, target.card, &turn)
        else { return self.refuse(carried) }
        self.carry(allowed, to: link.relation, &turn)
    }

    /// One of some ways that are own bridges, of those whose other end is there: one by which the other was
    /// heard, if it was by any; else any, for nobody here knows whom the other ends reach.
    private func openWay(
        _ ways: [BridgeView.Way], of own: MemberID, for carried: Carried, _ now: Instant
    ) -> (BridgeView.Way, BridgeLink)? {
        let open = ways.compactMap { way -> (BridgeView.Way, BridgeLink)? in
            guard way.author == own,
                let link = self.bridgeLinks.first(where: { $0.bridge == way.bridge }),
                self.relations[link.relation]?.canHelp ?? false
            else { return nil }
            return (way, link)
        }
        let heard = open.filter {
            self.carrying.isHeard(carried.target, by: $0.1.relation, now: now)
        }
        let choice = heard.isEmpty ? open : heard
        return choice.isEmpty ? nil : choice[Int(carried.id % UInt64(choice.count))]
    }

    /// The other end of a bridge brings something for a member, or for this node.
    private mutating func bringIn(
        _ carried: Carried, _ position: Int, _ alias: ClusterAlias, _ index: Int,
        _ turn: inout Turn
    ) {
        let link = self.bridgeLinks[position]
        let view = self.live[index].bridges
        guard let own = turn.membership(of: link.cluster)?.member,
            let target = view.given(carried.target), target.card.target == alias,
            let origin = view.foreign(carried.origin), origin.card.origin == alias,
            let way = origin.ways(with: target, self.configuration.mutation)
                .first(where: { $0.author == own && $0.bridge == link.bridge })
        else { return self.refuse(carried) }
        guard target.author != own else {
            self.carrying.hear(carried.origin, by: link.relation, now: turn.instant)
            return self.take(carried, from: link.relation, &turn)
        }
        let helper = self.live[index].peers.first { id in
            self.relations[id]?.record.member == target.author
                && self.relations[id]?.canHelp ?? false
        }
        guard let helper,
            let allowed = self.pass(carried, way.policy, origin.card, target.card, &turn)
        else { return self.refuse(carried) }
        self.carrying.hear(carried.origin, by: link.relation, now: turn.instant)
        self.carry(allowed, to: helper, &turn)
    }

    /// What is left of a datagram that this node may carry on; nil: it may not.
    private mutating func pass(
        _ carried: Carried, _ policy: BridgePolicy, _ one: Card, _ other: Card, _ turn: inout Turn
    ) -> Carried? {
        let allowed = policy.intersection(one.policy).intersection(other.policy)
        guard carried.hops > 0 || turn.has(.hopsUnchecked) else { return nil }
        guard !self.carrying.knows(carried) || turn.has(.carriedTwice) else { return nil }
        let isWithinQuota = self.carrying.mayCarry(
            carried.bytes.count, of: carried.origin, allowed.level, now: turn.instant)
        guard isWithinQuota || turn.has(.carryUnlimited) else { return nil }
        self.carrying.note(carried)
        var passed = carried
        passed.hops = carried.hops > 0 ? carried.hops - 1 : 0
        return passed
    }

    private mutating func carry(_ carried: Carried, to id: RelationID, _ turn: inout Turn) {
        self.update(id, &turn) { $0.send(.bridge(.carry(carried)), &$1) }
        self.tally.carried += 1
    }

    /// It is for this node: its gate looks at the datagram as at any other.
    private mutating func take(_ carried: Carried, from helper: RelationID, _ turn: inout Turn) {
        let pair = CardPair(own: carried.target, other: carried.origin)
        guard let id = self.across[pair] else { return self.refuse(carried) }
        self.update(id, &turn) { relation, turn in
            guard let place = relation.placeOfCarried(by: helper, turn) else { return }
            turn.actions.append(.loopback(carried.bytes, from: place, to: relation.record.ownPID))
        }
    }

    /// What carries a datagram to somebody across.
    func carrier(
        _ cards: CardPair, by helper: RelationID, _ turn: inout Turn
    ) -> RelayCarrier? {
        guard let relation = self.relations[helper], relation.canHelp,
            let session = relation.sendingSession(turn.instant), let to = relation.path
        else { return nil }
        // The own end of a bridge is the first of the two.
        let hops =
            relation.bridge == nil ? BridgeLimits.hopCountMax : BridgeLimits.hopCountMax - 1
        let carried = Carried(
            origin: cards.own, target: cards.other, hops: hops, id: turn.random(), bytes: [])
        return RelayCarrier(session: session.index, header: carried.header, to: to)
    }
}

extension Relation {
    /// The place of what this helper carried; nil: the other is not reached by it.
    func placeOfCarried(by helper: RelationID, _ turn: Turn) -> Endpoint? {
        self.seeking.relays.first { $0.helper == helper }.map { .relay($0.number) }
    }
}
