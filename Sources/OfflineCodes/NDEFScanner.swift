// SPDX-License-Identifier: Apache-2.0

/// Reads the records of one NDEF message; never trusts a length.
struct NDEFScanner {
    private let bytes: [UInt8]
    private var offset = 0

    /// A record as it stands in the bytes, perhaps one chunk of several.
    private struct Piece {
        let start: Int
        let header: UInt8
        let type: [UInt8]
        let id: [UInt8]
        let payload: [UInt8]

        var rawFormat: UInt8 { self.header & NDEFFlag.typeFormat }
        func has(_ flag: UInt8) -> Bool { self.header & flag != 0 }
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func records() throws(NDEFError) -> [NDEFRecord] {
        var records: [NDEFRecord] = []
        var isLast = false
        while !isLast {
            guard records.count < Limits.ndefRecordCount else {
                throw .tooManyRecords(limit: Limits.ndefRecordCount)
            }
            let first = try self.piece(isFirst: records.isEmpty)
            let (record, end) = try self.whole(from: first)
            records.append(record)
            isLast = end
        }
        guard self.offset == self.bytes.count else { throw .bytesAfterEnd(offset: self.offset) }
        return records
    }

    /// Adds the chunks that belong to the first one; also tells whether the message ends there.
    private mutating func whole(from first: Piece) throws(NDEFError) -> (NDEFRecord, Bool) {
        guard first.rawFormat != NDEFFlag.unchanged else { throw .chunk(offset: first.start) }
        guard let format = NDEFRecord.TypeFormat(rawValue: first.rawFormat) else {
            throw .reservedTypeFormat(offset: first.start)
        }
        var payload = first.payload
        var last = first
        while last.has(NDEFFlag.chunk) {
            guard !last.has(NDEFFlag.messageEnd) else { throw .chunk(offset: last.start) }
            last = try self.piece(isFirst: false)
            guard last.rawFormat == NDEFFlag.unchanged, last.type.isEmpty,
                !last.has(NDEFFlag.hasID)
            else { throw .chunk(offset: last.start) }
            payload += last.payload
        }
        switch format {
        case .empty:
            guard first.type.isEmpty, first.id.isEmpty, payload.isEmpty,
                !first.has(NDEFFlag.chunk)
            else { throw .unexpectedContent(offset: first.start) }
        case .unknown:
            guard first.type.isEmpty else { throw .unexpectedContent(offset: first.start) }
        case .wellKnown, .media, .absoluteURI, .external:
            break
        }
        let record = NDEFRecord(format: format, type: first.type, id: first.id, payload: payload)
        return (record, last.has(NDEFFlag.messageEnd))
    }

    private mutating func piece(isFirst: Bool) throws(NDEFError) -> Piece {
        let start = self.offset
        let header = try self.byte()
        guard (header & NDEFFlag.messageBegin != 0) == isFirst else {
            throw .messageBegin(offset: start)
        }
        let typeByteCount = Int(try self.byte())
        var payloadByteCount = Int(try self.byte())
        if header & NDEFFlag.shortRecord == 0 {
            for _ in 0..<3 { payloadByteCount = payloadByteCount << 8 | Int(try self.byte()) }
        }
        let idByteCount = header & NDEFFlag.hasID != 0 ? Int(try self.byte()) : 0
        return Piece(
            start: start, header: header, type: try self.take(typeByteCount),
            id: try self.take(idByteCount), payload: try self.take(payloadByteCount))
    }

    private mutating func byte() throws(NDEFError) -> UInt8 {
        guard self.offset < self.bytes.count else { throw .endsEarly(offset: self.offset) }
        defer { self.offset += 1 }
        return self.bytes[self.offset]
    }

    private mutating func take(_ count: Int) throws(NDEFError) -> [UInt8] {
        guard count <= self.bytes.count - self.offset else {
            throw .endsEarly(offset: self.bytes.count)
        }
        defer { self.offset += count }
        return Array(self.bytes[self.offset..<(self.offset + count)])
    }
}
