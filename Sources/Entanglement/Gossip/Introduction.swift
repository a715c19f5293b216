// SPDX-License-Identifier: Apache-2.0

/// The keys of two members who never met, from an epoch's secret and their keys in the cluster
/// (PROTOCOL.md §12.3).
///
/// A is the one with the smaller id. Whoever holds the secret could derive all of it but the shared
/// secrets of the two X25519 keys, without which no handshake succeeds.
struct Introduction {
    let cluster: ClusterID
    let member: MemberID
    let epoch: UInt32
    let id: RelationID
    let isOffering: Bool
    let ownPID: PeerID
    let keys: RelationKeys

    init?(
        cluster: ClusterID, _ membership: Membership, _ member: RosterMember,
        _ epoch: EpochSecret, _ primitives: any Primitives
    ) {
        guard membership.member != member.id,
            let (ownKeys, _) = membership.keys(primitives)
        else { return nil }
        let isFirst = membership.member < member.id
        let entries =
            isFirst
            ? [(membership.member, ownKeys), (member.id, member.keys)]
            : [(member.id, member.keys), (membership.member, ownKeys)]
        func expand(_ label: String, _ ids: [MemberID], _ byteCount: Int) -> Secret {
            var writer = ByteWriter(domain: label, cluster)
            for id in ids { writer.put(id) }
            return primitives.expand(epoch.secret, label: writer.bytes, byteCount: byteCount)
        }
        func pid(of receiver: MemberID, namedBy sender: MemberID) -> PeerID? {
            expand("spockex/1 member pid", [receiver, sender], 16)
                .withBytes { PeerID(bytes: $0) }
        }
        var writer = ByteWriter(domain: "spockex/1 members", cluster)
        for (id, keys) in entries {
            writer.put(id)
            writer.put(keys)
        }
        let ids = entries.map(\.0)
        let macs = ["spockex/1 member mac AB", "spockex/1 member mac BA"].map {
            expand($0, ids, 32)
        }
        guard let ownPID = pid(of: membership.member, namedBy: member.id),
            let peerPID = pid(of: member.id, namedBy: membership.member)
        else { return nil }
        self.cluster = cluster
        self.member = member.id
        self.epoch = epoch.number
        self.isOffering = isFirst
        self.ownPID = ownPID
        self.keys = RelationKeys(
            peerPID: peerPID, peerKey: member.keys.agreementKey,
            meeting: primitives.hash(writer.bytes), psk: expand("spockex/1 member psk", ids, 32),
            sendMAC: macs[isFirst ? 0 : 1], receiveMAC: macs[isFirst ? 1 : 0])
        self.id = RelationID(hash: primitives.hash(ownPID.bytes + peerPID.bytes))
    }

    /// The relation, before anything is known of the other's whereabouts.
    func record(_ membership: Membership, at now: WallTime) -> RelationRecord {
        var record = RelationRecord(
            id: self.id, role: self.isOffering ? .offering : .answering, intent: .auto,
            phase: .trusted, createdAt: now, expiresAt: now, ownPID: self.ownPID,
            ownKey: membership.agreementKey, memberSigningKey: membership.signingKey,
            memberAgreementKey: membership.agreementKey)
        record.keys = self.keys
        record.cluster = self.cluster
        record.member = self.member
        record.epoch = self.epoch
        return record
    }
}

extension RelationRecord {
    /// Takes what the other publishes; the places that were first stay first.
    ///
    /// What is not valid any more, by the own clock, is better than nothing and worse than anything else.
    mutating func learn(_ whereabouts: Whereabouts, _ turn: Turn) {
        let isWanted = whereabouts.isValid(at: turn.wall) || self.endpoints.isEmpty
        let told = whereabouts.addresses.map(\.endpoint).filter {
            isWanted && turn.isUsable($0) && $0.address.isPublic
        }
        var list = Array(self.endpoints.prefix(1))
        for endpoint in told + self.endpoints where !list.contains(endpoint) {
            list.append(endpoint)
        }
        self.endpoints = Array(list.prefix(Limits.endpointCountMax))
        if self.peerNAT == nil { self.peerNAT = whereabouts.nat }
        if !whereabouts.name.isEmpty { self.claimedName = whereabouts.name }
    }
}

extension Relation {
    /// Where this node may be reached, as far as this peer may know: addresses of local networks are for
    /// those who were met, or are on one.
    func ownEndpoints(_ turn: Turn) -> [Endpoint] {
        // Whoever is removed gets no address.
        if self.duty == .farewell { return [] }
        if self.leadsAcross { return self.ownEndpointsAcross(turn) }
        let isNear = self.path.map { !$0.isRelay && !$0.address.isPublic } ?? false
        guard self.record.epoch != nil, !isNear else { return turn.ownEndpoints }
        return turn.ownEndpoints.filter(\.address.isPublic)
    }

    /// The other says where it is, by a record that came to this node.
    mutating func learn(_ whereabouts: Whereabouts, _ turn: inout Turn) {
        let former = self.record
        self.record.learn(whereabouts, turn)
        self.noteTold(knownBefore: former.endpoints)
        if self.record.peerNAT != former.peerNAT || self.record.claimedName != former.claimedName {
            turn.changes.append(.relation(self.record, erasing: false))
        } else if self.record.endpoints != former.endpoints {
            turn.changes.append(
                .endpoints(
                    self.id, self.record.endpoints, lastHeardAt: self.record.lastHeardAt))
        }
        let isNews = self.record.endpoints.contains { !former.endpoints.contains($0) }
        guard isNews, self.duty.seeks else { return }
        if !self.isConnected {
            if self.duty == .first { self.search(&turn) } else { self.hurry(turn) }
        } else if let path = self.path, !path.isRelay,
            !whereabouts.addresses.contains(where: { $0.endpoint.address == path.address })
        {
            self.doubt(&turn)
            self.follow(whereabouts.addresses.map(\.endpoint), &turn)
        } else if self.isRelayed {
            self.hastenSeeking(turn, spacing: Constants.directInterval)
        }
    }
}
