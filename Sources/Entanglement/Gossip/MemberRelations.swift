// SPDX-License-Identifier: Apache-2.0

/// Which relations a node has with each member of its clusters, and which are connected.
///
/// Nobody goes through all of a large cluster for one record.
struct MemberRelations: Sendable {
    /// A member of a cluster.
    struct Person: Hashable, Sendable {
        let cluster: ClusterID
        let member: MemberID
    }

    /// What of a relation is looked up here.
    struct Tie: Equatable, Sendable {
        let person: Person
        let isConnected: Bool
        let isTrusted: Bool
    }

    /// Looked up and never gone through; the relations of each are in order.
    private var ids: [Person: [RelationID]] = [:]
    private var connected: [ClusterID: [RelationID]] = [:]
    private var trustedCounts: [ClusterID: Int] = [:]
    /// The clusters of the peers that are trusted and belong to them.
    private(set) var trustedClusters: Set<ClusterID> = []

    /// The relations with a member, in order.
    func with(_ member: MemberID, of cluster: ClusterID) -> [RelationID] {
        self.ids[Person(cluster: cluster, member: member)] ?? []
    }

    /// The relations with members of a cluster that are connected, in order.
    func connected(of cluster: ClusterID) -> [RelationID] { self.connected[cluster] ?? [] }

    /// A relation is another than before; nil: with no member.
    mutating func note(_ id: RelationID, was former: Tie?, is present: Tie?) {
        guard former != present else { return }
        if former?.person != present?.person {
            if let person = former?.person { Self.set(id, false, in: &self.ids[person]) }
            if let person = present?.person { Self.set(id, true, in: &self.ids[person]) }
        }
        if let former, former.isConnected {
            Self.set(id, false, in: &self.connected[former.person.cluster])
        }
        if let present, present.isConnected {
            Self.set(id, true, in: &self.connected[present.person.cluster])
        }
        if let former, former.isTrusted { self.count(former.person.cluster, -1) }
        if let present, present.isTrusted { self.count(present.person.cluster, 1) }
    }

    private mutating func count(_ cluster: ClusterID, _ change: Int) {
        let count = (self.trustedCounts[cluster] ?? 0) + change
        self.trustedCounts[cluster] = count > 0 ? count : nil
        if count > 0 {
            self.trustedClusters.insert(cluster)
        } else {
            self.trustedClusters.remove(cluster)
        }
    }

    private static func set(_ id: RelationID, _ isThere: Bool, in ids: inout [RelationID]?) {
        var list = ids ?? []
        ids = nil
        let position = list.sortedPosition(of: id)
        let isFound = position < list.count && list[position] == id
        if isThere, !isFound { list.insert(id, at: position) }
        if !isThere, isFound { list.remove(at: position) }
        if !list.isEmpty { ids = list }
    }
}

extension Relation {
    /// The member that it is with, once both have agreed on a cluster.
    var person: MemberRelations.Person? {
        guard let cluster = self.record.cluster, let member = self.record.member else { return nil }
        return MemberRelations.Person(cluster: cluster, member: member)
    }

    var tie: MemberRelations.Tie? {
        self.person.map {
            MemberRelations.Tie(
                person: $0, isConnected: self.isConnected,
                isTrusted: self.record.phase == .trusted && self.duty != .farewell)
        }
    }
}
