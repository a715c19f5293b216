// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Finds the files with test vectors, by folder and by what they hold.
///
/// With `SPOCKEX_VECTORS=DIR` only that directory counts. Otherwise the generated files in
/// `Tests/EntanglementTests/Vectors` come first, then `../shared/vectors` beside the repository
/// with the files of public projects and RFCs. Names do not matter: a suite takes every file of its
/// folder that has the right content, so that another set needs no change here.
struct VectorFile: Sendable, CustomTestStringConvertible {
    let folder: String
    let url: URL

    var testDescription: String { "\(self.folder)/\(self.url.lastPathComponent)" }

    /// All files of a folder whose top level has one of `keys` and, if asked for, that algorithm.
    static func all(
        in folder: String, having keys: String..., algorithm: String? = nil
    ) -> [VectorFile] {
        var found: [VectorFile] = []
        for directory in Self.directories {
            let place = directory.appendingPathComponent(folder)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".json") {
                let file = VectorFile(folder: folder, url: place.appendingPathComponent(name))
                guard !found.contains(where: { $0.testDescription == file.testDescription }) else {
                    continue
                }
                if file.has(keys, algorithm: algorithm) { found.append(file) }
            }
        }
        return found
    }

    /// What a skipped test says.
    static func missing(_ what: String, in folder: String) -> Comment {
        let places = Self.directories.map { $0.appendingPathComponent(folder).path }
        return "skipped: no file with \(what) in \(places.joined(separator: " or "))"
    }

    func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: self.url))
    }

    /// Another file of the same folder.
    func sibling(_ name: String) -> VectorFile {
        let url = self.url.deletingLastPathComponent().appendingPathComponent(name)
        return VectorFile(folder: self.folder, url: url)
    }

    /// A file that is no JSON object is not passed over: the test that takes it must fail.
    private func has(_ keys: [String], algorithm: String?) -> Bool {
        let content = try? JSONSerialization.jsonObject(with: Data(contentsOf: self.url))
        guard let object = content as? [String: Any] else { return true }
        if let algorithm, object["algorithm"] as? String != algorithm { return false }
        return keys.contains { object[$0] != nil }
    }

    private static let directories: [URL] = {
        if let other = ProcessInfo.processInfo.environment["SPOCKEX_VECTORS"] {
            return [URL(fileURLWithPath: other)]
        }
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        return [
            tests.appendingPathComponent("Vectors"),
            root.deletingLastPathComponent().appendingPathComponent("shared/vectors"),
        ]
    }()
}

/// Bytes that a vector file writes as hexadecimal digits.
struct Hex: Decodable, Sendable, Equatable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    init?(_ text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        self.bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let hex = Hex(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not hexadecimal"))
        }
        self = hex
    }
}
