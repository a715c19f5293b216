// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// One request to a router by TCP and what comes back, within a limit of bytes and of time.
final class RouterExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Why there is no answer.
    enum Failure: Error {
        case tooLong, nothingCame
    }

    private let request: [UInt8]
    private let limit: Int
    private let isWhole: @Sendable ([UInt8]) -> Bool
    private let promise: EventLoopPromise<[UInt8]>
    private var collected: [UInt8] = []
    private var isDone = false
    private var lookCount = 0
    private var alarm: Scheduled<Void>?

    init(
        _ request: [UInt8], limit: Int, isWhole: @escaping @Sendable ([UInt8]) -> Bool,
        promise: EventLoopPromise<[UInt8]>
    ) {
        self.request = request
        self.limit = limit
        self.isWhole = isWhole
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        self.alarm = context.eventLoop.assumeIsolated().scheduleTask(
            in: .milliseconds(Limits.exchangeMilliseconds)
        ) { self.end(context) }
        let buffer = context.channel.allocator.buffer(bytes: self.request)
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.collected += self.unwrapInboundIn(data).readableBytesView
        if self.collected.count > self.limit {
            self.finish(.failure(Failure.tooLong), context)
            return
        }
        // A router that sends byte by byte is not looked at with each of them.
        self.lookCount += 1
        guard self.lookCount <= Limits.exchangeLookCountMax, self.isWhole(self.collected) else {
            return
        }
        self.finish(.success(self.collected), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.finish(.failure(error), context)
    }

    /// No more will come: what is there is all.
    private func end(_ context: ChannelHandlerContext) {
        self.finish(
            self.collected.isEmpty ? .failure(Failure.nothingCame) : .success(self.collected),
            context)
    }

    private func finish(_ result: Result<[UInt8], any Error>, _ context: ChannelHandlerContext) {
        guard !self.isDone else { return }
        self.isDone = true
        self.alarm?.cancel()
        self.promise.completeWith(result)
        context.close(promise: nil)
    }
}
