// SPDX-License-Identifier: Apache-2.0

/// An X25519 or Ed25519 public key: 32 bytes, compared byte by byte from the first.
///
/// Held as four big-endian words: a fixed-size value without a heap object, and comparing the
/// words in order is comparing the bytes in order. No check of the curve point is made here: an
/// agreement whose result is all zeros is refused where it happens, ``Primitives/agree(_:_:)``.
public struct PublicKey: Sendable, Hashable, Comparable {
    /// The length of every public key.
    public static let byteCount = 32

    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// Reads a key from exactly 32 bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let inPlace = bytes.withContiguousStorageIfAvailable {
            PublicKey(raw: UnsafeRawBufferPointer($0))
        }
        self = inPlace ?? Array(bytes).withUnsafeBytes { PublicKey(raw: $0) }
    }

    private init(raw bytes: UnsafeRawBufferPointer) {
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        self.first = word(0)
        self.second = word(1)
        self.third = word(2)
        self.fourth = word(3)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { self.withBytes { Array($0) } }

    /// Lends the 32 bytes for the length of one call, without an array.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let words = (
            self.first.bigEndian, self.second.bigEndian, self.third.bigEndian,
            self.fourth.bigEndian
        )
        return try withUnsafeBytes(of: words, body)
    }

    /// Whether the left key's bytes come first in lexicographic order.
    public static func < (left: PublicKey, right: PublicKey) -> Bool {
        (left.first, left.second, left.third, left.fourth)
            < (right.first, right.second, right.third, right.fourth)
    }
}
