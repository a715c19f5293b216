// SPDX-License-Identifier: Apache-2.0

/// What may cross a bridge, or what a card allows.
public struct PolicyRow: Codable, Sendable, Equatable {
    /// `nothing`, `cards`, `messages` or `relaying`.
    public var level: String
    /// Whether two who talk may tell each other their addresses.
    public var addresses: Bool

    /// A policy.
    public init(level: String, addresses: Bool) {
        self.level = level
        self.addresses = addresses
    }
}

/// One bridge between two clusters (`status`, `bridges`).
public struct BridgeRow: Codable, Sendable, Equatable {
    /// Its id, the same on both sides.
    public var id: String
    /// The own cluster's UID, and the other's alias.
    public var clusters: [String]
    /// What the own cluster is called here, and the other's by its end's word; empty: not told.
    public var names: [String]
    /// The peer by whom this node reaches the other side.
    public var via: String
    /// `open`, `unreachable` (whoever leads across is not connected) or `closed`.
    public var state: String
    /// Whether this node is an end of it.
    public var own: Bool
    /// What both ends allow.
    public var policy: PolicyRow
    /// What the end on this side allows.
    public var ownPolicy: PolicyRow
    /// Voters of the own cluster who want it to be closed, by id.
    public var closers: [String]
    /// Until when it holds, if the ends do not renew it.
    @Nullable public var until: Timestamp?

    /// A row as filled by the node.
    public init(
        id: String, clusters: [String], names: [String] = [], via: String, state: String,
        own: Bool = false, policy: PolicyRow = PolicyRow(level: "cards", addresses: false),
        ownPolicy: PolicyRow = PolicyRow(level: "cards", addresses: false),
        closers: [String] = [], until: Timestamp? = nil
    ) {
        self.id = id
        self.clusters = clusters
        self.names = names
        self.via = via
        self.state = state
        self.own = own
        self.policy = policy
        self.ownPolicy = ownPolicy
        self.closers = closers
        self.until = until
    }
}

/// Somebody who has a card for the other side of a bridge.
public struct CardRow: Codable, Sendable, Equatable {
    /// The card's id.
    public var id: String
    /// What the owner calls itself there; a claim.
    public var name: String
    /// What the owner allows.
    public var policy: PolicyRow
    /// Whether it is this node's own.
    public var own: Bool
    /// Whether safety numbers were compared, or two bridges with different ends brought it.
    public var verified: Bool
    /// The peer that it makes, if the two may talk.
    @Nullable public var peer: String?

    /// A row as filled by the node.
    public init(
        id: String, name: String, policy: PolicyRow, own: Bool, verified: Bool, peer: String?
    ) {
        self.id = id
        self.name = name
        self.policy = policy
        self.own = own
        self.verified = verified
        self.peer = peer
    }
}

/// The rows of `bridges --json`.
public struct BridgeList: Codable, Sendable, Equatable {
    /// All bridges.
    public var bridges: [BridgeRow]

    /// A list of rows.
    public init(bridges: [BridgeRow]) {
        self.bridges = bridges
    }
}

/// One bridge, and who is seen across it (`bridge show --json`).
public struct BridgeReport: Codable, Sendable, Equatable {
    /// The bridge.
    public var bridge: BridgeRow
    /// Members of the own cluster who have given a card for the other one.
    public var given: [CardRow]
    /// Members of the other cluster whose cards came by this bridge.
    public var seen: [CardRow]

    /// A bridge with its cards.
    public init(bridge: BridgeRow, given: [CardRow], seen: [CardRow]) {
        self.bridge = bridge
        self.given = given
        self.seen = seen
    }
}

/// A bridge after `bridge close`.
public struct BridgeCloseReport: Codable, Sendable, Equatable {
    /// The bridge's id.
    public var bridge: String
    /// `closed`, or `voted` if another member is its end.
    public var did: String

    /// A report on closing.
    public init(bridge: String, did: String) {
        self.bridge = bridge
        self.did = did
    }
}

/// What a bridge is to allow (`POST /v1/bridges/ID/policy`).
public struct PolicyRequest: Codable, Sendable, Equatable {
    /// `nothing`, `cards`, `messages` or `relaying`.
    public var level: String
    /// Whether addresses may cross.
    public var addresses: Bool
    /// What the own cluster is called there; null: as before.
    @Nullable public var name: String?

    /// A request for a policy.
    public init(level: String, addresses: Bool, name: String? = nil) {
        self.level = level
        self.addresses = addresses
        self.name = name
    }
}

/// A card that is given, or taken back (`POST /v1/bridges/ID/card`).
public struct CardRequest: Codable, Sendable, Equatable {
    /// `cards`, `messages` or `relaying`; null: the card is taken back.
    @Nullable public var level: String?
    /// Whether addresses may be told.
    public var addresses: Bool
    /// What this node calls itself there; null: as before, at first as everywhere.
    @Nullable public var name: String?

    /// A request about the own card.
    public init(level: String?, addresses: Bool = false, name: String? = nil) {
        self.level = level
        self.addresses = addresses
        self.name = name
    }
}

/// Whether a cluster is to have bridges at all (`POST /v1/clusters/ID/bridges`).
public struct ForbidRequest: Codable, Sendable, Equatable {
    /// Whether this node votes against all.
    public var forbidden: Bool

    /// A request for a vote.
    public init(forbidden: Bool) {
        self.forbidden = forbidden
    }
}
