// SPDX-License-Identifier: Apache-2.0

// What the records say is done: who belongs to a cluster has a relation, who does not has none
// (PROTOCOL.md §12.3).
extension Node {
    /// The records have changed.
    mutating func refold(_ index: Int, _ turn: inout Turn) {
        let cluster = self.live[index].id
        self.tally.folds += 1
        self.live[index].isFoldDue = false
        let former = self.live[index].fold(self.primitives)
        guard let roster = self.live[index].roster,
            let position = turn.clusters.firstIndex(where: { $0.id == cluster })
        else { return }
        let own = turn.clusters[position].membership.member
        if turn.clusters[position].standing == .joining, roster.isPresent(own) {
            turn.clusters[position].standing = .member
            turn.changes.append(.cluster(turn.clusters[position], erasing: false))
            turn.notify(.clusterJoined(cluster))
            self.live[index].publishAt = turn.instant
        }
        if turn.clusters[position].standing != .leaving, let status = roster.member(own)?.status,
            status == .removed || status == .left
        {
            return self.lose(cluster, status == .left ? .left : .removed, &turn)
        }
        self.tellChanges(cluster, own, from: former, to: roster, &turn)
        if self.isForgotten(index), (try? self.leave(cluster, &turn)) != nil { return }
        self.useEarlySecrets(index, &turn)
        if turn.has(.epochGivenToGone) {
            self.beginEpoch(index, &turn)
            self.sendGossip(&turn)
        }
        turn.mustSettleBonds = true
        turn.mustTendBridges = true
        if turn.clusters[position].standing == .leaving, roster.isThere(own) {
            // It left before it was known to be a member.
            return self.sayLeave(index, turn.clusters[position].membership, &turn)
        }
        guard turn.clusters[position].standing == .member else { return }
        self.reconcile(index, &turn)
        self.considerEpoch(index, &turn)
    }

    // MARK: Relations

    /// Makes and ends relations, so that they are those with the members.
    mutating func reconcile(_ index: Int, _ turn: inout Turn) {
        let cluster = self.live[index].id
        guard let roster = self.live[index].roster,
            let record = turn.clusters.first(where: { $0.id == cluster }),
            record.standing == .member
        else { return }
        let own = record.membership.member
        self.dropUnwanted(index, record, roster, &turn)
        guard roster.isPresent(own), let epoch = record.epoch(of: roster) else { return }
        self.live[index].counting = []
        for member in roster.members
        where member.status == .present && member.id != own && !roster.blocks(own, member.id)
            && !self.isMet(member.id, in: cluster, turn.instant)
        {
            self.introduce(member, index, record.membership, epoch, &turn)
        }
        self.chooseNeighbors(index, &turn)
        self.settleDuties(index, &turn)
    }

    /// Ends the relations with those who are gone or blocked, and those with keys of long ago.
    private mutating func dropUnwanted(
        _ index: Int, _ record: ClusterRecord, _ roster: RosterState, _ turn: inout Turn
    ) {
        let own = record.membership.member
        var unwanted: [RelationID] = []
        var gone: [RelationID] = []
        for id in self.ids {
            guard let relation = self.relations[id]?.record, relation.cluster == record.id,
                let member = relation.member,
                // Whoever was met last may not be in the records that are here.
                let status = roster.member(member)?.status
            else { continue }
            let isMember = status == .present || status == .waiting
            let duty = self.relations[id]?.duty
            if isMember, duty == .farewell {
                // The removal does not hold any more.
                self.update(id, &turn) { $0.take(.passive, &$1) }
                self.live[index].setPeer(id, true)
            }
            // Whom the other has blocked answers: the block may be taken back.
            let isBlocked =
                roster.blocks(own, member) || roster.blocks(member, own) && duty != .mute
            let isCurrent = relation.epoch.map { number in
                record.epochs.contains { $0.number == number }
            }
            guard !isMember || isBlocked || isCurrent == false else { continue }
            if isCurrent != false, turn.has(.goneKeepsRelation) { continue }
            if !isMember, !roster.blocks(own, member), isCurrent != false,
                self.mayAskWhy(id, status, turn)
            {
                if duty != .farewell { gone.append(id) }
                continue
            }
            unwanted.append(id)
            if !isMember { self.send(.goodbye, of: record.id, to: id, &turn) }
        }
        guard !turn.isGivingSecret else { return }
        if !gone.isEmpty { self.banish(gone, index, &turn) }
        guard !unwanted.isEmpty else { return }
        // What they are to hear goes out before.
        self.sendGossip(&turn)
        for id in unwanted { self.drop(id, &turn) }
    }

    /// Whether there is a relation with a member that two people made, and nothing speaks against it.
    private func isMet(_ member: MemberID, in cluster: ClusterID, _ now: Instant) -> Bool {
        self.persons.with(member, of: cluster).contains { id in
            guard let relation = self.relations[id], relation.record.epoch == nil,
                relation.duty != .mute
            else { return false }
            guard relation.record.phase == .trusted else { return true }
            guard relation.record.cancelTokens == nil else {
                // The other may take a meeting of two members back; then they have what they had.
                if case .confirming? = relation.record.bond { return false }
                return true
            }
            return !relation.isLongLost(now)
        }
    }

    /// A relation with a member whom this node never met.
    private mutating func introduce(
        _ member: RosterMember, _ index: Int, _ membership: Membership, _ epoch: EpochSecret,
        _ turn: inout Turn
    ) {
        guard self.ids.count < Limits.relationCountMax,
            let introduction = Introduction(
                cluster: self.live[index].id, membership, member, epoch, self.primitives)
        else { return }
        self.live[index].counting.insert(introduction.id)
        guard self.relations[introduction.id] == nil else { return }
        var record = introduction.record(membership, at: turn.wall)
        if turn.has(.memberKeysConstant) {
            record.keys?.psk = Secret([UInt8](repeating: 0, count: 32))
        }
        let former = self.persons.with(member.id, of: self.live[index].id).first
            .flatMap { self.relations[$0] }
        let counters = self.live[index].counters(of: record.id)
        if let counters {
            // The same keys as once before: what was used up stays used up.
            record.reservedCounter = counters.reserved
            record.acceptedCounter = counters.accepted
        }
        if let former {
            record.givenName = former.record.givenName
            record.claimedName = former.record.claimedName
            record.endpoints = former.record.endpoints
            record.peerNAT = former.record.peerNAT
            record.toldNAT = former.record.toldNAT
            record.lastHeardAt = former.record.lastHeardAt
        }
        if let place = self.live[index].set?.whereabouts(of: member.id) {
            record.learn(place, turn)
        }
        guard var relation = Relation(record, self.primitives) else { return }
        relation.resyncAnsweredAt = counters?.resyncAnsweredAt
        relation.told = former?.told ?? []
        relation.noteTold(knownBefore: former?.record.endpoints ?? [])
        relation.isResting = self.live[index].presentCount > Constants.meshCountMax
        // What it is there for is settled with the others of that member.
        relation.duty = .passive
        turn.changes.append(.relation(record, erasing: false))
        turn.actions.append(.admit(relation.admission))
        self.insert(relation, turn)
        self.live[index].setPeer(record.id, true)
    }

    /// Ends a relation without a word: the records say why.
    ///
    /// A member who met this one again and may not know of the trust yet is told that the meeting is over.
    mutating func drop(
        _ id: RelationID, as reason: RelationEnd = .dropped, _ turn: inout Turn
    ) {
        guard let relation = self.relations[id] else { return }
        let record = relation.record
        self.end(id, self.isHalfConfirmed(relation, turn) ? .outdone : reason, &turn)
        for index in self.live.indices {
            self.live[index].setPeer(id, false)
            if record.epoch != nil, self.live[index].id == record.cluster {
                self.keepCounters(of: relation, index, &turn)
            }
        }
    }

    /// Whether the other side of a meeting of two members may still go on with it, and may be told its end.
    ///
    /// Not whoever is blocked or gone; and with a founding that is taken back its cluster would go.
    private func isHalfConfirmed(_ relation: Relation, _ turn: Turn) -> Bool {
        guard relation.record.cancelTokens != nil, relation.duty != .farewell,
            case .confirming(let cluster, _)? = relation.record.bond,
            let member = relation.record.member, let index = self.liveIndex(of: cluster),
            let own = turn.membership(of: cluster)?.member
        else { return false }
        return !(self.live[index].roster?.blocks(own, member) ?? false)
    }

    /// Remembers what a relation has used up whose keys may come back, also over a restart.
    mutating func keepCounters(of relation: Relation, _ index: Int, _ turn: inout Turn) {
        let (record, cluster) = (relation.record, self.live[index].id)
        guard turn.clusters.contains(where: { $0.id == cluster }) else { return }
        let forgotten = self.live[index].keep(
            KeptCounters(
                id: record.id, reserved: record.reservedCounter, accepted: record.acceptedCounter,
                resyncAnsweredAt: relation.resyncAnsweredAt))
        turn.changes.append(
            .spentCounters(
                SpentCounters(
                    cluster: cluster, relation: record.id, reserved: record.reservedCounter,
                    accepted: record.acceptedCounter)))
        if let forgotten { turn.changes.append(.forgetSpent(cluster, forgotten)) }
    }

    /// Somebody is reached with new keys: the old ones have done their duty.
    mutating func retirePassive(of id: RelationID, _ turn: inout Turn) {
        // Whoever may still take the meeting back has what it had.
        guard let relation = self.relations[id], relation.duty == .first,
            relation.record.cancelTokens == nil, let person = relation.person
        else { return }
        for other in self.persons.with(person.member, of: person.cluster) where other != id {
            guard let former = self.relations[other]?.record,
                former.phase == .trusted, former.epoch != nil,
                self.relations[other]?.duty != .first
            else { continue }
            self.drop(other, &turn)
        }
    }

    /// A member says where it is.
    mutating func follow(place record: Record, _ index: Int, _ turn: inout Turn) {
        guard let member = record.author, case .endpoint(let whereabouts) = record.body else {
            return
        }
        let cluster = self.live[index].id
        if member == turn.membership(of: cluster)?.member {
            return self.hearOwn(whereabouts, index, &turn)
        }
        for id in self.persons.with(member, of: cluster) {
            self.update(id, &turn) { $0.learn(whereabouts, &$1) }
        }
    }

    // MARK: Events

    private func tellChanges(
        _ cluster: ClusterID, _ own: MemberID, from former: RosterState?, to roster: RosterState,
        _ turn: inout Turn
    ) {
        for member in roster.members where member.id != own {
            let known = former?.member(member.id)
            let wasThere = former?.isThere(member.id) ?? false
            let isThere = roster.isThere(member.id)
            if isThere, !wasThere, known != nil {
                turn.notify(.memberReturned(cluster, member.id))
            } else if isThere, !wasThere {
                var sponsor: MemberID?
                if case .sponsored(let by, _) = member.origin { sponsor = by }
                turn.notify(.memberJoined(cluster, member.id, sponsor: sponsor))
            } else if !isThere, wasThere {
                turn.notify(
                    .memberGone(cluster, member.id, member.status == .left ? .left : .removed))
            }
            guard isThere, wasThere, let known else { continue }
            if member.status == .present, known.status == .waiting {
                turn.notify(.memberAdmitted(cluster, member.id))
            } else if member.status == .waiting, known.status == .present {
                turn.notify(.memberWaits(cluster, member.id))
            }
            // Once for each two, and not beside the joining of one of them.
            for other in member.metBy
            where !known.metBy.contains(other) && (other == own || member.id < other)
                && former?.isThere(other) ?? false
            {
                turn.notify(.memberMet(cluster, member.id, by: other))
            }
        }
        self.tellVotes(cluster, from: former, to: roster, &turn)
        for block in roster.blocks where !(former?.blocks(block.author, block.member) ?? false) {
            turn.notify(.memberBlocked(cluster, block.member, by: block.author, isOn: true))
        }
        for block in former?.blocks ?? [] where !roster.blocks(block.author, block.member) {
            turn.notify(.memberBlocked(cluster, block.member, by: block.author, isOn: false))
        }
        let suspects = Set(roster.equivocations.map(\.author))
        let known = Set((former?.equivocations ?? []).map(\.author))
        for suspect in suspects.subtracting(known).sorted() {
            turn.notify(.memberEquivocated(cluster, suspect))
        }
        if former?.epochNumber ?? 0 < roster.epochNumber {
            turn.notify(.epochBegan(cluster, roster.epochNumber))
        }
    }
}

extension Node {
    /// Who wants somebody to be removed.
    private func tellVotes(
        _ cluster: ClusterID, from former: RosterState?, to roster: RosterState, _ turn: inout Turn
    ) {
        for removal in roster.removals {
            let known = former?.removals.first { $0.id == removal.id }
            if known == nil {
                turn.notify(.removalProposed(cluster, removal.accused, by: removal.author))
            }
            for voter in removal.supporters
            where voter != removal.author && !(known?.supporters.contains(voter) ?? false) {
                turn.notify(.removalVoted(cluster, removal.accused, by: voter))
            }
        }
    }
}

extension RosterState {
    /// Whether somebody belongs to the cluster, or waits for a place.
    func isThere(_ member: MemberID) -> Bool {
        self.member(member).map { $0.status == .present || $0.status == .waiting } ?? false
    }

    func isPresent(_ member: MemberID) -> Bool {
        self.member(member).map { $0.status == .present } ?? false
    }
}
