// SPDX-License-Identifier: Apache-2.0

/// The relations of a node and when each is due, in flat lists ordered by id.
///
/// Found by halving: relations are few and looked up at every step. They are read and changed in
/// place, for a copy of one costs more than the step.
struct RelationTable: Sendable {
    /// All ids, in order.
    private(set) var ids: [RelationID] = []
    /// The relation of each id, and nil at the end: what stands for an id that is not there.
    private var relations: [Relation?] = [nil]
    private var deadlines: [Instant?] = []

    /// The relation of that id; it must be there to be changed, and stays until it is removed.
    subscript(id: RelationID) -> Relation? {
        _read { yield self.relations[self.position(of: id) ?? self.ids.count] }
        _modify {
            let position = self.position(of: id)
            yield &self.relations[position ?? self.ids.count]
            if position == nil, case .some? = self.relations.last {
                preconditionFailure("relations come by insert")
            }
        }
    }

    /// All relations, ordered by id (tests alone).
    var values: [Relation] { self.relations.compactMap { $0 } }

    /// Adds a relation; its id must be new.
    mutating func insert(_ relation: Relation) {
        precondition(self.position(of: relation.id) == nil, "an id has one relation")
        let position = self.ids.sortedPosition(of: relation.id)
        self.ids.insert(relation.id, at: position)
        self.relations.insert(relation, at: position)
        self.deadlines.insert(nil, at: position)
    }

    /// Takes a relation out.
    mutating func remove(_ id: RelationID) -> Relation? {
        guard let position = self.position(of: id) else { return nil }
        self.ids.remove(at: position)
        self.deadlines.remove(at: position)
        return self.relations.remove(at: position)
    }

    /// When a relation is due.
    func deadline(of id: RelationID) -> Instant? {
        self.position(of: id).flatMap { self.deadlines[$0] }
    }

    /// Notes when a relation is due; when it was due before.
    mutating func setDeadline(of id: RelationID, _ due: Instant?) -> Instant? {
        guard let position = self.position(of: id) else { return nil }
        defer { self.deadlines[position] = due }
        return self.deadlines[position]
    }

    /// When the first of them is due.
    var earliest: Instant? {
        var earliest: Instant?
        for case let due? in self.deadlines { earliest = min(due, earliest ?? due) }
        return earliest
    }

    /// The relation at that place of `ids`.
    subscript(position: Int) -> Relation? {
        _read { yield self.relations[position] }
    }

    private func position(of id: RelationID) -> Int? {
        let position = self.ids.sortedPosition(of: id)
        return position < self.ids.count && self.ids[position] == id ? position : nil
    }
}

extension Array where Element: Comparable {
    /// Where an element is in an ordered array, or would have to be put.
    func sortedPosition(of element: Element) -> Int {
        var (low, high) = (0, self.count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
