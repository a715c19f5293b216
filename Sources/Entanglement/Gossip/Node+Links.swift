// SPDX-License-Identifier: Apache-2.0

/// With whom a member said that it is connected, and when.
struct LinkReport: Sendable, Equatable {
    let members: [MemberID]
    let at: Instant
}

// Who of a cluster is connected to whom: asked for when a person looks, and never told by itself
// (PROTOCOL.md §12.9).
extension Node {
    /// Asks all who are connected with whom they are; once a second at most.
    mutating func askLinks(of cluster: ClusterID, _ turn: inout Turn) throws(Refusal) {
        guard let index = self.liveIndex(of: cluster) else { throw .notFound }
        let isRecent =
            self.live[index].linksAskedAt.map {
                turn.instant - $0 < Constants.gossipSpacing
            } ?? false
        guard !isRecent else { return }
        self.live[index].linksAskedAt = turn.instant
        for id in self.connectedPeers(of: index) {
            self.send(.links(.question), of: cluster, to: id, &turn)
        }
    }

    mutating func receive(
        _ links: GossipFrame.Links, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard self.mayLearn(id, index) else { return }
        switch links {
        case .question:
            guard self.live[index].mayAsk(id, cost: 1, now: turn.instant) else { return }
            let members = Array(self.connectedMembers(of: index).prefix(GossipFrame.linkCountMax))
            self.send(.links(.answer(members)), of: self.live[index].id, to: id, &turn)
        case .answer(let members):
            guard let askedAt = self.live[index].linksAskedAt,
                turn.instant - askedAt < Constants.linkPatience
            else { return }
            self.live[index].links[id]?.connections = LinkReport(
                members: members, at: turn.instant)
        }
    }

    /// The members with whom this node is connected, in order.
    func connectedMembers(of index: Int) -> [MemberID] {
        let members = self.connectedPeers(of: index).compactMap {
            self.relations[$0]?.record.member
        }
        return Set(members).sorted()
    }

    /// What a member answered to the last question; nil: nothing.
    func links(of member: MemberID, _ index: Int) -> [MemberID]? {
        guard let askedAt = self.live[index].linksAskedAt else { return nil }
        let reports = self.persons.with(member, of: self.live[index].id).compactMap {
            self.live[index].links[$0]?.connections
        }
        return reports.filter { $0.at >= askedAt }.max { $0.at < $1.at }?.members
    }
}

extension Constants {
    /// An answer that comes later is not listened to.
    static let linkPatience = Duration.seconds(10)
}
