// SPDX-License-Identifier: Apache-2.0

/// What a node holds of one cluster, for checks (simulator alone).
package struct HeldCluster: Sendable {
    /// The cluster.
    package let id: ClusterID
    /// Who the node is there.
    package let own: MemberID
    /// Whether it is a member.
    package let standing: ClusterStanding
    /// Its records; nil: none has come yet.
    package let records: RecordSet?
    /// What they say.
    package let roster: RosterState?
    /// What others are told of the records, 32 bytes.
    package let heads: [UInt8]
    /// What others are told of the endpoint records, 16 bytes.
    package let places: [UInt8]
    /// The secrets that count, the newest last.
    package let epochs: [EpochSecret]

    /// Whether the node could make another epoch if nobody hands out the secret of the one that counts.
    package var mayReplaceEpoch: Bool {
        guard let roster = self.roster, roster.isPresent(self.own) else { return false }
        return self.records?.mayReplaceEpoch(self.own, roster) ?? false
    }
}

extension Node {
    /// What this node holds of each of its clusters, in order.
    package var heldClusters: [HeldCluster] {
        self.live.compactMap { live in
            guard let cluster = self.clusters.first(where: { $0.id == live.id }) else { return nil }
            return HeldCluster(
                id: live.id, own: cluster.membership.member, standing: cluster.standing,
                records: live.set, roster: live.roster, heads: live.heads, places: live.places,
                epochs: cluster.epochs)
        }
    }

    /// The own addresses that every member of a cluster is told, best first.
    package var publicEndpoints: [Endpoint] {
        self.publicAddresses.map(\.endpoint)
    }

    /// Whether a relation is connected now.
    package func isConnected(_ id: RelationID, now: Moment) -> Bool {
        self.relations[id].map { self.isConnected($0, now) } ?? false
    }

    /// Whether a relation only answers: somebody who is removed, or has blocked this node.
    package func isSilent(_ id: RelationID) -> Bool {
        self.relations[id]?.duty.isSilent ?? false
    }

    /// Where a peer is reached now.
    package func path(of id: RelationID) -> Endpoint? { self.relations[id]?.path }

    /// Whether a relation is connected by way of another peer.
    package func isRelayed(_ id: RelationID) -> Bool {
        self.relations[id]?.isRelayed ?? false
    }

    /// Which table of a cluster is longer than its limit, in words; nil: none.
    var clusterExcess: String? {
        for index in self.live.indices {
            if let excess = self.excess(ofCluster: index) { return excess }
        }
        return self.live.count > self.clusters.count ? "\(self.live.count) clusters at work" : nil
    }

    /// By position, so that no cluster is copied for a look at it after every step.
    private func excess(ofCluster index: Int) -> String? {
        let peerCount = self.live[index].peers.count
        if self.live[index].links.count > peerCount {
            return "\(self.live[index].links.count) links for \(peerCount) peers"
        }
        if self.live[index].earlySecrets.count > Constants.epochCountMax {
            return "\(self.live[index].earlySecrets.count) secrets without a record"
        }
        if self.live[index].rounds.count > Constants.gossipRounds.count {
            return "\(self.live[index].rounds.count) rounds of gossip"
        }
        let pulls = self.live[index].pulls
        if pulls.count > peerCount { return "\(pulls.count) pulls for \(peerCount) peers" }
        for pull in pulls {
            if pull.lacking.count > GossipFrame.windowCount {
                return "\(pull.lacking.count) records that are asked for"
            }
            if pull.parts.count * GossipFrame.idCountMax > GossipFrame.windowCount {
                return "\(pull.parts.count) parts of a window"
            }
        }
        guard let limits = self.live[index].set?.limits else { return nil }
        let waitingCount = self.live[index].set?.waitingCount ?? 0
        if waitingCount > limits.orphanCountMaxOfAll { return "\(waitingCount) records that wait" }
        let count = self.live[index].set?.count ?? 0
        return count > limits.recordCountMax ? "\(count) records" : nil
    }
}

/// What a frame says about a cluster, for checks (simulator alone).
package enum ClusterFrame: Sendable {
    /// A record, as bytes.
    case record(ClusterID, [UInt8])
    /// The secret of an epoch.
    case welcome(ClusterID, EpochSecret)
    /// Anything else about a cluster.
    case other(ClusterID)

    /// Nil: another frame, or none.
    package init?(frame bytes: [UInt8], at now: WallTime) {
        guard let first = bytes.first, GossipFrame.Body.isType(first),
            case .gossip(let frame)? = Frame(bytes)
        else { return nil }
        switch frame.body {
        case .record(let bytes): self = .record(frame.cluster, bytes)
        case .welcome(let welcome):
            self = .welcome(
                frame.cluster,
                EpochSecret(
                    number: welcome.number, record: welcome.record, secret: welcome.secret,
                    since: now))
        case .summary, .digest, .ids, .want, .places, .goodbye, .notices, .noticeList, .notice,
            .call, .links:
            self = .other(frame.cluster)
        }
    }
}

extension RecordSet {
    /// Whether a record that is held, or was just taken out of it, has the signature of its author.
    package func isSigned(_ record: Record, _ primitives: any Primitives) -> Bool {
        guard let author = record.author, let keys = self.keys(of: author),
            let signature = record.signatures.first
        else { return record.kind == .genesis }
        return primitives.isValid(
            signature, of: record.signedBytes(in: self.cluster), by: keys.signingKey)
    }
}

extension DurableState {
    /// The ids of the cards that this node has given and not taken back.
    package func ownCards(_ primitives: any Primitives) -> [CardID] {
        self.notices.compactMap { stored in
            guard let notice = Notice(bytes: stored.bytes),
                case .card(_, let own?) = notice.body,
                self.clusters.contains(where: { $0.membership.member == notice.author })
            else { return nil }
            return own.card.id(primitives)
        }
    }
}
