// SPDX-License-Identifier: Apache-2.0

/// One unfinished pairing (`status`, `pairings`).
public struct PairingRow: Codable, Sendable, Equatable {
    /// Its id, a random value of its own.
    public var id: String
    /// `offering` or `answering`.
    public var role: String
    /// What is wanted here: `auto` (left open), `cluster`, `join`, `bridge`, `private` or `repair`.
    public var wish: String
    /// What an answer to the offer shown has in `re`.
    @Nullable public var reference: String?
    /// `offered`, `answered`, `connecting` or `timedOut`.
    public var state: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it expires or is given up.
    public var expiresAt: Timestamp
    /// The last problem: `timedOut`, `refusedByPeer`, `intentConflict`, `undecided`,
    /// `clusterFull`, `badMessage`.
    @Nullable public var lastError: String?
    /// Why the other side is not reached, while the online step runs or has timed out.
    @Nullable public var cause: CauseRow?

    /// A row as filled by the node.
    public init(
        id: String, role: String, wish: String, reference: String?, state: String,
        createdAt: Timestamp, expiresAt: Timestamp,
        lastError: String?, cause: CauseRow? = nil
    ) {
        self.id = id
        self.role = role
        self.wish = wish
        self.reference = reference
        self.state = state
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastError = lastError
        self.cause = cause
    }
}
