// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A folder of mode 0700 for one test; deleted with everything in it when the last user goes.
final class TemporaryHome: Sendable {
    let path: String

    init() throws {
        let name = "spockex-store-\(UUID().uuidString)"
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: self.path, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    var database: String { self.path + "/spockex.sqlite" }
    var log: String { self.database + "-wal" }

    /// The names of all files, sorted.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.path).sorted()
    }

    /// All files with their bytes.
    func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try self.names() { files[name] = try self.read(name) }
        return files
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: self.path + "/" + name)))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: self.path + "/" + name))
    }

    func mode(of name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: self.path + "/" + name)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }

    /// A home that holds what is on disk now, as after a sudden stop.
    func copy() throws -> TemporaryHome {
        let copy = try TemporaryHome()
        for (name, bytes) in try self.files() { try copy.write(bytes, to: name) }
        return copy
    }
}
