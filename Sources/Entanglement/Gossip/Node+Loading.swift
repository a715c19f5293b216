// SPDX-License-Identifier: Apache-2.0

// Clusters as the store holds them, at the start of the program.
extension Node {
    /// Puts the clusters to work; what the records say and was not done yet is done now.
    mutating func load(_ state: DurableState, _ turn: inout Turn) {
        guard self.configuration.sharesRecords else { return }
        self.incarnation = turn.random()
        for cluster in state.clusters {
            let index = self.liveIndex(adding: cluster.id)
            // A newcomer's first exchange may not have come to its end.
            let records = state.records.filter { $0.cluster == cluster.id }
            self.live[index].isCaughtUp = cluster.standing != .joining && !records.isEmpty
            self.load(
                records,
                state.endpointRecords.filter { $0.cluster == cluster.id }, index, turn)
            _ = self.live[index].fold(self.primitives)
            // A newcomer that died amid a batch of records has not done what they say.
            self.live[index].isFoldDue =
                cluster.standing == .joining && self.live[index].set != nil
        }
        for spent in state.spentCounters {
            guard let index = self.liveIndex(of: spent.cluster) else { continue }
            _ = self.live[index].keep(
                KeptCounters(
                    id: spent.relation, reserved: spent.reserved, accepted: spent.accepted,
                    resyncAnsweredAt: nil))
        }
        self.noteClusterPeers()
        self.noteTold()
        for cluster in self.live.map(\.id) {
            guard let index = self.liveIndex(of: cluster) else { continue }
            self.reconcile(index, &turn)
            self.settleDuties(index, &turn)
            self.considerEpoch(index, &turn)
            self.planUnheard(index, patience: Constants.unheardMin, turn)
        }
        self.load(notices: state.notices, &turn)
        self.settleBonds(&turn)
        turn.mustTendBridges = true
        self.tendBridges(&turn)
        self.endStrangers(&turn)
    }

    /// Records were verified before they were stored; what cannot be read says nothing.
    private mutating func load(
        _ records: [StoredRecord], _ endpoints: [StoredRecord], _ index: Int, _ turn: Turn
    ) {
        for stored in records + endpoints {
            guard let record = try? Record(bytes: stored.bytes, self.primitives) else { continue }
            if self.live[index].set == nil {
                self.live[index].set = RecordSet(
                    genesis: record, limits: self.configuration.clusterLimits, turn.primitives)
            } else {
                _ = self.live[index].take(
                    record, from: nil, now: turn.instant, isCatchingUp: true, turn.primitives)
            }
        }
        guard let own = turn.membership(of: self.live[index].id)?.member else { return }
        let sequence = self.live[index].set?.whereabouts(of: own)?.sequence
        self.live[index].sequence = sequence ?? 0
    }

    /// Whoever was heard was so at the first of its places; the rest may stand there by its record alone.
    private mutating func noteTold() {
        for id in self.ids {
            guard let record = self.relations[id]?.record, let member = record.member,
                let index = record.cluster.flatMap({ self.liveIndex(of: $0) }),
                let whereabouts = self.live[index].set?.whereabouts(of: member)
            else { continue }
            let known = record.endpoints.prefix(record.lastHeardAt == nil ? 0 : 1)
            let published = whereabouts.addresses.map(\.endpoint)
            self.relations[id]?.told = record.endpoints.filter {
                (published.contains($0) || record.epoch != nil) && !known.contains($0)
            }
        }
    }
}
