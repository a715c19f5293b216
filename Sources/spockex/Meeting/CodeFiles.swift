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
/// that whoever waits for it never reads a half one. What cannot be opened ends the command
/// before a pairing is made.
final class CodeFiles {
    /// What is in a file.
    enum Kind: String {
        case png, svg, ndef, text
    }

    private struct Opened {
        var kind: Kind
        var path: String
        var temporary: String
        var descriptor: CInt
    }

    private var opened: [Opened] = []

    /// Opens a file beside each place.
    init(_ files: [(kind: Kind, path: String)]) throws(APIError) {
        for (kind, path) in files {
            let temporary = "\(path).\(UInt32.random(in: .min ... .max)).new"
            var status = stat()
            let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            let descriptor =
                isFolder
                ? -1 : open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw APIError(
                    .cannotWrite, "The file \(path) cannot be written.",
                    hint: "Choose a place in a folder that exists and is yours; "
                        + "nothing was started.")
            }
            self.opened.append(
                Opened(kind: kind, path: path, temporary: temporary, descriptor: descriptor))
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
        var paths: [String: String] = [:]
        while let file = self.opened.last {
            let bytes: [UInt8]
            switch file.kind {
            case .png:
                do { bytes = try code.png() } catch { throw APIError(error) }
            case .svg: bytes = Array(code.svg().utf8)
            case .ndef: bytes = code.ndef()
            case .text: bytes = Array((text + "\n").utf8)
            }
            guard Self.writeAll(bytes, to: file.descriptor), fsync(file.descriptor) == 0,
                rename(file.temporary, file.path) == 0
            else {
                throw APIError(
                    .cannotWrite, "The file \(file.path) could not be written.",
                    hint: "The pairing is there all the same; `spockex pairings` shows it, "
                        + "`spockex cancel` ends it.")
            }
            _ = close(file.descriptor)
            self.opened.removeLast()
            paths[file.kind.rawValue] = file.path
        }
        return paths
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
