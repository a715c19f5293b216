// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// A file that is written as a whole: beside its place, then renamed into it.
enum OutputFile {
    /// Says before the work begins that a path cannot be written.
    static func check(_ path: String, _ option: String) throws {
        let files = FileManager.default
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw ValidationError(
                "\(option) \(path): there is no folder \(folder); make it, or give another path.")
        }
        if files.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw ValidationError("\(option) \(path): that is a folder; give the path of a file.")
        }
        guard files.isWritableFile(atPath: folder) else {
            throw ValidationError(
                "\(option) \(path): the folder \(folder) cannot be written; give another path.")
        }
    }

    static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            Printout.remark("\(path) cannot be written: \(error.localizedDescription)")
            throw ExitCode.failure
        }
    }
}
