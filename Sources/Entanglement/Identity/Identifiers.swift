// SPDX-License-Identifier: Apache-2.0

/// Sixteen bytes that name something, written as a UUID (RFC 9562) in lower case.
public protocol Identifier: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    var high: UInt64 { get }
    /// The last eight bytes, big-endian.
    var low: UInt64 { get }
    /// The identifier of those sixteen bytes.
    init(high: UInt64, low: UInt64)
}

extension Identifier {
    /// A random UUID of version 4.
    public init(using generator: inout some RandomNumberGenerator) {
        let high = generator.next() & ~0xf000 | 0x4000
        let low = generator.next() & ~(0b11 << 62) | 0b10 << 62
        self.init(high: high, low: low)
    }

    /// The UUID of version 8 that is cut from a hash (its first 16 bytes).
    public init(hash: [UInt8]) {
        precondition(hash.count >= 16, "a hash has at least 16 bytes")
        let high = hash[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = hash[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(high: high & ~0xf000 | 0x8000, low: low & ~(0b11 << 62) | 0b10 << 62)
    }

    /// The identifier of 16 bytes; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Parses 36 characters of lower-case UUID text, of any version.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var value: (high: UInt64, low: UInt64) = (0, 0)
        for (index, character) in characters.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard character == 0x2d else { return nil }
                continue
            }
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x61...0x66: digit = character - 0x61 + 10
            default: return nil
            }
            value.high = value.high << 4 | value.low >> 60
            value.low = value.low << 4 | UInt64(digit)
        }
        self.init(high: value.high, low: value.low)
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] {
        [self.high, self.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) }
        }
    }

    /// Lower-case UUID text, 36 characters.
    public var description: String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in self.bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(0x2d) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Ordered by bytes.
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// The `pid`: what one side of one relation is called on the wire.
///
/// A node makes another one for each relation, so that two contacts cannot find out that they
/// know the same person.
public struct PeerID: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// Names a relation on this node alone: a pairing while it is unfinished, a peer afterwards.
///
/// It never travels; commands and tables use it.
public struct RelationID: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// The cluster UID: the UUIDv8 of its genesis content's hash (PROTOCOL.md §6).
public struct ClusterID: Identifier {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The identifier of those sixteen bytes.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
