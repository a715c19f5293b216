// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not an NDEF message; numbers are offsets of bytes.
public enum NDEFError: Error, Equatable, Sendable {
    case endsEarly(offset: Int)
    /// The first record lacks the flag MB, or a later one has it.
    case messageBegin(offset: Int)
    case bytesAfterEnd(offset: Int)
    case reservedTypeFormat(offset: Int)
    /// An empty record with content, or a record of unknown type with a type.
    case unexpectedContent(offset: Int)
    /// A chunk without a first one, with a type or id of its own, or a series without its end.
    case chunk(offset: Int)
    case tooManyRecords(limit: Int)

    /// What is wrong, in one sentence.
    public var sentence: String {
        switch self {
        case .endsEarly(let offset): "it ends early, at byte \(offset)."
        case .messageBegin(let offset): "the record at byte \(offset) is marked wrongly."
        case .bytesAfterEnd(let offset): "there is more behind its end at byte \(offset)."
        case .reservedTypeFormat(let offset):
            "the record at byte \(offset) has a reserved type format."
        case .unexpectedContent(let offset):
            "the record at byte \(offset) has content that its type forbids."
        case .chunk(let offset): "the chunk at byte \(offset) does not fit in."
        case .tooManyRecords(let limit): "it has more than \(limit) records."
        }
    }
}

/// An NDEF message (NFC Forum, NFC Data Exchange Format 1.0): what an NFC tag carries.
///
/// A record is `flags and format (1) · type length (1) · payload length (1 or 4, big endian) ·
/// id length (0 or 1) · type · id · payload`. The flags are MB, ME (first and last record),
/// CF (more chunks follow), SR (short payload length), IL (there is an id length).
public struct NDEFMessage: Sendable, Equatable {
    /// At least one record.
    public let records: [NDEFRecord]

    /// Makes a message; a message without records is a mistake of the caller and traps.
    public init(_ records: [NDEFRecord]) {
        precondition(!records.isEmpty, "An NDEF message has a record.")
        self.records = records
    }

    /// Reads exactly one message that fills the bytes: any general one, also in chunks.
    public init(parsing bytes: [UInt8]) throws(NDEFError) {
        var scanner = NDEFScanner(bytes)
        self.records = try scanner.records()
    }

    /// The message in bytes, in short records where they suffice and without chunks.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (index, record) in self.records.enumerated() {
            var header = record.format.rawValue
            if index == 0 { header |= NDEFFlag.messageBegin }
            if index == self.records.count - 1 { header |= NDEFFlag.messageEnd }
            if record.payload.count < 256 { header |= NDEFFlag.shortRecord }
            if !record.id.isEmpty { header |= NDEFFlag.hasID }
            bytes += [header, UInt8(record.type.count)]
            if record.payload.count < 256 {
                bytes.append(UInt8(record.payload.count))
            } else {
                let count = UInt32(record.payload.count)
                bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
            }
            if !record.id.isEmpty { bytes.append(UInt8(record.id.count)) }
            bytes += record.type + record.id + record.payload
        }
        return bytes
    }
}

enum NDEFFlag {
    static let messageBegin: UInt8 = 0x80
    static let messageEnd: UInt8 = 0x40
    static let chunk: UInt8 = 0x20
    static let shortRecord: UInt8 = 0x10
    static let hasID: UInt8 = 0x08
    static let typeFormat: UInt8 = 0x07
    /// The type format of all chunks but the first.
    static let unchanged: UInt8 = 6
}
