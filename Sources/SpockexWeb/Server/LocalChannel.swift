// SPDX-License-Identifier: Apache-2.0
import HummingbirdCore
import Logging
import NIOCore
import SpockexAPI
import Synchronization

/// A connection to the socket: served, or refused by one answer to whatever it asks.
///
/// Refused are other users, whatever became of the modes of the socket and its folder, and more
/// connections than the limit.
struct LocalChannel: ServerChildChannel {
    enum Value: ServerChildChannelValue {
        case served(HTTP1Channel.Value)
        case refused(any Channel)

        var channel: any Channel {
            switch self {
            case .served(let served): served.channel
            case .refused(let channel): channel
            }
        }
    }

    private let http: HTTP1Channel
    private let served = ConnectionCount(limit: Limits.connectionCountMax)
    private let refused = ConnectionCount(limit: Limits.refusedConnectionCountMax)

    /// Connections that are served by `http`.
    init(_ http: HTTP1Channel) {
        self.http = http
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard PeerCredentials.mayUse(channel) else {
            return self.refuse(channel, "403 Forbidden", .otherUser)
        }
        guard self.served.take(until: channel.closeFuture) else {
            return self.refuse(channel, "503 Service Unavailable", .tooManyConnections)
        }
        return self.http.setup(channel: channel, logger: logger).map { .served($0) }
    }

    func handle(value: Value, logger: Logger) async {
        switch value {
        case .served(let served): await self.http.handle(value: served, logger: logger)
        case .refused(let channel): try? await channel.closeFuture.get()
        }
    }

    private func refuse(
        _ channel: any Channel, _ status: String, _ error: APIError
    ) -> EventLoopFuture<Value> {
        guard self.refused.take(until: channel.closeFuture) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeSucceededFuture(.refused(channel))
        }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(RefusingHandler(status, error))
            channel.eventLoop.scheduleTask(in: .seconds(Limits.refusalSeconds)) {
                channel.close(promise: nil)
            }
            return .refused(channel)
        }
    }
}

/// Counts open connections up to a limit.
private final class ConnectionCount: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a place until the connection is closed; false when there is none.
    func take(until closed: EventLoopFuture<Void>) -> Bool {
        let isTaken = self.count.withLock { count in
            guard count < self.limit else { return false }
            count += 1
            return true
        }
        if isTaken {
            closed.whenComplete { _ in self.count.withLock { $0 -= 1 } }
        }
        return isTaken
    }
}

/// Answers the first bytes that come, and takes nothing more.
///
/// Not before they come: clients do not expect an answer to no question. The connection is closed
/// when the other side closes it, or after a while: closed at once, with something unread, it
/// would be reset, and the answer lost.
private final class RefusingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String
    private var hasAnswered = false

    init(_ status: String, _ error: APIError) {
        let body = (try? JSONLine.text(error)) ?? "{}"
        self.answer = """
            HTTP/1.1 \(status)\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            Connection: close\r
            \r
            \(body)
            """
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.hasAnswered else { return }
        self.hasAnswered = true
        context.writeAndFlush(
            self.wrapOutboundOut(ByteBuffer(string: self.answer)), promise: nil)
        context.close(mode: .output, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: context.close(promise: nil)
        case let event as ChannelEvent where event == .inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension APIError {
    fileprivate static let otherUser = APIError(
        .notRunning, "The node belongs to another user of this computer.",
        hint: "Run the command as the user who runs the node, or choose another --home.")

    fileprivate static let tooManyConnections = APIError(
        .overloaded, "More than \(Limits.connectionCountMax) commands talk to the node already.",
        hint: "Try again in a moment.")
}
