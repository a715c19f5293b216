// SPDX-License-Identifier: Apache-2.0

// Members of a large cluster call those with whom they are not connected (PROTOCOL.md §12.7).
extension Node {
    /// Whoever is wanted and rests is told so by way of those between, that both begin at one moment.
    mutating func callWanted(_ turn: inout Turn) {
        while !turn.wanted.isEmpty {
            let wanted = turn.wanted
            turn.wanted = []
            for one in wanted { self.call(one.relation, isAgain: one.isAgain, &turn) }
        }
    }

    private mutating func call(_ id: RelationID, isAgain: Bool, _ turn: inout Turn) {
        guard let relation = self.relations[id], relation.isResting, !relation.isConnected,
            let cluster = relation.record.cluster, let member = relation.record.member,
            let index = self.liveIndex(of: cluster), self.isPeer(id, in: cluster),
            let ring = self.ring(index, turn), ring.contains(member)
        else { return }
        let call = GossipFrame.Call(
            from: ring.own, to: member, hops: Constants.callHopCountMax)
        for next in self.nearer(to: member, ring, index).prefix(Constants.callWayCount) {
            self.send(.call(call), of: cluster, to: next, &turn)
        }
        if isAgain { self.wantBetween(member, ring, index, &turn) }
    }

    /// Those who are connected and nearer to a member, the nearest first; who is that member alone.
    private func nearer(
        to member: MemberID, _ ring: Neighbors, _ index: Int, but source: RelationID? = nil
    ) -> [RelationID] {
        guard let own = ring.distance(ring.own, member) else { return [] }
        var ways: [(distance: Int, id: RelationID)] = []
        for id in self.connectedPeers(of: index)
        where id != source && !(self.relations[id]?.isRelayed ?? true) {
            guard let other = self.relations[id]?.record.member,
                let distance = ring.distance(other, member), distance < own
            else { continue }
            ways.append((distance, id))
        }
        ways.sort { ($0.distance, $0.id) < ($1.distance, $1.id) }
        if ways.first?.distance == 0 { return [ways[0].id] }
        return ways.map(\.id)
    }

    /// Two who share no neighbour have nobody who helps both: whoever is a neighbour of the other is wanted too.
    private mutating func wantBetween(
        _ member: MemberID, _ ring: Neighbors, _ index: Int, _ turn: inout Turn
    ) {
        let cluster = self.live[index].id
        let between = ring.neighbors(of: member).filter { $0 != ring.own }
        func relations(_ member: MemberID) -> [RelationID] {
            self.persons.with(member, of: cluster).filter { self.live[index].hasPeer($0) }
        }
        func isConnected(_ member: MemberID) -> Bool {
            relations(member).contains { self.relations[$0]?.isConnected ?? false }
        }
        guard !between.contains(where: isConnected) else { return }
        let nearest = between.sorted {
            (ring.stepCount(ring.own, $0), $0) < (ring.stepCount(ring.own, $1), $1)
        }.prefix(Constants.callBetweenCount)
        guard !nearest.isEmpty else { return }
        let chosen = nearest[Int(turn.random() % UInt64(nearest.count))]
        for id in relations(chosen)
        where self.relations[id].map({ $0.isResting && $0.wantedUntil == nil }) ?? false {
            self.update(id, &turn) { $0.want(&$1) }
        }
    }

    /// Somebody wants to talk with this node, or with a member to whom this node leads.
    mutating func receive(
        _ call: GossipFrame.Call, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard self.mayLearn(id, index), call.from != call.to,
            self.live[index].mayCall(id, now: turn.instant),
            let ring = self.ring(index, turn), ring.contains(call.from), ring.contains(call.to),
            call.from != ring.own
        else { return }
        let cluster = self.live[index].id
        guard call.to != ring.own else {
            // Whoever names many as callers makes this node look for a few of them alone.
            let calledCount = self.live[index].peers.count {
                (self.relations[$0]?.isCalled ?? false)
                    && !(self.relations[$0]?.isConnected ?? true)
            }
            guard calledCount < Constants.calledCountMax else { return }
            for caller in self.persons.with(call.from, of: cluster)
            where self.live[index].hasPeer(caller) && self.mayBeCalled(caller) {
                self.update(caller, &turn) { $0.want(isCalled: true, &$1) }
            }
            return
        }
        guard call.hops > 0 else { return }
        var passed = call
        passed.hops -= 1
        if let next = self.nearer(to: call.to, ring, index, but: id).first {
            self.send(.call(passed), of: cluster, to: next, &turn)
        }
    }

    private func mayBeCalled(_ id: RelationID) -> Bool {
        guard let relation = self.relations[id] else { return false }
        return relation.isResting && !relation.isConnected && relation.duty.seeks
    }

    /// The members present; nil: everybody stays connected with everybody, or this node is no member.
    private func ring(_ index: Int, _ turn: Turn) -> Neighbors? {
        guard let roster = self.live[index].roster,
            self.live[index].presentCount > Constants.meshCountMax,
            let own = turn.membership(of: self.live[index].id)?.member, roster.isPresent(own)
        else { return nil }
        return Neighbors(of: own, among: roster.present.map(\.id))
    }
}

extension Constants {
    /// Members that a call may pass.
    static let callHopCountMax: UInt8 = 16
    /// Ways by which it is sent.
    static let callWayCount = 2
    /// Those between of whom one is chosen.
    static let callBetweenCount = 3
    /// Callers for whom a node looks at a time, in one cluster.
    static let calledCountMax = 8
    /// Calls that one member may bring at once.
    static let callBurst = 16
    /// And one more after each.
    static let callInterval = Duration.milliseconds(500)
}

extension LiveCluster {
    /// Whether one call more is listened to, whoever is named in it; questions about records have a quota of
    /// their own.
    fileprivate mutating func mayCall(_ id: RelationID, now: Instant) -> Bool {
        var bucket =
            self.links[id]?.calls
            ?? TokenBucket(
                burst: Constants.callBurst, interval: Constants.callInterval, now: now)
        defer { self.links[id]?.calls = bucket }
        guard bucket.hasToken(now: now) else { return false }
        bucket.take()
        return true
    }
}
