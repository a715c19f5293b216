// SPDX-License-Identifier: Apache-2.0

/// Numbers of bridges: constants of the protocol (PROTOCOL.md §14.9), and own limits.
public enum BridgeLimits {
    /// Bytes of a notice at most.
    public static let noticeByteCountMax = 1_024
    /// Seconds that a notice, a word or a card holds at most.
    public static let validitySeconds: UInt64 = 30 * 86_400
    /// Seconds by which another's clock may be ahead.
    public static let clockToleranceSeconds: UInt64 = 86_400
    /// Seconds of that which are not made use of.
    static let clockSlackSeconds: UInt64 = 600
    /// Seconds after which what is still meant is said again.
    public static let renewalSeconds: UInt64 = 10 * 86_400
    /// How often it is looked whether something is to be renewed, or over.
    public static let reviewInterval = Duration.seconds(6 * 3_600)
    /// A word is repeated after this, then after twice as long, and so on.
    public static let wordPause = Duration.seconds(1)
    /// But at least so often.
    public static let wordPauseMax = Duration.seconds(60)
    /// Cards that cross one bridge in one direction.
    public static let cardCountMax = 40
    /// The same with those that were withdrawn.
    static let cardSubjectCountMax = 80
    /// Bridges that one card may cross.
    public static let cardBridgeCountMax = 8
    /// Cards that one member vouches for in its own one.
    public static let voucherCountMax = 4
    /// How often a member changes what its card says about others', at once.
    static let vouchBurst = 4
    /// And once more after each.
    static let vouchInterval = Duration.seconds(60)
    /// Bridge ends that a datagram passes at most.
    public static let hopCountMax: UInt8 = 2
    /// Bytes in front of a carried datagram.
    static let carryHeaderByteCount = 42
    /// After a change others are asked so much later whether they have heard of it.
    static let noticeRounds: [Duration] = [
        .milliseconds(300), .milliseconds(700), .milliseconds(1_200), .seconds(4), .seconds(15),
    ]
    /// From one list of what is held to the next, to one member.
    static let noticeSpacing = Duration.milliseconds(250)
    /// The same while nothing has changed, at most.
    static let noticeSpacingMax = Duration.seconds(16)
    /// Notices of one author: bridges.
    static let bridgeCountMax = 8
    /// The same: votes.
    static let voteCountMax = 32
    /// The same: cards.
    static let ownCardCountMax = 32
    /// The same: cards that crossed.
    static let foreignCardCountMax = 320
    /// Notices of a cluster in all.
    static let noticeCountMax = 2_048
    /// What one author may have of bridges, votes and cards each, although the table is full.
    static let reservedNoticeCount = 4
    /// The same: cards that crossed.
    static let reservedForeignCount = 16
    /// Notices of one author at once.
    static let noticeBurst = 240
    /// And one more after each.
    static let noticeInterval = Duration.seconds(1)
    /// How often in one step it is looked what follows from what was just said.
    static let settlingCountMax = 8
    /// Cards and withdrawals because of one answer.
    static let cardBurst = 8
    /// Words and cards of the other end that are told to the cluster, at once.
    static let tellBurst = 96
    /// And one more after each.
    static let tellInterval = Duration.seconds(2)
    /// Ids of carried datagrams that are remembered.
    package static let carriedIDCountMax = 4_096
    /// Bytes of one origin that are carried at once, where only messages may cross.
    static let messageBurst = 65_536
    /// And per second.
    static let messageBytesPerSecond = 4_096
    /// The same where relaying is allowed.
    static let relayBurst = 262_144
    /// And per second: a mebibyte a minute.
    static let relayBytesPerSecond = 17_476
}
