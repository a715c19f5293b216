// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Synchronization

/// The lock on a home, held until everybody has released it or the process ends, however it ends.
///
/// `flock` on `spockex.lock`, which holds the process number for people. The file stays: deleting
/// it would let two nodes lock two files of one name.
final class HomeLock: Sendable {
    private struct State {
        var descriptor: CInt?
        var holderCount = 1
    }

    private let state: Mutex<State>

    /// Takes the lock without waiting.
    init(home: String) throws(NodeError) {
        let handle = open(home + "/spockex.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard handle >= 0 else { throw .homeUnusable(code: errno) }
        guard flock(handle, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let process = Self.process(in: handle)
            _ = close(handle)
            throw code == EWOULDBLOCK ? .homeLocked(process: process) : .homeUnusable(code: code)
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(handle, 0) == 0, write(handle, text, text.count) == text.count else {
            let code = errno
            Self.unlock(handle)
            throw .homeUnusable(code: code)
        }
        self.state = Mutex(State(descriptor: handle))
    }

    deinit {
        let handle = self.state.withLock { $0.descriptor }
        if let handle { Self.unlock(handle) }
    }

    /// Lets the next node in, once all holds are released as well.
    func release() {
        let handle = self.state.withLock { state -> CInt? in
            state.holderCount -= 1
            guard state.holderCount <= 0 else { return nil }
            defer { state.descriptor = nil }
            return state.descriptor
        }
        if let handle { Self.unlock(handle) }
    }

    /// Keeps the lock for somebody else too; false when it is released already.
    func hold() -> Bool {
        self.state.withLock { state in
            guard state.descriptor != nil else { return false }
            state.holderCount += 1
            return true
        }
    }

    /// Unlocks first: a process that is just being started has the descriptor too until it is another
    /// program, and closing alone would leave it with the lock.
    private static func unlock(_ handle: CInt) {
        _ = flock(handle, LOCK_UN)
        _ = close(handle)
    }

    private static func process(in handle: CInt) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(handle, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let digits = bytes[..<count].prefix { (0x30...0x39).contains($0) }
        return Int32(String(decoding: digits, as: UTF8.self))
    }
}
