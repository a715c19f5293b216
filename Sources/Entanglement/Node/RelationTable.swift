// SPDX-License-Identifier: Apache-2.0

/// The relations of a node and when each is due, found by halving a list of ids in order.
///
/// Relations are looked up at every step. They are read and changed in place, for a copy of one costs
/// more than the step, and stay where they are when others come and go.
struct RelationTable: Sendable {
    /// All ids, in order.
    private(set) var ids: [RelationID] = []
    /// Where in `relations` that of each id is.
    private var places: [Int] = []
    private var deadlines: [Instant?] = []
    /// The first one is never there: what stands for an id that has none.
    private var relations: [Relation?] = [nil]
    /// Places that are free.
    private var free: [Int] = []

    /// The relation of that id; it must be there to be changed, and stays until it is removed.
    subscript(id: RelationID) -> Relation? {
        _read { yield self.relations[self.position(of: id).map { self.places[$0] } ?? 0] }
        _modify {
            let place = self.position(of: id).map { self.places[$0] } ?? 0
            yield &self.relations[place]
            precondition(
                self.relations[place].isThere == (place > 0),
                "relations come by insert and go by remove")
        }
    }

    /// All relations, ordered by id (tests alone).
    var values: [Relation] { self.places.compactMap { self.relations[$0] } }

    /// Adds a relation; its id must be new.
    mutating func insert(_ relation: Relation) {
        precondition(self.position(of: relation.id) == nil, "an id has one relation")
        let position = self.ids.sortedPosition(of: relation.id)
        self.ids.insert(relation.id, at: position)
        self.deadlines.insert(nil, at: position)
        if let place = self.free.popLast() {
            self.places.insert(place, at: position)
            self.relations[place] = relation
        } else {
            self.places.insert(self.relations.count, at: position)
            self.relations.append(relation)
        }
    }

    /// Takes a relation out.
    mutating func remove(_ id: RelationID) -> Relation? {
        guard let position = self.position(of: id) else { return nil }
        self.ids.remove(at: position)
        self.deadlines.remove(at: position)
        let place = self.places.remove(at: position)
        self.free.append(place)
        return self.relations[place].take()
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
        _read { yield self.relations[self.places[position]] }
    }

    private func position(of id: RelationID) -> Int? {
        let position = self.ids.sortedPosition(of: id)
        return position < self.ids.count && self.ids[position] == id ? position : nil
    }
}

extension Optional {
    fileprivate var isThere: Bool {
        if case .some = self { true } else { false }
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
