// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not an XML document that is read here.
public enum XMLError: Error, Equatable, Sendable {
    /// More bytes than ``UPnPLimits/httpByteCount``.
    case tooLong
    /// Not UTF-8, or a character that XML forbids.
    case badCharacter
    /// The document ends inside of something.
    case truncated
    /// A tag, name or attribute is malformed, or an attribute is given twice.
    case badTag
    /// An end tag without its start tag.
    case mismatch
    /// Elements nest deeper, or are more, than ``UPnPLimits`` allow.
    case tooMany
    /// An entity other than the five of XML, or a reference to no character.
    case badEntity
    /// A document type, CDATA or a processing instruction: never read.
    case forbidden
    /// Something beside the one root element.
    case notOneRoot
}

/// An element of an XML document: its local name, and its text or its children.
///
/// Prefixes are cut off and attributes are checked, but not kept: nothing here needs them.
public struct XMLElement: Sendable, Equatable {
    /// The name without prefix.
    public var name: String
    /// The text directly in it, without white space around it.
    public var text: String
    /// The elements in it, in order.
    public var children: [XMLElement]

    /// An element of those parts.
    public init(_ name: String, text: String = "", children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// Reads a document within ``UPnPLimits``.
    public init(parsing bytes: [UInt8]) throws(XMLError) {
        var reader = try XMLReader(bytes)
        self = try reader.document()
    }

    /// The first child of that name.
    public func child(_ name: String) -> XMLElement? {
        self.children.first { $0.name == name }
    }

    /// All children of that name, in order.
    public func children(_ name: String) -> [XMLElement] {
        self.children.filter { $0.name == name }
    }

    /// A text with the five characters replaced that XML could misread.
    public static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
