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
    /// `joining` (the records have not come yet), `member` or `leaving`.
    public var standing: String
    /// Who this node is there.
    public var member: String
    /// The number of the cluster's present secret.
    public var epoch: UInt32

    /// A row as filled by the node.
    public init(
        id: String, name: String, members: Int, connected: Int, standing: String, member: String,
        epoch: UInt32
    ) {
        self.id = id
        self.name = name
        self.members = members
        self.connected = connected
        self.standing = standing
        self.member = member
        self.epoch = epoch
    }
}

/// A cluster from which one may be chosen.
public struct ClusterChoice: Codable, Sendable, Equatable {
    /// Its UID.
    public var id: String
    /// What this node's person calls it.
    public var name: String
    /// How many members, this node included.
    public var members: Int

    /// A choice.
    public init(id: String, name: String, members: Int) {
        self.id = id
        self.name = name
        self.members = members
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
