// SPDX-License-Identifier: Apache-2.0

/// The 96 random bits that tie an answer to its question (RFC 8489 §5).
public struct STUNTransaction: Sendable, Hashable {
    /// The magic cookie that every message carries before them.
    static let cookie: [UInt8] = [0x21, 0x12, 0xa4, 0x42]

    private let high: UInt32
    private let low: UInt64

    /// Draws a new transaction, which nobody who does not see the question can guess.
    public init(using generator: inout some RandomNumberGenerator) {
        self.high = UInt32(truncatingIfNeeded: generator.next())
        self.low = generator.next()
    }

    /// Reads exactly 12 bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 12 else { return nil }
        self.high = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        self.low = bytes.dropFirst(4).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The 12 bytes.
    public var bytes: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: self.high >> (24 - 8 * $0)) }
            + (0..<8).map { UInt8(truncatingIfNeeded: self.low >> (56 - 8 * $0)) }
    }

    /// What XOR-MAPPED-ADDRESS is masked with: the cookie, then the transaction.
    var mask: [UInt8] { Self.cookie + self.bytes }
}
