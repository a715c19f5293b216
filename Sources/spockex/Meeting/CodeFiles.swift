// SPDX-License-Identifier: Apache-2.0
import OfflineCodes
import SpockexAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The files of a new code: opened before there is a pairing, and each complete or not there.
///
/// Every file is written beside its place, with mode 0600 and to the disk, and then renamed, so
/// that whoever waits for it never reads a half one. A symbolic link stays, and what it leads to
/// is written. What cannot be opened, or is something else than an ordinary file, ends the
/// command before a pairing is made.
final class CodeFiles {
    /// What is in a file.
    enum Kind: String {
        case png, svg, ndef, text
    }

    private struct Opened {
        var kind: Kind
        var path: String
        var target: String
        var temporary: String
        var descriptor: CInt
    }

    private var opened: [Opened] = []

    /// Opens a file beside each place.
    init(_ files: [(kind: Kind, path: String)]) throws(APIError) {
        for (kind, path) in files {
            let target = try Self.target(of: path)
            guard !self.opened.contains(where: { $0.target == target }) else {
                throw Self.refusal(path, "is another name of a file that is written too")
            }
            let temporary = "\(target).\(UInt32.random(in: .min ... .max)).new"
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Self.refusal(path, "cannot be written") }
            self.opened.append(
                Opened(
                    kind: kind, path: path, target: target, temporary: temporary,
                    descriptor: descriptor))
        }
    }

    deinit {
        for file in self.opened {
            _ = close(file.descriptor)
            _ = unlink(file.temporary)
        }
    }

    /// Writes the code into all files; gives their paths by kind.
    func write(_ text: String, _ code: CodeWriter) throws(APIError) -> [String: String] {
        try self.write(
            failing: "The pairing is there all the same; `spockex pairings` shows it, "
                + "`spockex cancel` ends it."
        ) { kind throws(APIError) in
            switch kind {
            case .png:
                do throws(OfflineCodeError) {
                    return try code.png()
                } catch {
                    throw APIError(error)
                }
            case .svg: return Array(code.svg().utf8)
            case .ndef: return code.ndef()
            case .text: return Array((text + "\n").utf8)
            }
        }
    }

    /// Writes what belongs into a file of each kind; `hint` is said when that cannot be.
    func write(
        failing hint: String, _ content: (Kind) throws(APIError) -> [UInt8]
    ) throws(APIError) -> [String: String] {
        var paths: [String: String] = [:]
        while let file = self.opened.last {
            let bytes = try content(file.kind)
            guard Self.writeAll(bytes, to: file.descriptor), fsync(file.descriptor) == 0,
                rename(file.temporary, file.target) == 0
            else {
                throw APIError(
                    .cannotWrite, "The file \(file.path) could not be written.", hint: hint)
            }
            _ = close(file.descriptor)
            self.opened.removeLast()
            paths[file.kind.rawValue] = file.path
        }
        return paths
    }

    /// The place to rename to: the path, or what a symbolic link leads to.
    ///
    /// A rename would put an ordinary file where a pipe, a socket or a device is; and a file that
    /// is our own standard output would lose what we print.
    private static func target(of path: String) throws(APIError) -> String {
        var status = stat()
        guard lstat(path, &status) == 0 else { return try self.newTarget(of: path) }
        guard let target = self.resolved(path) else {
            throw self.refusal(path, "is a link that leads nowhere")
        }
        guard stat(path, &status) == 0 else { throw self.refusal(path, "cannot be written") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw self.refusal(path, "is not an ordinary file")
        }
        for descriptor in STDIN_FILENO...STDERR_FILENO {
            var own = stat()
            guard fstat(descriptor, &own) == 0 else { continue }
            guard own.st_dev != status.st_dev || own.st_ino != status.st_ino else {
                throw self.refusal(path, "is used by this command already")
            }
        }
        return target
    }

    /// The one name of a file that is not there yet: of its folder, then its own.
    private static func newTarget(of path: String) throws(APIError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, name != ".", name != ".." else {
            throw self.refusal(path, "is not the name of a file")
        }
        let folder = parts.count == 1 ? "." : parts.dropLast().joined(separator: "/") + "/"
        guard let resolved = self.resolved(folder) else {
            throw self.refusal(path, "cannot be written")
        }
        return resolved == "/" ? "/\(name)" : "\(resolved)/\(name)"
    }

    /// A path without links and detours; nil where it leads nowhere.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func refusal(_ path: String, _ why: String) -> APIError {
        APIError(
            .cannotWrite, "The file \(path) \(why).",
            hint: "Choose a place in a folder that exists and is yours; nothing was started.")
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { buffer in
                systemWrite(descriptor, buffer.baseAddress, buffer.count)
            }
            guard count > 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(count, 0))
        }
        return true
    }
}

extension APIError {
    /// What an error of the QR and NDEF part means on the command line.
    init(_ error: OfflineCodeError) {
        self.init(.noCode, error.sentence, hint: error.hint)
    }
}
