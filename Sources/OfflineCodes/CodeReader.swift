// SPDX-License-Identifier: Apache-2.0

/// Reads the text out of a picture with a QR code, an NDEF message, or text itself.
///
/// The kind is found out from the content. Whether the text means anything is judged elsewhere;
/// here it is only made sure that it is one clean line.
public struct CodeReader: Sendable {
    /// Where a text was found.
    public enum Source: String, Sendable {
        case picture, ndef, text
    }

    /// One text and where it was found.
    public struct Found: Sendable, Equatable {
        /// One line of UTF-8, 1 to 4,296 bytes, without control or bidirectional characters.
        public var text: String
        /// What the text was in.
        public var source: Source

        /// Makes a finding.
        public init(text: String, source: Source) {
            self.text = text
            self.source = source
        }
    }

    private let workLimit: Int

    /// Makes a reader with the usual limits.
    public init() {
        self.workLimit = Limits.readingWork
    }

    /// Makes a reader that may spend so much on a picture; see `CodeReading`.
    package init(workLimit: Int) {
        self.workLimit = workLimit
    }

    /// Reads the bytes of a file: PNG, JPEG, an NDEF message (also as dumped from a tag), or text.
    ///
    /// Spaces and one line end around the text are cut off.
    public func read(_ bytes: [UInt8]) throws(OfflineCodeError) -> Found {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Limits.fileByteCount else {
            throw .fileTooLarge(byteCount: bytes.count, limit: Limits.fileByteCount)
        }
        if let kind = PictureKind(of: bytes) {
            let text = try self.pictureText(bytes, kind: kind)
            return Found(text: text, source: .picture)
        }
        if let message = TagMemory.message(in: bytes) {
            return Found(text: try self.ndefText(message), source: .ndef)
        }
        return try self.readMessageOrText(bytes)
    }

    /// Reads a QR code in a grey picture, like one of a camera: a byte for each pixel, row by row.
    public func read(luma: [UInt8], width: Int, height: Int) throws(OfflineCodeError) -> Found {
        guard width > 0, height > 0, width <= Limits.pictureSide, height <= Limits.pictureSide,
            width * height <= Limits.picturePixelCount
        else {
            throw .pictureTooLarge(
                width: width, height: height, sideLimit: Limits.pictureSide,
                pixelLimit: Limits.picturePixelCount)
        }
        guard luma.count == width * height else { throw .damagedPicture }
        let picture = LumaImage(width: width, height: height, pixels: luma)
        return Found(text: try self.text(in: picture), source: .picture)
    }

    private func pictureText(_ bytes: [UInt8], kind: PictureKind) throws(OfflineCodeError)
        -> String
    {
        try self.text(in: try kind.decode(bytes))
    }

    private func text(in picture: LumaImage) throws(OfflineCodeError) -> String {
        var search = PictureSearch(workLimit: self.workLimit)
        return try CleanText(trimming: try search.text(in: picture)).string
    }

    /// NDEF begins with a byte that can also begin a letter of UTF-8: what parses as a message is
    /// one, what is clean text is text, and for the rest the first bit decides whose error it is.
    private func readMessageOrText(_ bytes: [UInt8]) throws(OfflineCodeError) -> Found {
        let looksLikeNDEF = (bytes.first ?? 0) & NDEFFlag.messageBegin != 0
        if looksLikeNDEF, (try? NDEFMessage(parsing: bytes)) != nil {
            return Found(text: try self.ndefText(bytes), source: .ndef)
        }
        do throws(OfflineCodeError) {
            // Some editors put the byte order mark of UTF-8 before all.
            let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
            let text = hasMark ? Array(bytes.dropFirst(3)) : bytes
            return Found(text: try CleanText(trimming: text).string, source: .text)
        } catch {
            let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            if isUTF16 { throw .notUTF8(offset: 0) }
            if UnreadPicture.matches(bytes) { throw .unsupportedPicture }
            if looksLikeNDEF { return Found(text: try self.ndefText(bytes), source: .ndef) }
            throw error
        }
    }

    /// The text of our own record; without one, the only text there is.
    private func ndefText(_ bytes: [UInt8]) throws(OfflineCodeError) -> String {
        let records: [NDEFRecord]
        do throws(NDEFError) {
            records = try NDEFMessage(parsing: bytes).records
        } catch {
            throw .damagedNDEF(error)
        }
        let ours = records.filter { $0.isMedia(CodeWriter.mimeType) }
        var texts: [[UInt8]] = []
        for text in (ours.isEmpty ? records : ours).compactMap(\.textBytes)
        where !text.isEmpty && !texts.contains(text) {
            texts.append(text)
        }
        guard texts.count <= 1 else { throw .severalCodes(count: texts.count) }
        guard let text = texts.first else {
            throw records.allSatisfy { $0.format == .empty }
                ? .empty : .noTextRecord(recordCount: records.count)
        }
        return try CleanText(trimming: text).string
    }
}

/// Kinds of pictures that people will try and that we do not decode.
enum UnreadPicture {
    private static let signatures: [(offset: Int, bytes: [UInt8])] = [
        (0, Array("GIF8".utf8)), (0, Array("RIFF".utf8)), (0, Array("BM".utf8)),
        (0, Array("%PDF".utf8)), (0, Array("<svg".utf8)), (0, Array("<?xml".utf8)),
        (0, [0x49, 0x49, 0x2A, 0x00]), (0, [0x4D, 0x4D, 0x00, 0x2A]),
        (4, Array("ftyp".utf8)),
    ]

    static func matches(_ bytes: [UInt8]) -> Bool {
        self.signatures.contains { bytes.dropFirst($0.offset).starts(with: $0.bytes) }
    }
}
