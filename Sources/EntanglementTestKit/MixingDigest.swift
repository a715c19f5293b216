// SPDX-License-Identifier: Apache-2.0

/// A quick hash of 128 bits that stands in for cryptography and names states.
///
/// Not secure. Two lanes of multiply, rotate and exclusive-or with different constants.
struct MixingDigest: Hashable, Sendable {
    private(set) var high: UInt64
    private(set) var low: UInt64

    init(domain: UInt64 = 0) {
        self.high = 0x243f_6a88_85a3_08d3 ^ domain &* 0x9e37_79b9_7f4a_7c15
        self.low = 0x1319_8a2e_0370_7344 &+ domain
    }

    /// Adds one word.
    mutating func absorb(_ word: UInt64) {
        var first = (self.high ^ word) &* 0xff51_afd7_ed55_8ccd
        first ^= first &>> 32
        var second = (self.low &+ word) &* 0xc4ce_b9fe_1a85_ec53
        second ^= second &>> 29
        self.high = first &* 0x9fb2_1c65_1e98_df25 &+ second
        self.low = second ^ (first &<< 23 | first &>> 41)
    }

    /// Adds bytes and their number.
    mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
        self.absorb(UInt64(bytes.count) ^ 0xa076_1d64_78bd_642f)
        var offset = 0
        while offset &+ 8 <= bytes.count {
            self.absorb(
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset &+= 8
        }
        guard offset < bytes.count else { return }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest &<< 8 | UInt64(bytes[offset])
            offset &+= 1
        }
        self.absorb(rest)
    }

    /// Adds another digest.
    mutating func absorb(_ other: MixingDigest) {
        self.absorb(other.high)
        self.absorb(other.low)
    }

    /// The output's word of that number.
    func word(_ number: UInt64) -> UInt64 {
        var copy = self
        copy.absorb(number)
        copy.absorb(number ^ 0x5851_f42d_4c95_7f2d)
        return copy.high ^ copy.low
    }

    /// So many bytes of output.
    func bytes(_ byteCount: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            for offset in stride(from: 0, to: byteCount, by: 8) {
                var word = self.word(UInt64(offset / 8))
                for position in offset..<min(offset + 8, byteCount) {
                    buffer.initializeElement(at: position, to: UInt8(truncatingIfNeeded: word))
                    word &>>= 8
                }
            }
            count = byteCount
        }
    }
}
