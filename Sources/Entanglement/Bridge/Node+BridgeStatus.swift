// SPDX-License-Identifier: Apache-2.0

extension NodeStatus {
    /// A bridge of one of the own clusters.
    public struct Bridge: Sendable, Equatable {
        /// Its id, the same on both sides.
        public var id: BridgeID
        /// The own cluster.
        public var cluster: ClusterID
        /// The other one.
        public var alias: ClusterAlias
        /// What the other end calls its cluster; empty: it does not say.
        public var name: String
        /// The member who is the end on this side.
        public var author: MemberID
        /// The relation with the other end, if this node is an end; else with the author.
        public var relation: RelationID?
        /// Whether this node is an end of it.
        public var isOwn: Bool
        /// Whether it is open.
        public var isOpen: Bool
        /// Whether it is closed for good; what is neither waits for the other end's word.
        public var isClosed: Bool
        /// Whether whoever leads across it is connected.
        public var isConnected: Bool
        /// What both ends allow.
        public var policy: BridgePolicy
        /// What the end on this side allows.
        public var ownPolicy: BridgePolicy
        /// Voters who want it to be closed.
        public var closers: [MemberID]
        /// Until when it holds, if it is not renewed.
        public var until: WallTime
    }

    /// A card of a member of an own cluster, for another one.
    public struct GivenCard: Sendable, Equatable {
        /// The card.
        public var id: CardID
        /// The own cluster.
        public var cluster: ClusterID
        /// The other one.
        public var alias: ClusterAlias
        /// Whose it is.
        public var author: MemberID
        /// Whether it is this node's.
        public var isOwn: Bool
        /// What the member calls itself there.
        public var name: String
        /// What the member allows.
        public var policy: BridgePolicy
        /// The bridges that it was given for.
        public var bridges: [BridgeID]
    }

    /// Somebody of another cluster who has shown a card.
    public struct ForeignCard: Sendable, Equatable {
        /// The card.
        public var id: CardID
        /// The own cluster that it came to.
        public var cluster: ClusterID
        /// The cluster that it comes from.
        public var alias: ClusterAlias
        /// What somebody calls itself; a claim.
        public var name: String
        /// What it allows.
        public var policy: BridgePolicy
        /// By which bridges it came, and by whom.
        public var bridges: [BridgeID]
        /// The relation with it, if the two may talk.
        public var relation: RelationID?
        /// Whether two bridges with different ends brought it, or the safety numbers were compared.
        public var isConfirmed: Bool
    }
}

extension Node {
    /// All bridges, ordered by cluster, then as their authors are.
    func bridgeStatus(_ now: Moment) -> [NodeStatus.Bridge] {
        self.live.indices.flatMap { index in
            self.live[index].bridges.bridges.map { self.status(of: $0, index, now) }
        }
    }

    private func status(
        of bridge: BridgeView.Bridge, _ index: Int, _ now: Moment
    ) -> NodeStatus.Bridge {
        let cluster = self.live[index].id
        let own = self.clusters.first { $0.id == cluster }?.membership.member
        let isOwn = bridge.author == own
        let relation =
            isOwn
            ? self.bridgeLinks.first { $0.bridge == bridge.id }?.relation
            : self.live[index].peers.first {
                self.relations[$0]?.record.member == bridge.author
            }
        let isConnected = relation.flatMap { self.relations[$0] }.map {
            self.isConnected($0, now)
        }
        return NodeStatus.Bridge(
            id: bridge.id, cluster: cluster, alias: bridge.alias, name: bridge.name,
            author: bridge.author, relation: relation, isOwn: isOwn, isOpen: bridge.isOpen,
            isClosed: bridge.isClosed, isConnected: isConnected ?? false, policy: bridge.policy,
            ownPolicy: bridge.ownPolicy, closers: bridge.closers,
            until: WallTime(seconds: Int64(clamping: bridge.until)))
    }

    /// The cards that members have given, ordered by cluster, then by author.
    func givenCards() -> [NodeStatus.GivenCard] {
        self.live.indices.flatMap { index in
            let cluster = self.live[index].id
            let own = self.clusters.first { $0.id == cluster }?.membership.member
            return self.live[index].bridges.given.map {
                NodeStatus.GivenCard(
                    id: $0.id, cluster: cluster, alias: $0.card.target, author: $0.author,
                    isOwn: $0.author == own, name: $0.card.name, policy: $0.card.policy,
                    bridges: $0.bridges)
            }
        }
    }

    /// The cards of others that came across bridges, ordered by cluster, then by id.
    func foreignCards() -> [NodeStatus.ForeignCard] {
        self.live.indices.flatMap { index in
            let cluster = self.live[index].id
            let own = self.clusters.first { $0.id == cluster }?.membership.member
            let view = self.live[index].bridges
            return view.foreign.map { foreign in
                let mine = own.flatMap { view.card(of: $0, for: foreign.card.origin) }
                let relation = mine.flatMap {
                    self.across[CardPair(own: $0.id, other: foreign.id)]
                }
                let isMatched =
                    relation.flatMap { self.relations[$0]?.record.matchedAt } != nil
                return NodeStatus.ForeignCard(
                    id: foreign.id, cluster: cluster, alias: foreign.card.origin,
                    name: foreign.card.name, policy: foreign.card.policy,
                    bridges: foreign.ways.map(\.bridge), relation: relation,
                    isConfirmed: foreign.isConfirmed || isMatched)
            }
        }
    }
}
