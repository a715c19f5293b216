// SPDX-License-Identifier: Apache-2.0

/// How a member came into the cluster.
public enum MemberOrigin: Sendable, Equatable {
    /// Founded it, in this role.
    case founder(MeetingRole)
    /// Was met by this member in that meeting (32 bytes).
    case sponsored(by: MemberID, meeting: [UInt8])
}

/// What became of a member.
public enum MemberStatus: Sendable, Equatable {
    /// Belongs to the cluster.
    case present
    /// Was taken in beyond the number of members that a cluster may have.
    case waiting
    /// Left by itself.
    case left
    /// Was removed, or came by a record that is void.
    case removed
}

/// A member as the records say.
public struct RosterMember: Sendable, Equatable {
    /// Who.
    public let id: MemberID
    /// Its keys in this cluster.
    public let keys: MemberKeys
    /// How it came.
    public let origin: MemberOrigin
    /// What became of it.
    public let status: MemberStatus
    /// Whether its vote counts.
    public let isVoter: Bool
    /// The members who met it in person, its sponsor included, in ascending order; for founders each
    /// other too.
    public let metBy: [MemberID]
}

/// What became of a proposal to remove a member.
public enum RemovalOutcome: UInt8, Sendable, Equatable {
    /// There is no majority of those who were voters when it was made.
    case open = 0
    /// In effect.
    case inEffect = 1
    /// A majority then, but not of all voters that the records show beside it.
    case outnumbered = 2
    /// Another removal, of equal or more weight, stands against it.
    case conflicting = 3
    /// Its author or so many of its voters were removed that it does not hold.
    case void = 4
}

/// A proposal to remove a member.
public struct RosterRemoval: Sendable, Equatable {
    /// The proposal's record.
    public let id: RecordID
    /// Who is to go.
    public let accused: MemberID
    /// Who proposed it.
    public let author: MemberID
    /// Everybody who voted for it, its author included, in ascending order.
    public let supporters: [MemberID]
    /// What became of it.
    public let outcome: RemovalOutcome
}

/// A proof that a member said two things of which it may say only one.
public enum Equivocation: Sendable, Equatable {
    /// Two records of one author with the same position.
    case position(author: MemberID, position: UInt32, first: RecordID, second: RecordID)
    /// Two newcomers with different keys from one meeting.
    case meeting(sponsor: MemberID, meeting: [UInt8], first: RecordID, second: RecordID)

    /// Who.
    public var author: MemberID {
        switch self {
        case .position(let author, _, _, _), .meeting(let author, _, _, _): author
        }
    }
}

/// Somebody will have nothing to do with somebody.
public struct RosterBlock: Sendable, Equatable {
    /// Who says so.
    public let author: MemberID
    /// About whom.
    public let member: MemberID
}

/// What all the records of a cluster together say; the same wherever the same records are held.
public struct RosterState: Sendable, Equatable {
    /// The cluster.
    public let cluster: ClusterID
    /// Everybody who was ever taken in, ordered by id.
    public let members: [RosterMember]
    /// All proposals of removals, ordered by id.
    public let removals: [RosterRemoval]
    /// Who blocks whom, ordered by author and member.
    public let blocks: [RosterBlock]
    /// Proofs of equivocation, at most one for each author and one for each meeting, in order.
    public let equivocations: [Equivocation]
    /// The epoch record that counts; nil: the epoch of the founding.
    public let epoch: RecordID?
    /// Its number; 0: the epoch of the founding.
    public let epochNumber: UInt32
    /// The hash over all removals in effect and all who left; 32 bytes.
    public let goneHash: [UInt8]
    /// Whether somebody is gone of whom the epoch does not know.
    public let needsEpoch: Bool

    /// The member of that id.
    public func member(_ id: MemberID) -> RosterMember? {
        var (low, high) = (0, self.members.count)
        while low < high {
            let middle = (low + high) / 2
            if self.members[middle].id < id { low = middle + 1 } else { high = middle }
        }
        guard low < self.members.count, self.members[low].id == id else { return nil }
        return self.members[low]
    }

    /// Those who belong to the cluster, ordered by id.
    public var present: [RosterMember] { self.members.filter { $0.status == .present } }

    /// Whether this member may have nothing to do with that one.
    public func blocks(_ author: MemberID, _ member: MemberID) -> Bool {
        self.blocks.contains { $0.author == author && $0.member == member }
    }
}
