// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix

/// The news of one netlink socket as a stream that ends when the socket does.
struct NetlinkReader {
    /// What was told since the last look: at most one element, a loss before a `maybe`.
    let news: AsyncStream<Netlink.News>
    private let channel: any Channel

    /// Opens the socket and reads it on the event loop; nil where there is none.
    ///
    /// `stirred` is called there for news of default routes of IPv4: at once for a few, and for
    /// more after a moment.
    static func open(stirred: @escaping @Sendable () -> Void = {}) async -> NetlinkReader? {
        guard let handle = Netlink.open() else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(
            of: Netlink.News.self, bufferingPolicy: .bufferingNewest(1))
        let future = NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NetlinkHandler(continuation, stirred))
                }
            }
            .takingOwnershipOfDescriptor(input: handle)
        guard let channel = try? await future.get() else { return nil }
        return NetlinkReader(news: stream, channel: channel)
    }

    /// Ends the stream.
    func close() {
        self.channel.close(promise: nil)
    }
}

/// Puts what a netlink socket says into a stream of at most one element.
private final class NetlinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<Netlink.News>.Continuation
    private let stirred: @Sendable () -> Void
    private var stirring = Stirring()

    init(
        _ continuation: AsyncStream<Netlink.News>.Continuation,
        _ stirred: @escaping @Sendable () -> Void
    ) {
        self.continuation = continuation
        self.stirred = stirred
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let (news, isOfWayOut) = self.unwrapInboundIn(data).withUnsafeReadableBytes {
            (Netlink.news(in: $0), Netlink.tellsOfDefaultRoute($0))
        }
        guard let news else { return }
        if isOfWayOut, self.stirring.take() { self.stir(context.eventLoop) }
        // The stream keeps the newest: a loss that is pushed out goes in again.
        if case .dropped(.loss) = self.continuation.yield(news), news != .loss {
            self.continuation.yield(.loss)
        }
    }

    private func stir(_ loop: any EventLoop) {
        self.stirred()
        guard self.stirring.beginsPause else { return }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(Limits.stirringMilliseconds)) {
            if self.stirring.endPause() { self.stir(loop) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.continuation.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // ENOBUFS: news were lost. The watch opens another socket and compares.
        context.close(promise: nil)
    }
}
