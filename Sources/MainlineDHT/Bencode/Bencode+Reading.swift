// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no bencode; always *dropped* with the message they are in.
public enum BencodeError: Error, Equatable {
    /// More bytes than any message has.
    case tooLong(byteCount: Int)
    /// Lists and dictionaries deeper inside of each other than any message has.
    case tooDeep
    /// More values than any message has.
    case tooMany
    /// The bytes end inside of a value.
    case cut
    /// No value begins with this byte, or the byte cannot stand here.
    case unexpected(UInt8, at: Int)
    /// Another spelling than the one encoding: a zero in front, minus zero.
    case otherSpelling(at: Int)
    /// A number that has no place in 64 bits.
    case tooLarge(at: Int)
    /// A key that is not behind the one before it.
    case keyOutOfOrder(at: Int)
    /// Bytes behind the value.
    case left(byteCount: Int)
}

extension Bencode {
    /// Reads exactly one value; every other spelling than its one encoding is refused.
    ///
    /// At most 2,048 bytes, 512 values, and 8 containers inside of each other.
    public init(parsing bytes: [UInt8]) throws(BencodeError) {
        guard bytes.count <= Limits.messageByteCount else {
            throw .tooLong(byteCount: bytes.count)
        }
        var reader = BencodeReader(bytes: bytes)
        self = try reader.value(depth: 0)
        guard reader.place == bytes.count else {
            throw .left(byteCount: bytes.count - reader.place)
        }
    }
}

private struct BencodeReader {
    let bytes: [UInt8]
    var place = 0
    var valueCount = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func value(depth: Int) throws(BencodeError) -> Bencode {
        self.valueCount += 1
        guard self.valueCount <= Limits.valueCount else { throw .tooMany }
        switch try self.peek() {
        case UInt8(ascii: "i"):
            self.place += 1
            return .integer(try self.number(end: UInt8(ascii: "e"), maySign: true))
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .bytes(try self.string())
        case UInt8(ascii: "l"):
            guard depth < Limits.depth else { throw .tooDeep }
            self.place += 1
            return .list(try self.list(depth: depth + 1))
        case UInt8(ascii: "d"):
            guard depth < Limits.depth else { throw .tooDeep }
            self.place += 1
            return .dictionary(try self.dictionary(depth: depth + 1))
        case let byte:
            throw .unexpected(byte, at: self.place)
        }
    }

    private func peek() throws(BencodeError) -> UInt8 {
        guard self.place < self.bytes.count else { throw .cut }
        return self.bytes[self.place]
    }

    private mutating func isAtEnd() throws(BencodeError) -> Bool {
        guard try self.peek() == UInt8(ascii: "e") else { return false }
        self.place += 1
        return true
    }

    private mutating func list(depth: Int) throws(BencodeError) -> [Bencode] {
        var values: [Bencode] = []
        while try !self.isAtEnd() { values.append(try self.value(depth: depth)) }
        return values
    }

    private mutating func dictionary(depth: Int) throws(BencodeError) -> BencodeDictionary {
        var dictionary = BencodeDictionary()
        while try !self.isAtEnd() {
            let start = self.place
            let first = try self.peek()
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
                throw .unexpected(first, at: start)
            }
            let key = try self.string()
            guard dictionary.append(key, try self.value(depth: depth)) else {
                throw .keyOutOfOrder(at: start)
            }
        }
        return dictionary
    }

    private mutating func string() throws(BencodeError) -> [UInt8] {
        let count = try self.number(end: UInt8(ascii: ":"), maySign: false)
        guard count <= Int64(self.bytes.count - self.place) else { throw .cut }
        defer { self.place += Int(count) }
        return Array(self.bytes[self.place..<self.place + Int(count)])
    }

    /// Decimal digits up to that byte.
    private mutating func number(end: UInt8, maySign: Bool) throws(BencodeError) -> Int64 {
        let start = self.place
        let first = try self.peek()
        let isNegative = maySign && first == UInt8(ascii: "-")
        if isNegative { self.place += 1 }
        let firstDigit = self.place
        var number: Int64 = 0
        while true {
            let byte = try self.peek()
            if byte == end { break }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                throw .unexpected(byte, at: self.place)
            }
            let digit = Int64(byte - UInt8(ascii: "0"))
            let tenfold = number.multipliedReportingOverflow(by: 10)
            let sum =
                isNegative
                ? tenfold.partialValue.subtractingReportingOverflow(digit)
                : tenfold.partialValue.addingReportingOverflow(digit)
            guard !tenfold.overflow, !sum.overflow else { throw .tooLarge(at: start) }
            number = sum.partialValue
            self.place += 1
        }
        let digitCount = self.place - firstDigit
        guard digitCount > 0 else { throw .unexpected(end, at: self.place) }
        let hasZeroInFront = digitCount > 1 && self.bytes[firstDigit] == UInt8(ascii: "0")
        guard !hasZeroInFront, !(isNegative && number == 0) else {
            throw .otherSpelling(at: start)
        }
        self.place += 1
        return number
    }
}
