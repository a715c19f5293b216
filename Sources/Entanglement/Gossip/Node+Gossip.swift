// SPDX-License-Identifier: Apache-2.0

// What members tell each other about their cluster (PROTOCOL.md §12.1, §12.2).
extension Node {
    /// Carries out what the step made necessary, and what is due.
    mutating func tendClusters(_ turn: inout Turn) {
        guard self.configuration.sharesRecords else { return }
        self.followClusters(&turn)
        if turn.mustSettleBonds { self.settleBonds(&turn) }
        let lost = turn.lost
        turn.lost = []
        for id in lost { self.settleDuties(beside: id, &turn) }
        let moved = turn.moved
        turn.moved = []
        for id in moved { self.tellPlaces(to: id, &turn) }
        let renewed = turn.renewed
        turn.renewed = []
        for id in renewed { self.endSilence(of: id) }
        let frames = turn.gossip
        turn.gossip = []
        for (id, frame) in frames { self.receive(frame, from: id, &turn) }
        // Who was to send the rest of a batch is gone.
        for index in self.live.indices
        where self.live[index].isFoldDue && self.live[index].pulls.isEmpty {
            self.refold(index, &turn)
        }
        let connected = turn.connected
        turn.connected = []
        for id in connected { self.greet(id, &turn) }
        for index in self.live.indices {
            guard let due = self.live[index].dueAt, due <= turn.instant else { continue }
            self.tickCluster(index, &turn)
        }
        self.callWanted(&turn)
        if turn.mustSettleBonds { self.settleBonds(&turn) }
        self.followClusters(&turn)
    }

    /// Keeps the clusters at work and their peers as the durable records say.
    mutating func followClusters(_ turn: inout Turn) {
        for (id, genesis) in turn.foundings {
            let index = self.liveIndex(adding: id)
            self.live[index].set = RecordSet(
                genesis: genesis, limits: self.configuration.clusterLimits, self.primitives)
            _ = self.live[index].fold(self.primitives)
        }
        turn.foundings = []
        if !self.isAtWork(turn.clusters) {
            let ids = turn.clusters.map(\.id)
            self.live.removeAll { !ids.contains($0.id) }
            for id in ids where self.liveIndex(of: id) == nil {
                let index = self.liveIndex(adding: id)
                self.planUnheard(index, patience: .zero, turn)
            }
        }
        guard turn.changes.contains(where: \.concernsRelations) else { return }
        for id in turn.changes.compactMap(\.relation)
        where self.relations[id]?.record.phase == .forgotten {
            self.dropOthers(beside: id, &turn)
        }
        self.noteClusterPeers(turn.changes)
    }

    /// Whether exactly these clusters are at work.
    private func isAtWork(_ clusters: [ClusterRecord]) -> Bool {
        guard clusters.count == self.live.count else { return false }
        for index in clusters.indices where self.liveIndex(of: clusters[index].id) == nil {
            return false
        }
        return true
    }

    /// The same after these changes alone.
    mutating func noteClusterPeers(_ changes: [Change]) {
        for id in changes.compactMap(\.relation) {
            for index in self.live.indices {
                self.live[index].setPeer(id, self.isPeer(id, in: self.live[index].id))
            }
        }
    }

    /// Which relations are with members of the clusters at work.
    mutating func noteClusterPeers() {
        for index in self.live.indices {
            let cluster = self.live[index].id
            for id in self.live[index].peers where !self.isPeer(id, in: cluster) {
                self.live[index].setPeer(id, false)
            }
            for id in self.ids where self.isPeer(id, in: cluster) {
                self.live[index].setPeer(id, true)
            }
        }
    }

    /// Whether a relation is with a member of that cluster who belongs to it.
    func isPeer(_ id: RelationID, in cluster: ClusterID) -> Bool {
        guard let record = self.relations[id]?.record else { return false }
        // Who ends a cluster of two may hear of a third.
        return record.cluster == cluster
            && (record.phase == .trusted || record.phase == .forgetting)
            && self.relations[id]?.duty != .farewell
    }

    /// Whether a peer may learn what the records say.
    ///
    /// Whoever only claims to be a member, in a meeting of two members, is told nothing but how this node
    /// became one, until it is among them.
    func mayLearn(_ id: RelationID, _ index: Int) -> Bool {
        guard let record = self.relations[id]?.record else { return false }
        guard case .confirming? = record.bond, let member = record.member else { return true }
        return self.live[index].roster?.isThere(member) ?? false
    }

    func liveIndex(of cluster: ClusterID) -> Int? {
        // By position: a closure over the values would copy them.
        for index in self.live.indices where self.live[index].id == cluster { return index }
        return nil
    }

    mutating func liveIndex(adding cluster: ClusterID) -> Int {
        if let index = self.liveIndex(of: cluster) { return index }
        let index = self.live.firstIndex { $0.id > cluster } ?? self.live.count
        var live = LiveCluster(cluster)
        live.incarnation = self.incarnation
        self.live.insert(live, at: index)
        return index
    }

    /// The relations of a cluster by which somebody can be told something now.
    func connectedPeers(of index: Int) -> [RelationID] {
        self.persons.connected(of: self.live[index].id).filter { self.live[index].hasPeer($0) }
    }

    func send(
        _ body: GossipFrame.Body, of cluster: ClusterID, to id: RelationID, _ turn: inout Turn
    ) {
        turn.gossipSends.append((id, GossipFrame(cluster: cluster, body: body)))
    }

    // MARK: Summaries

    func summary(of index: Int, _ turn: Turn) -> GossipFrame.Summary {
        let id = self.live[index].id
        let record = turn.clusters.first { $0.id == id }
        let newest = self.live[index].roster.flatMap { record?.epoch(of: $0) }
        return GossipFrame.Summary(
            heads: self.live[index].heads, places: self.live[index].places,
            epoch: newest.map { $0.number + 1 } ?? 0)
    }

    /// A peer is connected, or has a new session: both tell what they hold.
    private mutating func greet(_ id: RelationID, _ turn: inout Turn) {
        guard let cluster = self.relations[id]?.record.cluster,
            let index = self.liveIndex(of: cluster)
        else { return }
        guard self.isPeer(id, in: cluster) else { return self.bidFarewell(id, index, &turn) }
        self.live[index].setPeer(id, true)
        self.live[index].links[id] = self.live[index].links[id]?.renewed ?? GossipLink()
        if !turn.has(.summaryUntold) { self.tellSummary(index, to: id, &turn) }
        self.greetWithNotices(index, id, &turn)
        self.compareFounding(index, with: id, &turn)
        self.publishHeard(index, turn)
        self.waitForGoodbye(index, turn)
        self.retirePassive(of: id, &turn)
        self.settleDuties(beside: id, &turn)
    }

    /// Who did not answer has a new session, and may be asked again; what it holds it tells by itself.
    private mutating func endSilence(of id: RelationID) {
        guard let cluster = self.relations[id]?.record.cluster,
            let index = self.liveIndex(of: cluster),
            self.live[index].links[id]?.isSilent ?? false
        else { return }
        self.live[index].links[id]?.isSilent = false
        self.live[index].links[id]?.restsUntil = nil
    }

    mutating func tellSummary(_ index: Int, to id: RelationID, _ turn: inout Turn) {
        let summary = self.summary(of: index, turn)
        self.live[index].links[id, default: GossipLink()].told = summary
        self.live[index].links[id]?.toldAt = turn.instant
        self.send(.summary(summary), of: self.live[index].id, to: id, &turn)
    }

    /// Something changed: in a while some of the others are asked whether they have heard of it.
    mutating func planRounds(_ index: Int, _ turn: inout Turn) {
        self.live[index].rounds = Constants.gossipRounds.map {
            turn.instant + $0 + turn.jitter(upTo: $0 / 4)
        }
    }

    private mutating func receive(
        _ frame: GossipFrame, from id: RelationID, _ turn: inout Turn
    ) {
        guard let index = self.liveIndex(of: frame.cluster) else { return }
        guard self.isPeer(id, in: frame.cluster) else {
            return self.receiveFarewell(frame, index, from: id, &turn)
        }
        self.live[index].setPeer(id, true)
        if self.live[index].links[id] == nil { self.live[index].links[id] = GossipLink() }
        switch frame.body {
        case .summary(let summary): self.receive(summary, index, from: id, &turn)
        case .digest(let offset, let digest):
            self.answer(digest, from: Int(offset), index, to: id, &turn)
        case .ids(let list): self.receive(list, index, from: id, &turn)
        case .want(let ids): self.serve(ids, index, to: id, &turn)
        case .record(let bytes): self.receive(record: bytes, index, from: id, &turn)
        case .places(let list): self.receive(list, index, from: id, &turn)
        case .welcome(let welcome): self.receive(welcome, index, from: id, &turn)
        case .goodbye: self.hearGoodbye(index, from: id, &turn)
        case .notices(let hash): self.receive(notices: hash, index, from: id, &turn)
        case .noticeList(let list): self.receive(noticeList: list, index, from: id, &turn)
        case .notice(let bytes): self.receive(notice: bytes, index, from: id, &turn)
        case .call(let call): self.receive(call, index, from: id, &turn)
        case .links(let links): self.receive(links, index, from: id, &turn)
        }
    }

    private mutating func receive(
        _ summary: GossipFrame.Summary, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        let own = self.summary(of: index, turn)
        self.live[index].links[id]?.summary = summary
        guard summary != own else { return }
        let link = self.live[index].links[id]
        let isQuiet = link?.toldAt.map { turn.instant - $0 >= Constants.gossipSpacing } ?? true
        if link?.told != own || isQuiet {
            self.tellSummary(index, to: id, &turn)
        } else if self.live[index].rounds.isEmpty {
            // What was told a moment ago may be lost.
            self.planRounds(index, &turn)
        }
        self.pullNext(index, from: [id], &turn)
        if summary.places != own.places { self.tellPlaces(index, to: id, &turn) }
        if summary.epoch < own.epoch { self.welcome(index, id, &turn) }
    }

    // MARK: Time

    private mutating func tickCluster(_ index: Int, _ turn: inout Turn) {
        while let due = self.live[index].rounds.first, due <= turn.instant {
            self.live[index].rounds.removeFirst()
            let own = self.summary(of: index, turn)
            var unsure = self.connectedPeers(of: index).filter {
                self.live[index].links[$0]?.summary != own
            }
            for _ in 0..<min(Constants.gossipRoundPeers, unsure.count) {
                let position = Int(turn.random() % UInt64(unsure.count))
                let id = unsure.remove(at: position)
                self.tellSummary(index, to: id, &turn)
                let theirs = self.live[index].links[id]?.summary?.epoch ?? own.epoch
                if theirs < own.epoch { self.welcome(index, id, &turn) }
            }
        }
        for pull in self.live[index].pulls where pull.dueAt <= turn.instant {
            self.repeatPull(index, from: pull.peer, &turn)
        }
        if let due = self.live[index].askAgainAt, due <= turn.instant {
            self.live[index].noteRests(now: turn.instant)
            self.pullNext(index, from: self.connectedPeers(of: index), &turn)
        }
        if let due = self.live[index].publishAt, due <= turn.instant {
            self.publish(index, &turn)
            self.forgetGone(index, &turn)
        }
        self.tickNotices(index, &turn)
        if let due = self.live[index].epochAt, due <= turn.instant {
            self.live[index].epochAt = nil
            self.beginEpoch(index, &turn)
        }
        self.tickMissingSecret(index, &turn)
        if let due = self.live[index].lonelyAt, due <= turn.instant {
            self.callOthers(index, &turn)
        }
        if let due = self.live[index].fallbackAt, due <= turn.instant {
            self.useFallbacks(index, &turn)
        }
        if let due = self.live[index].leaveAt, due <= turn.instant {
            return self.lose(self.live[index].id, .left, &turn)
        }
        if let due = self.live[index].giveUpAt, due <= turn.instant {
            self.planUnheard(index, patience: .zero, turn)
            guard let due = self.live[index].giveUpAt, due <= turn.instant else { return }
            self.lose(self.live[index].id, .left, &turn)
        }
    }

    /// What is to be told goes out at the end of the turn.
    mutating func sendGossip(_ turn: inout Turn) {
        let sends = turn.gossipSends
        turn.gossipSends = []
        for (id, frame) in sends { self.update(id, &turn) { $0.send(.gossip(frame), &$1) } }
    }
}
