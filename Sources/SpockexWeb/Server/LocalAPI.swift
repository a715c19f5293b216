// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdCore
public import Logging
public import ServiceLifecycle
import SpockexAPI
public import SpockexNode

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Serves the local API of a node on the Unix socket in its home (docs/API.md).
///
/// The socket has mode 0600 in a folder of mode 0700: whoever may open it is the user who runs
/// the node, so requests carry no password; the kernel is asked all the same. The home stays locked until the socket is gone,
/// therefore a socket that lies there at the start is a stale one and is removed; anything else of
/// that name is not.
public struct LocalAPI: Service {
    private let node: NodeDriver
    private let logger: Logger
    private let stop: @Sendable () async -> Void
    private let ready: @Sendable () async -> Void

    /// An API of that node; `stop` ends the program, `ready` is called once requests are taken.
    public init(
        node: NodeDriver, logger: Logger, stop: @escaping @Sendable () async -> Void,
        ready: @escaping @Sendable () async -> Void
    ) {
        self.node = node
        self.logger = logger
        self.stop = stop
        self.ready = ready
    }

    /// Serves until graceful shutdown or cancellation, then removes the socket.
    public func run() async throws {
        let path = self.node.socketPath
        // Also when the node ends first: the next node must not find, nor lose, a socket here.
        let hold = try self.node.holdHome()
        defer { hold.release() }
        _ = try APIClient(socketPath: path)
        try Self.removeStaleSocket(path)
        // The server's own messages speak of connections, which nobody who runs a node asks about.
        var quiet = self.logger
        quiet.logLevel = max(quiet.logLevel, .error)
        let ready = self.ready
        let application = Application(
            router: Routes(node: self.node, stop: self.stop).router(),
            server: HTTPServerBuilder { responder in
                LocalChannel(HTTP1Channel(responder: responder, configuration: Self.http))
            },
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in
                _ = chmod(path, 0o600)
                await ready()
            },
            logger: quiet)
        defer { _ = unlink(path) }
        try await application.run()
    }

    private static let http = HTTP1Channel.Configuration(
        idleTimeout: .seconds(60),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: Limits.headerByteCountMax,
            maxHeaderListSize: Limits.headerByteCountMax,
            maxHeaderFieldCount: Limits.headerFieldCountMax))

    private static func removeStaleSocket(_ path: String) throws(APIError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK, unlink(path) == 0 else {
            throw APIError(
                .nodeFailed, "The home folder holds an `api.sock` that is not an old socket.",
                hint: "Move it away, or choose another --home.")
        }
    }
}
