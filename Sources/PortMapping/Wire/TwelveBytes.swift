// SPDX-License-Identifier: Apache-2.0

/// 96 random bits that tie an answer to its question, most significant byte first.
struct TwelveBytes: Sendable, Hashable {
    private let high: UInt32
    private let low: UInt64

    /// Draws new ones, which nobody who does not see the question can guess.
    init(using generator: inout some RandomNumberGenerator) {
        self.high = UInt32(truncatingIfNeeded: generator.next())
        self.low = generator.next()
    }

    /// Reads exactly 12 bytes; `nil` for any other number.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 12 else { return nil }
        self.high = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        self.low = bytes.dropFirst(4).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The 12 bytes.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: self.high)
        bytes.append(bigEndian: self.low)
        return bytes
    }
}
