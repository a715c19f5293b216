// SPDX-License-Identifier: Apache-2.0

/// Base64 with the URL-safe alphabet and without padding (RFC 4648 §5), one text for each value.
enum Base64URL {
    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of one character, 0 to 63.
    static func value(of character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5a: character &- 0x41
        case 0x61...0x7a: character &- 0x61 &+ 26
        case 0x30...0x39: character &- 0x30 &+ 52
        case 0x2d: 62
        case 0x5f: 63
        default: nil
        }
    }

    /// Characters for that many bytes.
    static func characterCount(byteCount: Int) -> Int {
        (byteCount * 8 + 5) / 6
    }

    /// Appends the text of the bytes.
    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        var buffer: UInt32 = 0
        var bitCount: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(self.alphabet[Int(buffer >> bitCount & 63)])
            }
        }
        if bitCount > 0 {
            text.append(self.alphabet[Int(buffer << (6 - bitCount) & 63)])
        }
    }

    /// The bytes of the text; nil for a foreign character, an impossible length, or unused bits
    /// that are not zero.
    static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var buffer: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text {
            guard let value = self.value(of: character) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bitCount))
            }
        }
        guard buffer & (1 << bitCount - 1) == 0 else { return nil }
        return bytes
    }
}
