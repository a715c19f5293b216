// SPDX-License-Identifier: Apache-2.0

/// What a relation is there for, among all that a node has with one member (PROTOCOL.md §12.3).
enum Duty: Sendable, Equatable {
    /// The member is sought by it.
    case first
    /// While the member is connected by none: it is sought by it too, without haste.
    case fallback
    /// It answers, and calls seldom.
    case passive
    /// It answers alone: the member has blocked this node.
    case mute
    /// It answers whoever is removed, and does not know it yet; or left, and does not know that it was heard.
    case farewell

    /// Whether it is only there to be called.
    var isSilent: Bool { self == .mute || self == .farewell }

    /// Whether the member is looked for with all means.
    var seeks: Bool { self == .first || self == .fallback }
}

extension Relation {
    /// From now on it is there for that.
    mutating func take(_ duty: Duty, _ turn: inout Turn) {
        let former = self.duty
        self.duty = duty
        if former != duty {
            self.nextAttemptAt = nil
            if former == .first {
                self.searchStart = nil
                self.dropAttempts(&turn)
            }
        }
        guard !self.isConnected else { return }
        if duty == .first {
            if former != duty { self.search(&turn) }
        } else if duty == .fallback, self.lastAttemptAt == nil {
            self.hurry(turn)
        } else {
            self.callSeldom(&turn)
        }
    }

    /// Whether giving it that duty changes nothing.
    func does(_ duty: Duty) -> Bool {
        let waits = self.isConnected || duty == .first || duty.isSilent || self.nextAttemptAt != nil
        return self.duty == duty && waits
    }

    /// The other may have other keys than those that count here: then these are all that both have.
    mutating func callSeldom(_ turn: inout Turn) {
        guard self.duty != .first, !self.duty.isSilent, self.nextAttemptAt == nil else { return }
        self.nextAttemptAt = turn.instant + self.calmPause(&turn)
    }

    /// From one attempt to the next, where there is no haste.
    mutating func calmPause(_ turn: inout Turn) -> Duration {
        turn.patience() * (self.duty == .passive ? Constants.passivePatienceCount : 1)
    }

    /// Whether a meeting's relation has been lost for so long that keys of the epoch are wanted beside it.
    func isLongLost(_ now: Instant) -> Bool {
        !self.isConnected
            && (self.searchStart.map { now - $0 >= Constants.searchEagerSpan } ?? false)
    }
}

// Which of several relations with one member does what.
extension Node {
    /// The same for all members of a cluster.
    mutating func settleDuties(_ index: Int, _ turn: inout Turn) {
        var ids = self.live[index].peers.map { (self.relations[$0]?.record.member, $0) }
        ids.sort { one, other in
            guard let left = one.0, let right = other.0, left != right else {
                return one.0 == nil && other.0 != nil || one.0 == other.0 && one.1 < other.1
            }
            return left < right
        }
        var start = 0
        while start < ids.count {
            let member = ids[start].0
            let end = ids[start...].firstIndex { $0.0 != member } ?? ids.count
            if let member {
                self.settleDuties(of: member, ids[start..<end].map(\.1), index, &turn)
            }
            start = end
        }
        self.planFallback(index, turn)
    }

    /// A relation was connected, or lost: what the others with the same member do may be another thing.
    mutating func settleDuties(beside id: RelationID, _ turn: inout Turn) {
        guard let person = self.relations[id]?.person,
            let index = self.liveIndex(of: person.cluster)
        else { return }
        let ids = self.persons.with(person.member, of: person.cluster)
            .filter { self.live[index].hasPeer($0) }
        self.settleDuties(of: person.member, ids, index, &turn)
        self.planFallback(index, turn)
    }

    private mutating func settleDuties(
        of member: MemberID, _ ids: [RelationID], _ index: Int, _ turn: inout Turn
    ) {
        if let own = turn.membership(of: self.live[index].id)?.member,
            self.live[index].roster?.blocks(member, own) ?? false
        {
            for id in ids { self.give(id, .mute, &turn) }
            return
        }
        let isMet = ids.contains { self.relations[$0]?.record.epoch == nil }
        let ordered = ids.filter { self.relations[$0]?.record.epoch != nil }
            .sorted { self.precedes($0, $1, index) }
        let isConnected = ids.contains { self.relations[$0]?.isConnected ?? false }
        for id in ids where self.relations[id]?.record.epoch == nil {
            self.give(id, .first, &turn)
        }
        for (position, id) in ordered.enumerated() {
            let duty: Duty
            if position == 0, !isMet {
                duty = .first
            } else {
                // The oldest one was connected once: both have its keys, unless one has lost them since; then
                // those of the secret that counts are what both have.
                let isShared = position == ordered.count - 1 || position == 0
                duty = isShared && !isConnected ? .fallback : .passive
            }
            self.give(id, duty, &turn)
        }
    }

    private mutating func give(_ id: RelationID, _ duty: Duty, _ turn: inout Turn) {
        guard let relation = self.relations[id], !relation.does(duty) else { return }
        self.update(id, &turn) { $0.take(duty, &$1) }
    }

    /// Of two relations with keys of epochs: the one of the secret that counts, else the newer one.
    private func precedes(_ one: RelationID, _ other: RelationID, _ index: Int) -> Bool {
        let counting = self.live[index].counting
        guard counting.contains(one) == counting.contains(other) else {
            return counting.contains(one)
        }
        let (left, right) = (self.relations[one]?.record, self.relations[other]?.record)
        guard let left, let right, left.epoch != right.epoch else { return one < other }
        return left.epoch ?? 0 > right.epoch ?? 0
    }

    /// When it is looked again at those who were met and are lost.
    private mutating func planFallback(_ index: Int, _ turn: Turn) {
        let planned = self.live[index].fallbackAt.flatMap { $0 > turn.instant ? $0 : nil }
        var earliest: Instant?
        for id in self.live[index].peers {
            guard let relation = self.relations[id], relation.record.epoch == nil,
                !relation.isConnected, let start = relation.searchStart
            else { continue }
            var due = [start + Constants.searchEagerSpan, start + Constants.uselessSpan]
                .first { $0 > turn.instant }
            if due == nil, self.rival(of: relation, index) != nil {
                due = planned ?? turn.instant + Constants.uselessSpan
            }
            if let due { earliest = min(due, earliest ?? due) }
        }
        self.live[index].fallbackAt = earliest
    }

    /// Another relation by which the same member is connected.
    private func rival(of relation: Relation, _ index: Int) -> RelationID? {
        guard let person = relation.person else { return nil }
        return self.persons.with(person.member, of: person.cluster).first { other in
            other != relation.id && self.live[index].hasPeer(other)
                && self.relations[other]?.isConnected ?? false
        }
    }

    /// Somebody who was met has been lost for a while: perhaps it has other keys than those of the meeting.
    mutating func useFallbacks(_ index: Int, _ turn: inout Turn) {
        self.live[index].fallbackAt = nil
        for id in self.live[index].peers {
            guard let relation = self.relations[id], relation.record.epoch == nil,
                relation.record.cancelTokens == nil, relation.isLongLost(turn.instant),
                let start = relation.searchStart, turn.instant - start >= Constants.uselessSpan
            else { continue }
            // The same member is connected by other keys all the time: it does not have these any more.
            guard let other = self.rival(of: relation, index) else { continue }
            let givenName = relation.record.givenName
            self.drop(id, &turn)
            self.update(other, &turn) { rival, turn in
                guard rival.record.givenName.isEmpty, !givenName.isEmpty else { return }
                rival.record.givenName = givenName
                turn.changes.append(.relation(rival.record, erasing: false))
            }
        }
        self.reconcile(index, &turn)
        self.settleDuties(index, &turn)
    }
}
