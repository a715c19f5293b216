// SPDX-License-Identifier: Apache-2.0

// Leaving a cluster, by the own word or by the records (PROTOCOL.md §12.6).
extension Node {
    /// Says that this node leaves, to everybody; the keys go once somebody has heard it.
    mutating func leave(_ cluster: ClusterID, _ turn: inout Turn) throws(Refusal) {
        guard let position = turn.clusters.firstIndex(where: { $0.id == cluster }),
            let index = self.liveIndex(of: cluster)
        else { throw .notFound }
        let former = turn.clusters[position].standing
        guard former != .leaving else { return }
        self.closeOwnBridges(of: cluster, &turn)
        turn.clusters[position].standing = .leaving
        turn.changes.append(.cluster(turn.clusters[position], erasing: false))
        self.planUnheard(index, patience: Constants.unheardMin, turn)
        if former == .joining {
            // The sponsor may have written already that it is a member: it says so when it hears that.
            guard !self.connectedPeers(of: index).isEmpty else { return }
            return self.waitForGoodbye(index, turn)
        }
        self.sayLeave(index, turn.clusters[position].membership, &turn)
    }

    /// Where nobody is heard for 30 days a leave is over, and a joining.
    ///
    /// The others may all have taken the leave in, and a sponsor gives up who did not confirm. `patience`: so
    /// long is waited at least.
    mutating func planUnheard(_ index: Int, patience: Duration, _ turn: Turn) {
        let cluster = self.live[index].id
        self.live[index].giveUpAt = nil
        guard turn.clusters.contains(where: { $0.id == cluster && $0.standing != .member }) else {
            return
        }
        let heard = self.ids.compactMap { self.relations[$0]?.record }
            .filter { $0.cluster == cluster }.map { $0.lastHeardAt ?? $0.createdAt }
        let silence = heard.map { turn.wall - $0 }.min() ?? .zero
        // A clock set back must not make it longer.
        let left = Constants.pairingLife - max(silence, .zero)
        self.live[index].giveUpAt = turn.instant + max(left, patience)
    }

    /// Writes that this node leaves.
    mutating func sayLeave(_ index: Int, _ membership: Membership, _ turn: inout Turn) {
        let cluster = self.live[index].id
        let hasOthers = self.live[index].roster.map { $0.present.count > 1 } ?? false
        self.live[index].leaveAt = nil
        guard hasOthers, self.write(.leave, by: membership, index, &turn) else {
            return self.lose(cluster, .left, &turn)
        }
        if turn.has(.leaveForgotten) { return self.lose(cluster, .left, &turn) }
        guard !self.connectedPeers(of: index).isEmpty else { return }
        self.waitForGoodbye(index, turn)
    }

    /// Whether this node ends what it takes for a cluster of two, and there is a third.
    func isForgotten(_ index: Int) -> Bool {
        self.live[index].presentCount > 2
            && self.live[index].peers.contains {
                self.relations[$0]?.record.phase == .forgetting
            }
    }

    /// This node does not belong to the cluster any more: its keys and records go.
    mutating func lose(
        _ cluster: ClusterID, _ departure: MemberDeparture, _ turn: inout Turn
    ) {
        if departure == .removed { self.tellGuests(of: cluster, &turn) }
        for id in self.ids where self.relations[id]?.record.cluster == cluster {
            if self.relations[id]?.record.cancelTokens != nil {
                // The other is told, and takes back what it has not confirmed.
                self.end(id, .given(up: .cancelled), &turn)
            } else {
                self.drop(id, &turn)
            }
        }
        self.endMeetings(for: cluster, &turn)
        self.endBridges(of: cluster, &turn)
        turn.clusters.removeAll { $0.id == cluster }
        // Its place goes at the end of the turn, so that those of others stay as they are.
        if let index = self.liveIndex(of: cluster) { self.live[index] = LiveCluster(cluster) }
        turn.changes.append(.deleteCluster(cluster))
        turn.notify(.clusterLost(cluster, departure))
    }

    /// Whom this node took in, and who is none thereby, hears what was told last.
    private mutating func tellGuests(of cluster: ClusterID, _ turn: inout Turn) {
        guard let index = self.liveIndex(of: cluster) else { return }
        for id in self.connectedPeers(of: index) {
            if case .sponsoring? = self.relations[id]?.record.bond {
                self.send(.goodbye, of: cluster, to: id, &turn)
            }
        }
        self.sendGossip(&turn)
    }

    /// Meetings that are not finished end with the cluster that they are for: they hold its keys.
    private mutating func endMeetings(for cluster: ClusterID, _ turn: inout Turn) {
        for id in self.ids {
            guard let relation = self.relations[id], !relation.isTrusted else { continue }
            let isForIt: Bool
            switch relation.record.bond {
            case .sponsoring(let own)?, .confirming(let own, _)?: isForIt = own == cluster
            case .bridging(let own, _)?: isForIt = own == cluster
            case .founding?, .joining?, .crossing?, nil:
                isForIt = relation.record.sponsors == cluster
            }
            if isForIt { self.end(id, .given(up: .cancelled), &turn) }
        }
    }

    /// Somebody holds the record by which this node left; what it says of a member proves nothing.
    ///
    /// The others who are there get a moment more: the one who heard it may be gone for good.
    mutating func hearGoodbye(_ index: Int, from id: RelationID, _ turn: inout Turn) {
        let cluster = self.live[index].id
        switch turn.clusters.first(where: { $0.id == cluster })?.standing {
        case .leaving?:
            self.live[index].hearers.insert(id)
            guard
                !self.connectedPeers(of: index).allSatisfy(self.live[index].hearers.contains)
            else { return self.lose(cluster, .left, &turn) }
            let end = turn.instant + Constants.leaveExtra
            self.live[index].leaveAt = min(self.live[index].leaveAt ?? end, end)
        case .joining?:
            // Nobody else knows of this node.
            guard case .joining? = self.relations[id]?.record.bond else { return }
            self.lose(cluster, .removed, &turn)
        case .member?, nil: break
        }
    }

    /// Who leaves waits a while for somebody's word; and for the records to say that it is a member at all.
    mutating func waitForGoodbye(_ index: Int, _ turn: Turn) {
        guard self.live[index].leaveAt == nil,
            let cluster = turn.clusters.first(where: { $0.id == self.live[index].id }),
            cluster.standing == .leaving
        else { return }
        let isKnown = self.live[index].roster?.member(cluster.membership.member) != nil
        self.live[index].leaveAt =
            turn.instant + (isKnown ? Constants.leavePatience : Constants.leaveJoiningPatience)
    }
}
