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

/// Turns Ctrl-C and SIGTERM into elements of a stream, from its making until it is released.
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

/// Hands signals to whoever wants them now, and lets them end the program when nobody does.
///
/// Made once and kept: Dispatch on Linux puts a handler of its own in place for the first source
/// of a signal alone, so that what is set afterwards by `signal(2)` cuts later sources off.
private final class SignalSwitch: Sendable {
    static let shared = SignalSwitch()

    private final class Registrations: Sendable {
        let count = Atomic<Int>(0)
    }

    private struct State {
        var takers: [UInt64: SignalTaker] = [:]
        var nextKey: UInt64 = 0
    }

    private let state = Mutex(State())
    private let sources: Mutex<[any DispatchSourceSignal]>

    private init() {
        let registered = Registrations()
        let sources = [SIGINT, SIGTERM].map { number -> any DispatchSourceSignal in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { SignalSwitch.shared.handOut(number) }
            source.setRegistrationHandler {
                registered.count.wrappingAdd(1, ordering: .releasing)
            }
            source.resume()
            return source
        }
        // Until Dispatch has put its handlers in place a signal would go into nothing.
        for _ in 0..<2_000 where registered.count.load(ordering: .acquiring) < sources.count {
            usleep(500)
        }
        self.sources = Mutex(sources)
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

/// Ends long waiting at Ctrl-C or SIGTERM, in order.
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
