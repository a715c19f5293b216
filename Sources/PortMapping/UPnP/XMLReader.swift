// SPDX-License-Identifier: Apache-2.0

/// Reads one small XML document from bytes, without recursion and within ``UPnPLimits``.
struct XMLReader {
    private let bytes: [UInt8]
    private var position = 0
    private var elementCount = 0

    /// Elements whose end tag has not come, outermost first, with the full name to match.
    private var open: [(tag: [UInt8], element: XMLElement, text: [UInt8])] = []

    init(_ bytes: [UInt8]) throws(XMLError) {
        guard bytes.count <= UPnPLimits.httpByteCount else { throw .tooLong }
        guard String(validating: bytes, as: UTF8.self) != nil, Self.areAllowed(bytes) else {
            throw .badCharacter
        }
        self.bytes = bytes
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { self.position = 3 }
    }

    mutating func document() throws(XMLError) -> XMLElement {
        if self.takes("<?xml") { try self.skipDeclaration() }
        var root: XMLElement?
        while self.position < self.bytes.count {
            if self.takes("<!--") {
                try self.skip(past: "-->")
            } else if self.bytes[self.position] != 0x3c {
                try self.readText()
            } else if self.takes("</") {
                if let closed = try self.readEndTag() { root = closed }
            } else if self.takes("<!") || self.takes("<?") {
                throw .forbidden
            } else {
                self.position += 1
                guard root == nil else { throw .notOneRoot }
                if let closed = try self.readStartTag() { root = closed }
            }
        }
        guard self.open.isEmpty else { throw .truncated }
        guard let root else { throw .notOneRoot }
        return root
    }

    // MARK: Parts

    /// Skips `version="1.0" …?>`; the encoding it names does not matter, as the bytes are UTF-8.
    private mutating func skipDeclaration() throws(XMLError) {
        let start = self.position
        try self.skip(past: "?>")
        guard Self.isSpace(self.bytes[start]), !self.bytes[start..<self.position].contains(0x3c)
        else { throw .badTag }
    }

    private mutating func readText() throws(XMLError) {
        let start = self.position
        while self.position < self.bytes.count, self.bytes[self.position] != 0x3c {
            self.position += 1
        }
        let raw = self.bytes[start..<self.position]
        guard let last = self.open.indices.last else {
            guard raw.allSatisfy(Self.isSpace) else { throw .notOneRoot }
            return
        }
        self.open[last].text += try Self.resolve(raw)
    }

    /// Reads after `<`; an empty element without parent is the root.
    private mutating func readStartTag() throws(XMLError) -> XMLElement? {
        let tag = try self.name()
        let isEmpty = try self.skipAttributes()
        self.elementCount += 1
        guard self.elementCount <= UPnPLimits.xmlElementCount,
            self.open.count < UPnPLimits.xmlDepth
        else { throw .tooMany }
        let local = tag.split(separator: 0x3a).last ?? []
        self.open.append((tag, XMLElement(String(decoding: local, as: UTF8.self)), []))
        return isEmpty ? self.close() : nil
    }

    private mutating func readEndTag() throws(XMLError) -> XMLElement? {
        let tag = try self.name()
        self.skipSpace()
        guard self.takes(">") else { throw self.isAtEnd ? .truncated : .badTag }
        guard let last = self.open.last, last.tag == tag else { throw .mismatch }
        return self.close()
    }

    /// Hands the innermost element to its parent; without parent it is returned.
    private mutating func close() -> XMLElement? {
        guard let (_, element, text) = self.open.popLast() else { return nil }
        var whole = element
        var trimmed = text.drop(while: Self.isSpace)
        while let last = trimmed.last, Self.isSpace(last) { trimmed = trimmed.dropLast() }
        whole.text = String(decoding: trimmed, as: UTF8.self)
        guard let parent = self.open.indices.last else { return whole }
        self.open[parent].element.children.append(whole)
        return nil
    }

    /// Reads up to the end of a start tag and says whether the element is empty.
    private mutating func skipAttributes() throws(XMLError) -> Bool {
        var names: [[UInt8]] = []
        while true {
            let hasSpace = self.skipSpace()
            if self.takes("/>") { return true }
            if self.takes(">") { return false }
            guard !self.isAtEnd else { throw .truncated }
            guard hasSpace else { throw .badTag }
            let name = try self.name()
            guard !names.contains(name) else { throw .badTag }
            names.append(name)
            guard names.count <= UPnPLimits.xmlAttributeCount else { throw .tooMany }
            self.skipSpace()
            guard self.takes("=") else { throw self.isAtEnd ? .truncated : .badTag }
            self.skipSpace()
            guard !self.isAtEnd else { throw .truncated }
            let quote = self.bytes[self.position]
            guard quote == 0x22 || quote == 0x27 else { throw .badTag }
            let start = self.position + 1
            guard let end = self.bytes[start...].firstIndex(of: quote) else { throw .truncated }
            let value = self.bytes[start..<end]
            guard !value.contains(0x3c) else { throw .badTag }
            _ = try Self.resolve(value)
            self.position = end + 1
        }
    }

    /// Letters, digits, `_`, `-`, `.`, and one colon inside; no digit or dash first.
    private mutating func name() throws(XMLError) -> [UInt8] {
        let start = self.position
        while !self.isAtEnd, Self.isNameByte(self.bytes[self.position]) { self.position += 1 }
        guard !self.isAtEnd else { throw .truncated }
        let name = Array(self.bytes[start..<self.position])
        let parts = name.split(separator: 0x3a, omittingEmptySubsequences: false)
        guard name.count <= UPnPLimits.xmlNameByteCount, parts.count <= 2,
            parts.allSatisfy({ $0.first.map(Self.isNameStart) ?? false })
        else { throw .badTag }
        return name
    }

    // MARK: Bytes

    private var isAtEnd: Bool { self.position >= self.bytes.count }

    private mutating func takes(_ text: String) -> Bool {
        guard self.bytes[self.position...].starts(with: text.utf8) else { return false }
        self.position += text.utf8.count
        return true
    }

    private mutating func skip(past text: String) throws(XMLError) {
        let first = text.utf8.first
        while !self.isAtEnd {
            if self.bytes[self.position] == first, self.takes(text) { return }
            self.position += 1
        }
        throw .truncated
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = self.position
        while !self.isAtEnd, Self.isSpace(self.bytes[self.position]) { self.position += 1 }
        return self.position > start
    }

    /// Puts characters in the place of `&amp;` and its like.
    private static func resolve(_ raw: ArraySlice<UInt8>) throws(XMLError) -> [UInt8] {
        var text: [UInt8] = []
        var rest = raw
        while let amp = rest.firstIndex(of: 0x26) {
            text += rest[..<amp]
            let after = rest[(amp + 1)...]
            guard let end = after.prefix(10).firstIndex(of: 0x3b) else { throw .badEntity }
            text += try Self.character(String(decoding: after[..<end], as: UTF8.self))
            rest = rest[(end + 1)...]
        }
        return text + rest
    }

    private static func character(_ entity: String) throws(XMLError) -> [UInt8] {
        switch entity {
        case "amp": return [0x26]
        case "lt": return [0x3c]
        case "gt": return [0x3e]
        case "quot": return [0x22]
        case "apos": return [0x27]
        default:
            let isHex = entity.hasPrefix("#x")
            let digits = entity.dropFirst(isHex ? 2 : 1)
            guard entity.hasPrefix("#"), digits.allSatisfy(\.isHexDigit),
                let number = UInt32(digits, radix: isHex ? 16 : 10),
                let scalar = Unicode.Scalar(number), Self.isAllowed(scalar)
            else { throw .badEntity }
            return Array(String(Character(scalar)).utf8)
        }
    }

    /// Whether all characters of valid UTF-8 are ``isAllowed(_:)``.
    ///
    /// Bytes tell it faster than characters: besides controls only U+FFFE and U+FFFF are not.
    private static func areAllowed(_ bytes: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() {
            if byte < 0x20 {
                guard Self.isSpace(byte) else { return false }
            } else if byte == 0x7f {
                return false
            } else if byte >= 0xbe, index >= 2, bytes[index - 1] == 0xbf,
                bytes[index - 2] == 0xef, byte <= 0xbf
            {
                return false
            }
        }
        return true
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 9, 10, 13, 0x20...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: scalar.value != 0x7f
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 9 || byte == 10 || byte == 13
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        byte == 0x5f || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        Self.isNameStart(byte) || (0x2d...0x2e).contains(byte) || (0x30...0x3a).contains(byte)
    }
}
