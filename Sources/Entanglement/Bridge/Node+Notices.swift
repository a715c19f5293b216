// SPDX-License-Identifier: Apache-2.0

// What the members of a cluster tell each other about bridges (PROTOCOL.md §14.2).
extension Node {
    func alias(of index: Int) -> ClusterAlias {
        ClusterAlias(of: self.live[index].id, self.primitives)
    }

    private mutating func noticeHash(_ index: Int, _ turn: Turn) -> [UInt8] {
        self.live[index].notices.hash(at: turn.wall.unixSeconds, self.primitives)
    }

    /// Who has notices tells so whoever is connected anew.
    mutating func greetWithNotices(_ index: Int, _ id: RelationID, _ turn: inout Turn) {
        guard !self.live[index].notices.notices.isEmpty else { return }
        self.tellNotices(index, to: id, &turn)
    }

    private mutating func tellNotices(_ index: Int, to id: RelationID, _ turn: inout Turn) {
        guard self.mayLearn(id, index) else { return }
        let hash = self.noticeHash(index, turn)
        self.live[index].links[id, default: GossipLink()].noticesTold = hash
        self.send(.notices(hash), of: self.live[index].id, to: id, &turn)
    }

    /// After a change it is looked, a few times, whether everybody has heard of it.
    private mutating func planNoticeRounds(_ index: Int, _ turn: Turn) {
        self.live[index].noticeRounds = BridgeLimits.noticeRounds.map { turn.instant + $0 }
    }

    mutating func tickNotices(_ index: Int, _ turn: inout Turn) {
        var isDue = false
        while let due = self.live[index].noticeRounds.first, due <= turn.instant {
            self.live[index].noticeRounds.removeFirst()
            isDue = true
        }
        if isDue {
            let hash = self.noticeHash(index, turn)
            for id in self.connectedPeers(of: index)
            where self.live[index].links[id]?.noticesHeard != hash {
                self.tellNotices(index, to: id, &turn)
            }
        }
        if let due = self.live[index].reviewAt, due <= turn.instant {
            self.live[index].reviewAt = nil
            turn.mustTendBridges = true
        }
    }

    mutating func receive(
        notices hash: [UInt8], _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard self.mayLearn(id, index) else { return }
        self.live[index].links[id]?.noticesHeard = hash
        let own = self.noticeHash(index, turn)
        guard hash == own else { return self.listNotices(index, to: id, &turn) }
        if self.live[index].links[id]?.noticesTold != own {
            self.tellNotices(index, to: id, &turn)
        }
    }

    /// The same is listed after longer and longer pauses: two who refuse each other's notices must not list
    /// them without end.
    private mutating func mayList(
        _ frameCount: Int, _ index: Int, to id: RelationID, _ turn: Turn
    ) -> Bool {
        let hash = self.noticeHash(index, turn)
        var link = self.live[index].links[id, default: GossipLink()]
        let isNews = link.noticesListed != hash
        let pause = isNews ? BridgeLimits.noticeSpacing : link.noticesPause
        if let last = link.noticesListedAt, turn.instant - last < pause { return false }
        guard self.live[index].mayAsk(id, cost: frameCount, now: turn.instant) else { return false }
        link.quota = self.live[index].links[id]?.quota
        link.noticesPause = isNews ? pause : min(pause * 2, BridgeLimits.noticeSpacingMax)
        link.noticesListed = hash
        link.noticesListedAt = turn.instant
        self.live[index].links[id] = link
        return true
    }

    /// Lists what is held, all of it in ranges.
    private mutating func listNotices(_ index: Int, to id: RelationID, _ turn: inout Turn) {
        guard self.mayLearn(id, index) else { return }
        let frameCount = 1 + self.live[index].notices.notices.count / NoticeList.countMax
        guard self.mayList(frameCount, index, to: id, turn) else { return }
        var entries = self.live[index].notices.entries(at: turn.wall.unixSeconds).map(\.entry)[...]
        var first = MemberID(high: 0, low: 0)
        repeat {
            let part = Array(entries.prefix(NoticeList.countMax))
            entries = entries.dropFirst(part.count)
            let last =
                entries.isEmpty ? MemberID(high: .max, low: .max) : (part.last?.name ?? first)
            let list = NoticeList(first: first, last: last, entries: part)
            self.send(.noticeList(list), of: self.live[index].id, to: id, &turn)
            first = last.next
        } while !entries.isEmpty
    }

    /// Sends what the other lacks, and lists what is held here if the other has something else.
    mutating func receive(
        noticeList list: NoticeList, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard self.mayLearn(id, index) else { return }
        let held = self.live[index].notices.entries(at: turn.wall.unixSeconds)
        let isBehind = list.entries.contains { theirs in
            held.first { $0.entry.name == theirs.name }.map { theirs.isNews(to: $0.entry) } ?? true
        }
        for (entry, position) in held where entry.name >= list.first && entry.name <= list.last {
            guard list.entry(entry.name).map({ entry.isNews(to: $0) }) ?? true,
                self.live[index].mayAsk(id, cost: 1, now: turn.instant)
            else { continue }
            self.send(
                .notice(self.live[index].notices.notices[position].bytes),
                of: self.live[index].id, to: id, &turn)
        }
        if isBehind { self.listNotices(index, to: id, &turn) }
    }

    mutating func receive(
        notice bytes: [UInt8], _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard self.mayLearn(id, index), let notice = Notice(bytes: bytes) else { return }
        self.tellClosing(instead: notice, index, to: id, &turn)
        guard self.isAcceptable(notice, index, turn) else { return }
        let intake = self.live[index].notices.take(
            notice, now: turn.instant, isOwn: false, self.primitives)
        guard intake == .taken else { return }
        self.keep(notice, index, from: id, &turn)
    }

    /// Whoever says that a closed bridge is open has not heard of the closing, or has forgotten it; by the
    /// lists alone it would not hear, for its notice is newer.
    private mutating func tellClosing(
        instead notice: Notice, _ index: Int, to id: RelationID, _ turn: inout Turn
    ) {
        guard notice.key.kind == 1, notice.isMeant,
            let held = self.live[index].notices.notice(notice.key), !held.isMeant,
            held.sequence < notice.sequence,
            self.live[index].mayAsk(id, cost: 1, now: turn.instant)
        else { return }
        self.send(.notice(held.bytes), of: self.live[index].id, to: id, &turn)
    }

    /// Whether a notice is one of a member's, and of now; the dear checks come last.
    private func isAcceptable(_ notice: Notice, _ index: Int, _ turn: Turn) -> Bool {
        let now = UInt64(max(0, turn.wall.seconds))
        // What takes back what is held counts by any clock.
        let isEarly = notice.issuedAt > now + BridgeLimits.clockToleranceSeconds
        let takesBack =
            !notice.isMeant && self.live[index].notices.notice(notice.key)?.isMeant ?? false
        guard notice.end > now, !isEarly || takesBack, self.live[index].notices.isNews(notice),
            let roster = self.live[index].roster, roster.isPresent(notice.author),
            let keys = self.live[index].set?.keys(of: notice.author)
        else { return false }
        return self.primitives.isValid(
            notice.signature, of: notice.signedBytes(in: self.live[index].id),
            by: keys.signingKey)
            && notice.isHonest(
                in: self.live[index].id, self.primitives, self.configuration.mutation)
    }

    /// Writes what this node has to say; false: it is no member, or there is no room.
    @discardableResult
    mutating func say(_ body: Notice.Body, _ index: Int, _ turn: inout Turn) -> Bool {
        let cluster = self.live[index].id
        guard let membership = turn.clusters.first(where: { $0.id == cluster })?.membership,
            let (_, signingKey) = membership.keys(self.primitives)
        else { return false }
        let seconds = UInt64(max(0, turn.wall.seconds))
        var notice = Notice(author: membership.member, sequence: 0, issuedAt: seconds, body)
        let held = self.live[index].notices.notice(notice.key)?.sequence ?? 0
        guard held < .max - 1 else { return false }
        notice.sequence = max(held + 1, seconds << 10)
        notice.signature = self.primitives.sign(
            notice.signedBytes(in: cluster), with: signingKey)
        let intake = self.live[index].notices.take(
            notice, now: turn.instant, isOwn: true, self.primitives)
        guard intake == .taken else { return false }
        self.keep(notice, index, from: nil, &turn)
        return true
    }

    /// Stores a notice that was taken, and passes it on: an own one to all, another one to some.
    private mutating func keep(
        _ notice: Notice, _ index: Int, from source: RelationID?, _ turn: inout Turn
    ) {
        let cluster = self.live[index].id
        let bytes = notice.bytes
        turn.changes.append(.notice(StoredNotice(cluster: cluster, bytes: bytes), notice.key))
        turn.mustTendBridges = true
        var others = self.connectedPeers(of: index).filter {
            $0 != source && self.mayLearn($0, index)
        }
        if source != nil {
            while others.count > Constants.gossipFanout {
                others.remove(at: Int(turn.random() % UInt64(others.count)))
            }
        }
        for id in others { self.send(.notice(bytes), of: cluster, to: id, &turn) }
        self.planNoticeRounds(index, turn)
    }

    /// Drops what is over, and what was said by members who are gone; what this node itself still means it
    /// says again, however long it was away.
    mutating func dropOldNotices(_ index: Int, _ turn: inout Turn) {
        guard let roster = self.live[index].roster,
            !self.live[index].notices.notices.isEmpty
        else { return }
        let now = UInt64(max(0, turn.wall.seconds))
        let own = turn.membership(of: self.live[index].id)?.member
        let table = self.live[index].notices
        let gone = self.live[index].notices.drop { notice in
            guard roster.isThere(notice.author) else { return true }
            return notice.end <= now
                && !(notice.author == own && table.mayBeMeant(notice, at: now))
        }
        for key in gone { turn.changes.append(.deleteNotice(self.live[index].id, key)) }
    }

    /// What was stored was verified; what cannot be read says nothing.
    mutating func load(notices: [StoredNotice], _ turn: inout Turn) {
        for stored in notices {
            guard let index = self.liveIndex(of: stored.cluster),
                let notice = Notice(bytes: stored.bytes)
            else { continue }
            self.live[index].notices.load(notice, self.primitives)
            self.live[index].tellsOfBridges = false
        }
    }
}
