// SPDX-License-Identifier: Apache-2.0

/// What a cluster is called on the other side of a bridge: the UUIDv8 of a hash of its UID
/// (PROTOCOL.md §14.1).
///
/// Always the same, so that two bridges between the same clusters know each other; who is in it, and its
/// UID, cannot be told from it.
public struct ClusterAlias: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The alias of a cluster.
    public init(of cluster: ClusterID, _ primitives: any Primitives) {
        let writer = ByteWriter(domain: "spockex/1 cluster alias", cluster)
        self.init(hash: primitives.hash(writer.bytes))
    }
}

/// A bridge: the UUIDv8 of what both its ends signed when they met (PROTOCOL.md §14.2).
public struct BridgeID: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// All bridges of a cluster: what a vote is about that forbids them.
    public static let all = BridgeID(high: 0, low: 0)
}

/// A card: the UUIDv8 of a hash of its two keys (PROTOCOL.md §14.5).
public struct CardID: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ keys: MemberKeys, _ primitives: any Primitives) {
        var writer = ByteWriter(text: "spockex/1 card")
        writer.put(keys)
        self.init(hash: primitives.hash(writer.bytes))
    }
}

extension ByteWriter {
    /// Begins what is signed or hashed for one purpose: text | 0.
    init(text: String) {
        self.init()
        self.put(text.utf8)
        self.put(UInt8(0))
    }
}

extension ByteReader {
    mutating func identifier<ID: Identifier>() -> ID? {
        self.uint64().flatMap { high in self.uint64().map { ID(high: high, low: $0) } }
    }
}
