// SPDX-License-Identifier: Apache-2.0

// What common peers and packets may have to do with the other side of a bridge (PROTOCOL.md §14.6, §14.7).
extension Node {
    /// Whether a common peer may be told that somebody is sought: the end of a bridge nothing, somebody
    /// across one only of members who have shown themselves to its cluster (PROTOCOL.md §14.7).
    func mayHear(_ helper: RelationID, of id: RelationID) -> Bool {
        guard let bond = self.relations[helper]?.record.bond else { return true }
        switch bond {
        case .bridging: return false
        case .crossing(let cluster, let alias, let card):
            guard let record = self.relations[id]?.record else { return false }
            // The ends of the bridge look for each other by whomever both clusters know.
            if case .bridging(cluster, alias)? = record.bond { return true }
            guard record.cluster == cluster, let member = record.member,
                let index = self.liveIndex(of: cluster)
            else { return false }
            let view = self.live[index].bridges
            let ways = view.foreign(card)?.ways.map(\.bridge) ?? []
            return view.card(of: member, for: alias)?.bridges.contains(where: ways.contains)
                ?? false
        case .founding, .sponsoring, .joining, .confirming: return true
        }
    }

    /// Whether two peers are on one side of all bridges: what one seeks may be passed on to the other.
    func areOnOneSide(_ one: RelationID, _ other: RelationID) -> Bool {
        func side(_ id: RelationID) -> (isAbroad: Bool, alias: ClusterAlias?) {
            switch self.relations[id]?.record.bond {
            case .bridging?: (true, nil)
            case .crossing(_, let alias, _)?: (true, alias)
            case .founding?, .sponsoring?, .joining?, .confirming?, nil: (false, nil)
            }
        }
        let (first, second) = (side(one), side(other))
        guard first.isAbroad || second.isAbroad else { return true }
        return first.alias != nil && first.alias == second.alias
    }

    /// Whether what comes from there may be for that relation: somebody across a bridge whom nobody may
    /// reach directly comes by a bridge alone.
    func accepts(_ source: Endpoint, _ id: RelationID) -> Bool {
        source.isRelay || self.relations[id]?.mayTellAddresses ?? true
    }
}
