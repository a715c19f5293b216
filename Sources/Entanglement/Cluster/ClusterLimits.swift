// SPDX-License-Identifier: Apache-2.0

/// How much of a cluster a node takes in (PROTOCOL.md §11.6).
///
/// All but ``memberCountMax`` only delay or refuse what is stored; none changes what a set of
/// records means.
public struct ClusterLimits: Sendable, Equatable {
    /// Bytes of a record at most, signatures included.
    public static let recordByteCountMax = 1_024
    /// Records that a record names beside its author's previous one, at most.
    public static let parentCountMax = 7
    /// Addresses in an endpoint record at most.
    public static let addressCountMax = 8
    /// Seconds that an endpoint record is valid at most: 7 days.
    public static let validitySecondsMax: UInt32 = 604_800

    /// Members present at once; all nodes of a cluster need the same number.
    public var memberCountMax: Int
    /// Records of a cluster, endpoint records apart.
    public var recordCountMax: Int
    /// Records of one author in a row before ``recordsPerSecond`` counts.
    public var authorBurst: Int
    /// Records of one author a second.
    public var recordsPerSecond: Int
    /// Records whose parents are missing, of one peer.
    public var orphanCountMax: Int
    /// The same of all peers together.
    public var orphanCountMaxOfAll: Int

    /// The limits of the protocol; 60 records at once and 60 a minute of each author.
    public init(
        memberCountMax: Int = 256, recordCountMax: Int = 10_000, authorBurst: Int = 60,
        recordsPerSecond: Int = 1, orphanCountMax: Int = 100, orphanCountMaxOfAll: Int = 1_000
    ) {
        self.memberCountMax = memberCountMax
        self.recordCountMax = recordCountMax
        self.authorBurst = authorBurst
        self.recordsPerSecond = recordsPerSecond
        self.orphanCountMax = orphanCountMax
        self.orphanCountMaxOfAll = orphanCountMaxOfAll
    }
}
