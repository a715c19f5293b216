// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension APIClient {
    /// The node ended before it answered.
    static let gone = APIError(
        .notRunning, "The node stopped before it answered.", hint: "Start it with: spockex up")

    static let notRunning = APIError(
        .notRunning, "The node is not running.", hint: "Start it with: spockex up")

    /// The node takes requests no more, or not now.
    static let late = APIError(
        .overloaded, "The node did not answer in time.",
        hint: "Try again; if it happens often, look at the node's log.")

    private static let unreadable = APIError(
        .internalError, "The node's answer could not be read.", hint: "Try again.")

    /// Runs the body and turns what sockets throw into our own errors.
    func translated<Result>(_ body: () async throws -> Result) async throws(APIError) -> Result {
        do {
            return try await body()
        } catch let error as APIError {
            throw error
        } catch let error as IOError {
            switch error.errnoCode {
            case ENOENT, ECONNREFUSED, ENOTDIR: throw Self.notRunning
            case EACCES, EPERM:
                throw APIError(
                    .notRunning, "The node's socket belongs to somebody else.",
                    hint: "Run the command as the user who runs the node, or choose another --home."
                )
            // The queue of connections is full: the node hangs, or has too many.
            case EAGAIN: throw Self.late
            default: throw Self.gone
            }
        } catch let error as HTTPParserError {
            switch error {
            // What the node was saying is cut off: it was killed.
            case .invalidEOFState, .closedConnection: throw Self.gone
            default: throw Self.unreadable
            }
        } catch is CancellationError {
            throw APIError(
                .interrupted, "The command was interrupted.", hint: "Start it again when you like.")
        } catch is ChannelError {
            throw Self.gone
        } catch {
            throw Self.unreadable
        }
    }

    /// Gives the body so much time and no more.
    static func within<Result: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Self.late
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw Self.gone }
            return result
        }
    }

    /// Reads the answer to a subscription and hands on each event; `begun` is called at its head.
    static func read(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>,
        begun: () -> Void, opened: () async throws(APIError) -> Bool,
        event: (EventRow) async throws(APIError) -> Bool
    ) async throws {
        var parser = EventStreamParser()
        var refusal: [UInt8]?
        for try await part in inbound {
            switch part {
            case .head(let head) where head.status == .ok:
                begun()
                guard try await opened() else { return }
            case .head:
                begun()
                refusal = []
            case .body(let buffer) where refusal != nil:
                refusal?.append(contentsOf: buffer.readableBytesView)
            case .body(let buffer):
                for data in try parser.append(buffer.readableBytesView) {
                    let row = try JSONLine.value(EventRow.self, from: data)
                    guard try await event(row) else { return }
                }
            case .end:
                if let refusal { throw try JSONLine.value(APIError.self, from: refusal) }
                return
            }
        }
        try Task.checkCancellation()
        throw Self.gone
    }
}
