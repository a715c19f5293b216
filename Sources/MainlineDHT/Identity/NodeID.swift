// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Twenty bytes that name a node of the DHT, or the place of an item (BEP 5).
public struct NodeID: Sendable, Hashable, Comparable {
    /// The length of every id.
    public static let byteCount = 20

    private let high: UInt64
    private let middle: UInt64
    private let low: UInt32

    private init(high: UInt64, middle: UInt64, low: UInt32) {
        self.high = high
        self.middle = middle
        self.low = low
    }

    /// The id of 20 bytes; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            middle: bytes.dropFirst(8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(16).reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// Any id.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(
            high: generator.next(), middle: generator.next(),
            low: UInt32(truncatingIfNeeded: generator.next()))
    }

    /// An id that fits an address as others see it (BEP 42).
    ///
    /// Its first 21 bits and its last byte are given by the address and a random byte, so that
    /// nobody chooses freely where in the DHT he is.
    public init(at address: IPAddress, using generator: inout some RandomNumberGenerator) {
        let free = NodeID(using: &generator)
        let salt = UInt8(truncatingIfNeeded: free.low)
        let prefix = UInt64(Self.prefix(of: address, salt: salt)) << 32
        self.init(
            high: prefix & Self.prefixMask | free.high & ~Self.prefixMask, middle: free.middle,
            low: free.low)
    }

    /// The 20 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for word in [self.high, self.middle] {
            withUnsafeBytes(of: word.bigEndian) { bytes += $0 }
        }
        withUnsafeBytes(of: self.low.bigEndian) { bytes += $0 }
        return bytes
    }

    /// How far apart two ids are: the bits in which they differ, as a number (Kademlia).
    public func distance(to other: NodeID) -> NodeID {
        NodeID(
            high: self.high ^ other.high, middle: self.middle ^ other.middle,
            low: self.low ^ other.low)
    }

    /// How many of the first bits are equal, 0 to 160.
    public func commonBitCount(with other: NodeID) -> Int {
        let distance = self.distance(to: other)
        if distance.high != 0 { return distance.high.leadingZeroBitCount }
        if distance.middle != 0 { return 64 + distance.middle.leadingZeroBitCount }
        return 128 + distance.low.leadingZeroBitCount
    }

    /// Whether the id was made for that address (BEP 42).
    ///
    /// Addresses of local networks fit every id: whoever is there has no address that all see.
    public func fits(_ address: IPAddress) -> Bool {
        guard address.isPublic else { return true }
        let prefix = UInt64(Self.prefix(of: address, salt: UInt8(truncatingIfNeeded: self.low)))
        return (self.high ^ prefix << 32) & Self.prefixMask == 0
    }

    /// Ordered by bytes.
    public static func < (left: NodeID, right: NodeID) -> Bool {
        (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
    }
}

extension NodeID {
    /// The first 21 bits.
    private static let prefixMask: UInt64 = 0xffff_f800_0000_0000

    /// CRC-32C of the masked address with three bits of the salt in front (BEP 42).
    private static func prefix(of address: IPAddress, salt: UInt8) -> UInt32 {
        let mask: [UInt8] =
            address.isIPv6
            ? [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff] : [0x03, 0x0f, 0x3f, 0xff]
        var masked = zip(address.bytes, mask).map { $0 & $1 }
        masked[0] |= salt << 5
        return self.crc32c(masked)
    }

    /// CRC-32C (Castagnoli), bit by bit: eight bytes at most.
    private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 {
                remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82f6_3b78 : 0)
            }
        }
        return ~remainder
    }
}
