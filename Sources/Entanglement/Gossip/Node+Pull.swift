// SPDX-License-Identifier: Apache-2.0

// Records of the roster: new ones are pushed, what was missed is asked for (PROTOCOL.md §12.2).
extension Node {
    /// Asks those of these peers that hold something else, while not too many are asked; first whoever
    /// was not asked for the longest time.
    mutating func pullNext(_ index: Int, from ids: [RelationID], _ turn: inout Turn) {
        for id in self.live[index].inTurn(ids, now: turn.instant) {
            guard self.live[index].pulls.count < Constants.gossipPullCountMax else { return }
            guard let digest = self.live[index].digest(self.primitives) else { return }
            self.live[index].links[id]?.askedAt = turn.instant
            let heads = self.live[index].links[id]?.summary?.heads
            self.ask(GossipPull(from: id, digest, heads, now: turn.instant), index, &turn)
        }
    }

    /// Gives the place of a pull to the next one.
    private mutating func endPull(
        _ index: Int, from id: RelationID, pause: Duration?, isSilent: Bool = false,
        _ turn: inout Turn
    ) {
        self.foldIfDue(index, &turn)
        self.live[index][pullFrom: id] = nil
        if let pause {
            self.live[index].rest(from: id, until: turn.instant + pause, isSilent: isSilent)
        }
        self.pullNext(index, from: self.connectedPeers(of: index), &turn)
    }

    /// Ends a pull that has had its time; who had nothing that could be taken in is let be for a while.
    private mutating func endLongPull(
        _ index: Int, from id: RelationID, _ turn: inout Turn
    ) -> Bool {
        guard let pull = self.live[index][pullFrom: id], pull.isOver(now: turn.instant) else {
            return false
        }
        self.endPull(
            index, from: id, pause: pull.hasNews ? nil : Constants.gossipPause, &turn)
        return true
    }

    /// Asks for the ids of a window.
    private mutating func ask(_ pull: GossipPull, _ index: Int, _ turn: inout Turn) {
        var pull = pull
        pull.dueAt = turn.instant + Constants.gossipPatience
        self.live[index][pullFrom: pull.peer] = pull
        self.send(
            .digest(offset: UInt16(clamping: pull.offset), pull.digest), of: self.live[index].id,
            to: pull.peer, &turn)
    }

    /// No answer, or only a part of it: the same again, a few times.
    mutating func repeatPull(_ index: Int, from id: RelationID, _ turn: inout Turn) {
        self.foldIfDue(index, &turn)
        guard var pull = self.live[index][pullFrom: id],
            !self.endLongPull(index, from: id, &turn)
        else { return }
        guard pull.tries < Constants.gossipTryCountMax, self.relations[id]?.isConnected ?? false
        else {
            return self.endPull(
                index, from: id, pause: Constants.gossipPause, isSilent: true, &turn)
        }
        pull.tries += 1
        self.live[index][pullFrom: id] = pull
        self.goOn(index, from: id, &turn)
    }

    /// Asks for what is known to be lacking, else for the parts of the window that have not come.
    private mutating func goOn(_ index: Int, from id: RelationID, _ turn: inout Turn) {
        guard let pull = self.live[index][pullFrom: id] else { return }
        guard pull.lacking.isEmpty else { return self.askForLacking(index, from: id, &turn) }
        self.ask(pull, index, &turn)
    }

    private mutating func askForLacking(_ index: Int, from id: RelationID, _ turn: inout Turn) {
        guard let pull = self.live[index][pullFrom: id] else { return }
        self.live[index][pullFrom: id]?.dueAt = turn.instant + Constants.gossipPatience
        let ids = Array(pull.lacking.prefix(GossipFrame.idCountMax))
        self.send(.want(ids), of: self.live[index].id, to: id, &turn)
    }

    /// A part of the answer to a digest.
    mutating func receive(
        _ list: GossipFrame.IDList, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        let lacking = list.ids.filter { !self.live[index].holds($0) }
        guard var pull = self.live[index][pullFrom: id], pull.take(list, lacking: lacking) else {
            return
        }
        self.live[index][pullFrom: id] = pull
        if pull.isWhole { self.advancePull(index, from: id, &turn) }
    }

    /// All of a window's parts, or all of its records, have come.
    private mutating func advancePull(_ index: Int, from id: RelationID, _ turn: inout Turn) {
        guard let pull = self.live[index][pullFrom: id], let total = pull.total else { return }
        guard pull.lacking.isEmpty else { return self.askForLacking(index, from: id, &turn) }
        let next = pull.next(now: turn.instant)
        guard next.offset < total else {
            self.live[index].isCaughtUp = true
            let isWaiting = self.live[index].set.map { $0.waitingCount > 0 } ?? true
            if !pull.isIncomplete, !isWaiting {
                // Nothing more is asked of it while it holds what it held when it was asked.
                self.live[index].links[id]?.pulled = pull.heads
            }
            return self.endPull(
                index, from: id,
                pause: pull.isIncomplete || isWaiting ? Constants.gossipPause : nil, &turn)
        }
        guard !self.endLongPull(index, from: id, &turn) else { return }
        // Of the same list: with a newer digest fewer buckets differ, and all places are others.
        self.ask(next, index, &turn)
    }

    /// A record that was asked for has come, or never will be taken.
    private mutating func notePulled(
        _ record: RecordID, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard var pull = self.live[index][pullFrom: id], pull.remove(record) else { return }
        pull.tries = 0
        pull.answered += 1
        let isBatchOver = pull.answered >= GossipFrame.idCountMax || pull.lacking.isEmpty
        if isBatchOver { pull.answered = 0 }
        self.live[index][pullFrom: id] = pull
        guard isBatchOver else { return }
        self.foldIfDue(index, &turn)
        if pull.isWhole {
            self.advancePull(index, from: id, &turn)
        } else {
            self.goOn(index, from: id, &turn)
        }
    }

    /// Which ids this node holds in the buckets that differ, a window of them.
    mutating func answer(
        _ digest: RecordDigest, from offset: Int, _ index: Int, to id: RelationID,
        _ turn: inout Turn
    ) {
        guard let set = self.live[index].set, let own = self.live[index].digest(self.primitives),
            let askable = self.askable(id, index, turn),
            self.live[index].mayAsk(id, cost: 8, now: turn.instant)
        else { return }
        let ids = set.idsInOrder(inBuckets: own.differing(from: digest))
            .filter { set.number(of: $0).map { askable[$0] } ?? false }
        for part in GossipFrame.IDList.window(of: ids, from: offset) {
            self.send(.ids(part), of: self.live[index].id, to: id, &turn)
        }
    }

    mutating func serve(
        _ ids: [RecordID], _ index: Int, to id: RelationID, _ turn: inout Turn
    ) {
        guard let set = self.live[index].set, let askable = self.askable(id, index, turn) else {
            return
        }
        for number in ids.compactMap({ set.number(of: $0) }) where askable[number] {
            let record = set.entries[number].record
            guard self.live[index].mayAsk(id, cost: 1, now: turn.instant) else { return }
            self.send(.record(record.bytes), of: self.live[index].id, to: id, &turn)
        }
    }

    // MARK: Taking in

    mutating func receive(
        record bytes: [UInt8], _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard let record = try? Record(bytes: bytes, self.primitives) else { return }
        // Nothing can be said of it yet: it is asked for again.
        guard self.live[index].set != nil || record.kind == .genesis else { return }
        defer {
            self.notePulled(record.id, index, from: id, &turn)
        }
        guard self.live[index].set != nil else {
            return self.receive(genesis: record, index, &turn)
        }
        let peer = self.relations[id]?.record.member
        let isCatchingUp = !self.live[index].isCaughtUp
        let intake = self.live[index].take(
            record, from: peer, now: turn.instant, isCatchingUp: isCatchingUp, self.primitives)
        switch intake {
        case .added(let records):
            self.live[index][pullFrom: id]?.hasNews = true
            self.note(records, index, from: id, &turn)
        case .later: self.live[index][pullFrom: id]?.isIncomplete = true
        case .refused(.outdated) where turn.has(.oldPlacesWin):
            self.live[index].set?.replacePlace(by: record)
            self.note([record], index, from: id, &turn)
        case .known, .waiting, .refused: break
        }
        self.tellOfClones(index, &turn)
    }

    /// The first record of a cluster that this node joins: its id is the cluster's.
    private mutating func receive(genesis record: Record, _ index: Int, _ turn: inout Turn) {
        let cluster = self.live[index].id
        guard record.kind == .genesis, ClusterID(hash: record.id.bytes) == cluster,
            let set = RecordSet(
                genesis: record, limits: self.configuration.clusterLimits, self.primitives)
        else { return }
        self.live[index].set = set
        turn.changes.append(
            .record(StoredRecord(cluster: cluster, bytes: record.bytes), record.id))
        self.refold(index, &turn)
    }

    /// Stores what is new, tells others of it, and does what it says.
    mutating func note(
        _ records: [Record], _ index: Int, from id: RelationID?, _ turn: inout Turn
    ) {
        let cluster = self.live[index].id
        var isRosterNews = false
        var places: [Record] = []
        for record in records {
            let stored = StoredRecord(cluster: cluster, bytes: record.bytes)
            if record.kind == .endpoint, let member = record.author {
                turn.changes.append(.endpointRecord(stored, member))
                places.append(record)
            } else {
                turn.changes.append(.record(stored, record.id))
                isRosterNews = true
            }
            self.spread(record, index, from: id, &turn)
        }
        if isRosterNews, self.isAmidBatch(index, from: id) {
            self.live[index].isFoldDue = true
        } else if isRosterNews {
            self.refold(index, &turn)
        } else {
            self.live[index].notePlaces(self.primitives)
        }
        guard self.live[index].set != nil else { return }
        for record in places { self.follow(place: record, index, &turn) }
        if id == nil || !turn.has(.recordsNotPassedOn) { self.planRounds(index, &turn) }
    }

    /// Whether a newcomer to a large cluster has asked for more records that are on their way: to compute the
    /// roster after each of thousands would take longer than they do.
    private func isAmidBatch(_ index: Int, from id: RelationID?) -> Bool {
        guard let id, !self.live[index].isCaughtUp,
            let pull = self.live[index][pullFrom: id], pull.lacking.count > 1
        else { return false }
        return self.live[index].set.map { $0.count >= Constants.batchedFoldCount } ?? false
    }

    private mutating func foldIfDue(_ index: Int, _ turn: inout Turn) {
        if self.live[index].isFoldDue { self.refold(index, &turn) }
    }

    /// A new record goes to all who can be told, if it is an own one; else to a few others.
    private mutating func spread(
        _ record: Record, _ index: Int, from id: RelationID?, _ turn: inout Turn
    ) {
        guard self.live[index].isCaughtUp || id == nil else { return }
        if id != nil, turn.has(.recordsNotPassedOn) { return }
        var targets = self.connectedPeers(of: index).filter { self.mayLearn($0, index) }
        if let id {
            let author = record.author
            targets.removeAll { $0 == id || self.relations[$0]?.record.member == author }
            while targets.count > Constants.gossipFanout {
                targets.remove(at: Int(turn.random() % UInt64(targets.count)))
            }
        }
        for target in targets {
            self.send(.record(record.bytes), of: self.live[index].id, to: target, &turn)
        }
    }

    private mutating func tellOfClones(_ index: Int, _ turn: inout Turn) {
        guard let set = self.live[index].set else { return }
        for alarm in set.cloneAlarms where !self.live[index].clonesTold.contains(alarm.member) {
            self.live[index].clonesTold.append(alarm.member)
            turn.notify(.memberCloned(self.live[index].id, alarm.member))
        }
    }
}

extension LiveCluster {
    /// The digest of what is held; of nothing at all while there is no record.
    func digest(_ primitives: any Primitives) -> RecordDigest? {
        if let set = self.set { return set.digest(primitives) }
        let empty = primitives.hash([]).prefix(16)
        return RecordDigest(bytes: (0..<RecordDigest.bucketCount).flatMap { _ in empty })
    }

    func holds(_ id: RecordID) -> Bool { self.set?.record(id) != nil }

    mutating func take(
        _ record: Record, from peer: MemberID?, now: Instant, isCatchingUp: Bool,
        _ primitives: any Primitives
    ) -> RecordIntake {
        self.set?.take(
            record, from: peer, now: now, isCatchingUp: isCatchingUp, primitives)
            ?? .refused(.otherCluster)
    }

    /// Those of these peers who may be asked for records, whoever was asked last at the end.
    func inTurn(_ ids: [RelationID], now: Instant) -> [RelationID] {
        let last = ids.filter { self.mayPull(from: $0, now: now) }.enumerated().map {
            (id: $1, position: $0, at: self.links[$1]?.askedAt)
        }
        return last.sorted { left, right in
            guard let one = left.at, let other = right.at, one != other else {
                return (left.at == nil ? 0 : 1, left.position)
                    < (right.at == nil ? 0 : 1, right.position)
            }
            return one < other
        }.map(\.id)
    }

    /// Whether a peer may cause so many packets more.
    mutating func mayAsk(_ id: RelationID, cost: Int, now: Instant) -> Bool {
        var quota =
            self.links[id]?.quota
            ?? TokenBucket(
                burst: Limits.gossipBurst, perSecond: Limits.gossipPerSecond, now: now)
        defer { self.links[id]?.quota = quota }
        guard quota.hasTokens(cost, now: now) else { return false }
        quota.take(cost)
        return true
    }
}

extension GossipFrame.IDList {
    /// The parts of a window of ids; one without ids if there are none.
    static func window(of ids: [RecordID], from offset: Int) -> [GossipFrame.IDList] {
        let end = max(offset + 1, min(ids.count, offset + GossipFrame.windowCount))
        return stride(from: offset, to: end, by: GossipFrame.idCountMax).map { start in
            GossipFrame.IDList(
                offset: UInt16(clamping: start), total: UInt16(clamping: ids.count),
                ids: Array(ids.dropFirst(start).prefix(GossipFrame.idCountMax)))
        }
    }
}
