// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// Writes everything that decides how this node goes on, with its gate and its store.
    ///
    /// Left out are what people see alone, counters of statistics, and the gate's token buckets (a
    /// datagram over the limit is one lost).
    package func write(gate: Gate, store: DurableState, to tokens: inout StateTokens) {
        for record in store.relations { record.write(to: &tokens) }
        tokens.put(store.relations.count)
        for record in store.records { tokens.put(name: record.bytes) }
        tokens.put(store.records.count)
        self.write(clusters: store.clusters, store.tombstones, to: &tokens)
        self.write(clusters: self.clusters, self.tombstones, to: &tokens)
        for id in self.ids {
            guard let relation = self.relations[id] else { continue }
            relation.record.write(to: &tokens)
            relation.write(to: &tokens)
            gate.write(pid: relation.record.ownPID, to: &tokens)
            for view in relation.sessions { gate.write(session: view.index, to: &tokens) }
        }
        tokens.put(self.ids.count)
        gate.write(tombstones: self.tombstones, to: &tokens)
        tokens.put(self.farewells.count)
        for farewell in self.farewells {
            tokens.put(name: farewell.bytes)
            tokens.put(farewell.endpoints)
            tokens.put(due: farewell.dueAt)
            tokens.put(.time(Int64(farewell.left)))
        }
        for known in self.own.known {
            tokens.put(known.candidate.endpoint)
            tokens.put(known.candidate.kind)
            tokens.put(known.confirmedBy)
        }
        tokens.put(self.announced)
        tokens.put(self.own.hint?.rawValue ?? 0)
        tokens.put(due: self.punching.freeAt)
        tokens.put(self.announcementSequence)
        for lifetime in self.lifetimes { tokens.put(due: lifetime.dueAt) }
        tokens.put(self.waitingForAddress.count)
    }

    private func write(
        clusters: [ClusterRecord], _ tombstones: [Tombstone], to tokens: inout StateTokens
    ) {
        tokens.put(clusters.count)
        for cluster in clusters {
            tokens.put(name: cluster.id)
            tokens.put(cluster.standing)
            tokens.put(name: cluster.membership.member)
            tokens.put(cluster.epochs.count)
            for epoch in cluster.epochs { tokens.put(epoch.number) }
        }
        tokens.put(tombstones.count)
        for tombstone in tombstones {
            tokens.put(name: tombstone.pidHash)
            tokens.put(name: tombstone.token)
            tokens.put(due: tombstone.expiresAt)
        }
    }

    /// Where the node's random values come from, in its present state.
    package var randomness: any RandomNumberGenerator & Sendable { self.generator }

    /// When the offer's life, the online step or the whole pairing end, for the only relation.
    package var phaseEnd: Instant? {
        self.ids.count == 1 ? self.ids.first.flatMap { self.relations[$0]?.phaseEnd } : nil
    }

    /// The counter of the newest question that is outstanding, for the only relation.
    package var outstandingCounter: UInt64? {
        self.ids.count == 1
            ? self.ids.first.flatMap { self.relations[$0]?.attempts.last?.n } : nil
    }
}

extension Gate {
    func write(pid: PeerID, to tokens: inout StateTokens) {
        guard let admission = self.relations[pid]?.admission else { return tokens.put(0) }
        tokens.put(name: admission.receiveMAC)
        tokens.put(name: admission.cancelToken)
    }

    func write(session index: UInt32, to tokens: inout StateTokens) {
        guard let session = self.sessions[index] else { return tokens.put(0) }
        tokens.put(name: UInt64(session.remoteIndex))
        tokens.put(.serial(session.sendCounter))
        guard let highest = session.window.highest else { return tokens.put(.serial(0)) }
        tokens.put(.serial(highest + 1))
        var seen: UInt64 = 0
        for back in 0..<min(highest + 1, 64) where !session.window.wouldAccept(highest - back) {
            seen |= 1 << back
        }
        tokens.put(.serial(seen))
    }

    func write(tombstones: [Tombstone], to tokens: inout StateTokens) {
        tokens.put(self.sessions.count)
        tokens.put(self.relations.count)
        tokens.put(self.buried.count)
        for tombstone in tombstones {
            switch self.buried[tombstone.pidHash] {
            case .none: tokens.put(0)
            case .some(.none): tokens.put(2)
            case .some(.some(let answeredAt)):
                tokens.put(since: answeredAt, for: Constants.goneInterval)
            }
        }
    }
}
