// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import MainlineDHT
import Testing

/// The examples of BEP 5, 42 and 44 and items that another implementation made.
///
/// With `SPOCKEX_VECTORS=DIR` only that directory counts; otherwise the copied files and
/// `../shared/vectors` beside the repository.
@Suite struct DHTVectors {
    static let files = DHTVectorFile.all

    @Test(.enabled(if: !files.isEmpty, "skipped: no file of the DHT"), arguments: files)
    func everyItemIsSignedAndFoundAsPublished(file: DHTVectorFile) throws {
        let items = try file.content().bep44
        #expect(!items.isEmpty, "a file without items")
        for (number, item) in items.enumerated() {
            let name = Comment(rawValue: "\(number)")
            // The documents write text, the generated files hexadecimal digits.
            let encoded = try item.bytes(item.valueBencoded)
            let value = try Bencode(parsing: encoded)
            #expect(value.encoded == encoded, name)
            guard let keyText = item.publicKey, let signedText = item.signed else { continue }
            let key = try #require(byteString(hex: keyText).flatMap { PublicKey(bytes: $0) })
            let salt = try item.salt.map { try item.bytes($0) } ?? []
            let sequence = try item.sequence
            let signed = MutableItem.signed(value, sequence: sequence, salt: salt)
            #expect(signed == (try item.bytes(signedText)), name)
            let signature = try #require(item.signature.flatMap { byteString(hex: $0) })
            let read = try MutableItem(
                checking: value, sequence: sequence, salt: salt, signature: signature, of: key,
                CryptoPrimitives())
            #expect(read.place.target.bytes == byteString(hex: item.target), name)
            try Self.sign(item, read, name)
            var wrong = signature
            wrong[number % 64] ^= 1
            #expect(throws: MutableItemError.badSignature, name) {
                try MutableItem(
                    checking: value, sequence: sequence, salt: salt, signature: wrong, of: key,
                    CryptoPrimitives())
            }
        }
    }

    private static func sign(
        _ vector: DHTVectorFile.Item, _ item: MutableItem, _ name: Comment
    ) throws {
        guard let seed = vector.seed else { return }
        let bytes = try #require(byteString(hex: seed))
        let key = try #require(CryptoPrimitives().signingKey(from: Secret(bytes)))
        let own = try MutableItem(
            item.value, sequence: item.sequence, salt: item.salt, signedBy: key,
            CryptoPrimitives())
        #expect(own == item, name)
    }

    @Test(.enabled(if: !files.isEmpty, "skipped: no file of the DHT"), arguments: files)
    func everyAddressGivesThePublishedBits(file: DHTVectorFile) throws {
        let addresses = try file.content().bep42
        #expect(!addresses.isEmpty, "a file without addresses")
        for (number, vector) in addresses.enumerated() {
            let name = Comment(rawValue: "\(number)")
            let address = try #require(IPAddress(vector.text))
            var bytes = [UInt8](repeating: 0xa5, count: 20)
            if let id = vector.nodeId {
                bytes = try #require(byteString(hex: id))
            } else {
                let digits = try #require(vector.first21Bits)
                let bits = try #require(UInt32(digits, radix: 16)) << 11
                bytes[0] = UInt8(bits >> 24)
                bytes[1] = UInt8(bits >> 16 & 0xff)
                bytes[2] = UInt8(bits >> 8 & 0xf8) | 0x05
                bytes[19] = vector.rand
            }
            let id = try #require(NodeID(bytes: bytes))
            #expect(id.fits(address) || !address.isPublic, name)
            #expect(id.bytes == bytes, name)
            for bit in 0..<21 where address.isPublic {
                var other = bytes
                other[bit / 8] ^= 0x80 >> UInt8(bit % 8)
                #expect(try #require(NodeID(bytes: other)).fits(address) == false, name)
            }
        }
    }

    @Test(.enabled(if: !files.isEmpty, "skipped: no file of the DHT"), arguments: files)
    func messagesOfTheDocumentAreReadAndWritten(file: DHTVectorFile) throws {
        for message in try file.content().bep5 ?? [] {
            let bytes = Array(message.bencoded.utf8)
            #expect(try Bencode(parsing: bytes).encoded == bytes)
            let name = Comment(rawValue: message.shown)
            if message.shown.contains("get_peers") || message.shown.contains("announce") {
                #expect(throws: KRPCError.unknownMethod, name) { try KRPCMessage(parsing: bytes) }
            } else if message.shown.contains("def456...") {
                // The document leaves the nodes out.
                #expect(throws: KRPCError.field(.nodes), name) { try KRPCMessage(parsing: bytes) }
            } else if message.shown.contains("values") {
                #expect(throws: Never.self, name) { try KRPCMessage(parsing: bytes) }
            } else {
                #expect(try KRPCMessage(parsing: bytes).encoded == bytes, name)
            }
        }
    }
}

/// One file of vectors of the DHT.
struct DHTVectorFile: Sendable, CustomTestStringConvertible {
    struct Content: Decodable {
        let bep5: [Message]?
        let bep42: [Address]
        let bep44: [Item]
    }

    struct Message: Decodable {
        let shown: String
        let bencoded: String
    }

    struct Address: Decodable {
        let ip: String
        let rand: UInt8
        let nodeId: String?
        let first21Bits: String?

        /// As RFC 5952 writes it.
        var text: String {
            guard self.ip.contains(":"), !self.ip.contains("::") else { return self.ip }
            let groups = self.ip.split(separator: ":").compactMap { UInt16($0, radix: 16) }
            let bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            return IPAddress(bytes: bytes).map { "\($0)" } ?? self.ip
        }
    }

    struct Item: Decodable {
        let seed: String?
        let valueBencoded: String
        let signed: String?
        let salt: String?
        let seq: Int64?
        let publicKey: String?
        let target: String
        let signature: String?

        func bytes(_ text: String) throws -> [UInt8] {
            self.seed == nil ? Array(text.utf8) : try #require(byteString(hex: text))
        }

        /// The documents give it inside of what is signed alone.
        var sequence: Int64 {
            get throws {
                if let seq { return seq }
                let text = try #require(self.signed)
                let start = try #require(text.range(of: "3:seqi")).upperBound
                return try #require(Int64(text[start...].prefix { $0 != "e" }))
            }
        }
    }

    let url: URL

    var testDescription: String { "dht/\(self.url.lastPathComponent)" }

    func content() throws -> Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            let key = path[path.count - 1].stringValue
            let parts = key.split(separator: "_")
            let name =
                (parts.first.map(String.init) ?? "") + parts.dropFirst().map(\.capitalized).joined()
            return Key(stringValue: name)
        }
        return try decoder.decode(Content.self, from: Data(contentsOf: self.url))
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static var all: [DHTVectorFile] {
        var found: [DHTVectorFile] = []
        for directory in Self.directories {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".json") {
                let file = DHTVectorFile(url: directory.appendingPathComponent(name))
                if !found.contains(where: { $0.testDescription == file.testDescription }) {
                    found.append(file)
                }
            }
        }
        return found
    }

    private static let directories: [URL] = {
        if let other = ProcessInfo.processInfo.environment["SPOCKEX_VECTORS"] {
            return [URL(fileURLWithPath: other).appendingPathComponent("dht")]
        }
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = own.deletingLastPathComponent().deletingLastPathComponent()
        return [
            own.appendingPathComponent("Vectors/dht"),
            root.deletingLastPathComponent().appendingPathComponent("shared/vectors/dht"),
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
