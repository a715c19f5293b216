// SPDX-License-Identifier: Apache-2.0

/// One cluster (`status`, `clusters`).
public struct ClusterRow: Codable, Sendable, Equatable {
    /// Its UID.
    public var id: String
    /// What this node's person calls it.
    public var name: String
    /// How many members, this node included.
    public var members: Int
    /// How many of the others are connected.
    public var connected: Int

    /// A row as filled by the node.
    public init(id: String, name: String, members: Int, connected: Int) {
        self.id = id
        self.name = name
        self.members = members
        self.connected = connected
    }
}

/// A cluster's id and name, where no more is needed.
public struct ClusterName: Codable, Sendable, Equatable {
    /// Its UID.
    public var id: String
    /// What this node's person calls it.
    public var name: String

    /// An id with its name.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// One bridge between two clusters (`status`, `bridges`).
public struct BridgeRow: Codable, Sendable, Equatable {
    /// Its id.
    public var id: String
    /// The two clusters.
    public var clusters: [String]
    /// The peer at the other end.
    public var via: String
    /// Whether it carries anything now.
    public var state: String

    /// A row as filled by the node.
    public init(id: String, clusters: [String], via: String, state: String) {
        self.id = id
        self.clusters = clusters
        self.via = via
        self.state = state
    }
}
