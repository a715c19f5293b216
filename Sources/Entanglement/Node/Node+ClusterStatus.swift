// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// What a cluster's records say, and who of it is connected.
    func clusterStatus(
        _ cluster: ClusterRecord, _ peers: [Relation], _ now: Moment
    ) -> NodeStatus.Cluster {
        let peers = peers.filter { $0.record.cluster == cluster.id }
        let index = self.liveIndex(of: cluster.id)
        let live = index.map { self.live[$0] }
        let roster = live?.roster
        return NodeStatus.Cluster(
            id: cluster.id, name: cluster.name, standing: cluster.standing,
            own: cluster.membership.member,
            members: roster?.present.count ?? peers.count + 1,
            connected: peers.count { self.isConnected($0, now) },
            roster: roster?.members.map { self.status(of: $0, cluster, index, peers, now) } ?? [],
            removals: roster?.removals.map {
                NodeStatus.Removal(
                    id: $0.id, accused: $0.accused, author: $0.author, supporters: $0.supporters,
                    outcome: $0.outcome)
            } ?? [],
            forbidders: (live?.bridges.forbidders ?? []).sorted(),
            isForbidden: live?.bridges.isForbidden ?? false,
            epoch: roster?.epochNumber ?? 0, records: live?.set?.count ?? 0)
    }

    private func status(
        of member: RosterMember, _ cluster: ClusterRecord, _ index: Int?,
        _ peers: [Relation], _ now: Moment
    ) -> NodeStatus.Member {
        let live = index.map { self.live[$0] }
        let relation = peers.first { $0.record.member == member.id }
        let isSelf = member.id == cluster.membership.member
        let place = live?.set?.whereabouts(of: member.id)
        let names = [
            isSelf ? self.name : "", relation?.record.givenName ?? "", place?.name ?? "",
            relation?.record.claimedName ?? "", String(member.id.description.prefix(8)),
        ]
        let isSuspect =
            live?.roster?.equivocations.contains { $0.author == member.id } ?? false
            || live?.set?.cloneAlarms.contains { $0.member == member.id } ?? false
        return NodeStatus.Member(
            id: member.id, name: names.first { !$0.isEmpty } ?? "",
            relation: relation?.id, isSelf: isSelf, origin: member.origin, status: member.status,
            isVoter: member.isVoter, metBy: member.metBy,
            isConnected: isSelf || (relation.map { self.isConnected($0, now) } ?? false),
            isBlocked: live?.roster?.blocks(cluster.membership.member, member.id) ?? false,
            blocksThis: live?.roster?.blocks(member.id, cluster.membership.member) ?? false,
            isSuspect: isSuspect, addresses: place?.addresses.map(\.endpoint) ?? [],
            publishedAt: place.map { WallTime(seconds: Int64(clamping: $0.issuedAt)) },
            links: index.flatMap {
                isSelf ? self.connectedMembers(of: $0) : self.links(of: member.id, $0)
            })
    }
}
