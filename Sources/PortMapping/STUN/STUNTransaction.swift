// SPDX-License-Identifier: Apache-2.0

/// The 96 random bits that tie an answer to its question (RFC 8489 §5).
public struct STUNTransaction: Sendable, Hashable {
    /// The magic cookie that every message carries before them.
    static let cookie: [UInt8] = [0x21, 0x12, 0xa4, 0x42]

    private let value: TwelveBytes

    /// Draws a new transaction, which nobody who does not see the question can guess.
    public init(using generator: inout some RandomNumberGenerator) {
        self.value = TwelveBytes(using: &generator)
    }

    /// Reads exactly 12 bytes; `nil` for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard let value = TwelveBytes(bytes) else { return nil }
        self.value = value
    }

    /// The 12 bytes.
    public var bytes: [UInt8] { self.value.bytes }

    /// What XOR-MAPPED-ADDRESS is masked with: the cookie, then the transaction.
    var mask: [UInt8] { Self.cookie + self.bytes }
}
