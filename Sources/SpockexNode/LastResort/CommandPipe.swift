// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A pipe to or from a program; both ends close with it, and no program inherits them by chance.
///
/// Used by one thread.
final class CommandPipe {
    private(set) var readingEnd: CInt
    private(set) var writingEnd: CInt

    /// Nil when the process has no descriptor left.
    init?() {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        self.readingEnd = ends[0]
        self.writingEnd = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        self.closeReadingEnd()
        self.closeWritingEnd()
    }

    /// Writes all of it; false when the pipe has no room for it.
    func fill(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        _ = fcntl(self.writingEnd, F_SETFL, O_NONBLOCK)
        #if canImport(Glibc)
            return Glibc.write(self.writingEnd, bytes, bytes.count) == bytes.count
        #elseif canImport(Musl)
            return Musl.write(self.writingEnd, bytes, bytes.count) == bytes.count
        #else
            return Darwin.write(self.writingEnd, bytes, bytes.count) == bytes.count
        #endif
    }

    func closeReadingEnd() {
        Self.close(&self.readingEnd)
    }

    func closeWritingEnd() {
        Self.close(&self.writingEnd)
    }

    /// Takes what is there without waiting, and keeps so many bytes of it in all.
    func read(into bytes: inout [UInt8], keeping limit: Int) {
        guard self.readingEnd >= 0 else { return }
        _ = fcntl(self.readingEnd, F_SETFL, O_NONBLOCK)
        var part = [UInt8](repeating: 0, count: 1_024)
        // At most what a pipe holds, so that who prints without end is not listened to without end.
        for _ in 0..<64 {
            #if canImport(Glibc)
                let count = Glibc.read(self.readingEnd, &part, part.count)
            #elseif canImport(Musl)
                let count = Musl.read(self.readingEnd, &part, part.count)
            #else
                let count = Darwin.read(self.readingEnd, &part, part.count)
            #endif
            if count == 0 { return self.closeReadingEnd() }
            guard count > 0 else { return }
            bytes += part.prefix(min(count, max(0, limit - bytes.count)))
        }
    }

    /// Waits until one of them has something to read, or for that long.
    static func wait(for pipes: [CommandPipe], milliseconds: Int64) {
        var entries = pipes.map {
            pollfd(fd: $0.readingEnd, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&entries, nfds_t(entries.count), CInt(milliseconds))
    }

    private static func close(_ end: inout CInt) {
        guard end >= 0 else { return }
        #if canImport(Glibc)
            _ = Glibc.close(end)
        #elseif canImport(Musl)
            _ = Musl.close(end)
        #else
            _ = Darwin.close(end)
        #endif
        end = -1
    }
}
