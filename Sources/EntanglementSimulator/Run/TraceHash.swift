// SPDX-License-Identifier: Apache-2.0

/// The fingerprint of everything that happened in a run, 128 bits: equal for equal runs.
///
/// It depends on values alone, never on addresses in memory or on the order of a dictionary, so one
/// seed gives one hash in every process and on every machine. Not a cryptographic hash.
public struct TraceHash: Sendable, Hashable, CustomStringConvertible {
    private var high: UInt64 = 0x6a09_e667_f3bc_c908
    private var low: UInt64 = 0xbb67_ae85_84ca_a73b

    /// The hash of a run in which nothing has happened.
    public init() {}

    /// Adds one number.
    public mutating func absorb(_ word: UInt64) {
        self.high = (self.high ^ word) &* 0x9e37_79b9_7f4a_7c15
        self.high ^= self.high &>> 29
        self.low = (self.low &+ word ^ self.high) &* 0xbf58_476d_1ce4_e5b9
        self.low ^= self.low &>> 32
    }

    /// Adds bytes and their number.
    public mutating func absorb(_ bytes: [UInt8]) {
        self.absorb(UInt64(bytes.count))
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + 8 <= raw.count {
                self.absorb(
                    UInt64(
                        littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < raw.count {
                rest = rest << 8 | UInt64(raw[offset])
                offset += 1
            }
            self.absorb(rest)
        }
    }

    /// 64 bits of it.
    var word: UInt64 { self.high ^ self.low }

    /// Adds another hash.
    mutating func absorb(_ other: TraceHash) {
        self.absorb(other.high)
        self.absorb(other.low)
    }

    /// 32 hexadecimal digits.
    public var description: String {
        [self.high, self.low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
