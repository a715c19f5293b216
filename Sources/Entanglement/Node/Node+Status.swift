// SPDX-License-Identifier: Apache-2.0

/// What the core counts.
struct NodeTally: Sendable {
    var handshakes: UInt64 = 0
    /// How often a roster was computed anew.
    var folds: UInt64 = 0
    /// Pairs of peers that were told of each other.
    var introductions: UInt64 = 0
    /// Datagrams that were relayed for peers, and those that were not.
    var relayed: UInt64 = 0
    var relayedDropped: UInt64 = 0
    /// Datagrams that were carried across bridges for others, and those that were not.
    var carried: UInt64 = 0
    var carriedDropped: UInt64 = 0
}

extension Node {
    /// Everything that `status` shows, at this moment.
    public func status(now: Moment) -> NodeStatus {
        let relations = self.ids.compactMap { self.relations[$0] }
        let peers = relations.filter {
            $0.isTrusted && $0.record.phase != .forgotten && self.isShown($0, now)
        }
        let pairings = relations.filter { !$0.isTrusted }.sorted {
            ($0.record.createdAt, $0.id) < ($1.record.createdAt, $1.id)
        }
        return NodeStatus(
            name: self.name,
            addresses: self.own.known.map {
                NodeStatus.OwnAddress(candidate: $0.candidate, confirmedBy: $0.confirmedBy)
            },
            network: self.networkFindings, peers: peers.map { self.peerStatus($0, now) },
            clusters: self.clusters.sorted { $0.id < $1.id }.map {
                self.clusterStatus($0, peers, now)
            },
            bridges: self.bridgeStatus(now), givenCards: self.givenCards(),
            foreignCards: self.foreignCards(),
            pairings: pairings.map { self.pairingStatus($0, now) },
            counters: [
                ("handshakes", self.tally.handshakes),
                ("relations", UInt64(self.ids.count)),
                ("sessions", UInt64(relations.reduce(0) { $0 + $1.sessions.count })),
                ("tombstones", UInt64(self.tombstones.count)),
                ("peersIntroduced", self.tally.introductions),
                ("datagramsRelayed", self.tally.relayed),
                ("datagramsNotRelayed", self.tally.relayedDropped),
                ("datagramsCarried", self.tally.carried),
                ("datagramsNotCarried", self.tally.carriedDropped),
            ])
    }

    /// Whether a relation is the one of several with a member that people see: the one that is connected,
    /// else the first.
    private func isShown(_ relation: Relation, _ now: Moment) -> Bool {
        guard !relation.duty.isSilent else { return false }
        guard let cluster = relation.record.cluster, let member = relation.record.member,
            let index = self.liveIndex(of: cluster)
        else { return true }
        let isConnected = self.isConnected(relation, now)
        guard relation.duty != .first || !isConnected else { return true }
        let hasOther = self.live[index].peers.contains { other in
            guard other != relation.id, let rival = self.relations[other],
                rival.record.member == member
            else { return false }
            return self.isConnected(rival, now)
                && (!isConnected || rival.duty == .first || rival.id < relation.id)
        }
        return !hasOther && (relation.duty == .first || isConnected)
    }

    func isConnected(_ relation: Relation, _ now: Moment) -> Bool {
        relation.isConnected
            && relation.lastHeard.map { now.instant - $0 < Constants.connectedSpan } ?? false
    }

    private func peerStatus(_ relation: Relation, _ now: Moment) -> NodeStatus.Peer {
        let record = relation.record
        return NodeStatus.Peer(
            id: record.id, name: record.shownName,
            isConnected: self.isConnected(relation, now),
            path: relation.path.flatMap { $0.isRelay ? nil : $0 },
            via: relation.relay(at: relation.path)?.helper,
            reason: relation.relayReason,
            roundTrip: relation.roundTrip, lastHeardAt: record.lastHeardAt,
            cluster: record.cluster, member: record.member,
            isMet: record.epoch == nil && !relation.isCrossing,
            role: record.role,
            safetyNumber: record.keys.map { self.safetyNumber($0.meeting) } ?? "",
            matchedAt: record.matchedAt, echo: relation.echo,
            isForgetting: record.phase == .forgetting,
            obstacle: self.isConnected(relation, now) ? nil : self.obstacle(relation, now))
    }

    private func pairingStatus(_ relation: Relation, _ now: Moment) -> NodeStatus.Pairing {
        let record = relation.record
        return NodeStatus.Pairing(
            id: record.id, role: record.role, wish: record.intent,
            reference: record.role == .offering
                ? record.codes.map { Answer.text(ofReference: self.reference(of: $0.offer)) } : nil,
            phase: record.phase, createdAt: record.createdAt, expiresAt: record.expiresAt,
            problem: record.problem,
            safetyNumber: record.keys.map { self.safetyNumber($0.meeting) },
            obstacle: self.pairingObstacle(relation, now))
    }

    /// While a code is shown nobody need have scanned it: then only what is certain counts.
    private func pairingObstacle(_ relation: Relation, _ now: Moment) -> Obstacle? {
        switch relation.record.phase {
        case .connecting, .timedOut: return self.obstacle(relation, now)
        case .answered:
            let obstacle = self.obstacle(relation, now)
            return obstacle.isCertain ? obstacle : nil
        case .offered, .trusted, .forgetting, .forgotten: return nil
        }
    }

    private func obstacle(_ relation: Relation, _ now: Moment) -> Obstacle {
        let own = self.reachObstacle(relation, now)
        return relation.isCrossing && own != .noNetwork ? .bridge : own
    }

    private func reachObstacle(_ relation: Relation, _ now: Moment) -> Obstacle {
        ReachCircumstances(
            searchedFor: relation.searchStart.map { now.instant - $0 }
                ?? relation.onlineSpan(now.instant),
            own: self.own.known.map(\.candidate.endpoint.address),
            theirs: (relation.record.endpoints + relation.heardEndpoints).map(\.address),
            ownMapping: self.own.hint ?? relation.record.toldNAT,
            theirMapping: relation.record.peerNAT,
            allowsLoopback: self.configuration.allowsLoopback,
            isProbedInVain: relation.isProbedInVain,
            isAskedInVain: self.isAskedInVain, isOutsideHeard: self.own.isSeenFromOutside
        ).obstacle
    }

    private func safetyNumber(_ meeting: [UInt8]) -> String {
        KeySchedule(primitives: self.primitives).safetyNumber(meeting: meeting)
    }
}

extension RelationRecord {
    /// The given name, else the claimed one, else the beginning of the id.
    var shownName: String {
        let names = [self.givenName, self.claimedName, String(self.id.description.prefix(8))]
        return names.first { !$0.isEmpty } ?? ""
    }
}
