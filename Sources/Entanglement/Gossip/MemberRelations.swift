// SPDX-License-Identifier: Apache-2.0

/// Which relations a node has with each member of its clusters: nobody goes through all of a large one.
struct MemberRelations: Sendable {
    /// A member of a cluster.
    struct Person: Hashable, Sendable {
        let cluster: ClusterID
        let member: MemberID
    }

    /// Looked up and never gone through; the relations of each are in order.
    private var ids: [Person: [RelationID]] = [:]

    /// The relations with a member, in order.
    func with(_ member: MemberID, of cluster: ClusterID) -> [RelationID] {
        self.ids[Person(cluster: cluster, member: member)] ?? []
    }

    /// A relation is with somebody else than before; nil: with no member.
    mutating func note(_ id: RelationID, was former: Person?, is present: Person?) {
        guard former != present else { return }
        if let former {
            self.ids[former]?.removeAll { $0 == id }
            if self.ids[former]?.isEmpty ?? false { self.ids[former] = nil }
        }
        if let present {
            let others = self.ids[present] ?? []
            let position = others.firstIndex { $0 > id } ?? others.count
            self.ids[present, default: []].insert(id, at: position)
        }
    }
}

extension Relation {
    /// The member that it is with, once both have agreed on a cluster.
    var person: MemberRelations.Person? {
        guard let cluster = self.record.cluster, let member = self.record.member else { return nil }
        return MemberRelations.Person(cluster: cluster, member: member)
    }
}
