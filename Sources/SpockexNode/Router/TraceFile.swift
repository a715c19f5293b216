// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What routers may have open for this node by PCP, kept over a kill: `router.traces` in the home
/// folder, 0600.
///
/// A line for each: own endpoint, router, nonce in hexadecimal digits, the second since 1970 until
/// which the router keeps it, and `granted`, or `perhaps` while the router has not answered. The file is there only while something is open, so it tells no
/// router that it was seen before. Whatever is wrong with it, the node starts without it.
struct TraceFile: Sendable {
    private static let granted = "granted"
    private static let perhaps = "perhaps"

    private let path: String

    init(home: String) {
        self.path = home + "/router.traces"
    }

    /// What is in it and not over yet.
    func load(now: Moment) -> [PortMapper.Trace] {
        guard let text = self.read() else { return [] }
        return text.split(separator: "\n").prefix(Limits.traceCountMax).compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 5, let inner = Endpoint(String(parts[0])),
                let router = IPAddress(parts[1]), let nonce = Self.bytes(parts[2]),
                let seconds = Int64(parts[3]), parts[4] == Self.granted || parts[4] == Self.perhaps
            else { return nil }
            let left = WallTime(seconds: seconds) - now.wall
            guard left > .zero, left <= Limits.traceSpanMax else { return nil }
            return PortMapper.Trace(
                inner: inner, router: router, nonce: nonce, isGranted: parts[4] == Self.granted,
                end: now.instant + left)
        }
    }

    /// The same, and what is over or not understood goes out of the file; without any the file goes.
    func loadAndTidy(now: Moment) -> [PortMapper.Trace] {
        let traces = self.load(now: now)
        self.save(traces, now: now)
        return traces
    }

    /// Puts these in the place of what was there; without any the file goes.
    func save(_ traces: [PortMapper.Trace], now: Moment) {
        let alive = traces.filter { $0.end > now.instant }
        let lines = alive.prefix(Limits.traceCountMax).map { trace in
            let digits = trace.nonce.map { byte in
                let text = String(byte, radix: 16)
                return text.utf8.count == 1 ? "0" + text : text
            }.joined()
            let end = now.wall + (trace.end - now.instant)
            let word = trace.isGranted ? Self.granted : Self.perhaps
            return "\(trace.inner) \(trace.router) \(digits) \(end.seconds) \(word)\n"
        }
        guard !lines.isEmpty else {
            _ = unlink(self.path)
            return
        }
        let draft = self.path + ".new"
        if self.write(Array(lines.joined().utf8), to: draft), rename(draft, self.path) == 0 {
            return
        }
        _ = unlink(draft)
    }

    private func read() -> String? {
        let handle = open(self.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard handle >= 0 else { return nil }
        defer { _ = close(handle) }
        var bytes = [UInt8](repeating: 0, count: Limits.traceFileByteCountMax)
        let count = bytes.withUnsafeMutableBytes {
            #if canImport(Darwin)
                Darwin.read(handle, $0.baseAddress, $0.count)
            #elseif canImport(Musl)
                Musl.read(handle, $0.baseAddress, $0.count)
            #else
                Glibc.read(handle, $0.baseAddress, $0.count)
            #endif
        }
        guard count > 0, count < bytes.count else { return nil }
        return String(validating: bytes.prefix(count), as: UTF8.self)
    }

    private func write(_ bytes: [UInt8], to path: String) -> Bool {
        let handle = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard handle >= 0 else { return false }
        defer { _ = close(handle) }
        #if canImport(Darwin)
            return Darwin.write(handle, bytes, bytes.count) == bytes.count
        #elseif canImport(Musl)
            return Musl.write(handle, bytes, bytes.count) == bytes.count
        #else
            return Glibc.write(handle, bytes, bytes.count) == bytes.count
        #endif
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 24 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
            guard pair.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }),
                let byte = UInt8(pair, radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
