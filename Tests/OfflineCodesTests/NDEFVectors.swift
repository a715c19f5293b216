// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import OfflineCodes

/// Messages by ndeflib, and broken ones: `$SPOCKEX_VECTORS/ndef/generated.json`, or else the copy.
@Suite struct NDEFVectors {
    struct File: Decodable {
        struct Message: Decodable {
            struct Record: Decodable {
                let type: String
                let id: String
                let data: String
            }
            let name: String
            let message: String
            let records: [Record]
        }
        struct Refusal: Decodable {
            let why: String
            let message: String
        }
        let messages: [Message]
        let refuse: [Refusal]
    }

    static let path: String = {
        if let folder = ProcessInfo.processInfo.environment["SPOCKEX_VECTORS"] {
            return folder + "/ndef/generated.json"
        }
        let copy = Bundle.module.resourceURL?.appending(path: "Vectors/ndef-generated.json")
        return copy?.path ?? "Vectors/ndef-generated.json"
    }()

    static let file: File? = {
        guard let data = FileManager.default.contents(atPath: Self.path) else {
            print("missing vectors: \(Self.path)")
            return nil
        }
        return try? JSONDecoder().decode(File.self, from: data)
    }()

    static let isThere = FileManager.default.fileExists(atPath: Self.path)

    @Test(.enabled(if: Self.isThere, "missing: \(Self.path)"))
    func everyMessageHasItsFields() throws {
        let file = try #require(Self.file)
        try #require(!file.messages.isEmpty)
        for vector in file.messages {
            let bytes = try #require(Self.bytes(vector.message))
            let message = try NDEFMessage(parsing: bytes)
            var expected: [(type: String, id: String, data: String)] = []
            for record in vector.records {
                // ndeflib leaves chunks apart; ours have been put together.
                if record.type == "unchanged", let last = expected.popLast() {
                    expected.append((last.type, last.id, last.data + record.data))
                } else {
                    expected.append((record.type, record.id, record.data))
                }
            }
            #expect(message.records.count == expected.count, "\(vector.name)")
            for (record, fields) in zip(message.records, expected) {
                #expect(Self.name(of: record) == fields.type, "\(vector.name)")
                #expect(String(decoding: record.id, as: UTF8.self) == fields.id)
                #expect(record.payload == Self.bytes(fields.data), "\(vector.name)")
            }
            #expect(try NDEFMessage(parsing: message.bytes) == message)
        }
    }

    @Test(.enabled(if: Self.isThere, "missing: \(Self.path)"))
    func everyBrokenMessageIsRefused() throws {
        let file = try #require(Self.file)
        try #require(!file.refuse.isEmpty)
        for vector in file.refuse {
            let bytes = try #require(Self.bytes(vector.message))
            #expect(throws: NDEFError.self, "\(vector.why)") { try NDEFMessage(parsing: bytes) }
            #expect(throws: OfflineCodeError.self, "\(vector.why)") {
                try CodeReader().read(bytes)
            }
        }
    }

    private static func name(of record: NDEFRecord) -> String {
        let type = String(decoding: record.type, as: UTF8.self)
        switch record.format {
        case .empty: return ""
        case .wellKnown: return "urn:nfc:wkt:" + type
        case .media, .absoluteURI: return type
        case .external: return "urn:nfc:ext:" + type
        case .unknown: return "unknown"
        }
    }

    private static func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index...(index + 1)], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
