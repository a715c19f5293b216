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

/// Where a scanned code comes from: a file, or standard input.
enum Source {
    /// Bytes of a source at most; a large photo has a third of it.
    static let byteCountLimit = 32 << 20

    /// The one text in the source.
    static func text(_ name: String) throws(APIError) -> String {
        let bytes = try self.bytes(name)
        do throws(OfflineCodeError) {
            return try CodeReader().read(bytes).text
        } catch {
            throw APIError(error)
        }
    }

    private static func bytes(_ name: String) throws(APIError) -> [UInt8] {
        let isInput = name == "-"
        let descriptor = isInput ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno == ENOENT ? "does not exist" : "cannot be opened"
            throw APIError(
                .unreadableSource, "The file \(name) \(reason).",
                hint: "Give a picture, an NDEF message or a text file, or `-` for standard input.")
        }
        defer { if !isInput { _ = close(descriptor) } }
        if isInput, Console.isInputTerminal {
            Console.note("Paste the code, then press Enter and Ctrl-D.")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw APIError(
                    .unreadableSource, "The file \(name) cannot be read.",
                    hint: "Give a picture, an NDEF message or a text file.")
            }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= self.byteCountLimit else {
                throw APIError(
                    .unreadableSource, "The source has more than \(self.byteCountLimit >> 20) MiB.",
                    hint: "Give a smaller picture.")
            }
        }
    }
}
