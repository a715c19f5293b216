// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OfflineCodes

@Suite struct NDEFTests {
    static let ours = CodeWriter.mimeType
    static let text = Array("{\"request\":100}".utf8)

    static var messages: [NDEFMessage] {
        [0, 1, 255, 256, 70_000].flatMap { count in
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let record = NDEFRecord(mimeType: Self.ours, payload: payload)
            let named = NDEFRecord(
                format: .external, type: Array("a.b:c".utf8), id: [1, 2, 3], payload: payload)
            let empty = NDEFRecord(format: .empty, type: [], payload: [])
            let unknown = NDEFRecord(
                format: .unknown, type: [], id: [UInt8](repeating: 7, count: 255), payload: payload)
            return [NDEFMessage([record]), NDEFMessage([named, empty, unknown, record])]
        }
    }

    @Test func comesBackFromBytes() throws {
        for message in Self.messages {
            #expect(try NDEFMessage(parsing: message.bytes) == message)
        }
    }

    @Test func refusesAMessageThatEndsAnywhere() {
        for message in Self.messages where message.bytes.count < 2_000 {
            let bytes = message.bytes
            for count in 0..<bytes.count {
                #expect(throws: NDEFError.self) {
                    try NDEFMessage(parsing: Array(bytes.prefix(count)))
                }
            }
        }
    }

    @Test func refusesMoreBehindTheEnd() {
        let bytes = NDEFMessage([NDEFRecord(mimeType: "a/b", payload: [])]).bytes
        #expect(throws: NDEFError.bytesAfterEnd(offset: bytes.count)) {
            try NDEFMessage(parsing: bytes + [0])
        }
    }

    @Test func refusesMoreRecordsThanTheLimit() throws {
        let records = [NDEFRecord](repeating: .init(mimeType: "a/b", payload: [1]), count: 65)
        #expect(try NDEFMessage(parsing: NDEFMessage(records.dropLast()).bytes).records.count == 64)
        #expect(throws: NDEFError.tooManyRecords(limit: 64)) {
            try NDEFMessage(parsing: NDEFMessage(records).bytes)
        }
    }

    /// A first chunk, then one in the middle, then the last, each changed in one way.
    @Test func refusesChunksThatDoNotFit() throws {
        let first: [UInt8] = [0xB2, 1, 1, 0x61, 0x31]
        let middle: [UInt8] = [0x36, 0, 1, 0x32]
        let last: [UInt8] = [0x56, 0, 1, 0x33]
        let whole = try NDEFMessage(parsing: first + middle + last)
        #expect(
            whole.records
                == [NDEFRecord(format: .media, type: [0x61], payload: [0x31, 0x32, 0x33])])
        let wrong: [[UInt8]] = [
            first + [0x32, 0, 1, 0x32] + last, first + [0x36, 1, 1, 0x61, 0x32] + last,
            first + [0x3E, 0, 1, 1, 0x61, 0x32] + last, first + middle + [0x76, 0, 1, 0x33],
            [0xF2, 1, 1, 0x61, 0x31] + last, first + middle, [0xD6, 0, 1, 0x33],
            first + [0xD6, 0, 1, 0x33], [0xB0, 0, 0] + [0x56, 0, 0], [0xD5, 1, 0, 0x61],
        ]
        for bytes in wrong {
            #expect(throws: NDEFError.self) { try NDEFMessage(parsing: bytes) }
        }
    }

    @Test func neverTrapsOnRandomBytes() {
        var generator = SeededGenerator(seed: 11)
        let sample = Self.messages[1].bytes
        for _ in 0..<20_000 {
            let mutated = generator.next() % 2 == 0
            var bytes = mutated ? sample : generator.bytes(Int(generator.next() % 40))
            for _ in 0..<3 where !bytes.isEmpty {
                bytes[Int(generator.next() % UInt64(bytes.count))] = generator.bytes(1)[0]
            }
            if let message = try? NDEFMessage(parsing: bytes) {
                #expect((try? NDEFMessage(parsing: message.bytes)) == message)
            }
            _ = TagMemory.message(in: bytes)
            _ = try? CleanText(trimming: bytes)
        }
    }

    @Test func findsTheMessageInAMemoryDump() throws {
        let message = NDEFMessage([NDEFRecord(mimeType: Self.ours, payload: Self.text)]).bytes
        let long = NDEFMessage(
            [NDEFRecord(mimeType: Self.ours, payload: [UInt8](repeating: 0x61, count: 300))]
        ).bytes
        let block = [0x03, UInt8(message.count)] + message + [0xFE, 0, 0]
        let longBlock = [0x03, 0xFF, 1, UInt8(long.count - 256)] + long + [0xFE]
        let start: [UInt8] = [4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xE1, 0x10, 0x6D, 0]
        let lock: [UInt8] = [1, 3, 0xA0, 0x0C, 0x34]
        let expected = CodeReader.Found(
            text: String(decoding: Self.text, as: UTF8.self), source: .ndef)
        for dump in [
            message, block, [0, 0] + block, lock + block, [3, 0] + block,
            Array(start.suffix(4)) + block, start + lock + block,
        ] {
            #expect(try CodeReader().read(dump) == expected)
        }
        #expect(try CodeReader().read(longBlock).text == String(repeating: "a", count: 300))
    }

    @Test func refusesAMemoryDumpThatEndsAnywhere() {
        let message = NDEFMessage([NDEFRecord(mimeType: Self.ours, payload: Self.text)]).bytes
        let block = [0x03, UInt8(message.count)] + message
        for count in 1..<block.count {
            #expect(throws: OfflineCodeError.self) {
                try CodeReader().read(Array(block.prefix(count)))
            }
        }
    }

    @Test func prefersOurRecordAmongOthers() throws {
        let other = NDEFRecord(mimeType: "text/plain", payload: Array("other".utf8))
        let ours = NDEFRecord(mimeType: Self.ours.uppercased(), payload: Self.text)
        let found = try CodeReader().read(NDEFMessage([other, ours]).bytes)
        #expect(found.text == String(decoding: Self.text, as: UTF8.self))
    }

    @Test func readsTheOnlyText() throws {
        let wellKnown = NDEFRecord(
            format: .wellKnown, type: [0x54], payload: [2] + Array("enhello".utf8))
        let uri = NDEFRecord(format: .wellKnown, type: [0x55], payload: [4] + Array("x.org".utf8))
        #expect(try CodeReader().read(NDEFMessage([uri, wellKnown]).bytes).text == "hello")
        #expect(throws: OfflineCodeError.noTextRecord(recordCount: 1)) {
            try CodeReader().read(NDEFMessage([uri]).bytes)
        }
    }

    @Test func refusesSeveralTextsAndNone() {
        let records = ["a", "b", "a"].map {
            NDEFRecord(mimeType: Self.ours, payload: Array($0.utf8))
        }
        #expect(throws: OfflineCodeError.severalCodes(count: 2)) {
            try CodeReader().read(NDEFMessage(records).bytes)
        }
        #expect(throws: OfflineCodeError.empty) { try CodeReader().read([0xD0, 0, 0]) }
    }
}
