// SPDX-License-Identifier: Apache-2.0

/// One record of an NDEF message, whole: chunks have been put together.
public struct NDEFRecord: Sendable, Equatable {
    /// How `type` is to be read (NDEF 1.0 §3.2.6, the field TNF).
    public enum TypeFormat: UInt8, Sendable, CaseIterable {
        case empty = 0
        case wellKnown = 1
        case media = 2
        case absoluteURI = 3
        case external = 4
        case unknown = 5
    }

    /// How `type` is to be read.
    public let format: TypeFormat
    /// At most 255 bytes of ASCII, like `application/json`.
    public let type: [UInt8]
    /// At most 255 bytes; empty if the record has none.
    public let id: [UInt8]
    /// The content.
    public let payload: [UInt8]

    /// Makes a record; a type or id over 255 bytes is a mistake of the caller and traps.
    public init(format: TypeFormat, type: [UInt8], id: [UInt8] = [], payload: [UInt8]) {
        precondition(type.count <= 255 && id.count <= 255, "NDEF types and ids have 255 bytes.")
        self.format = format
        self.type = type
        self.id = id
        self.payload = payload
    }

    /// Makes a record whose content is of a media type (RFC 2046).
    public init(mimeType: String, payload: [UInt8]) {
        self.init(format: .media, type: Array(mimeType.utf8), payload: payload)
    }

    /// Whether the record is of this media type, in upper or lower case.
    public func isMedia(_ mimeType: String) -> Bool {
        self.format == .media && self.type.count == mimeType.utf8.count
            && zip(self.type, mimeType.utf8).allSatisfy { Self.lowered($0) == Self.lowered($1) }
    }

    /// The bytes of the text in it, or nil if the record is not one that carries text.
    ///
    /// Media and external types carry it as they are, the well-known type `T` behind a language
    /// code; `T` in UTF-16 is not read.
    public var textBytes: [UInt8]? {
        switch self.format {
        case .media, .external:
            return self.payload
        case .wellKnown:
            guard self.type == [0x54], let status = self.payload.first, status & 0x80 == 0 else {
                return nil
            }
            return Array(self.payload.dropFirst(1 + Int(status & 0x3F)))
        case .empty, .absoluteURI, .unknown:
            return nil
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}
