// SPDX-License-Identifier: Apache-2.0

/// One round trip (`ping --json`).
public struct PingReport: Codable, Sendable, Equatable {
    /// The peer's id.
    public var peer: String
    /// The path that the answer took.
    public var path: PathRow
    /// How long it took.
    public var rttMilliseconds: Double

    /// A report on a round trip.
    public init(peer: String, path: PathRow, rttMilliseconds: Double) {
        self.peer = peer
        self.path = path
        self.rttMilliseconds = rttMilliseconds
    }
}

/// The digits to compare (`verify --json`).
public struct VerifyReport: Codable, Sendable, Equatable {
    /// The peer's id.
    public var peer: String
    /// The digits that both screens must show.
    public var safetyNumber: String
    /// When two people compared them.
    @Nullable public var matchedAt: Timestamp?

    /// A report on a safety number.
    public init(peer: String, safetyNumber: String, matchedAt: Timestamp?) {
        self.peer = peer
        self.safetyNumber = safetyNumber
        self.matchedAt = matchedAt
    }
}

/// A peer after `forget`.
public struct ForgetReport: Codable, Sendable, Equatable {
    /// The peer's id.
    public var peer: String
    /// Always `forgotten`; the other side is told as soon as it can be reached.
    public var state: String

    /// A report on a forgotten peer.
    public init(peer: String) {
        self.peer = peer
        self.state = "forgotten"
    }
}

/// A peer after `rename`.
public struct RenameReport: Codable, Sendable, Equatable {
    /// The peer's id.
    public var peer: String
    /// The name that is shown now.
    public var name: String

    /// A report on a new name.
    public init(peer: String, name: String) {
        self.peer = peer
        self.name = name
    }
}

/// A node that has started (`up --json`).
public struct StartReport: Codable, Sendable, Equatable {
    /// The home folder.
    public var home: String
    /// The endpoints on which the node listens.
    public var listen: [String]
    /// Always `running`.
    public var state: String

    /// A report on a started node.
    public init(home: String, listen: [String]) {
        self.home = home
        self.listen = listen
        self.state = "running"
    }
}

/// A node that stops or has stopped (`POST /v1/stop`, `down --json`).
public struct StopReport: Codable, Sendable, Equatable {
    /// `stopping` in the API's answer, `stopped` from `down`.
    public var state: String

    /// A report on a node that ends.
    public init(state: String) {
        self.state = state
    }
}
