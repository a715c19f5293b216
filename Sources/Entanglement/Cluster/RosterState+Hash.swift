// SPDX-License-Identifier: Apache-2.0

extension RosterState {
    /// 32 bytes that are equal wherever the states are (PROTOCOL.md §11.5).
    public func hash(_ primitives: any Primitives) -> [UInt8] {
        var writer = ByteWriter(domain: "spockex/1 roster", self.cluster)
        writer.put(UInt16(truncatingIfNeeded: self.members.count))
        for member in self.members { writer.put(member) }
        writer.put(UInt16(truncatingIfNeeded: self.removals.count))
        for removal in self.removals {
            writer.put(removal.id)
            writer.put(removal.outcome.rawValue)
            writer.put(members: removal.supporters)
        }
        writer.put(UInt16(truncatingIfNeeded: self.blocks.count))
        for block in self.blocks {
            writer.put(block.author)
            writer.put(block.member)
        }
        writer.put(UInt16(truncatingIfNeeded: self.equivocations.count))
        for equivocation in self.equivocations { writer.put(equivocation) }
        writer.put(self.epochNumber)
        writer.put(self.epoch?.bytes ?? [UInt8](repeating: 0, count: 32))
        writer.put(self.goneHash)
        return primitives.hash(writer.bytes)
    }
}

extension ByteWriter {
    fileprivate mutating func put(members: [MemberID]) {
        self.put(UInt16(truncatingIfNeeded: members.count))
        for member in members { self.put(member) }
    }

    fileprivate mutating func put(_ member: RosterMember) {
        self.put(member.id)
        self.put(member.keys)
        switch member.origin {
        case .founder(.offering): self.put(UInt8(0))
        case .founder(.answering): self.put(UInt8(1))
        case .sponsored(let sponsor, let meeting):
            self.put(UInt8(2))
            self.put(sponsor)
            self.put(meeting)
        }
        switch member.status {
        case .present: self.put(UInt8(0))
        case .waiting: self.put(UInt8(1))
        case .left: self.put(UInt8(2))
        case .removed: self.put(UInt8(3))
        }
        self.put(UInt8(member.isVoter ? 1 : 0))
        self.put(members: member.metBy)
    }

    fileprivate mutating func put(_ equivocation: Equivocation) {
        switch equivocation {
        case .position(let author, let position, let first, let second):
            self.put(UInt8(0))
            self.put(author)
            self.put(position)
            self.put(first)
            self.put(second)
        case .meeting(let sponsor, let meeting, let first, let second):
            self.put(UInt8(1))
            self.put(sponsor)
            self.put(meeting)
            self.put(first)
            self.put(second)
        }
    }
}
