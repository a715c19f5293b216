// SPDX-License-Identifier: Apache-2.0

/// A meeting that waits for the own address to become known.
struct WaitingMeeting: Sendable {
    let id: RequestID
    let request: Request
    let deadline: Instant
}

// What people ask for (PROTOCOL.md §3, §8.1).
extension Node {
    mutating func receive(_ request: Request, _ id: RequestID, _ turn: inout Turn) {
        self.doubtLostPeers(request)
        if self.mustAskFirst(request, turn) {
            self.waitingForAddress.append(
                WaitingMeeting(
                    id: id, request: request, deadline: turn.instant + Constants.askingSpan))
            self.ask(&turn)
            return
        }
        do throws(Refusal) {
            if let reply = try self.reply(to: request, id, &turn) { turn.reply(id, reply) }
        } catch {
            turn.reply(id, .refused(error))
        }
    }

    /// A code is to be shown: whoever is lost may be so because the own address is another one.
    private mutating func doubtLostPeers(_ request: Request) {
        switch request {
        case .offer, .answer:
            let relations = self.relations
            self.own.doubt { relations[$0].map { !$0.isConnected && $0.isTrusted } ?? false }
        case .accept, .retry, .cancel, .forget, .rename, .renameCluster, .matched, .ping, .leave,
            .removeMember, .block, .setBridge, .closeBridge, .forbidBridges, .giveCard,
            .askLinks:
            break
        }
    }

    /// The IPgetter's turn: a code is to be shown and nothing tells an external address.
    private func mustAskFirst(_ request: Request, _ turn: Turn) -> Bool {
        let options: MeetingOptions
        switch request {
        case .offer(let given): options = given
        case .answer(_, let given): options = given
        case .accept, .retry, .cancel, .forget, .rename, .renameCluster, .matched, .ping, .leave,
            .removeMember, .block, .setBridge, .closeBridge, .forbidBridges, .giveCard,
            .askLinks:
            return false
        }
        return self.configuration.usesIPgetter && options.hosts == nil && !self.own.knowsExternal
            && self.askedAt.map { turn.instant - $0 >= Constants.askingInterval } ?? true
    }

    private mutating func ask(_ turn: inout Turn) {
        self.askedAt = turn.instant
        turn.actions.append(.gatherCandidates)
    }

    mutating func meetWaiting(_ turn: inout Turn, all: Bool) {
        let due = self.waitingForAddress.filter { all || $0.deadline <= turn.instant }
        guard !due.isEmpty else { return }
        self.waitingForAddress.removeAll { all || $0.deadline <= turn.instant }
        for meeting in due {
            do throws(Refusal) {
                if let reply = try self.reply(to: meeting.request, meeting.id, &turn) {
                    turn.reply(meeting.id, reply)
                }
            } catch {
                turn.reply(meeting.id, .refused(error))
            }
        }
    }

    private mutating func reply(
        to request: Request, _ id: RequestID, _ turn: inout Turn
    ) throws(Refusal) -> Reply? {
        switch request {
        case .offer(let options): return try self.offer(options, &turn)
        case .answer(let text, let options): return try self.answer(text, options, &turn)
        case .accept(let text, let cluster, let intent):
            return try self.accept(text, into: cluster, intent, &turn)
        case .retry(let relation): try self.retry(relation, &turn)
        case .cancel(let relation): try self.cancel(relation, &turn)
        case .forget(let relation):
            try self.requirePeer(relation)
            if self.isUnconfirmedGuest(relation) {
                self.end(relation, .given(up: .cancelled), &turn)
                break
            }
            if self.relations[relation]?.isCrossing ?? false {
                guard self.relations[relation]?.across == nil else { throw .acrossBridge }
                self.dropAcross(relation, &turn)
                break
            }
            try self.requirePair(relation)
            self.dropOthers(beside: relation, &turn)
            self.update(relation, &turn) { $0.forget(&$1) }
        case .rename(let relation, let name): try self.rename(relation, name, &turn)
        case .renameCluster(let cluster, let name): try self.rename(cluster, name, &turn)
        case .leave(let cluster): try self.leave(cluster, &turn)
        case .removeMember(let cluster, let member, let withGuests):
            try self.remove(member, withGuests: withGuests, from: cluster, &turn)
        case .block(let cluster, let member, let isOn):
            try self.block(member, in: cluster, isOn: isOn, &turn)
        case .setBridge(let bridge, let policy, let name):
            try self.setPolicy(of: bridge, policy, name: name, &turn)
        case .closeBridge(let bridge): try self.closeBridge(bridge, &turn)
        case .askLinks(let cluster): try self.askLinks(of: cluster, &turn)
        case .forbidBridges(let cluster, let isOn):
            try self.forbidBridges(of: cluster, isOn: isOn, &turn)
        case .giveCard(let cluster, let alias, let bridge, let policy, let name):
            try self.giveCard(of: cluster, for: alias, over: bridge, policy, name: name, &turn)
        case .matched(let relation):
            try self.requirePeer(relation)
            self.update(relation, &turn) { relation, turn in
                relation.record.matchedAt = turn.wall
                turn.changes.append(.relation(relation.record, erasing: false))
            }
        case .ping(let relation):
            try self.requirePeer(relation)
            self.update(relation, &turn) { $0.ping(id, &$1) }
            return nil
        }
        return .done
    }

    /// Who shares a cluster of more than two is not forgotten, but blocked or removed: the records would bring
    /// it back, if they name it.
    private func requirePair(_ id: RelationID) throws(Refusal) {
        guard let cluster = self.relations[id]?.record.cluster,
            let index = self.liveIndex(of: cluster), self.live[index].presentCount > 2
        else { return }
        // Whoever was to be taken in by somebody who is lost is named by none.
        if let member = self.relations[id]?.record.member, let roster = self.live[index].roster,
            roster.member(member) == nil
        {
            return
        }
        throw .inCluster(cluster)
    }

    /// Whether somebody was to be taken in who never confirmed it: no record names it.
    private func isUnconfirmedGuest(_ id: RelationID) -> Bool {
        guard let record = self.relations[id]?.record, record.phase == .trusted,
            record.cancelTokens != nil, case .sponsoring? = record.bond,
            let cluster = record.cluster, let member = record.member,
            let index = self.liveIndex(of: cluster)
        else { return false }
        return self.live[index].roster?.member(member) == nil
    }

    private func requirePeer(_ id: RelationID) throws(Refusal) {
        guard let phase = self.relations[id]?.record.phase, phase != .forgotten else {
            throw .notFound
        }
        guard phase == .trusted || phase == .forgetting else { throw .wrongPhase(phase) }
    }

    private mutating func retry(_ id: RelationID, _ turn: inout Turn) throws(Refusal) {
        guard let phase = self.relations[id]?.record.phase, phase != .forgotten else {
            throw .notFound
        }
        guard phase == .timedOut || phase == .connecting else { throw .wrongPhase(phase) }
        self.update(id, &turn) { $0.startConnecting(&$1, firstAttempt: .zero) }
        if self.configuration.usesIPgetter, !self.own.knowsExternal { self.ask(&turn) }
    }

    private mutating func cancel(_ id: RelationID, _ turn: inout Turn) throws(Refusal) {
        guard let relation = self.relations[id], relation.record.phase != .forgotten else {
            throw .notFound
        }
        guard !relation.isTrusted else { throw .wrongPhase(relation.record.phase) }
        self.end(id, .given(up: .cancelled), &turn)
    }

    private mutating func rename(
        _ id: RelationID, _ name: String, _ turn: inout Turn
    ) throws(Refusal) {
        guard let relation = self.relations[id], relation.record.phase != .forgotten else {
            throw .notFound
        }
        guard relation.isTrusted else { throw .wrongPhase(relation.record.phase) }
        guard let clean = DisplayName.clean(Array(name.utf8)) else { throw .badName }
        self.update(id, &turn) { relation, turn in
            relation.record.givenName = clean
            turn.changes.append(.relation(relation.record, erasing: false))
        }
        // Without a card it was there for its name alone.
        guard let left = self.relations[id], left.isCrossing, left.across == nil, !left.isPrecious
        else { return }
        self.dropAcross(id, &turn)
    }

    private mutating func rename(
        _ id: ClusterID, _ name: String, _ turn: inout Turn
    ) throws(Refusal) {
        guard let position = turn.clusters.firstIndex(where: { $0.id == id }) else {
            throw .notFound
        }
        guard let clean = DisplayName.clean(Array(name.utf8)), !clean.isEmpty else {
            throw .badName
        }
        turn.clusters[position].name = clean
        turn.changes.append(.cluster(turn.clusters[position], erasing: false))
    }
}
