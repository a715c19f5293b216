// SPDX-License-Identifier: Apache-2.0

/// Text that can be shown as it is: one line of UTF-8 without characters that hide or disguise.
struct CleanText: Equatable, Sendable {
    let string: String

    /// Checks the bytes after white space at both ends, among it a line end, has been cut off.
    init(trimming bytes: [UInt8]) throws(OfflineCodeError) {
        let (lower, upper) = Self.trimmed(bytes)
        try self.init(Array(bytes[lower..<upper]), offset: lower)
    }

    /// Checks the bytes as they are; `offset` is added to the places that errors name.
    init(_ bytes: [UInt8], offset: Int = 0) throws(OfflineCodeError) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Limits.textByteCount else {
            throw .textTooLong(byteCount: bytes.count, limit: Limits.textByteCount)
        }
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var scalars = String.UnicodeScalarView()
        var place = offset
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput:
                self.string = String(scalars)
                return
            case .error:
                throw .notUTF8(offset: place)
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                try Self.check(scalar, at: place)
                scalars.append(scalar)
                place += encoded.count
            }
        }
    }

    /// Refuses C0, DEL, C1 and the line separators, and the characters of the Unicode property
    /// Bidi_Control.
    private static func check(_ scalar: Unicode.Scalar, at place: Int) throws(OfflineCodeError) {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029:
            throw .controlCharacter(offset: place, scalar: scalar.value)
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
            throw .bidirectionalCharacter(offset: place, scalar: scalar.value)
        default:
            return
        }
    }

    /// Cuts white space at both ends: spaces, tabs and line ends, as copying from a page adds them.
    private static func trimmed(_ bytes: [UInt8]) -> (Int, Int) {
        let isSpace = { (byte: UInt8) in
            byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
        }
        var lower = 0
        var upper = bytes.count
        while lower < upper, isSpace(bytes[lower]) { lower += 1 }
        while lower < upper, isSpace(bytes[upper - 1]) { upper -= 1 }
        return (lower, upper)
    }
}
