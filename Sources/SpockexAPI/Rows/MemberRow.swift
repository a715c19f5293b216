// SPDX-License-Identifier: Apache-2.0

/// One member of a cluster, this node included (`cluster show`).
public struct MemberRow: Codable, Sendable, Equatable {
    /// Its id in the cluster; the same on every node.
    public var id: String
    /// The given name, else what the member calls itself.
    public var name: String
    /// The peer as which it is reached; null: this node itself, or somebody gone or blocked.
    @Nullable public var peer: String?
    /// Whether it is this node.
    public var isSelf: Bool
    /// How it came: `founder` or `introduced`.
    public var came: String
    /// The member who met it and took it in; null: a founder.
    @Nullable public var introducedBy: String?
    /// The members who met it in person.
    public var metBy: [String]
    /// Whether this node is one of them.
    public var met: Bool
    /// `present`, `waiting` (beyond the number of members that a cluster may have), `left` or
    /// `removed`.
    public var status: String
    /// Whether its vote counts.
    public var voter: Bool
    /// Whether it is connected to this node.
    public var connected: Bool
    /// Whether this node blocks it.
    public var blocked: Bool
    /// Whether it blocks this node.
    public var blocksYou: Bool
    /// Whether its records prove that it said two different things, or that it runs twice.
    public var suspect: Bool
    /// Where it says it may be reached, by its newest record.
    public var addresses: [String]
    /// When it said so, by its own clock.
    @Nullable public var publishedAt: Timestamp?
    /// The newest packet from it.
    @Nullable public var lastHeardAt: Timestamp?
    /// The members with whom it is connected, as it said when it was asked (at most 60); null: it was
    /// not asked, or did not answer.
    @Nullable public var connectedTo: [String]?

    /// A founder who belongs to the cluster; whoever fills the row sets the rest.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
        self.peer = nil
        self.isSelf = false
        self.came = "founder"
        self.introducedBy = nil
        self.metBy = []
        self.met = false
        self.status = "present"
        self.voter = true
        self.connected = false
        self.blocked = false
        self.blocksYou = false
        self.suspect = false
        self.addresses = []
        self.publishedAt = nil
        self.lastHeardAt = nil
        self.connectedTo = nil
    }
}

/// A member's id and name, where no more is needed.
public struct MemberName: Codable, Sendable, Equatable {
    /// Its id in the cluster.
    public var id: String
    /// What it is called.
    public var name: String

    /// An id with its name.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// A proposal to remove a member (`cluster show`).
public struct RemovalRow: Codable, Sendable, Equatable {
    /// The id of its record.
    public var id: String
    /// Who is to go.
    public var accused: String
    /// Who proposed it.
    public var by: String
    /// Everybody who voted for it, whoever proposed it included.
    public var votes: [String]
    /// How many votes it needs, by the voters of today; null: it is decided.
    @Nullable public var needed: Int?
    /// `open`, `inEffect`, `outnumbered`, `conflicting` or `void`.
    public var outcome: String

    /// A row as filled by the node.
    public init(
        id: String, accused: String, by: String, votes: [String], needed: Int?, outcome: String
    ) {
        self.id = id
        self.accused = accused
        self.by = by
        self.votes = votes
        self.needed = needed
        self.outcome = outcome
    }
}
