// SPDX-License-Identifier: Apache-2.0

// Whoever is removed is told by the records that say so, and by nothing else; who left, that it was heard
// (PROTOCOL.md §12.6).
extension Node {
    /// Somebody is a member no more: the records are sent that say so, and the sessions end; it may still
    /// ask for them, since it may have been away.
    mutating func banish(_ ids: [RelationID], _ index: Int, _ turn: inout Turn) {
        guard let set = self.live[index].set, let roster = self.live[index].roster else { return }
        let cluster = self.live[index].id
        let verdicts = set.verdictRecords(roster)
        for id in ids where self.relations[id]?.isConnected ?? false {
            for record in verdicts.suffix(Limits.verdictPushMax) where !self.hasLeft(id, index) {
                self.send(.record(record.bytes), of: cluster, to: id, &turn)
            }
            self.send(.goodbye, of: cluster, to: id, &turn)
        }
        self.sendGossip(&turn)
        for id in ids {
            self.update(id, &turn) {
                $0.take(.farewell, &$1)
                $0.hangUp(&$1)
            }
            self.live[index].setPeer(id, false)
        }
    }

    /// Whether somebody who was removed still may ask why, or who left whether it was heard.
    func mayAskWhy(_ id: RelationID, _ status: MemberStatus, _ turn: Turn) -> Bool {
        guard let record = self.relations[id]?.record else { return false }
        let life = status == .left ? Constants.leaverLife : Constants.pairingLife
        return turn.wall - (record.lastHeardAt ?? record.createdAt) < life
    }

    /// Whether somebody who is gone left by itself.
    private func hasLeft(_ id: RelationID, _ index: Int) -> Bool {
        guard let member = self.relations[id]?.record.member else { return false }
        return self.live[index].roster?.member(member)?.status == .left
    }

    /// Those who are gone and were not heard for long are not answered any more.
    mutating func forgetGone(_ index: Int, _ turn: inout Turn) {
        guard let roster = self.live[index].roster else { return }
        let cluster = self.live[index].id
        for id in self.ids {
            guard let relation = self.relations[id], relation.duty == .farewell,
                relation.record.cluster == cluster, let member = relation.record.member,
                let status = roster.member(member)?.status, !self.mayAskWhy(id, status, turn)
            else { continue }
            self.drop(id, &turn)
        }
    }

    /// It is there: what is held here is another thing than what it holds.
    mutating func bidFarewell(_ id: RelationID, _ index: Int, _ turn: inout Turn) {
        guard self.relations[id]?.duty == .farewell else { return }
        if self.hasLeft(id, index) {
            // A copy of its home does not know yet that it left.
            for record in self.leaves(of: id, index) {
                self.send(.record(record.bytes), of: self.live[index].id, to: id, &turn)
            }
            return self.send(.goodbye, of: self.live[index].id, to: id, &turn)
        }
        self.send(.summary(self.summary(of: index, turn)), of: self.live[index].id, to: id, &turn)
    }

    /// The records by which somebody left.
    private func leaves(of id: RelationID, _ index: Int) -> [Record] {
        let member = self.relations[id]?.record.member
        return self.live[index].set?.records.filter { record in
            record.kind == .leave && record.author == member
        } ?? []
    }

    /// It may ask for the records by which it is removed.
    mutating func receiveFarewell(
        _ frame: GossipFrame, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard let relation = self.relations[id], relation.duty == .farewell,
            relation.farewellBudget > 0, !self.hasLeft(id, index), let set = self.live[index].set,
            let roster = self.live[index].roster
        else { return }
        var answers: [GossipFrame.Body] = []
        switch frame.body {
        case .digest(let offset, let digest):
            let verdict = set.verdict(roster)
            let own = set.digest(self.primitives)
            let ids = set.idsInOrder(inBuckets: own.differing(from: digest))
                .filter { set.number(of: $0).map { verdict[$0] } ?? false }
            answers = GossipFrame.IDList.window(of: ids, from: Int(offset)).map { .ids($0) }
        case .want(let ids):
            let verdict = set.verdict(roster)
            for wanted in ids where set.number(of: wanted).map({ verdict[$0] }) ?? false {
                if let record = set.record(wanted) { answers.append(.record(record.bytes)) }
            }
        case .summary, .ids, .record, .places, .welcome, .goodbye, .notices, .noticeList, .notice,
            .call, .links:
            break
        }
        for answer in answers.prefix(relation.farewellBudget) {
            self.send(answer, of: self.live[index].id, to: id, &turn)
        }
        self.update(id, &turn) { relation, _ in
            relation.farewellBudget -= min(max(answers.count, 1), relation.farewellBudget)
        }
    }
}

extension Relation {
    /// Ends all sessions without a word.
    mutating func hangUp(_ turn: inout Turn) {
        self.eraseSessions(&turn)
        self.probe = nil
        self.searchStart = nil
        self.nextAttemptAt = nil
        guard self.isConnected else { return }
        self.isConnected = false
        turn.changes.append(
            .endpoints(self.id, self.record.endpoints, lastHeardAt: self.record.lastHeardAt))
    }

    /// When whoever was removed has had its time to ask.
    var hangUpAt: Instant? {
        self.duty == .farewell && self.isConnected
            ? self.farewellAt.map { $0 + Constants.farewellSpan } : nil
    }

    /// Whether whoever was removed has asked just now, and is not answered again so soon.
    func hasAskedWhy(_ now: Instant) -> Bool {
        guard self.duty == .farewell, let last = self.farewellAt else { return false }
        return now - last >= Constants.farewellSpan && now - last < Constants.farewellPause
    }
}

extension RecordSet {
    /// Of each record whether it is one by which somebody is removed, or named by one: removals in effect
    /// and the votes for them, with all their ancestors.
    func verdict(_ roster: RosterState) -> [Bool] {
        var marks = self.verdictHeads(roster)
        self.markNeeded(&marks)
        return marks
    }

    /// The removals in effect and the votes for them, parents before children.
    func verdictRecords(_ roster: RosterState) -> [Record] {
        let marks = self.verdictHeads(roster)
        return self.entries.indices.filter { marks[$0] }.map { self.entries[$0].record }
    }

    private func verdictHeads(_ roster: RosterState) -> [Bool] {
        let removals = roster.removals.filter { $0.outcome == .inEffect }.map(\.id)
        return self.entries.map { entry in
            switch entry.record.body {
            case .remove: removals.contains(entry.record.id)
            case .vote(let proposal): removals.contains(proposal)
            case .genesis, .add, .confirm, .leave, .block, .epoch, .endpoint: false
            }
        }
    }
}
