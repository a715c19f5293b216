// SPDX-License-Identifier: Apache-2.0

/// The ways by which peers who are lost are looked for (`status`); null: off.
public struct LastResortsRow: Codable, Sendable, Equatable {
    /// The BitTorrent DHT.
    @Nullable public var dht: LastResortRow?
    /// The dead drop.
    @Nullable public var deadDrop: LastResortRow?

    /// A row as filled by the node.
    public init(dht: LastResortRow? = nil, deadDrop: LastResortRow? = nil) {
        self.dht = dht
        self.deadDrop = deadDrop
    }
}

/// What one of them did since the start.
public struct LastResortRow: Codable, Sendable, Equatable {
    /// How often a note was left or looked for.
    public var done: UInt64
    /// How often that could not be done.
    public var failed: UInt64
    /// Why the last one could not, in one sentence; null after a success.
    @Nullable public var lastFailure: String?

    /// A row as filled by the node.
    public init(done: UInt64, failed: UInt64, lastFailure: String?) {
        self.done = done
        self.failed = failed
        self.lastFailure = lastFailure
    }
}
