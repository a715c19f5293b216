// SPDX-License-Identifier: Apache-2.0
import Dispatch
import SpockexAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Turns Ctrl-C, SIGTERM and the end of the terminal (SIGHUP) into elements of a stream, from its making until it is released.
///
/// Where several exist, each gets every signal.
final class Signals: Sendable {
    /// One element a signal; those that nobody waits for become one.
    let stream: AsyncStream<Void>
    private let taker: SignalTaker
    private let key: UInt64

    /// Takes the signals over from the system.
    init() {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        self.taker = SignalTaker(continuation)
        self.key = SignalSwitch.shared.add(self.taker)
    }

    /// Whether a signal has come, waited for or not.
    var hasCome: Bool { self.taker.hasCome }

    deinit {
        SignalSwitch.shared.remove(self.key)
    }

    /// Does as if a signal had come.
    func pretend() {
        self.taker.take()
    }
}

/// One who wants to hear of signals.
private final class SignalTaker: Sendable {
    private let continuation: AsyncStream<Void>.Continuation
    private let came = Atomic<Bool>(false)

    init(_ continuation: AsyncStream<Void>.Continuation) {
        self.continuation = continuation
    }

    var hasCome: Bool { self.came.load(ordering: .acquiring) }

    func take() {
        self.came.store(true, ordering: .releasing)
        self.continuation.yield()
    }
}

/// The end of the pipe that the handler of signals writes to; -1 before there is one.
///
/// A handler may only do what is safe at any instruction (signal-safety(7)): it writes one byte.
private let signalPipe = Atomic<CInt>(-1)

/// Hands signals to whoever wants them now, and lets them end the program when nobody does.
///
/// Made once and kept. One call puts the handler in place of the system's, and what it writes
/// waits in the pipe: no signal is lost in between.
private final class SignalSwitch: Sendable {
    static let shared = SignalSwitch()

    private struct State {
        var takers: [UInt64: SignalTaker] = [:]
        var nextKey: UInt64 = 0
    }

    private let state = Mutex(State())
    private let source: Mutex<(any DispatchSourceRead)?>

    private init() {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else {
            // Without descriptors the system's way stays: a signal ends the program.
            self.source = Mutex(nil)
            return
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let reading = ends[0]
        let source = DispatchSource.makeReadSource(fileDescriptor: reading, queue: .global())
        source.setEventHandler {
            var numbers = [UInt8](repeating: 0, count: 16)
            let count = read(reading, &numbers, numbers.count)
            for number in numbers.prefix(max(0, count)) {
                SignalSwitch.shared.handOut(CInt(number))
            }
        }
        source.resume()
        self.source = Mutex(source)
        signalPipe.store(ends[1], ordering: .releasing)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let former = signal(number) { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
                errno = before
            }
            // As nohup(1) starts a program: it is to outlive its terminal.
            if number == SIGHUP, Self.ignores(former) { signal(number, SIG_IGN) }
        }
    }

    private static func ignores(_ handler: (@convention(c) (CInt) -> Void)?) -> Bool {
        unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    func add(_ taker: SignalTaker) -> UInt64 {
        self.state.withLock { state in
            state.nextKey += 1
            state.takers[state.nextKey] = taker
            return state.nextKey
        }
    }

    func remove(_ key: UInt64) {
        self.state.withLock { _ = $0.takers.removeValue(forKey: key) }
    }

    private func handOut(_ number: CInt) {
        let takers = self.state.withLock { $0.takers }
        guard takers.isEmpty else {
            for taker in takers.values { taker.take() }
            return
        }
        // As if nobody had ever asked for it. The threads of Dispatch block signals.
        signal(number, SIG_DFL)
        var numbers = sigset_t()
        sigemptyset(&numbers)
        sigaddset(&numbers, number)
        pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
        raise(number)
    }
}

/// Ends long waiting at Ctrl-C, SIGTERM or SIGHUP, in order.
enum Interruption {
    /// Runs the body until it ends or a signal comes; then it is cancelled and `error` is thrown.
    static func during<Result: Sendable>(
        _ signals: Signals = Signals(), throwing error: APIError,
        _ body: @escaping @Sendable () async throws(APIError) -> Result
    ) async throws(APIError) -> Result {
        do {
            return try await withThrowingTaskGroup(of: Result.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    for await _ in signals.stream { throw error }
                    throw CancellationError()
                }
                defer { group.cancelAll() }
                guard let result = try await group.next() else { throw error }
                return result
            }
        } catch let thrown as APIError {
            throw thrown
        } catch {
            throw APIClient.interrupted
        }
    }
}

extension APIClient {
    /// The person stopped the command.
    static let interrupted = APIError(
        .interrupted, "The command was interrupted.", hint: "Start it again when you like.")
}
