// SPDX-License-Identifier: Apache-2.0

/// The 410 of a Cancel on its way: sent three times to all known endpoints.
struct Farewell: Sendable {
    let bytes: [UInt8]
    let endpoints: [Endpoint]
    var dueAt: Instant
    var left: Int
}

// How relations end: Cancel, expiry, the other's Cancel, Forget (PROTOCOL.md §8.4).
extension Node {
    mutating func end(_ id: RelationID, _ reason: RelationEnd, _ turn: inout Turn) {
        guard var relation = self.remove(id, turn) else { return }
        let record = relation.record
        let endpoints = relation.candidates(turn)
        relation.eraseSessions(&turn)
        relation.endPunching(&turn)
        if relation.freshEndpoint != nil { turn.punching.wantsClosing = true }
        for waiting in relation.waitingPings { turn.reply(waiting.request, .noAnswer(id)) }
        if case .crossing(let cluster, _, _)? = record.bond,
            let index = self.liveIndex(of: cluster)
        {
            // The same two cards give the same keys again.
            self.keepCounters(of: relation, index, &turn)
        }
        turn.changes.append(.deleteRelation(id))
        turn.actions.append(.dismiss(record.ownPID))
        switch reason {
        case .given(let cause):
            self.bury(record, endpoints, &turn)
            turn.notify(.pairingEnded(id, cause))
        case .cancelledByPeer:
            if let cluster = record.cluster, self.isBound(to: cluster, by: record, turn) {
                turn.clusters.removeAll { $0.id == cluster }
                turn.changes.append(.deleteCluster(cluster))
            }
            turn.notify(.pairingEnded(id, .cancelledByPeer))
        case .forgotten:
            if record.phase == .forgetting { turn.notify(.peerForgotten(id, byPeer: false)) }
            self.leaveEmpty(with: record, &turn)
        case .outdone: self.bury(record, endpoints, &turn)
        case .dropped: break
        }
    }

    /// With a relation of two that ends go those with other keys of the same cluster.
    mutating func dropOthers(beside id: RelationID, _ turn: inout Turn) {
        guard let person = self.relations[id]?.person else { return }
        for other in self.persons.with(person.member, of: person.cluster)
        where other != id && self.relations[other]?.record.epoch != nil {
            self.drop(other, &turn)
        }
    }

    /// A cluster of two ends with the relation of the two, not with that of somebody who is none of them.
    private mutating func leaveEmpty(with record: RelationRecord, _ turn: inout Turn) {
        guard let cluster = record.cluster, let index = self.liveIndex(of: cluster) else { return }
        if let roster = self.live[index].roster {
            let isOther = record.member.map { !roster.isPresent($0) } ?? false
            guard roster.present.count <= 1 || roster.present.count == 2 && !isOther else { return }
        }
        self.lose(cluster, .left, &turn)
    }

    /// Whether a cluster is nothing without that meeting.
    private func isBound(
        to cluster: ClusterID, by record: RelationRecord, _ turn: Turn
    ) -> Bool {
        switch record.bond {
        case .founding: true
        case .joining: self.isUnknown(in: cluster, turn)
        case .sponsoring, .confirming, .bridging, .crossing, nil: false
        }
    }

    /// Whether this node is no member yet, as the records say that it holds, whatever its person wants.
    private func isUnknown(in cluster: ClusterID, _ turn: Turn) -> Bool {
        guard let record = turn.clusters.first(where: { $0.id == cluster }),
            let index = self.liveIndex(of: cluster)
        else { return false }
        switch record.standing {
        case .joining: return true
        case .leaving: return self.live[index].roster?.member(record.membership.member) == nil
        case .member: return false
        }
    }

    /// Leaves a tombstone, and tells all known endpoints three times.
    private mutating func bury(
        _ record: RelationRecord, _ endpoints: [Endpoint], _ turn: inout Turn
    ) {
        guard let token = record.cancelTokens?.own.exposedBytes() else { return }
        if !endpoints.isEmpty {
            self.farewells.append(
                Farewell(
                    bytes: EnvelopeWriter.gone(pid: record.keys?.peerPID, token: token),
                    endpoints: endpoints, dueAt: turn.instant, left: Constants.goneSendCount))
        }
        guard !turn.has(.noTombstone) else { return }
        let tombstone = Tombstone(
            pidHash: self.primitives.hash(record.ownPID.bytes), token: token,
            expiresAt: turn.wall + Constants.pairingLife)
        self.tombstones.append(tombstone)
        self.tombstoneEnds.append(turn.instant + Constants.pairingLife)
        turn.changes.append(.bury(tombstone))
        turn.actions.append(.bury(pidHash: tombstone.pidHash))
    }

    mutating func tickFarewells(_ turn: inout Turn) {
        for index in self.farewells.indices where self.farewells[index].dueAt <= turn.instant {
            for endpoint in self.farewells[index].endpoints {
                turn.send(self.farewells[index].bytes, to: endpoint)
            }
            self.farewells[index].left -= 1
            self.farewells[index].dueAt = turn.instant + Constants.goneSpacing
        }
        self.farewells.removeAll { $0.left <= 0 }
    }

    mutating func expireTombstones(_ turn: inout Turn) {
        while let index = self.tombstoneEnds.firstIndex(where: { $0 <= turn.instant }) {
            self.tombstoneEnds.remove(at: index)
            let tombstone = self.tombstones.remove(at: index)
            turn.changes.append(.unbury(tombstone.pidHash))
            turn.actions.append(.unbury(pidHash: tombstone.pidHash))
        }
    }

    /// A packet names a cancelled pairing: the 410, never longer than the question.
    mutating func answerForBuried(
        _ pid: PeerID, question byteCount: Int, to source: Endpoint, _ turn: inout Turn
    ) {
        let hash = self.primitives.hash(pid.bytes)
        guard let tombstone = self.tombstones.first(where: { $0.pidHash == hash }) else { return }
        let bytes = EnvelopeWriter.gone(pid: nil, token: tombstone.token)
        guard bytes.count <= byteCount else { return }
        turn.send(bytes, to: source)
    }

    /// The other proves that it cancelled: it counts until the relation is confirmed both ways.
    mutating func receiveGone(_ envelope: Envelope, _ turn: inout Turn) {
        let proof = envelope.proofBytes
        let named = self.ids.first { id in
            guard let record = self.relations[id]?.record,
                envelope.pid == nil || envelope.pid == record.ownPID,
                let token = record.cancelTokens?.peer
            else { return false }
            if turn.has(.goneUnproved) { return true }
            return token.withBytes { isEqualConstantTime($0, proof) }
        }
        guard let id = named else { return }
        self.end(id, .cancelledByPeer, &turn)
    }
}
