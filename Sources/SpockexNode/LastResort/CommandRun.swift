// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Entanglement
import Synchronization

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#elseif canImport(Darwin)
    @preconcurrency import Darwin
#endif

/// One run of a program, without a shell: some words, a text on its standard input, and what it
/// prints, within bounds of time and bytes.
///
/// The program gets a process group of its own; one that takes too long or prints too much is
/// killed with all of it. It inherits the environment, and no open file.
struct CommandRun: Sendable {
    /// How it ended.
    enum End: Sendable, Equatable {
        case exited(code: CInt)
        case killed(signal: CInt)
        case tookTooLong
        case printedTooMuch
        case cannotStart(code: CInt)
        case cancelled
    }

    /// How it ended, and what it printed.
    struct Outcome: Sendable, Equatable {
        var end: End
        var output: [UInt8] = []
        var complaint: [UInt8] = []
    }

    let words: [String]
    let input: [UInt8]
    let timeLimit: Duration

    /// Runs it to its end, on a thread that may wait.
    func outcome() async -> Outcome {
        let flag = CancelFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global(qos: .utility).async {
                    continuation.resume(returning: self.run(flag))
                }
            }
        } onCancel: {
            flag.isSet = true
        }
    }

    private final class CancelFlag: Sendable {
        private let flag = Atomic<Bool>(false)

        var isSet: Bool {
            get { self.flag.load(ordering: .relaxed) }
            set { self.flag.store(newValue, ordering: .relaxed) }
        }
    }

    private func run(_ cancelled: CancelFlag) -> Outcome {
        guard let given = CommandPipe(), let printed = CommandPipe(),
            let complained = CommandPipe()
        else { return Outcome(end: .cannotStart(code: errno)) }
        // The reading end is still ours, so there is somebody to write to, and a pipe has room
        // for far more than a note.
        guard given.fill(self.input) else { return Outcome(end: .cannotStart(code: EPIPE)) }
        given.closeWritingEnd()
        let child: pid_t
        switch self.start(given, printed, complained) {
        case .success(let started): child = started
        case .failure(let failure): return Outcome(end: .cannotStart(code: failure.code))
        }
        given.closeReadingEnd()
        printed.closeWritingEnd()
        complained.closeWritingEnd()
        var outcome = Outcome(end: .cancelled)
        let end = self.attend(child, printed, complained, cancelled, &outcome)
        outcome.end = end
        return outcome
    }

    /// Reads what it prints until it ends, or ends it.
    private func attend(
        _ child: pid_t, _ printed: CommandPipe, _ complained: CommandPipe,
        _ cancelled: CancelFlag, _ outcome: inout Outcome
    ) -> End {
        let limit = SystemClock.instant() + self.timeLimit
        while true {
            let left = (limit - SystemClock.instant()).nanoseconds / 1_000_000
            if cancelled.isSet { return self.kill(child, .cancelled) }
            if left <= 0 { return self.kill(child, .tookTooLong) }
            CommandPipe.wait(
                for: [printed, complained],
                milliseconds: min(left + 1, LastResortLimits.lookMilliseconds))
            var status: CInt = 0
            let isOver = waitpid(child, &status, WNOHANG) == child
            printed.read(into: &outcome.output, keeping: LastResortLimits.outputByteCount + 1)
            complained.read(
                into: &outcome.complaint, keeping: LastResortLimits.complaintByteCount)
            let isTooMuch = outcome.output.count > LastResortLimits.outputByteCount
            if isTooMuch { outcome.output = [] }
            if isOver {
                if isTooMuch { return .printedTooMuch }
                let signal = status & 0x7f
                return signal == 0 ? .exited(code: status >> 8 & 0xff) : .killed(signal: signal)
            }
            if isTooMuch { return self.kill(child, .printedTooMuch) }
        }
    }

    /// Ends the program and what it has started.
    private func kill(_ child: pid_t, _ end: End) -> End {
        #if canImport(Glibc)
            _ = Glibc.kill(-child, SIGKILL)
        #elseif canImport(Musl)
            _ = Musl.kill(-child, SIGKILL)
        #else
            _ = Darwin.kill(-child, SIGKILL)
        #endif
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return end
    }

    private struct StartFailure: Error {
        let code: CInt
    }

    private func start(
        _ given: CommandPipe, _ printed: CommandPipe, _ complained: CommandPipe
    ) -> Result<pid_t, StartFailure> {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, given.readingEnd, 0)
        posix_spawn_file_actions_adddup2(&actions, printed.writingEnd, 1)
        posix_spawn_file_actions_adddup2(&actions, complained.writingEnd, 2)
        #if os(Linux)
            Self.closeOthersOnExec()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var usual = sigset_t()
        sigemptyset(&usual)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&usual, signal) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setpgroup(&attributes, 0)
        #if canImport(Darwin)
            let closesOthers = POSIX_SPAWN_CLOEXEC_DEFAULT
        #else
            let closesOthers: CInt = 0
        #endif
        posix_spawnattr_setflags(
            &attributes,
            Int16(
                CInt(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
                    | closesOthers))
        var arguments: [UnsafeMutablePointer<CChar>?] = self.words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        guard let program = arguments.first ?? nil else {
            return .failure(StartFailure(code: ENOENT))
        }
        #if canImport(Darwin)
            let environ = _NSGetEnviron().pointee
        #endif
        var child = pid_t()
        let code = posix_spawnp(&child, program, &actions, &attributes, arguments, environ)
        return code == 0 ? .success(child) : .failure(StartFailure(code: code))
    }

    #if os(Linux)
        /// NIO makes its sockets without close-on-exec: one after the other gets it here.
        private static func closeOthersOnExec() {
            guard let folder = opendir("/proc/self/fd") else { return }
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if let descriptor = CInt(name), descriptor > STDERR_FILENO {
                    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                }
            }
        }
    #endif
}
