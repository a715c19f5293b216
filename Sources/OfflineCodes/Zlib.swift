// SPDX-License-Identifier: Apache-2.0

/// A zlib stream (RFC 1950) of one block with the fixed codes of deflate (RFC 1951 §3.2.6).
///
/// The only repetition it looks for is that of the byte before: enough for drawings.
enum Zlib {
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var bits = BitWriter(bytes: [0x78, 0x01])
        bits.put(0b011, count: 3)
        var index = 0
        while index < bytes.count {
            bits.putSymbol(Int(bytes[index]))
            let start = index + 1
            index = start
            while index < bytes.count, index - start < 258, bytes[index] == bytes[start - 1] {
                index += 1
            }
            if index - start >= 3 {
                bits.putRun(length: index - start)
            } else {
                index = start
            }
        }
        bits.putSymbol(256)
        bits.flush()
        let sum = self.adler32(bytes)
        return bits.bytes + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 {
                value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
            }
        }
        return ~value
    }

    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }
}

/// Packs bits from the lowest of each byte on, as deflate does.
private struct BitWriter {
    var bytes: [UInt8]
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func put(_ value: UInt32, count: Int) {
        self.pending |= value << UInt32(self.pendingCount)
        self.pendingCount += count
        while self.pendingCount >= 8 {
            self.bytes.append(UInt8(truncatingIfNeeded: self.pending))
            self.pending >>= 8
            self.pendingCount -= 8
        }
    }

    /// A literal, the end, or a length in its fixed Huffman code, highest bit first.
    mutating func putSymbol(_ symbol: Int) {
        let (code, count) =
            switch symbol {
            case 0...143: (0x30 + symbol, 8)
            case 144...255: (0x190 + symbol - 144, 9)
            case 256...279: (symbol - 256, 7)
            default: (0xC0 + symbol - 280, 8)
            }
        for bit in (0..<count).reversed() { self.put(UInt32(code >> bit & 1), count: 1) }
    }

    /// The byte before, again `length` (3 to 258) times: distance 1 is five zero bits.
    mutating func putRun(length: Int) {
        if length == 258 {
            self.putSymbol(285)
        } else if length < 11 {
            self.putSymbol(254 + length)
        } else {
            // Four symbols for each number of extra bits.
            let beyond = length - 3
            let extra = (Int.bitWidth - beyond.leadingZeroBitCount) - 3
            self.putSymbol(257 + 4 * extra + beyond >> extra)
            self.put(UInt32(beyond & (1 << extra - 1)), count: extra)
        }
        self.put(0, count: 5)
    }

    mutating func flush() {
        if self.pendingCount > 0 { self.put(0, count: 8 - self.pendingCount) }
    }
}
