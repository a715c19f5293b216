// SPDX-License-Identifier: Apache-2.0

/// What the last resorts may cost.
enum LastResortLimits {
    /// How long a dead drop's command may run.
    static let commandTime: Duration = .seconds(10)
    /// Bytes that it may print; a note has 288.
    static let outputByteCount = 4_096
    /// Bytes of its complaints that are kept.
    static let complaintByteCount = 1_024
    /// Bytes of a complaint that are shown.
    static let shownByteCount = 200
    /// Words of a command line.
    static let wordCount = 32
    /// Runs at once, before it must be waited for.
    static let runCount = 30
    /// One more after each such time.
    static let runInterval: Duration = .seconds(6)
    /// Runs that wait for the one before them.
    static let waitingCount = 16
    /// Notes to leave and to seek that wait, for each way.
    static let jobCount = 256
    /// How often it is looked whether a command has ended, in milliseconds.
    static let lookMilliseconds: Int64 = 20
    /// Nodes of the DHT that may be configured.
    static let entryNodeCount = 16
}
