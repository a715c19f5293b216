// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OfflineCodes

@Suite struct CodeReaderTests {
    @Test(arguments: ["x", "  x", "x \n", "\tx\r\n", " x\t \n", "\n\nx\n\r\n\n"])
    func trimsWhiteSpaceAroundText(text: String) throws {
        #expect(try CodeReader().read(Array(text.utf8)) == .init(text: "x", source: .text))
    }

    @Test(arguments: [
        "a b", "{\"a\":1}", "Gr\u{FC}\u{DF}e", "\u{E9}t\u{E9}", "\u{4F60}\u{597D}", "BM", "GIF89a",
    ])
    func readsAnyCleanText(text: String) throws {
        #expect(try CodeReader().read(Array(text.utf8)) == .init(text: text, source: .text))
    }

    @Test(arguments: [1, 4_296])
    func readsTextUpToTheLimit(count: Int) throws {
        let text = String(repeating: "a", count: count)
        #expect(try CodeReader().read(Array(text.utf8)).text == text)
    }

    @Test func refusesTextOverTheLimit() {
        #expect(throws: OfflineCodeError.textTooLong(byteCount: 4_297, limit: 4_296)) {
            try CodeReader().read([UInt8](repeating: 0x61, count: 4_297))
        }
    }

    @Test(arguments: [[], Array(" ".utf8), Array("\n".utf8), Array("  \r\n".utf8)] as [[UInt8]])
    func refusesNothing(bytes: [UInt8]) {
        #expect(throws: OfflineCodeError.empty) { try CodeReader().read(bytes) }
    }

    @Test(arguments: Array(0x00...0x1F) + Array(0x7F...0x9F) + [0x2028, 0x2029] as [UInt32])
    func refusesControlCharacters(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        #expect(throws: OfflineCodeError.controlCharacter(offset: 1, scalar: value)) {
            try CodeReader().read(Array("a\(Character(scalar))b".utf8))
        }
    }

    @Test(
        arguments: [0x061C, 0x200E, 0x200F] + Array(0x202A...0x202E) + Array(0x2066...0x2069)
            as [UInt32])
    func refusesBidirectionalCharacters(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        #expect(throws: OfflineCodeError.bidirectionalCharacter(offset: 2, scalar: value)) {
            try CodeReader().read(Array(" a\(Character(scalar))".utf8))
        }
    }

    @Test(arguments: [[0x61, 0x80], [0x61, 0xC3], [0x61, 0xED, 0xA0, 0x80], [0x61, 0xC0, 0xAF]])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        #expect(throws: OfflineCodeError.notUTF8(offset: 1)) { try CodeReader().read(bytes) }
    }

    @Test func refusesTwoLines() {
        #expect(throws: OfflineCodeError.controlCharacter(offset: 1, scalar: 10)) {
            try CodeReader().read(Array("a\nb\n".utf8))
        }
    }

    @Test(arguments: [
        Array("GIF89a\u{1}\u{0}".utf8), Array("RIFF\u{0}\u{0}\u{0}\u{0}WEBP".utf8),
        Array("BM\u{0}\u{1}".utf8), [0, 0, 0, 24] + Array("ftypheic\u{0}".utf8),
        Array("%PDF-1.7\n%\n".utf8), Array("<svg xmlns=\"x\">\n<path/>\n</svg>\n".utf8),
        [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0],
    ])
    func namesPicturesThatItDoesNotRead(bytes: [UInt8]) {
        #expect(throws: OfflineCodeError.unsupportedPicture) { try CodeReader().read(bytes) }
    }

    @Test func everyErrorSaysWhatAndWhatNext() {
        let errors: [OfflineCodeError] = [
            .empty, .fileTooLarge(byteCount: 2, limit: 1), .textTooLong(byteCount: 2, limit: 1),
            .tooLongForQR(byteCount: 9), .notUTF8(offset: 3),
            .controlCharacter(offset: 1, scalar: 7),
            .bidirectionalCharacter(offset: 1, scalar: 0x202E), .damagedPicture,
            .pictureTooLarge(width: 9, height: 9, sideLimit: 8, pixelLimit: 64),
            .pictureTooCostly(width: 9, height: 9), .unsupportedPicture,
            .noCode(width: 9, height: 9), .severalCodes(count: 2), .partOfSequence,
            .tooManyMarks(count: 5), .damagedNDEF(.endsEarly(offset: 3)),
            .noTextRecord(recordCount: 1), .modulePixelCount(0, least: 1, most: 64),
            .outOfMemory, .builtWithoutQR,
        ]
        for error in errors {
            #expect(error.sentence.hasSuffix(".") && error.hint.hasSuffix("."))
            #expect(error.sentence != error.hint)
        }
        #expect(OfflineCodeError.controlCharacter(offset: 1, scalar: 7).sentence.contains("U+0007"))
    }

    #if !QR
        @Test func saysThatThisBuildReadsNoPictures() throws {
            let matrix = try #require(
                QRMatrix(side: 21, modules: [Bool](repeating: false, count: 441)))
            let file = try matrix.png(modulePixelCount: 2)
            #expect(throws: OfflineCodeError.builtWithoutQR) { try CodeReader().read(file) }
            #expect(throws: OfflineCodeError.builtWithoutQR) { try CodeWriter(text: "x") }
        }
    #endif

    /// As editors of other systems save it.
    @Test func aByteOrderMarkIsNoPartOfTheText() throws {
        let found = try CodeReader().read([0xef, 0xbb, 0xbf] + Array("{\"a\":1}\r\n".utf8))
        #expect(found.text == "{\"a\":1}")
        #expect(found.source == .text)
    }

    @Test(arguments: [[0xff, 0xfe, 0x7b, 0x00], [0xfe, 0xff, 0x00, 0x7b]] as [[UInt8]])
    func anotherEncodingIsNamedAsThat(bytes: [UInt8]) {
        #expect(throws: OfflineCodeError.notUTF8(offset: 0)) { try CodeReader().read(bytes) }
    }
}
