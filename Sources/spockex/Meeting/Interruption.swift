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
final class Signals: Sendable {
    private static let numbers = [SIGINT, SIGTERM]

    /// One element a signal; those that nobody waits for become one.
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// Takes the signals over from the system.
    init() {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        self.continuation = continuation
        let sources = Self.numbers.map { number -> any DispatchSourceSignal in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        self.sources = Mutex(sources)
    }

    deinit {
        self.sources.withLock { sources in
            for source in sources { source.cancel() }
        }
        for number in Self.numbers { signal(number, SIG_DFL) }
    }

    /// Does as if a signal had come.
    func pretend() {
        self.continuation.yield()
    }
}

/// Ends long waiting at Ctrl-C or SIGTERM, in order.
enum Interruption {
    /// Runs the body until it ends or a signal comes; then it is cancelled and `error` is thrown.
    static func during<Result: Sendable>(
        throwing error: APIError, _ body: @escaping @Sendable () async throws(APIError) -> Result
    ) async throws(APIError) -> Result {
        let signals = Signals()
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
