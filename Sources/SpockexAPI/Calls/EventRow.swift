// SPDX-License-Identifier: Apache-2.0

/// Something that happened (`events --json`, one a line).
///
/// Every event has `id`, `at` and `kind`; the other keys belong to the kind and are left out
/// where they do not (docs/API.md has the table).
public struct EventRow: Codable, Sendable, Equatable {
    /// Number in the node's log; grows.
    public var id: Int64
    /// When it happened.
    public var at: Timestamp
    /// What happened.
    public var kind: String
    /// The pairing that it is about.
    public var pairing: String?
    /// The peer that it is about.
    public var peer: String?
    /// The cluster that it is about, or that was founded.
    public var cluster: String?
    /// What this node's person calls the cluster, if it is still known.
    public var clusterName: String?
    /// The member that it is about.
    public var member: String?
    /// What the member is called, if it is still known.
    public var memberName: String?
    /// The member who did it.
    public var by: String?
    /// What the one who did it is called, if it is still known.
    public var byName: String?
    /// The bridge that it is about.
    public var bridge: String?
    /// What the cluster at its other end is called, if it is still known.
    public var bridgeName: String?
    /// Whether the one who did it wants the bridge closed, without `bridge` that there are none, or does not
    /// any more.
    public var closing: Bool?
    /// What both ends of the bridge allow now.
    public var policy: PolicyRow?
    /// The card that it is about.
    public var card: String?
    /// What the one calls itself whose card it is, if it is still known.
    public var cardName: String?
    /// The number of the epoch that began.
    public var epoch: UInt32?
    /// Whether the member is blocked from now on, or is no more.
    public var blocked: Bool?
    /// The new state of a pairing, as in `pairings`.
    public var state: String?
    /// The problem of a pairing, as in `lastError`.
    public var problem: String?
    /// Why a pairing is gone (`cancelled`, `cancelledByPeer`, `expired`), or somebody does not
    /// belong to a cluster any more (`left`, `removed`).
    public var reason: String?
    /// Where a packet came from or goes to.
    public var endpoint: String?
    /// Where the peer was before it moved; left out if that is not known.
    public var from: String?
    /// The id of the peer by way of which another one is reached.
    public var via: String?
    /// The endpoints that are tried.
    public var endpoints: [String]?
    /// The own addresses.
    public var addresses: [EventAddress]?
    /// Whether the peer ended the relation, and not this node.
    public var byPeer: Bool?

    /// An event with the keys that every kind has.
    public init(id: Int64, at: Timestamp, kind: String) {
        self.id = id
        self.at = at
        self.kind = kind
    }
}

/// One own address in an event.
public struct EventAddress: Codable, Sendable, Equatable {
    /// Where, as `ip:port`.
    public var endpoint: String
    /// How it is known, as in `status`.
    public var kind: String

    /// An address of that kind.
    public init(endpoint: String, kind: String) {
        self.endpoint = endpoint
        self.kind = kind
    }
}
