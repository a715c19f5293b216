// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// What the checker remembers of clusters.
struct ClusterBook: Sendable {
    struct Key: Hashable, Sendable {
        var host: HostID
        var cluster: ClusterID
    }

    struct Place: Hashable, Sendable {
        var key: Key
        var member: MemberID
    }

    /// Secrets of epochs, and who was gone when each was made, and by whom.
    struct Making: Sendable {
        var gone: [MemberID]
    }

    /// The highest sequence of a member's endpoint records at a host.
    var sequences: [Place: UInt64] = [:]
    /// What a set of records says, by the hash of its heads.
    var states: [[UInt8]: [UInt8]] = [:]
    /// The heads that were looked at last.
    var heads: [Key: [UInt8]] = [:]
    /// Records whose signature was looked at.
    var signed: Set<RecordID> = []
    var makings: [TraceHash: Making] = [:]
    /// Of which secret and which two members each pre-shared key is.
    var keys: [TraceHash: TraceHash] = [:]
}

extension Secret {
    /// A fingerprint, to know it again by.
    var mark: TraceHash {
        var mark = TraceHash()
        self.withBytes { mark.absorb(Array($0)) }
        return mark
    }
}

// What hosts hold of clusters, after a step in which they stored something about them.
extension Checker {
    mutating func looksAtClusters(of host: inout SimulatedHost, now: Instant) {
        self.forgetsPaths(of: host)
        for held in host.heldClusters() {
            let key = ClusterBook.Key(host: host.id, cluster: held.id)
            self.looksAtRecords(held, key, host, now: now)
            self.looksAtPlaces(held, key, host, now: now)
            self.looksAtRelations(held, host, now: now)
            self.looksAtSecrets(held, host, now: now)
        }
    }

    /// An old copy of the disk is back.
    mutating func forgivesClusters(_ host: HostID) {
        self.clusterBook.sequences = self.clusterBook.sequences.filter { $0.key.key.host != host }
        self.clusterBook.heads = self.clusterBook.heads.filter { $0.key.host != host }
    }

    /// A relation that comes back under its former name has no path yet.
    private mutating func forgetsPaths(of host: SimulatedHost) {
        let relations = host.disk.store.state.relations
        let gone = self.help.direct.keys.filter { key in
            key.host == host.id && !relations.contains { $0.id == key.relation }
        }
        for key in gone { self.help.direct[key] = nil }
    }

    /// A host belongs to a cluster no more; if it comes back, it begins anew.
    mutating func forgets(_ cluster: ClusterID, at host: HostID) {
        let key = ClusterBook.Key(host: host, cluster: cluster)
        self.clusterBook.sequences = self.clusterBook.sequences.filter { $0.key.key != key }
        self.clusterBook.heads[key] = nil
    }

    private mutating func looksAtRecords(
        _ held: HeldCluster, _ key: ClusterBook.Key, _ host: SimulatedHost, now: Instant
    ) {
        let state = host.disk.store.state
        let stored = state.records.count { $0.cluster == held.id }
        let count = held.records?.count ?? 0
        if stored != count, !host.defects.contains(.clusterNotStored) || count > 0 {
            self.report(
                .announcedIsDurable, at: now, [host.id],
                "\(count) records are told of, \(stored) are stored")
        }
        guard let set = held.records, let roster = held.roster,
            self.clusterBook.heads[key] != held.heads
        else { return }
        self.clusterBook.heads[key] = held.heads
        if let last = set.records.last,
            !state.records.contains(where: { $0.cluster == held.id && $0.bytes == last.bytes })
        {
            self.report(.announcedIsDurable, at: now, [host.id], "the last record is not stored")
        }
        for record in set.records where !self.clusterBook.signed.contains(record.id) {
            self.clusterBook.signed.insert(record.id)
            if !set.isSigned(record, host.primitives) {
                self.report(.recordsAreSigned, at: now, [host.id], "\(record.kind)")
            }
        }
        let hash = roster.hash(host.primitives)
        let former = self.clusterBook.states.updateValue(hash, forKey: held.heads)
        if let former, former != hash {
            self.report(.sameRecordsSameRoster, at: now, [host.id], "two states of one set")
        }
    }

    private mutating func looksAtPlaces(
        _ held: HeldCluster, _ key: ClusterBook.Key, _ host: SimulatedHost, now: Instant
    ) {
        for record in held.records?.endpointRecords ?? [] {
            guard let member = record.author, case .endpoint(let whereabouts) = record.body else {
                continue
            }
            let place = ClusterBook.Place(key: key, member: member)
            let former = self.clusterBook.sequences.updateValue(
                whereabouts.sequence, forKey: place)
            if let former, whereabouts.sequence < former {
                self.report(
                    .placesAdvance, at: now, [host.id],
                    "sequence \(whereabouts.sequence) after \(former)")
            }
            if member == held.own,
                let inner = whereabouts.addresses.first(where: { !$0.endpoint.address.isPublic })
            {
                self.report(.placesArePublic, at: now, [host.id], "\(inner.endpoint)")
            }
        }
    }

    private mutating func looksAtRelations(
        _ held: HeldCluster, _ host: SimulatedHost, now: Instant
    ) {
        guard held.standing == .member, let roster = held.roster else { return }
        let relations = host.disk.store.state.relations
        for position in relations.indices where relations[position].cluster == held.id {
            guard let member = relations[position].member else { continue }
            let status = roster.member(member)?.status
            let isSilent = host.node?.isSilent(relations[position].id) ?? true
            if status == .left || status == .removed, !isSilent {
                self.report(.goneAreDropped, at: now, [host.id], "of who is gone")
            }
            if roster.blocks(held.own, member)
                || roster.blocks(member, held.own) && !isSilent
            {
                self.report(.goneAreDropped, at: now, [host.id], "of who is blocked")
            }
            guard let number = relations[position].epoch else { continue }
            let ownStatus = roster.member(held.own)?.status
            if status == nil || ownStatus == nil || ownStatus == .left || ownStatus == .removed {
                self.report(
                    .introducedAreMembers, at: now, [host.id], "of whom the records do not tell")
            }
            self.looksAtKeys(relations[position], number, held, host.id, now: now)
        }
    }

    /// One pre-shared key belongs to one secret and two members.
    private mutating func looksAtKeys(
        _ relation: RelationRecord, _ number: UInt32, _ held: HeldCluster, _ host: HostID,
        now: Instant
    ) {
        let secrets = held.epochs.filter { $0.number == number }
        guard secrets.count == 1, let psk = relation.keys?.psk, let member = relation.member else {
            return
        }
        var owner = secrets[0].secret.mark
        owner.absorb(min(member, held.own).bytes + max(member, held.own).bytes)
        let former = self.clusterBook.keys.updateValue(owner, forKey: psk.mark)
        if let former, former != owner {
            self.report(
                .keysFollowEpochs, at: now, [host], "one key of two secrets or of two pairs")
        }
    }

    private mutating func looksAtSecrets(
        _ held: HeldCluster, _ host: SimulatedHost, now: Instant
    ) {
        for secret in held.epochs {
            guard let id = secret.record else { continue }
            guard let record = held.records?.record(id), case .epoch(let epoch) = record.body,
                epoch.secretHash == secret.secret.withBytes({ host.primitives.hash([], $0) })
            else {
                self.report(.epochsAreForMembers, at: now, [host.id], "a secret of no epoch")
                continue
            }
            guard record.author == held.own, let roster = held.roster,
                self.clusterBook.makings[secret.secret.mark] == nil
            else { continue }
            let gone = roster.members.filter { $0.status == .left || $0.status == .removed }
            self.clusterBook.makings[secret.secret.mark] = ClusterBook.Making(
                gone: gone.map(\.id))
        }
    }
}

extension Simulation {
    /// Packets were opened: whoever is gone gets no secret that was made after that.
    mutating func hearsOfClusters(_ packets: [OpenedPacket], _ id: HostID) {
        guard let story = self.story else { return }
        for packet in packets where packet.content == .frame {
            guard packet.plaintext.first == 26,
                case .welcome(let cluster, let secret)? = ClusterFrame(
                    frame: packet.plaintext, at: HostClock.epoch),
                cluster == story.cluster, let relation = self.relation(of: packet, at: id),
                let member = self.member(by: relation, at: id) ?? story.members[id],
                let making = self.checker.clusterBook.makings[secret.secret.mark],
                making.gone.contains(member),
                let giver = relation.member.flatMap({ story.hosts[$0] }),
                !self.checker.villains.contains(giver)
            else { continue }
            let isBack = self.hosts.indices.contains { number in
                self.hosts[number].heldClusters().contains {
                    $0.id == cluster && $0.roster?.member(member)?.status == .present
                        && $0.roster?.epochNumber ?? 0 >= secret.number
                }
            }
            guard !isBack else { continue }
            self.checker.report(
                .epochsAreForMembers, at: self.now, [giver, id], "given to who is gone")
        }
    }

    private func relation(of packet: OpenedPacket, at id: HostID) -> RelationRecord? {
        let relation = self.hosts[id.number].node?.relation(ofSession: packet.session)
        return self.hosts[id.number].disk.store.state.relations.first { $0.id == relation }
    }

    /// Who a host is for the other side of a relation; one that was put back to before it was a member may be
    /// another one since.
    private mutating func member(by relation: RelationRecord, at id: HostID) -> MemberID? {
        let primitives = self.hosts[id.number].primitives
        guard let key = primitives.signingKey(from: relation.memberSigningKey)?.publicKey else {
            return nil
        }
        let held = self.hosts[id.number].heldClusters().first { $0.id == self.story?.cluster }
        return held?.roster?.members.first { $0.keys.signingKey == key }?.id
    }

    /// A record takes somebody in: that host trusts by then, or did until it forgot.
    mutating func checkAdds(_ held: HeldCluster, _ id: HostID) {
        guard let record = held.records?.records.last, record.author == held.own,
            case .add(_, let meeting) = record.body
        else { return }
        let guests = self.hosts.filter { host in
            host.id != id
                && host.disk.store.state.relations.contains { $0.keys?.meeting == meeting }
        }
        guard self.restored.isEmpty, guests.count == 1,
            let relation = guests[0].disk.store.state.relations.first(where: {
                $0.keys?.meeting == meeting
            }), ![.trusted, .forgetting, .forgotten].contains(relation.phase)
        else { return }
        self.checker.report(
            .addFollowsTrust, at: self.now, [id, guests[0].id], "\(relation.phase)")
    }
}
