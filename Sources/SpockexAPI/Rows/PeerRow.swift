// SPDX-License-Identifier: Apache-2.0

/// The way that packets to a peer take.
public struct PathRow: Codable, Sendable, Equatable {
    /// `direct` or `relayed`.
    public var kind: String
    /// Where the packets go, as `ip:port`.
    @Nullable public var endpoint: String?
    /// The peer that relays.
    @Nullable public var via: String?
    /// Why the path is not direct.
    @Nullable public var reason: String?
    /// Everybody by whom the packets go, nearest first: peers, and the cluster whose end is only known as that.
    public var hops: [String]

    /// A path as filled by the node.
    public init(
        kind: String, endpoint: String?, via: String? = nil, reason: String? = nil,
        hops: [String] = []
    ) {
        self.kind = kind
        self.endpoint = endpoint
        self.via = via
        self.reason = reason
        self.hops = hops
    }
}

/// One peer (`status`, `peers`).
public struct PeerRow: Codable, Sendable, Equatable {
    /// The relation's id; on this node only.
    public var id: String
    /// The given name, else what the peer calls itself.
    public var name: String
    /// `connected` or `unreachable`.
    public var state: String
    /// `inPerson`, `introduced`, or `card`: across a bridge, by its card.
    public var met: String
    /// The peer that introduced it.
    @Nullable public var introducedBy: String?
    /// The path in use.
    @Nullable public var path: PathRow?
    /// The last measured round trip.
    @Nullable public var rttMilliseconds: Double?
    /// The newest packet.
    @Nullable public var lastHeardAt: Timestamp?
    /// The common cluster; null: the peer is the other end of a bridge, or across one.
    @Nullable public var cluster: String?
    /// The bridge of which the peer is the other end, or across which it is.
    @Nullable public var bridge: String?
    /// Of somebody across a bridge: whether it is sure that the bridge's end has not invented it.
    ///
    /// Two bridges with different ends on this side brought the card, or the safety numbers were compared.
    /// Null: it is not across.
    @Nullable public var verified: Bool?
    /// When two people compared the safety number.
    @Nullable public var matchedAt: Timestamp?
    /// Whether `forget` was asked and the peer has not acknowledged it yet.
    public var forgotten: Bool
    /// Why it is not reached directly; nil: it is.
    @Nullable public var cause: CauseRow?

    /// A row as filled by the node.
    public init(
        id: String, name: String, state: String, met: String, introducedBy: String?,
        path: PathRow?, rttMilliseconds: Double?, lastHeardAt: Timestamp?, cluster: String?,
        bridge: String? = nil, verified: Bool? = nil, matchedAt: Timestamp?, forgotten: Bool,
        cause: CauseRow? = nil
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.met = met
        self.introducedBy = introducedBy
        self.path = path
        self.rttMilliseconds = rttMilliseconds
        self.lastHeardAt = lastHeardAt
        self.cluster = cluster
        self.bridge = bridge
        self.verified = verified
        self.matchedAt = matchedAt
        self.forgotten = forgotten
        self.cause = cause
    }
}
