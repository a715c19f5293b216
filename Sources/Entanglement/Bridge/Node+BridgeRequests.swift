// SPDX-License-Identifier: Apache-2.0

// What people decide about bridges and cards (PROTOCOL.md §14.4, §14.5).
extension Node {
    /// Changes what the own end of a bridge allows, and what the cluster is called there.
    mutating func setPolicy(
        of bridge: BridgeID, _ policy: BridgePolicy, name: String?, _ turn: inout Turn
    ) throws(Refusal) {
        guard let position = self.bridgeLinks.firstIndex(where: { $0.bridge == bridge }) else {
            throw self.isKnown(bridge) ? .notBridgeEnd : .notFound
        }
        // What is decided is stored in the notice of the bridge, which needs the other end's word.
        guard self.bridgeLinks[position].other != nil else { throw .bridgeIsNew }
        if let name {
            guard let clean = DisplayName.clean(Array(name.utf8)) else { throw .badName }
            self.bridgeLinks[position].name = clean
        }
        self.bridgeLinks[position].policy = policy
        turn.mustTendBridges = true
    }

    private func isKnown(_ bridge: BridgeID) -> Bool {
        self.live.contains { $0.bridges.bridge(bridge) != nil }
    }

    /// Closes a bridge of which this node is an end; of another one it is the own vote.
    mutating func closeBridge(_ bridge: BridgeID, _ turn: inout Turn) throws(Refusal) {
        if let link = self.bridgeLinks.first(where: { $0.bridge == bridge }) {
            return self.update(link.relation, &turn) { $0.forget(&$1) }
        }
        let indices = self.live.indices.filter {
            self.live[$0].bridges.bridge(bridge).map { !$0.isClosed } ?? false
        }
        guard !indices.isEmpty else { throw .notFound }
        for index in indices { try self.vote(bridge, isOn: true, index, &turn) }
    }

    /// Wants no bridges of a cluster at all, or wants that no more.
    mutating func forbidBridges(
        of cluster: ClusterID, isOn: Bool, _ turn: inout Turn
    ) throws(Refusal) {
        guard let index = self.liveIndex(of: cluster) else { throw .notFound }
        try self.vote(.all, isOn: isOn, index, &turn)
    }

    private mutating func vote(
        _ bridge: BridgeID, isOn: Bool, _ index: Int, _ turn: inout Turn
    ) throws(Refusal) {
        guard let roster = self.live[index].roster,
            let own = turn.membership(of: self.live[index].id)?.member, roster.isPresent(own)
        else { throw .notMember }
        guard roster.member(own)?.isVoter ?? false else { throw .notVoter }
        guard self.say(.vote(bridge, isOn: isOn), index, &turn) else { throw .clusterFull }
    }

    /// Agrees to be seen by another cluster, as far as the policy says; nil: not any more.
    mutating func giveCard(
        of cluster: ClusterID, for alias: ClusterAlias, over bridge: BridgeID?,
        _ policy: BridgePolicy?, name: String?, _ turn: inout Turn
    ) throws(Refusal) {
        guard let index = self.liveIndex(of: cluster) else { throw .notFound }
        guard let roster = self.live[index].roster,
            let own = turn.membership(of: cluster)?.member, roster.isPresent(own)
        else { throw .notMember }
        guard let policy else {
            guard self.ownCard(for: alias, index, turn) != nil else { return }
            self.say(.card(alias, nil), index, &turn)
            return
        }
        let known = self.live[index].bridges.bridges.filter { $0.alias == alias }
        // Whoever agrees means the bridge that is named, and those agreed to before.
        let held = self.ownCard(for: alias, index, turn)
        let open = known.filter { entry in
            guard entry.isOpen else { return false }
            guard let bridge else { return true }
            return entry.id == bridge || held?.bridges.contains(entry.id) ?? false
        }.map(\.id)
        guard bridge.map(open.contains) ?? !open.isEmpty else { throw .notFound }
        guard open.count <= BridgeLimits.cardBridgeCountMax else {
            throw .tooMany(limit: BridgeLimits.cardBridgeCountMax)
        }
        // Who goes by another name over there does not lose it by saying something else.
        let wanted = name ?? held?.card.name ?? self.name
        guard let clean = DisplayName.clean(Array(wanted.utf8)) else {
            throw .badName
        }
        if let held, held.card.policy == policy, held.card.name == clean, held.bridges == open {
            return
        }
        guard self.giveCard(for: alias, policy, name: clean, over: open, index, &turn) else {
            throw .clusterFull
        }
    }

    // MARK: Meetings

    /// Which own cluster a bridge is to link: the person's choice, or the only one.
    func chooseLinked(_ choice: ClusterID?, _ turn: Turn) throws(Refusal) -> ClusterID {
        guard self.configuration.makesBridges else { throw .bridgesOff }
        let open = self.openClusters(turn)
        let chosen: ClusterID
        if let choice {
            guard open.contains(choice) else { throw .notFound }
            chosen = choice
        } else {
            guard let only = open.first, open.count == 1 else {
                if open.isEmpty { throw .noCluster }
                throw .mustChoose(open)
            }
            chosen = only
        }
        let isForbidden = self.liveIndex(of: chosen).map { self.live[$0].bridges.isForbidden }
        if isForbidden ?? false { throw .bridgesForbidden(chosen) }
        return chosen
    }
}
