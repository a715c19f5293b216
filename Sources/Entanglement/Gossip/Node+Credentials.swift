// SPDX-License-Identifier: Apache-2.0

// Two members who meet and do not know each other show by what they are members (PROTOCOL.md §12.4).
extension Node {
    /// Of each record whether a peer may ask for it; nil: it may ask for none.
    ///
    /// Whoever claims to be a member, and of whom the records say nothing, gets those by which this node
    /// became one: else two from halves of a cluster that were apart would wait for each other's for ever.
    func askable(_ id: RelationID, _ index: Int, _ turn: Turn) -> [Bool]? {
        guard let set = self.live[index].set else { return nil }
        guard !self.mayLearn(id, index) else { return [Bool](repeating: true, count: set.count) }
        guard let member = self.relations[id]?.record.member,
            self.live[index].roster?.member(member) == nil,
            let own = turn.membership(of: self.live[index].id)?.member
        else { return nil }
        return set.credentials(of: own)
    }
}

extension RecordSet {
    /// Of each record whether a member was taken in by it, or it is needed to take in one that is.
    func credentials(of member: MemberID) -> [Bool] {
        var marks = [Bool](repeating: false, count: self.entries.count)
        guard let number = self.number(of: member) else { return marks }
        for admission in self.members[number].admissions { marks[admission] = true }
        self.markNeeded(&marks)
        return marks
    }

    /// Marks also what must be held before the records that are marked can be taken in.
    func markNeeded(_ marks: inout [Bool]) {
        for number in marks.indices.reversed() where marks[number] {
            for parent in self.entries[number].parents { marks[parent] = true }
            if let member = self.entries[number].record.body.subject.flatMap(self.number(of:)) {
                marks[self.members[member].admissions[0]] = true
            }
        }
    }
}

extension RecordBody {
    /// The member whom it is about, who must be known before it is taken in.
    fileprivate var subject: MemberID? {
        switch self {
        case .confirm(let member, _), .block(let member, _): member
        case .remove(let removal): removal.accused
        case .genesis, .add, .vote, .leave, .epoch, .endpoint: nil
        }
    }
}
