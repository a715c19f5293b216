// SPDX-License-Identifier: Apache-2.0

// What people decide about clusters and members (PROTOCOL.md §12.6).
extension Node {
    /// Proposes that somebody be removed, or votes for a proposal that can still take effect and voids no
    /// more than is wanted.
    mutating func remove(
        _ member: MemberID, withGuests: Bool, from cluster: ClusterID, _ turn: inout Turn
    ) throws(Refusal) {
        let (index, roster, own) = try self.roster(of: cluster, turn)
        guard let accused = roster.member(member), member != own else { throw .notFound }
        let isGone = accused.status != .present
        guard !isGone || withGuests && accused.status == .removed else { throw .notFound }
        guard roster.members.count(where: \.isVoter) >= 3 else { throw .tooFewVoters }
        guard roster.member(own)?.isVoter ?? false, let set = self.live[index].set else {
            throw .notVoter
        }
        if isGone {
            return try self.removeGuests(
                set.lateGuests(of: member, roster).map(\.guest), from: cluster, &turn)
        }
        let kept =
            withGuests
            ? set.keptWithoutGuests(of: member, roster) : Removal.keepsAll
        let open = set.openRemovals(of: member, roster).filter {
            $0.kept >= kept && ($0.kept == Removal.keepsAll) == (kept == Removal.keepsAll)
        }
        for proposal in open {
            if proposal.supporters.contains(own) { return }
            guard proposal.awaited.contains(own) else { continue }
            return try self.say(.vote(proposal.id), index, &turn)
        }
        try self.say(.remove(Removal(accused: member, kept: kept)), index, &turn)
    }

    /// Whoever took them in is removed already, without them: each is removed as a member of its own, with
    /// those whom it took in.
    private mutating func removeGuests(
        _ guests: [MemberID], from cluster: ClusterID, _ turn: inout Turn
    ) throws(Refusal) {
        var isDone = false
        for guest in guests {
            // The vote for one may have removed another.
            guard try self.roster(of: cluster, turn).roster.isPresent(guest) else { continue }
            try self.remove(guest, withGuests: true, from: cluster, &turn)
            isDone = true
        }
        guard isDone else { throw .notFound }
    }

    /// Writes what a person wants to say.
    private mutating func say(
        _ body: RecordBody, _ index: Int, _ turn: inout Turn
    ) throws(Refusal) {
        guard !self.write(body, index, &turn) else { return }
        let isFull =
            turn.membership(of: self.live[index].id).map {
                !(self.live[index].set?.hasRoom(body.kind, by: $0.member) ?? false)
            } ?? false
        throw isFull ? .clusterFull : .notMember
    }

    /// Has nothing to do any more with somebody, or has again; at once, and for this node alone.
    mutating func block(
        _ member: MemberID, in cluster: ClusterID, isOn: Bool, _ turn: inout Turn
    ) throws(Refusal) {
        let (index, roster, own) = try self.roster(of: cluster, turn)
        guard roster.member(member) != nil, member != own else { throw .notFound }
        guard roster.blocks(own, member) != isOn else { return }
        try self.say(.block(member, isOn: isOn), index, &turn)
    }

    private func roster(
        of cluster: ClusterID, _ turn: Turn
    ) throws(Refusal) -> (index: Int, roster: RosterState, own: MemberID) {
        guard let index = self.liveIndex(of: cluster) else { throw .notFound }
        guard let roster = self.live[index].roster,
            let own = turn.membership(of: cluster)?.member, roster.isPresent(own)
        else { throw .notMember }
        return (index, roster, own)
    }

    // MARK: Meetings

    /// The clusters into which somebody can be taken.
    func openClusters(_ turn: Turn) -> [ClusterID] {
        turn.livingClusters.filter { $0.standing == .member && self.isSettled($0.id) }.map(\.id)
    }

    /// Whether the meeting that founded a cluster cannot be taken back any more.
    private func isSettled(_ cluster: ClusterID) -> Bool {
        !self.ids.contains { id in
            guard let record = self.relations[id]?.record, record.cluster == cluster else {
                return false
            }
            return record.bond == .founding && record.cancelTokens != nil
        }
    }

    /// Into which cluster a newcomer is to be taken: the person's choice, or the only one if the person
    /// wants any.
    func choose(
        _ choice: ClusterID?, _ intent: Intent, _ turn: Turn
    ) throws(Refusal) -> ClusterID {
        let open = self.openClusters(turn)
        if let choice {
            guard open.contains(choice) else { throw .notFound }
            return choice
        }
        guard intent == .cluster, let only = open.first, open.count == 1 else {
            throw .mustChoose(open)
        }
        return only
    }

    /// The clusters that have no place for one member more, or none for the record by which this node would
    /// take it in.
    var fullClusters: [ClusterID] {
        self.clusters.map(\.id).filter { self.isFull($0) }
    }

    private func isFull(_ cluster: ClusterID) -> Bool {
        guard let index = self.liveIndex(of: cluster), let set = self.live[index].set,
            let own = self.clusters.first(where: { $0.id == cluster })?.membership.member
        else { return false }
        return self.live[index].presentCount >= set.limits.memberCountMax
            || !set.hasRoom(.add, by: own)
    }

    /// The record of a meeting in which this node takes the other in: its keys are those of the cluster.
    func sponsor(
        _ record: inout RelationRecord, into cluster: ClusterID, _ turn: Turn
    ) throws(Refusal) {
        guard let membership = turn.membership(of: cluster) else { throw .notFound }
        guard !turn.fullClusters.contains(cluster) else { throw .clusterFull }
        record.sponsors = cluster
        record.memberSigningKey = membership.signingKey
        record.memberAgreementKey = membership.agreementKey
    }
}
