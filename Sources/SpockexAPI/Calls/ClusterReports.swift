// SPDX-License-Identifier: Apache-2.0

/// A cluster after `cluster rename`.
public struct ClusterRenameReport: Codable, Sendable, Equatable {
    /// The cluster with its new name.
    public var cluster: ClusterName

    /// A report on a new name.
    public init(cluster: ClusterName) {
        self.cluster = cluster
    }
}

/// A cluster after `cluster leave`.
public struct ClusterLeaveReport: Codable, Sendable, Equatable {
    /// The cluster.
    public var cluster: ClusterName
    /// `leaving` until somebody has heard it, then `left`.
    public var state: String

    /// A report on leaving.
    public init(cluster: ClusterName, state: String) {
        self.cluster = cluster
        self.state = state
    }
}

/// A member after `cluster remove`.
public struct MemberRemovalReport: Codable, Sendable, Equatable {
    /// The cluster.
    public var cluster: ClusterName
    /// The member who is to go.
    public var member: MemberName
    /// What this node did: `proposed`, `voted`, or `nothing` because it had done so before.
    public var did: String
    /// The proposal as it stands now.
    public var removal: RemovalRow

    /// A report on a proposal or a vote.
    public init(cluster: ClusterName, member: MemberName, did: String, removal: RemovalRow) {
        self.cluster = cluster
        self.member = member
        self.did = did
        self.removal = removal
    }
}

/// A member after `cluster block` or `cluster unblock`.
public struct MemberBlockReport: Codable, Sendable, Equatable {
    /// The cluster.
    public var cluster: ClusterName
    /// The member.
    public var member: MemberName
    /// Whether this node blocks it now.
    public var blocked: Bool

    /// A report on a block.
    public init(cluster: ClusterName, member: MemberName, blocked: Bool) {
        self.cluster = cluster
        self.member = member
        self.blocked = blocked
    }
}
