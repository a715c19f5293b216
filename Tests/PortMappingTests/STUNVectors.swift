// SPDX-License-Identifier: Apache-2.0
import Crypto
import Entanglement
import Foundation
import PortMapping
import Testing

/// The STUN messages of all vector files: read as published, and the broken ones refused.
///
/// Files are found as in `EntanglementTests`: `SPOCKEX_VECTORS=DIR` alone, else the copied ones
/// there and `../shared/vectors` beside the repository.
@Suite struct STUNVectors {
    static let files = STUNVectorFile.all(having: "vectors")
    static let brokenFiles = STUNVectorFile.all(having: "reject")

    @Test(.enabled(if: !files.isEmpty, STUNVectorFile.missing("vectors")), arguments: files)
    func everyMessageIsReadAsPublished(file: STUNVectorFile) throws {
        let vectors = try file.content().vectors
        #expect(!vectors.isEmpty, "a file without vectors")
        for (number, vector) in vectors.enumerated() {
            let bytes = try #require(byteString(hex: vector.message))
            let message = try STUNMessage(
                parsing: bytes, demandsFingerprint: vector.fingerprint ?? true)
            try Self.check(message, vector, number)
            if let key = vector.integrityKey {
                let key = try #require(byteString(hex: key))
                try Self.checkIntegrity(message, bytes, key: key)
            }
            // Every message ends its padding with zeros but those of RFC 5769 itself.
            if vector.section == nil { #expect(message.encoded() == bytes, "\(number)") }
        }
    }

    @Test(
        .enabled(if: !brokenFiles.isEmpty, STUNVectorFile.missing("broken messages")),
        arguments: brokenFiles)
    func everyBrokenMessageIsRefused(file: STUNVectorFile) throws {
        let broken = try file.content().reject ?? []
        #expect(!broken.isEmpty, "a file without broken messages")
        for (number, one) in broken.enumerated() {
            let bytes = try #require(byteString(hex: one.message))
            #expect(throws: STUNError.self, "\(number): \(one.why)") {
                try STUNMessage(parsing: bytes, demandsFingerprint: true)
            }
        }
    }

    private static func check(
        _ message: STUNMessage, _ vector: STUNVectorFile.Vector, _ number: Int
    ) throws {
        #expect(message.method == STUNMessage.binding, "\(number)")
        if let transaction = vector.transaction {
            #expect(message.transaction.bytes == byteString(hex: transaction), "\(number)")
        }
        if let name = vector.class {
            let classes: [String: STUNMessage.Class] = [
                "REQUEST": .request, "INDICATION": .indication, "RESPONSE": .success,
                "ERROR": .failure,
            ]
            #expect(message.messageClass == classes[name], "\(number)")
        }
        var expected = vector.attributes ?? [:]
        if let mapped = vector.mapped { expected["XOR-MAPPED-ADDRESS"] = .list(mapped) }
        expected["SOFTWARE"] = expected["SOFTWARE"] ?? vector.software.map { .text($0) }
        expected["USERNAME"] = expected["USERNAME"] ?? vector.username.map { .text($0) }
        expected["REALM"] = vector.realm.map { .text($0) }
        expected["NONCE"] = vector.nonce.map { .text($0) }
        for (name, value) in expected.sorted(by: { $0.key < $1.key }) {
            #expect(try message.has(name, value), "\(number): \(name)")
        }
    }

    /// MESSAGE-INTEGRITY covers everything before it, with the length field as if it were the last
    /// attribute (RFC 8489 §14.5).
    private static func checkIntegrity(
        _ message: STUNMessage, _ bytes: [UInt8], key: [UInt8]
    ) throws {
        let mac = try #require(
            message.attributes.compactMap { attribute -> [UInt8]? in
                if case .messageIntegrity(let mac) = attribute { return mac }
                return nil
            }.first)
        let place = try #require(
            bytes.indices.first { bytes[$0...].starts(with: [0, 8, 0, 20] + mac) })
        var input = Array(bytes[..<place])
        input.replaceSubrange(2..<4, with: [UInt8((place + 4) >> 8), UInt8((place + 4) & 0xff)])
        #expect(
            HMAC<Insecure.SHA1>.isValidAuthenticationCode(
                mac, authenticating: input, using: SymmetricKey(data: key)))
    }
}

extension STUNMessage {
    /// Whether the message has the named attribute with what the vector file says of it.
    fileprivate func has(_ name: String, _ value: STUNVectorFile.Value) throws -> Bool {
        switch (name, value) {
        case ("XOR-MAPPED-ADDRESS", .list(let parts)), ("MAPPED-ADDRESS", .list(let parts)):
            let address = try #require(parts.first?.text.flatMap { IPAddress($0) })
            let port = try #require(parts.last?.number.flatMap { UInt16(exactly: $0) })
            let endpoint = Endpoint(address: address, port: port)
            return self.attributes.contains(
                name.hasPrefix("X") ? .xorMappedAddress(endpoint) : .mappedAddress(endpoint))
                && self.reflexiveEndpoint == endpoint
        case ("ERROR-CODE", .list(let parts)):
            let code = try Int(#require(parts.first?.number))
            let reason = try Array(#require(parts.last?.text).utf8)
            return self.attributes.contains(.errorCode(code, reason: reason))
        case (_, .text(let text)):
            let type = try #require(Self.textTypes[name], "unknown attribute \(name)")
            return self.attributes.contains(.other(type: type, value: Array(text.utf8)))
        case (_, .number(let number)):
            let (type, count) = try #require(Self.numberTypes[name], "unknown attribute \(name)")
            let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0.suffix(count)) }
            return self.attributes.contains(.other(type: type, value: bytes))
        case (_, .list):
            Issue.record("unknown attribute \(name)")
            return false
        }
    }

    private static let textTypes: [String: UInt16] = [
        "USERNAME": 0x0006, "REALM": 0x0014, "NONCE": 0x0015, "SOFTWARE": 0x8022,
    ]
    private static let numberTypes: [String: (UInt16, Int)] = [
        "PRIORITY": (0x0024, 4), "ICE-CONTROLLED": (0x8029, 8), "ICE-CONTROLLING": (0x802a, 8),
    ]
}

/// One file of STUN vectors.
struct STUNVectorFile: Sendable, CustomTestStringConvertible {
    struct Content: Decodable {
        let vectors: [Vector]
        let reject: [Broken]?
    }

    struct Vector: Decodable {
        let message: String
        let section: String?
        let `class`: String?
        let transaction: String?
        let integrityKey: String?
        let fingerprint: Bool?
        let attributes: [String: Value]?
        let mapped: [Value]?
        let username: String?
        let software: String?
        let realm: String?
        let nonce: String?
    }

    struct Broken: Decodable {
        let why: String
        let message: String
    }

    /// A number, a text, or a list of them.
    enum Value: Decodable {
        case number(UInt64)
        case text(String)
        case list([Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt64.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .list(try container.decode([Value].self))
            }
        }

        var number: UInt64? {
            if case .number(let number) = self { return number }
            return nil
        }

        var text: String? {
            if case .text(let text) = self { return text }
            return nil
        }
    }

    let url: URL

    var testDescription: String { "stun/\(self.url.lastPathComponent)" }

    func content() throws -> Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Content.self, from: Data(contentsOf: self.url))
    }

    /// All STUN files whose top level has that key.
    static func all(having key: String) -> [STUNVectorFile] {
        var found: [STUNVectorFile] = []
        for directory in Self.directories {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".json") {
                let file = STUNVectorFile(url: directory.appendingPathComponent(name))
                guard !found.contains(where: { $0.testDescription == file.testDescription }) else {
                    continue
                }
                let content = try? JSONSerialization.jsonObject(with: Data(contentsOf: file.url))
                // What is no JSON object is not passed over: the test that takes it must fail.
                guard let object = content as? [String: Any], object[key] == nil else {
                    found.append(file)
                    continue
                }
            }
        }
        return found
    }

    /// What a skipped test says.
    static func missing(_ what: String) -> Comment {
        "skipped: no file with \(what) in \(Self.directories.map(\.path).joined(separator: " or "))"
    }

    private static let directories: [URL] = {
        if let other = ProcessInfo.processInfo.environment["SPOCKEX_VECTORS"] {
            return [URL(fileURLWithPath: other).appendingPathComponent("stun")]
        }
        let tests = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
        let beside = tests.deletingLastPathComponent().deletingLastPathComponent()
        return [
            tests.appendingPathComponent("EntanglementTests/Vectors/stun"),
            beside.appendingPathComponent("shared/vectors/stun"),
        ]
    }()
}

/// The bytes of hexadecimal digits; `nil` if they are none.
func byteString(hex: String) -> [UInt8]? {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}
