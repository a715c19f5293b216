// SPDX-License-Identifier: Apache-2.0

// What meetings agreed on becomes records (PROTOCOL.md §12.4).
extension Node {
    /// Writes the records that meetings owe, once both sides are known to trust.
    ///
    /// Each may be asked for again: what is written already is not written twice.
    mutating func settleBonds(_ turn: inout Turn) {
        turn.mustSettleBonds = false
        self.endSecondJoinings(&turn)
        for id in self.ids {
            guard let record = self.relations[id]?.record, record.phase == .trusted,
                self.relations[id]?.duty != .farewell,
                let bond = record.bond, let cluster = record.cluster, let member = record.member,
                let index = self.liveIndex(of: cluster)
            else { continue }
            if let entry = self.live[index].roster?.member(member) {
                guard self.isHonest(record, entry) else {
                    self.drop(id, &turn)
                    // Whoever is gone is no liar.
                    if record.peerPart.map({ $0.keys != entry.keys }) ?? false {
                        turn.notify(.memberEquivocated(cluster, member))
                    }
                    continue
                }
                let (isOwn, isOther) = self.blocks(member, index, turn)
                if isOwn {
                    self.drop(id, &turn)
                    continue
                }
                // A block of the other's may have been taken back: whether so, it says itself.
                if isOther { self.settleDuties(beside: id, &turn) }
                // Until then the other may take the meeting back.
                if record.cancelTokens == nil {
                    self.replaceFormer(of: id, cluster, member, &turn)
                }
            }
            guard record.cancelTokens == nil || turn.has(.addedTooEarly),
                let part = record.peerPart,
                let meeting = record.keys?.meeting
            else { continue }
            switch bond {
            case .founding, .joining, .bridging, .crossing: break
            case .sponsoring:
                guard self.live[index].roster?.member(member) == nil else { continue }
                self.write(
                    .add(part.keys, meeting: meeting), second: part.signature, index, &turn)
            case .confirming:
                guard record.role == .offering, self.isUnmet(member, index, turn) else { continue }
                self.write(
                    .confirm(member, meeting: meeting), second: part.signature, index, &turn)
            }
        }
    }

    /// Whoever is taken into a cluster by one member is not by another, who would make a second member of
    /// it.
    private mutating func endSecondJoinings(_ turn: inout Turn) {
        for id in self.ids {
            guard let relation = self.relations[id], !relation.isTrusted,
                case .joining(let cluster, _)? = relation.record.bond,
                turn.clusters.contains(where: { $0.id == cluster })
            else { continue }
            self.end(id, .given(up: .cancelled), &turn)
        }
    }

    /// Whether somebody has the keys of the member that it says it is, who belongs to the cluster.
    private func isHonest(_ record: RelationRecord, _ entry: RosterMember) -> Bool {
        let isThere = entry.status == .present || entry.status == .waiting
        return isThere && (record.peerPart.map { $0.keys == entry.keys } ?? true)
    }

    /// Whether one of the two has nothing to do with the other, as the records say.
    private func blocks(
        _ member: MemberID, _ index: Int, _ turn: Turn
    ) -> (byOwn: Bool, byOther: Bool) {
        guard let roster = self.live[index].roster,
            let own = turn.membership(of: self.live[index].id)?.member
        else { return (false, false) }
        return (roster.blocks(own, member), roster.blocks(member, own))
    }

    /// Whether a member is there whom this node has not met yet, as the records say.
    private func isUnmet(_ member: MemberID, _ index: Int, _ turn: Turn) -> Bool {
        guard let roster = self.live[index].roster, let entry = roster.member(member),
            let own = turn.membership(of: self.live[index].id)?.member
        else { return false }
        return entry.status == .present && !entry.metBy.contains(own)
    }

    /// Two who meet again have new keys: the relation that they had goes, its names stay.
    private mutating func replaceFormer(
        of id: RelationID, _ cluster: ClusterID, _ member: MemberID, _ turn: inout Turn
    ) {
        guard let relation = self.relations[id] else { return }
        let record = relation.record
        guard record.epoch == nil else { return }
        for other in self.persons.with(member, of: cluster) where other != id {
            guard let rival = self.relations[other], rival.record.phase == .trusted,
                // Keys of the epoch are the way back while those of the meeting do not work.
                rival.record.epoch != nil
                    ? relation.isConnected && relation.duty != .mute
                    : rival.isOlder(than: relation)
            else { continue }
            let former = rival.record
            let (givenName, matchedAt) = (former.givenName, former.matchedAt)
            // A founding that is taken back would take its cluster along.
            let isConfirming = if case .confirming? = former.bond { true } else { false }
            self.drop(other, as: isConfirming ? .outdone : .dropped, &turn)
            self.update(id, &turn) { relation, turn in
                if relation.record.givenName.isEmpty { relation.record.givenName = givenName }
                if relation.record.matchedAt == nil, former.epoch == nil {
                    relation.record.matchedAt = matchedAt
                }
                turn.changes.append(.relation(relation.record, erasing: false))
            }
        }
    }

    /// Writes one own record of the roster and tells everybody; false: that cannot be.
    @discardableResult
    mutating func write(
        _ body: RecordBody, second signature: [UInt8]? = nil, by membership: Membership? = nil,
        _ index: Int, _ turn: inout Turn
    ) -> Bool {
        let cluster = self.live[index].id
        guard let membership = membership ?? turn.membership(of: cluster),
            let (_, signingKey) = membership.keys(self.primitives),
            let set = self.live[index].set, let place = set.nextPlace(of: membership.member),
            let draft = try? RecordDraft(body, at: place)
        else { return false }
        let own = self.primitives.sign(draft.signedBytes(in: cluster), with: signingKey)
        let record = Record(
            draft, signatures: [own] + (signature.map { [$0] } ?? []), self.primitives)
        return self.takeOwn(record, index, &turn)
    }

    mutating func takeOwn(_ record: Record, _ index: Int, _ turn: inout Turn) -> Bool {
        // What the others have no place for is not written.
        guard self.live[index].set?.hasRoom(for: record) ?? false else { return false }
        let intake = self.live[index].take(
            record, from: nil, now: turn.instant, isCatchingUp: true, self.primitives)
        guard case .added(let records) = intake else { return false }
        self.note(records, index, from: nil, &turn)
        return true
    }
}

extension Relation {
    /// Whether it was trusted before another one; of times before the start of the program the wall clock
    /// tells.
    ///
    /// Two meetings at once may have ended in another order at the other side: of these the one counts
    /// whose hash is greater, for both.
    fileprivate func isOlder(than other: Relation) -> Bool {
        guard let own = self.trustedAt, let others = other.trustedAt else {
            if self.trustedAt != nil || other.trustedAt != nil { return other.trustedAt != nil }
            return self.record.createdAt < other.record.createdAt
        }
        if abs((own - others).nanoseconds) < Constants.attemptLife.nanoseconds,
            let hash = self.record.keys?.meeting, let rival = other.record.keys?.meeting
        {
            return hash.lexicographicallyPrecedes(rival)
        }
        return own < others
    }
}
