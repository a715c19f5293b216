// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not an HTTP message that is read here.
public enum HTTPError: Error, Equatable, Sendable {
    /// More bytes are needed; with a closed connection the message was cut off.
    case truncated
    /// More bytes than ``UPnPLimits`` allow, in all or in the head.
    case tooLong
    /// The first line is not a request or status line of HTTP/1.0 or 1.1.
    case badStartLine
    /// A field is malformed, folded, or there are too many.
    case badField
    /// Content-Length is no number, given twice, or does not fit what follows.
    case badLength
    /// A chunk is malformed, or the transfer coding is another one.
    case badChunk
}

/// A field of an HTTP message; the name in small letters.
public struct HTTPField: Sendable, Hashable {
    /// The name in small letters.
    public var name: String
    /// The value without spaces around it.
    public var value: String

    /// A field of those parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The start line and the fields of a message, and where its body starts.
struct HTTPHead {
    let startLine: String
    let fields: [HTTPField]
    let bodyStart: Int

    init(parsing bytes: [UInt8]) throws(HTTPError) {
        guard bytes.count <= UPnPLimits.httpByteCount else { throw .tooLong }
        var lines: [String] = []
        var position = 0
        while true {
            guard let end = Self.lineEnd(in: bytes[position...]) else {
                throw bytes.count > UPnPLimits.httpHeadByteCount ? .tooLong : .truncated
            }
            guard end <= UPnPLimits.httpHeadByteCount else { throw .tooLong }
            let line = bytes[position..<end]
            position = end + 2
            if line.isEmpty { break }
            guard line.allSatisfy({ $0 == 9 || (0x20...0x7e).contains($0) || $0 >= 0x80 }),
                let text = String(validating: line, as: UTF8.self)
            else { throw lines.isEmpty ? .badStartLine : .badField }
            guard lines.count <= UPnPLimits.httpFieldCount else { throw .badField }
            lines.append(text)
        }
        guard let first = lines.first else { throw .badStartLine }
        self.startLine = first
        self.bodyStart = position
        var fields: [HTTPField] = []
        for line in lines.dropFirst() { fields.append(try Self.field(line)) }
        self.fields = fields
    }

    /// The only value of a field; `nil` when it is missing, an error when it is given twice.
    func value(_ name: String) throws(HTTPError) -> String? {
        let values = self.fields.filter { $0.name == name }
        guard values.count <= 1 else { throw name == "content-length" ? .badLength : .badField }
        return values.first?.value
    }

    /// The body by its Content-Length or chunks; without either, all the rest.
    func body(
        of bytes: [UInt8], isClosed: Bool, needsLength: Bool
    ) throws(HTTPError) -> [UInt8] {
        let rest = bytes[self.bodyStart...]
        let length = try self.value("content-length")
        if let coding = try self.value("transfer-encoding") {
            guard coding.lowercased() == "chunked", length == nil else { throw .badChunk }
            return try Self.unchunk(rest)
        }
        if let length {
            guard length.utf8.count <= 7, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let count = Int(length)
            else { throw .badLength }
            guard count <= UPnPLimits.httpByteCount else { throw .tooLong }
            guard rest.count >= count else { throw .truncated }
            guard rest.count == count else { throw .badLength }
            return Array(rest)
        }
        guard !needsLength else {
            guard rest.isEmpty else { throw .badLength }
            return []
        }
        guard isClosed else { throw .truncated }
        return Array(rest)
    }

    private static func unchunk(_ bytes: ArraySlice<UInt8>) throws(HTTPError) -> [UInt8] {
        var body: [UInt8] = []
        var rest = bytes
        while true {
            guard let end = Self.lineEnd(in: rest, limit: 256) else {
                throw rest.count > 256 ? .badChunk : .truncated
            }
            let digits = rest[..<end].prefix { $0 != 0x3b }
            guard (1...6).contains(digits.count),
                let text = String(validating: digits, as: UTF8.self),
                text.utf8.first != 0x2b, text.utf8.first != 0x2d, let count = Int(text, radix: 16)
            else { throw .badChunk }
            rest = rest[(end + 2)...]
            if count == 0 { break }
            guard rest.count >= count + 2 else { throw .truncated }
            body += rest.prefix(count)
            rest = rest.dropFirst(count)
            guard rest.starts(with: [13, 10]) else { throw .badChunk }
            rest = rest.dropFirst(2)
        }
        // Trailers say nothing that is used: none are taken.
        guard rest.count >= 2 else { throw .truncated }
        guard rest.elementsEqual([13, 10]) else { throw .badChunk }
        return body
    }

    /// Where the next CR LF is, at most `limit` bytes on.
    private static func lineEnd(
        in bytes: ArraySlice<UInt8>, limit: Int = UPnPLimits.httpHeadByteCount
    ) -> Int? {
        let line = bytes.prefix(limit + 2)
        guard let end = line.firstIndex(of: 13), end + 1 < line.endIndex, line[end + 1] == 10
        else { return nil }
        return end
    }

    private static func field(_ line: String) throws(HTTPError) -> HTTPField {
        guard let colon = line.firstIndex(of: ":") else { throw .badField }
        let name = line[..<colon]
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else { throw .badField }
        let raw = line[line.index(after: colon)...].utf8
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 9 }
        var value = raw.drop(while: isSpace)
        while let last = value.last, isSpace(last) { value = value.dropLast() }
        return HTTPField(name.lowercased(), String(Substring(value)))
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        // ! # $ % & ' * + - . ^ _ ` | ~
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
        default: false
        }
    }
}
