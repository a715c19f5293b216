// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexAPI

extension ClusterRow {
    init(_ cluster: NodeStatus.Cluster) {
        self.init(
            id: cluster.id.description, name: cluster.name, members: cluster.members,
            connected: cluster.connected, standing: cluster.standing.rawValue,
            member: cluster.own.description, epoch: cluster.epoch)
    }
}

extension ClusterName {
    init(_ cluster: NodeStatus.Cluster) {
        self.init(id: cluster.id.description, name: cluster.name)
    }
}

extension ClusterReport {
    /// The cluster of that id with everybody in it; nil: there is none.
    init?(_ id: ClusterID, in status: NodeStatus) {
        guard let cluster = status.clusters.first(where: { $0.id == id }) else { return nil }
        self.init(
            cluster: ClusterRow(cluster),
            members: cluster.roster.map { MemberRow($0, of: cluster, in: status) },
            removals: cluster.removals.map { RemovalRow($0, of: cluster) },
            forbidders: cluster.forbidders.map(\.description),
            bridgesForbidden: cluster.isForbidden)
    }
}

extension MemberRow {
    init(_ member: NodeStatus.Member, of cluster: NodeStatus.Cluster, in status: NodeStatus) {
        self.init(id: member.id.description, name: member.name)
        self.peer = member.relation?.description
        self.isSelf = member.isSelf
        if case .sponsored(let sponsor, _) = member.origin {
            self.came = "introduced"
            self.introducedBy = sponsor.description
        }
        self.metBy = member.metBy.map(\.description)
        self.met = member.metBy.contains(cluster.own)
        self.status =
            switch member.status {
            case .present: "present"
            case .waiting: "waiting"
            case .left: "left"
            case .removed: "removed"
            }
        self.voter = member.isVoter
        self.connected = member.isConnected
        self.blocked = member.isBlocked
        self.blocksYou = member.blocksThis
        self.suspect = member.isSuspect
        self.addresses = member.addresses.map(\.description)
        self.publishedAt = member.publishedAt.map { Timestamp($0) }
        let peer = member.relation.flatMap { id in status.peers.first { $0.id == id } }
        self.lastHeardAt = peer?.lastHeardAt.map { Timestamp($0) }
        self.connectedTo = member.links?.map(\.description)
    }
}

extension MemberName {
    init(_ member: NodeStatus.Member) {
        self.init(id: member.id.description, name: member.name)
    }
}

extension RemovalRow {
    init(_ removal: NodeStatus.Removal, of cluster: NodeStatus.Cluster) {
        let outcome =
            switch removal.outcome {
            case .open: "open"
            case .inEffect: "inEffect"
            case .outnumbered: "outnumbered"
            case .conflicting: "conflicting"
            case .void: "void"
            }
        let isDecided = removal.outcome == .inEffect || removal.outcome == .void
        self.init(
            id: removal.id.description, accused: removal.accused.description,
            by: removal.author.description, votes: removal.supporters.map(\.description),
            needed: isDecided ? nil : cluster.votesNeeded(against: removal.accused),
            outcome: outcome)
    }
}

extension NodeStatus.Cluster {
    /// The member of that id.
    func member(_ id: MemberID) -> NodeStatus.Member? {
        self.roster.first { $0.id == id }
    }

    /// How many votes remove somebody, by the voters of today: more than half of the others, and two
    /// at least (PROTOCOL.md §11.4).
    func votesNeeded(against accused: MemberID) -> Int {
        let voters = self.roster.count { $0.isVoter && $0.id != accused }
        return max(2, voters / 2 + 1)
    }
}

extension NodeStatus {
    /// The member that a peer is.
    func member(_ peer: Peer) -> (NodeStatus.Member, NodeStatus.Cluster)? {
        guard let cluster = self.clusters.first(where: { $0.id == peer.cluster }),
            let member = peer.member.flatMap({ cluster.member($0) })
        else { return nil }
        return (member, cluster)
    }

    /// Whether two people met, by the relation or by what the records say.
    func isMet(_ peer: Peer) -> Bool {
        if peer.isMet { return true }
        guard let (member, cluster) = self.member(peer) else { return false }
        return member.metBy.contains(cluster.own)
    }

    /// What the member is called who introduced a peer: who took it in, or whoever took in this node
    /// where the peer was there before.
    func introducer(of peer: Peer) -> String? {
        guard !self.isMet(peer), let (member, cluster) = self.member(peer) else { return nil }
        for origin in [member.origin, cluster.member(cluster.own)?.origin] {
            if case .sponsored(let sponsor, _)? = origin, sponsor != member.id {
                return cluster.member(sponsor)?.name
            }
        }
        return nil
    }

    /// `A`: both founded the cluster; `B`: one of the two was taken in; `C`: they link two.
    func scenario(of peer: Peer) -> String {
        if peer.cluster == nil { return "C" }
        guard let (member, cluster) = self.member(peer), case .founder = member.origin,
            case .founder? = cluster.member(cluster.own)?.origin
        else { return "B" }
        return "A"
    }
}
