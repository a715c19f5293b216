// SPDX-License-Identifier: Apache-2.0

/// The id of a record: SHA-256 of its content without signatures (PROTOCOL.md §11.1).
///
/// Held as four big-endian words, so that comparing the words in order is comparing the bytes.
public struct RecordID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The length of every record id.
    public static let byteCount = 32

    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// Reads an id from exactly 32 bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            switch index / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
        }
        (self.first, self.second, self.third, self.fourth) = words
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(self)
        return writer.bytes
    }

    /// The first byte, by which a digest sorts ids into buckets.
    var leadingByte: UInt8 { UInt8(truncatingIfNeeded: self.first >> 56) }

    fileprivate var words: [UInt64] { [self.first, self.second, self.third, self.fourth] }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        self.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Ordered by bytes.
    public static func < (left: RecordID, right: RecordID) -> Bool {
        (left.first, left.second, left.third, left.fourth)
            < (right.first, right.second, right.third, right.fourth)
    }
}

extension ByteReader {
    mutating func recordID() -> RecordID? {
        self.take(RecordID.byteCount).flatMap { RecordID(bytes: $0) }
    }

    mutating func memberID() -> MemberID? {
        self.take(16).flatMap { MemberID(bytes: $0) }
    }
}

extension ByteWriter {
    mutating func put(_ id: RecordID) {
        for word in id.words { self.put(word) }
    }

    mutating func put(_ id: some Identifier) {
        self.put(id.high)
        self.put(id.low)
    }
}
