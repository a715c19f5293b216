// SPDX-License-Identifier: Apache-2.0

// Bridges: what follows from what members say about them (PROTOCOL.md §14).
extension Node {
    /// Carries out what the step made necessary, and what is due.
    mutating func tendBridges(_ turn: inout Turn) {
        guard self.configuration.sharesRecords else { return }
        let frames = turn.bridgeFrames
        turn.bridgeFrames = []
        for (id, frame) in frames { self.receive(frame, from: id, &turn) }
        // What is settled may be another reason to settle; it ends when nothing is written any more.
        for _ in 0..<BridgeLimits.settlingCountMax where turn.mustTendBridges {
            turn.mustTendBridges = false
            self.settleBridges(&turn)
        }
        for position in self.bridgeLinks.indices {
            guard let due = self.bridgeLinks[position].dueAt, due <= turn.instant else { continue }
            self.sayWord(position, &turn)
        }
    }

    /// Whether there is anything about bridges at all.
    private func hasBridges(_ turn: Turn) -> Bool {
        !self.bridgeLinks.isEmpty || !self.across.isEmpty
            || self.live.contains { !$0.notices.notices.isEmpty }
            || self.ids.contains { self.relations[$0]?.bridge != nil }
    }

    private mutating func settleBridges(_ turn: inout Turn) {
        guard self.hasBridges(turn) else { return }
        for index in self.live.indices { self.view(index, &turn) }
        self.settleLinks(&turn)
        for index in self.live.indices {
            guard let roster = self.live[index].roster,
                let own = turn.membership(of: self.live[index].id)?.member, roster.isPresent(own)
            else { continue }
            self.settleOwn(index, own, &turn)
        }
        self.settleAcross(&turn)
        self.own.hasNewsAcross = true
    }

    /// Computes anew what the notices of a cluster say, and tells what is another thing.
    private mutating func view(_ index: Int, _ turn: inout Turn) {
        guard let roster = self.live[index].roster else { return }
        self.dropOldNotices(index, &turn)
        let former = self.live[index].bridges
        let view = BridgeView(
            self.live[index].notices, roster,
            of: turn.membership(of: self.live[index].id)?.member, at: turn.wall, self.primitives,
            self.configuration.mutation)
        self.live[index].bridges = view
        let hasNotices = !self.live[index].notices.notices.isEmpty
        let left =
            view.end == .max
            ? BridgeLimits.reviewInterval
            : WallTime(seconds: Int64(clamping: view.end)) - turn.wall + .seconds(1)
        self.live[index].reviewAt =
            hasNotices
            ? turn.instant + max(.seconds(1), min(left, BridgeLimits.reviewInterval)) : nil
        let tells = self.live[index].tellsOfBridges
        self.live[index].tellsOfBridges = true
        guard former != view else { return }
        self.chooseNeighbors(index, &turn)
        guard tells else { return }
        self.tell(of: view, since: former, index, &turn)
        self.tellOfVotes(view, since: former, index, &turn)
    }

    private func tell(
        of view: BridgeView, since former: BridgeView, _ index: Int, _ turn: inout Turn
    ) {
        let cluster = self.live[index].id
        for bridge in view.bridges where bridge.isOpen {
            let before = former.bridge(bridge.id)
            if !(before?.isOpen ?? false) {
                turn.notify(.bridgeOpened(cluster, bridge.id, by: bridge.author))
            } else if before?.policy != bridge.policy {
                turn.notify(.bridgePolicyChanged(cluster, bridge.id, bridge.policy))
            }
        }
        for bridge in former.bridges
        where bridge.isOpen && !(view.bridge(bridge.id)?.isOpen ?? false) {
            turn.notify(.bridgeClosed(cluster, bridge.id))
        }
        for card in view.foreign where former.foreign(card.id) == nil {
            turn.notify(.cardSeen(cluster, card.id))
        }
        for card in former.foreign where view.foreign(card.id) == nil {
            turn.notify(.cardGone(cluster, card.id))
        }
    }

    /// Who votes now and did not, and who took a vote back; one that is only over was not taken back.
    private func tellOfVotes(
        _ view: BridgeView, since former: BridgeView, _ index: Int, _ turn: inout Turn
    ) {
        let (cluster, notices) = (self.live[index].id, self.live[index].notices)
        func tell(_ bridge: BridgeID, _ voters: [MemberID], since former: [MemberID]) {
            for voter in voters where !former.contains(voter) {
                turn.notify(.bridgeVoted(cluster, bridge, by: voter, isOn: true))
            }
            for voter in former where !voters.contains(voter) {
                let notice = notices.notice(NoticeKey(voter, 2, bridge.high, bridge.low))
                guard notice?.body == .vote(bridge, isOn: false) else { continue }
                turn.notify(.bridgeVoted(cluster, bridge, by: voter, isOn: false))
            }
        }
        tell(.all, view.forbidders, since: former.forbidders)
        for bridge in view.bridges {
            let before = former.bridge(bridge.id)
            guard !(before ?? bridge).isClosed else { continue }
            tell(bridge.id, bridge.closers, since: before?.closers ?? [])
        }
    }

    // MARK: Ends

    /// Keeps a link for each bridge of which this node is an end.
    private mutating func settleLinks(_ turn: inout Turn) {
        let wanted = self.ids.filter { id in
            guard let relation = self.relations[id] else { return false }
            return relation.record.phase == .trusted && relation.bridge != nil
                && relation.record.cancelTokens == nil
        }
        self.bridgeLinks.removeAll { !wanted.contains($0.relation) }
        for id in wanted where !self.bridgeLinks.contains(where: { $0.relation == id }) {
            guard let (cluster, alias) = self.relations[id]?.bridge,
                let index = self.liveIndex(of: cluster), let bridge = self.bridgeID(of: id)
            else { continue }
            var link = BridgeLink(relation: id, cluster: cluster, alias: alias, bridge: bridge)
            if case .bridge(_, let held)? = self.ownNotice(of: bridge, index, turn)?.body {
                link.policy = held.policy
                link.other = held.word
                link.name = held.name
            } else {
                // What is said once stays: who joins or goes later must not be told by it.
                link.name = self.tellableName(index, turn)
            }
            if self.relations[id]?.isConnected ?? false { link.hasten(turn.instant) }
            let position =
                self.bridgeLinks.firstIndex { $0.relation > id } ?? self.bridgeLinks.count
            self.bridgeLinks.insert(link, at: position)
        }
        let connected = turn.bridgesConnected
        turn.bridgesConnected = []
        for id in connected {
            guard let position = self.linkPosition(of: id) else { continue }
            self.bridgeLinks[position].hasten(turn.instant)
        }
    }

    func linkPosition(of id: RelationID) -> Int? {
        self.bridgeLinks.firstIndex { $0.relation == id }
    }

    private func ownNotice(of bridge: BridgeID, _ index: Int, _ turn: Turn) -> Notice? {
        guard let own = turn.membership(of: self.live[index].id)?.member else { return nil }
        return self.live[index].notices.notice(NoticeKey(own, 1, bridge.high, bridge.low))
    }

    /// The id of the bridge that a meeting made.
    private func bridgeID(of id: RelationID) -> BridgeID? {
        guard let relation = self.relations[id], let (cluster, alias) = relation.bridge,
            let part = relation.record.peerPart, let meeting = relation.record.keys?.meeting
        else { return nil }
        let own = ClusterAlias(of: cluster, self.primitives)
        return BridgeStatement(
            meeting: meeting, role: relation.record.role, own: (own, relation.memberKeys),
            peer: (alias, part.keys)
        )?.id(self.primitives)
    }

    /// What this node says as a member: its bridges, the cards that came by them, its own card.
    private mutating func settleOwn(_ index: Int, _ own: MemberID, _ turn: inout Turn) {
        let notices = self.live[index].notices.notices.filter { $0.author == own }
        for notice in notices {
            switch notice.body {
            case .bridge(let id, let bridge) where bridge.isOpen:
                // One of which the word is over waits for the other end.
                let isUnwanted = self.live[index].bridges.bridge(id)?.isUnwanted ?? false
                let link = self.bridgeLinks.first { $0.bridge == id }
                if link == nil || isUnwanted && !turn.has(.closedBridgeCarries) {
                    self.close(id, bridge, index, &turn)
                }
            case .bridge(let id, _):
                // This home comes from before the closing: what is over is over.
                if let link = self.bridgeLinks.first(where: { $0.bridge == id }),
                    !turn.has(.closedBridgeCarries)
                {
                    self.bridgeLinks.removeAll { $0.bridge == id }
                    self.update(link.relation, &turn) { $0.forget(&$1) }
                }
            case .foreign(let bridgeID, let id, .some):
                let bridge = self.live[index].bridges.bridge(bridgeID)
                let isWanted =
                    bridge.map {
                        $0.isOpen && $0.author == own && $0.policy.level >= .cards
                            && self.counts(id, of: $0, index, turn)
                    } ?? false
                if !isWanted, !turn.has(.policyUnchecked) {
                    self.say(.foreign(bridgeID, id, nil), index, &turn)
                }
            case .vote, .card, .foreign: break
            }
        }
        self.endForbidden(index, &turn)
        if turn.has(.cardWithoutConsent) { self.giveUnasked(index, own, &turn) }
        self.sayBridges(index, own, &turn)
        self.renew(index, notices, turn.wall, &turn)
        self.vouch(index, own, &turn)
        for position in self.bridgeLinks.indices
        where self.bridgeLinks[position].cluster == self.live[index].id {
            self.reviewLink(position, index, &turn)
        }
    }

    /// This end of a bridge is over: everybody hears it, the other end too.
    private mutating func close(
        _ id: BridgeID, _ bridge: Notice.Bridge, _ index: Int, _ turn: inout Turn
    ) {
        var closed = bridge
        closed.isOpen = false
        self.say(.bridge(id, closed), index, &turn)
        guard let link = self.bridgeLinks.first(where: { $0.bridge == id }) else { return }
        self.bridgeLinks.removeAll { $0.bridge == id }
        self.update(link.relation, &turn) { $0.forget(&$1) }
    }

    /// A bridge that became one while its cluster wants none is over for the other end too.
    private mutating func endForbidden(_ index: Int, _ turn: inout Turn) {
        guard self.live[index].bridges.isForbidden, !turn.has(.closedBridgeCarries) else { return }
        let cluster = self.live[index].id
        for link in self.bridgeLinks where link.cluster == cluster {
            self.update(link.relation, &turn) { $0.forget(&$1) }
        }
        self.bridgeLinks.removeAll { $0.cluster == cluster }
    }

    /// Says what the other end said last, if that is news.
    private mutating func sayBridges(_ index: Int, _ own: MemberID, _ turn: inout Turn) {
        for link in self.bridgeLinks where link.cluster == self.live[index].id {
            guard let word = link.other, let relation = self.relations[link.relation],
                let part = relation.record.peerPart, let meeting = relation.record.keys?.meeting,
                !self.live[index].bridges.isForbidden || turn.has(.closedBridgeCarries)
            else { continue }
            let held = self.ownNotice(of: link.bridge, index, turn)
            // Signatures need not be the same twice.
            var proof: [UInt8] = []
            if case .bridge(_, let former)? = held?.body { proof = former.proof }
            if proof.isEmpty {
                proof = self.primitives.sign(
                    Notice.proofBytes(
                        Notice.endLabel, of: link.bridge, by: own, in: link.cluster),
                    with: relation.memberSigningKey)
            }
            let bridge = Notice.Bridge(
                isOpen: true, role: relation.record.role, meeting: meeting, alias: link.alias,
                own: relation.memberKeys, other: part.keys, policy: link.policy,
                name: link.name, word: word, proof: proof)
            if held?.body == .bridge(link.bridge, bridge) { continue }
            self.say(.bridge(link.bridge, bridge), index, &turn)
        }
    }

    /// A deliberate defect's: a card that nobody agreed to.
    private mutating func giveUnasked(_ index: Int, _ own: MemberID, _ turn: inout Turn) {
        for bridge in self.live[index].bridges.bridges
        where bridge.isOpen && self.live[index].bridges.card(of: own, for: bridge.alias) == nil {
            self.giveCard(
                for: bridge.alias, .cardDefault, name: self.name, over: [bridge.id], index, &turn)
        }
    }

    /// What is still meant is said again before it is over.
    private mutating func renew(
        _ index: Int, _ notices: [Notice], _ wall: WallTime, _ turn: inout Turn
    ) {
        let now = UInt64(max(0, wall.seconds))
        for notice in notices where notice.isOld(at: now) || notice.isAhead(at: now) {
            // What has been said anew just now is another one.
            guard self.live[index].notices.notice(notice.key) == notice,
                self.live[index].notices.isStillMeant(notice)
            else { continue }
            switch notice.body {
            case .bridge(_, let bridge) where !bridge.isOpen || bridge.word.until <= now: break
            case .card(_, nil), .foreign(_, _, nil), .vote(_, isOn: false): break
            case .card(let alias, let own?):
                self.giveCard(
                    for: alias, own.card.policy, name: own.card.name, over: own.bridges, index,
                    &turn)
            case .bridge, .vote, .foreign: self.say(notice.body, index, &turn)
            }
        }
    }

    /// This node leaves, or is none of a cluster any more: its bridges are over.
    mutating func closeOwnBridges(of cluster: ClusterID, _ turn: inout Turn) {
        guard let index = self.liveIndex(of: cluster) else { return }
        for link in self.bridgeLinks where link.cluster == cluster {
            if case .bridge(let id, let bridge)? = self.ownNotice(of: link.bridge, index, turn)?
                .body
            {
                self.close(id, bridge, index, &turn)
            }
        }
        let own = turn.membership(of: cluster)?.member
        for notice in self.live[index].notices.notices where notice.author == own {
            if case .card(let alias, .some) = notice.body {
                self.say(.card(alias, nil), index, &turn)
            }
        }
        self.sendGossip(&turn)
    }

    /// The cluster goes: so do the bridges of it and everybody across.
    mutating func endBridges(of cluster: ClusterID, _ turn: inout Turn) {
        for id in self.ids {
            guard let relation = self.relations[id] else { continue }
            switch relation.record.bond {
            case .bridging(cluster, _)? where relation.record.phase == .trusted:
                self.update(id, &turn) { $0.forget(&$1) }
            case .crossing(cluster, _, _)?: self.dropAcross(id, &turn)
            default: break
            }
        }
        self.bridgeLinks.removeAll { $0.cluster == cluster }
    }
}

extension Relation {
    /// The own cluster and the other's alias, if it is a bridge.
    var bridge: (cluster: ClusterID, alias: ClusterAlias)? {
        guard case .bridging(let cluster, let alias)? = self.record.bond,
            self.isTrusted, self.record.phase != .forgotten
        else { return nil }
        return (cluster, alias)
    }

    /// Whether the other is of another cluster: an end of a bridge, or somebody across one.
    var leadsAcross: Bool {
        switch self.record.bond {
        case .bridging, .crossing: true
        default: false
        }
    }
}
