// SPDX-License-Identifier: Apache-2.0

/// Reads the one strict form of JSON that SpockEx speaks, byte by byte and without allocating.
///
/// ASCII, fixed key order, no white space, no escapes, no duplicate keys, integers below 2^53
/// without leading zeros (PROTOCOL.md §2). Every method returns nil or false where the bytes are
/// anything else, and then the scanner is of no further use.
struct StrictScanner {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        self.offset = 0
    }

    var isAtEnd: Bool { self.offset == self.bytes.count }

    /// Whether the literal stands here; if so, it is passed.
    mutating func skip(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard self.bytes.count - self.offset >= count else { return false }
        for index in 0..<count where self.bytes[self.offset + index] != literal.utf8Start[index] {
            return false
        }
        self.offset += count
        return true
    }

    /// An integer below 2^53.
    mutating func integer() -> UInt64? {
        let start = self.offset
        var value: UInt64 = 0
        while self.offset < self.bytes.count, self.offset - start <= 16 {
            let digit = self.bytes[self.offset] &- 0x30
            guard digit < 10 else { break }
            value = value * 10 + UInt64(digit)
            self.offset += 1
        }
        let count = self.offset - start
        guard count >= 1, count <= 16, value < Constants.integerLimit else { return nil }
        guard count == 1 || self.bytes[start] != 0x30 else { return nil }
        return value
    }

    /// A 32-bit integer.
    mutating func index() -> UInt32? {
        guard let value = self.integer() else { return nil }
        return UInt32(exactly: value)
    }

    /// A lower-case UUID.
    mutating func identifier<ID: Identifier>(_: ID.Type = ID.self) -> ID? {
        guard self.bytes.count - self.offset >= 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<36 {
            let character = self.bytes[self.offset + index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == 0x2d else { return nil }
                continue
            }
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character &- 0x30
            case 0x61...0x66: digit = character &- 0x61 &+ 10
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        self.offset += 36
        return ID(high: high, low: low)
    }

    /// Characters up to the next quote, none of them a backslash or outside printable ASCII.
    mutating func string(byteCountMax: Int) -> Range<Int>? {
        let start = self.offset
        while self.offset < self.bytes.count, self.offset - start <= byteCountMax {
            let character = self.bytes[self.offset]
            if character == 0x22 { return start..<self.offset }
            guard character >= 0x20, character < 0x7f, character != 0x5c else { return nil }
            self.offset += 1
        }
        return nil
    }

    /// A single printable character other than quote and backslash.
    mutating func letter() -> UInt8? {
        guard self.offset < self.bytes.count else { return nil }
        let character = self.bytes[self.offset]
        guard (0x61...0x7a).contains(character) else { return nil }
        self.offset += 1
        return character
    }

    /// Sixteen bytes as 22 characters of base64url, as two halves.
    mutating func sixteenBytes() -> (UInt64, UInt64)? {
        guard self.bytes.count - self.offset >= 22 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<21 {
            guard let value = Base64URL.value(of: self.bytes[self.offset + index]) else {
                return nil
            }
            high = high << 6 | low >> 58
            low = low << 6 | UInt64(value)
        }
        guard let last = Base64URL.value(of: self.bytes[self.offset + 21]), last & 0x0f == 0 else {
            return nil
        }
        high = high << 2 | low >> 62
        low = low << 2 | UInt64(last >> 4)
        self.offset += 22
        return (high, low)
    }

    /// `byteCount` bytes of unpadded base64url.
    mutating func base64(byteCount: Int) -> [UInt8]? {
        let characterCount = (byteCount * 8 + 5) / 6
        guard self.bytes.count - self.offset >= characterCount else { return nil }
        let range = self.offset..<self.offset + characterCount
        self.offset += characterCount
        return Base64URL.decode(UnsafeRawBufferPointer(rebasing: self.bytes[range]))
    }

    /// The text of a range that `string` returned.
    func text(_ range: Range<Int>) -> String {
        String(decoding: self.bytes[range], as: UTF8.self)
    }
}
