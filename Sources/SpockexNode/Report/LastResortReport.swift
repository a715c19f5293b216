// SPDX-License-Identifier: Apache-2.0

/// What the last resorts did, for `status`; a way that is nil is off.
public struct LastResortReport: Sendable, Equatable {
    /// One way by which notes are left and sought.
    public struct Way: Sendable, Equatable {
        /// How often a note was left or looked for.
        public var successCount: UInt64 = 0
        /// How often that could not be done.
        public var failureCount: UInt64 = 0
        /// Why the last one could not, in a sentence; nil after a success.
        public var failure: String?
    }

    /// The BitTorrent DHT.
    public var dht: Way?
    /// The dead drop.
    public var deadDrop: Way?
}
