// SPDX-License-Identifier: Apache-2.0

/// What the two founders signed (PROTOCOL.md §6).
public struct Founding: Sendable, Equatable {
    /// The meeting hash, 32 bytes.
    public var meeting: [UInt8]
    /// Who showed the offer: A.
    public var offering: MemberKeys
    /// Who showed the answer: B.
    public var answering: MemberKeys

    /// The founding of a cluster.
    public init(meeting: [UInt8], offering: MemberKeys, answering: MemberKeys) {
        self.meeting = meeting
        self.offering = offering
        self.answering = answering
    }
}

/// A proposal that a member be removed.
public struct Removal: Sendable, Equatable {
    /// Who is to go.
    public var accused: MemberID
    /// What the accused wrote after this position of its own is void too; ``keepsAll`` voids only
    /// what the proposal's author had not seen.
    public var kept: UInt32

    /// Nothing is void that the proposal's author had seen.
    public static let keepsAll = UInt32.max

    /// A proposal.
    public init(accused: MemberID, kept: UInt32 = Removal.keepsAll) {
        self.accused = accused
        self.kept = kept
    }
}

/// The secret that counts since certain members are gone; the secret itself is never in a record.
public struct Epoch: Sendable, Equatable {
    /// One more than the highest number among the record's ancestors, counted from 1; 0 is the
    /// epoch of the founding.
    public var number: UInt32
    /// ``RosterState/goneHash`` as its author saw it, 32 bytes.
    public var gone: [UInt8]
    /// SHA-256 of the secret, 32 bytes.
    public var secretHash: [UInt8]

    /// An epoch.
    public init(number: UInt32, gone: [UInt8], secretHash: [UInt8]) {
        self.number = number
        self.gone = gone
        self.secretHash = secretHash
    }
}

/// An address in an endpoint record.
public struct PublishedAddress: Sendable, Hashable {
    /// Where.
    public var endpoint: Endpoint
    /// How it became known.
    public var kind: Candidate.Kind
    /// How many peers in different networks saw it there; 255 stands for more too.
    public var confirmedBy: UInt8

    /// An address.
    public init(endpoint: Endpoint, kind: Candidate.Kind, confirmedBy: UInt8) {
        self.endpoint = endpoint
        self.kind = kind
        self.confirmedBy = confirmedBy
    }
}

/// Where a member may be reached; the one with the highest sequence counts.
public struct Whereabouts: Sendable, Equatable {
    /// A random number of the start of the program, by which two copies of one member differ.
    public var incarnation: UInt64
    /// Grows with every record of the member, over all its starts.
    public var sequence: UInt64
    /// Seconds since 1970 by the author's clock.
    public var issuedAt: UInt64
    /// So many seconds it is valid, 1 to 604,800.
    public var validitySeconds: UInt32
    /// At most 8, best first.
    public var addresses: [PublishedAddress]
    /// How the own router maps; nil: not known.
    public var nat: NATHint?
    /// What the member calls itself, a display name (``DisplayName``); may be empty.
    public var name: String

    /// Whereabouts as published.
    public init(
        incarnation: UInt64, sequence: UInt64, issuedAt: UInt64, validitySeconds: UInt32,
        addresses: [PublishedAddress], nat: NATHint? = nil, name: String = ""
    ) {
        self.incarnation = incarnation
        self.sequence = sequence
        self.issuedAt = issuedAt
        self.validitySeconds = validitySeconds
        self.addresses = addresses
        self.nat = nat
        self.name = name
    }
}

/// What a record says, beside who wrote it and after what.
public enum RecordBody: Sendable, Equatable {
    /// Founds the cluster.
    case genesis(Founding)
    /// Takes in a newcomer with these keys whom the author met in that meeting (32 bytes).
    case add(MemberKeys, meeting: [UInt8])
    /// The author and this member met in person in that meeting (32 bytes).
    case confirm(MemberID, meeting: [UInt8])
    /// The author leaves.
    case leave
    /// Proposes a removal.
    case remove(Removal)
    /// Votes for a proposal.
    case vote(RecordID)
    /// Blocks a member, or does not any more.
    case block(MemberID, isOn: Bool)
    /// Names an epoch's secret.
    case epoch(Epoch)
    /// Says where the author may be reached.
    case endpoint(Whereabouts)

    /// The kind of such a record.
    public var kind: RecordKind {
        switch self {
        case .genesis: .genesis
        case .add: .add
        case .confirm: .confirm
        case .leave: .leave
        case .remove: .remove
        case .vote: .vote
        case .block: .block
        case .epoch: .epoch
        case .endpoint: .endpoint
        }
    }
}

/// Where a record stands: who wrote it, and after which others.
public struct RecordPlace: Sendable, Equatable {
    /// Who wrote it.
    public var author: MemberID
    /// The author's records are numbered from 1.
    public var position: UInt32
    /// The author's record with the position before; for the first one the record by which the
    /// author became a member.
    public var previous: RecordID
    /// At most 7 further records that the author had seen, in ascending order.
    public var parents: [RecordID]

    /// A place.
    public init(
        author: MemberID, position: UInt32, previous: RecordID, parents: [RecordID]
    ) {
        self.author = author
        self.position = position
        self.previous = previous
        self.parents = parents
    }
}
