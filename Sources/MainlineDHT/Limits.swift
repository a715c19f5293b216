// SPDX-License-Identifier: Apache-2.0

/// How much is read, asked and remembered.
enum Limits {
    // MARK: Bencode

    /// A longer datagram is none of the DHT: an item of 1,000 bytes with 16 nodes has fewer.
    static let messageByteCount = 2_048
    /// Lists and dictionaries inside of each other; KRPC itself has two.
    static let depth = 8
    /// Values in one message.
    static let valueCount = 512

    // MARK: KRPC

    /// Our transactions have four bytes; others choose their own.
    static let transactionByteCount = 16
    /// A write token.
    static let tokenByteCount = 64
    /// Nodes taken from one answer; BEP 5 has eight.
    static let nodesPerAnswer = 16
    /// Bytes of an error's text that are kept.
    static let failureTextByteCount = 128

    // MARK: Items (BEP 44)

    /// The bencoded value.
    static let valueByteCount = 1_000
    /// The salt.
    static let saltByteCount = 64

    // MARK: Lookups

    /// Nodes that are to hold an item (k of Kademlia).
    static let storingCount = 8
    /// Questions on their way at one time (alpha).
    static let parallelCount = 4
    /// Nodes that one lookup knows of.
    static let candidateCount = 64
    /// Nodes of one network (/24, /48) that one lookup asks.
    static let candidatesPerNetwork = 2
    /// How long a node may take before it is asked again, and another one beside it.
    static let firstWait: Duration = .seconds(1)
    /// How long it may take after that.
    static let secondWait: Duration = .seconds(2)
    /// How long one lookup may search; then it makes do with what it has found.
    static let searchTime: Duration = .seconds(30)
    /// How long the names of the entry nodes may be looked up.
    static let entryWait: Duration = .seconds(15)
    /// Entry nodes that are asked by one lookup.
    static let entryCount = 16
    /// Lookups at one time.
    static let lookupCount = 4
    /// Requests that wait for one.
    static let waitingCount = 32

    // MARK: Routing table

    /// Nodes whose ids share so many first bits with ours.
    static let bucketCapacity = 8
    /// Nodes in all.
    static let contactCount = 128
    /// Answers that a node in the table may owe before another one takes its place.
    static let failureCount = 2
    /// Addresses that have lied and are not asked again.
    static let distrustedCount = 256
    /// Votes about our own address.
    static let voteCount = 16
    /// Networks that must see the same address.
    static let voicesNeeded = 2
}
