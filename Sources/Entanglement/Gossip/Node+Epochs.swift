// SPDX-License-Identifier: Apache-2.0

// Secrets that only those have who belong to the cluster now (PROTOCOL.md §12.3).
extension Node {
    /// Whether a new epoch is due, and this node is to make it.
    mutating func considerEpoch(_ index: Int, _ turn: inout Turn) {
        let cluster = self.live[index].id
        self.considerMissingSecret(index, turn)
        guard let roster = self.live[index].roster,
            roster.needsEpoch || self.live[index].isFoundingInDoubt,
            let own = turn.membership(of: cluster)?.member, roster.isPresent(own),
            !turn.has(.epochNotMade)
        else {
            self.live[index].epochAt = nil
            return
        }
        guard self.live[index].epochAt == nil else { return }
        self.live[index].epochAt =
            turn.instant + Constants.epochDelay + self.epochPatience(index, own, roster)
    }

    /// The first in order is the first to make one; the others wait whether it comes.
    private func epochPatience(
        _ index: Int, _ own: MemberID, _ roster: RosterState
    ) -> Duration {
        var ahead = 0
        for id in self.connectedPeers(of: index) {
            guard let member = self.relations[id]?.record.member,
                let other = roster.member(member), other.status == .present
            else { continue }
            let isVoter = roster.member(own)?.isVoter ?? false
            if other.isVoter != isVoter ? other.isVoter : member < own { ahead += 1 }
        }
        return Constants.epochPatience * min(ahead, Constants.epochPatienceCountMax)
    }

    /// Whether the secret that counts has not come, and this node could make another one.
    private func lacksSecret(_ index: Int, _ turn: Turn) -> RecordID? {
        let cluster = self.live[index].id
        guard let roster = self.live[index].roster, !roster.needsEpoch, let epoch = roster.epoch,
            let record = turn.clusters.first(where: { $0.id == cluster }),
            !record.epochs.contains(where: { $0.record == epoch }),
            roster.isPresent(record.membership.member),
            self.live[index].set?.mayReplaceEpoch(record.membership.member, roster) ?? false
        else { return nil }
        return epoch
    }

    private mutating func considerMissingSecret(_ index: Int, _ turn: Turn) {
        guard let epoch = self.lacksSecret(index, turn), let roster = self.live[index].roster,
            let own = turn.membership(of: self.live[index].id)?.member
        else {
            self.live[index].missing = nil
            return
        }
        guard self.live[index].missing?.epoch != epoch else { return }
        let patience = Constants.epochSilence + self.epochPatience(index, own, roster)
        self.live[index].missing = (epoch, turn.instant + patience)
    }

    /// Nobody hands the secret out that counts: then another one is made.
    mutating func tickMissingSecret(_ index: Int, _ turn: inout Turn) {
        guard let missing = self.live[index].missing, missing.dueAt <= turn.instant else { return }
        guard self.lacksSecret(index, turn) == missing.epoch else {
            self.live[index].missing = nil
            return
        }
        guard !self.connectedPeers(of: index).isEmpty else {
            self.live[index].missing?.dueAt = turn.instant + Constants.epochSilence
            return
        }
        self.live[index].missing = nil
        self.beginEpoch(index, isReplacing: true, &turn)
    }

    mutating func beginEpoch(_ index: Int, isReplacing: Bool = false, _ turn: inout Turn) {
        let cluster = self.live[index].id
        guard let roster = self.live[index].roster,
            roster.needsEpoch || isReplacing || self.live[index].isFoundingInDoubt,
            let membership = turn.membership(of: cluster), roster.isPresent(membership.member),
            let set = self.live[index].set,
            let place = set.nextPlace(of: membership.member),
            let number = set.nextEpoch(at: place)
        else { return }
        let secret = Secret(byteCount: 32, using: &turn.generator)
        let hash = secret.withBytes { self.primitives.hash([], $0) }
        let body = RecordBody.epoch(
            Epoch(number: number, gone: roster.goneHash, secretHash: hash))
        guard let draft = try? RecordDraft(body, at: place),
            let (_, signingKey) = membership.keys(self.primitives)
        else { return }
        let record = Record(
            draft,
            signatures: [
                self.primitives.sign(draft.signedBytes(in: cluster), with: signingKey)
            ], self.primitives)
        self.keep(
            EpochSecret(number: number, record: record.id, secret: secret, since: turn.wall),
            cluster, &turn)
        turn.isGivingSecret = turn.has(.epochGivenToGone)
        guard self.takeOwn(record, index, &turn) else {
            turn.isGivingSecret = false
            return
        }
        for id in self.connectedPeers(of: index) { self.welcome(index, id, &turn) }
        turn.isGivingSecret = false
        self.reconcile(index, &turn)
    }

    /// Puts a secret among those that count, in order, and lets go of the old ones.
    private mutating func keep(
        _ secret: EpochSecret, _ cluster: ClusterID, _ turn: inout Turn
    ) {
        guard let position = turn.clusters.firstIndex(where: { $0.id == cluster }) else { return }
        var epochs = turn.clusters[position].epochs
        guard !epochs.contains(where: { $0.number == secret.number && $0.record == secret.record })
        else { return }
        epochs.append(secret)
        epochs.sort { $0.number < $1.number }
        let count = epochs.count
        while epochs.count > Constants.epochCountMax {
            epochs.remove(at: self.leastNeeded(epochs, cluster))
        }
        // The one that counts stays, however old: it may have the smallest number.
        let counting = self.liveIndex(of: cluster).flatMap { self.live[$0].roster?.epoch }
        while epochs.count > 1, epochs[0].record != counting,
            turn.wall - epochs[1].since > Constants.epochLife
        {
            epochs.removeFirst()
        }
        turn.clusters[position].epochs = epochs
        turn.changes.append(.cluster(turn.clusters[position], erasing: epochs.count < count))
    }

    /// Which of too many secrets is let go: not the one that counts, first those of guests, then one of
    /// whoever made the most, then the oldest.
    private func leastNeeded(_ epochs: [EpochSecret], _ cluster: ClusterID) -> Int {
        let live = self.liveIndex(of: cluster).map { self.live[$0] }
        let authors = epochs.map { secret in
            secret.record.flatMap { live?.set?.record($0)?.author }
        }
        let ranks = epochs.indices.map { position -> (Int, Int, Int) in
            let author = authors[position]
            let isVoters = author.map { live?.roster?.member($0)?.isVoter ?? false } ?? true
            return (isVoters ? 1 : 0, -authors.count { $0 == author }, position)
        }
        let others = epochs.indices.filter {
            epochs[$0].record != live?.roster?.epoch
        }
        return others.min { ranks[$0] < ranks[$1] } ?? 0
    }

    /// Gives a member the newest secret that this node holds.
    mutating func welcome(_ index: Int, _ id: RelationID, _ turn: inout Turn) {
        let cluster = self.live[index].id
        guard let record = turn.clusters.first(where: { $0.id == cluster }),
            let member = self.relations[id]?.record.member,
            let roster = self.live[index].roster,
            roster.isPresent(member) || turn.has(.epochGivenToGone),
            let newest = record.epoch(of: roster),
            self.live[index].links[id]?.welcomedAt.map({
                turn.instant - $0 >= Constants.gossipSpacing
            }) ?? true
        else { return }
        self.live[index].links[id]?.welcomedAt = turn.instant
        self.send(
            .welcome(
                GossipFrame.Welcome(
                    number: newest.number, record: newest.record, secret: newest.secret,
                    name: DisplayName.shortened(record.name))),
            of: cluster, to: id, &turn)
    }

    /// A secret counts if the record of its epoch names its hash; that of the founding if there is none.
    mutating func receive(
        _ welcome: GossipFrame.Welcome, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        let cluster = self.live[index].id
        guard let position = turn.clusters.firstIndex(where: { $0.id == cluster }) else { return }
        let secret = EpochSecret(
            number: welcome.number, record: welcome.record, secret: welcome.secret,
            since: turn.wall)
        if turn.clusters[position].epochs.isEmpty, self.live[index].earlySecrets.isEmpty {
            self.take(name: welcome.name, of: position, &turn)
        }
        if welcome.record == nil {
            guard turn.clusters[position].epochs.isEmpty else {
                return self.compare(founding: welcome.secret, position, index, &turn)
            }
            self.keep(secret, cluster, &turn)
        } else if self.live[index].names(secret, self.primitives)
            || turn.has(.secretUnchecked)
        {
            self.keep(secret, cluster, &turn)
        } else if self.live[index].earlySecrets.count < Constants.epochCountMax {
            self.live[index].earlySecrets.append(secret)
            return
        }
        self.reconcile(index, &turn)
    }

    /// Another secret of epoch 0 than the one that is held: those who have the one never reach those who
    /// have the other, so a new one is due.
    private mutating func compare(
        founding secret: Secret, _ position: Int, _ index: Int, _ turn: inout Turn
    ) {
        guard let held = turn.clusters[position].epochs.first(where: { $0.record == nil }),
            held.secret != secret
        else { return }
        self.live[index].isFoundingDisputed = true
        self.considerEpoch(index, &turn)
    }

    /// While epoch 0 counts, members compare its secret, which no record names.
    mutating func compareFounding(_ index: Int, with id: RelationID, _ turn: inout Turn) {
        guard self.live[index].mayDisputeFounding,
            self.live[index].links[id]?.welcomedAt == nil
        else { return }
        self.welcome(index, id, &turn)
    }

    /// What the sponsor calls the cluster, until the person names it.
    private func take(name: String, of position: Int, _ turn: inout Turn) {
        guard !name.isEmpty, turn.clusters[position].name != name else { return }
        turn.clusters[position].name = name
        turn.changes.append(.cluster(turn.clusters[position], erasing: false))
    }

    /// Records have come: perhaps those of the epochs whose secrets came before.
    mutating func useEarlySecrets(_ index: Int, _ turn: inout Turn) {
        let early = self.live[index].earlySecrets
        guard !early.isEmpty else { return }
        self.live[index].earlySecrets = []
        for secret in early {
            if self.live[index].names(secret, self.primitives) {
                self.keep(secret, self.live[index].id, &turn)
            } else {
                self.live[index].earlySecrets.append(secret)
            }
        }
    }
}

extension LiveCluster {
    /// Whether the secret of epoch 0 counts, and more than those two have it who made it.
    var mayDisputeFounding: Bool { self.presentCount > 2 && self.roster?.epochNumber == 0 }

    /// Whether two secrets of it are known to be around.
    var isFoundingInDoubt: Bool { self.isFoundingDisputed && self.mayDisputeFounding }

    /// Whether a record that is held names this secret.
    func names(_ secret: EpochSecret, _ primitives: any Primitives) -> Bool {
        guard let id = secret.record, case .epoch(let epoch)? = self.set?.record(id)?.body else {
            return false
        }
        let hash = secret.secret.withBytes { primitives.hash([], $0) }
        return epoch.number == secret.number && epoch.secretHash == hash
    }
}

extension ClusterRecord {
    /// The secret of the epoch that counts; while it has not come, the newest one before.
    func epoch(of roster: RosterState) -> EpochSecret? {
        self.epochs.last { $0.record == roster.epoch }
            ?? self.epochs.last { $0.number < roster.epochNumber }
    }
}
