// SPDX-License-Identifier: Apache-2.0
import Entanglement
import NIOCore

/// Hands every datagram of one socket over, on the event loop, without copying it.
final class DatagramReceiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let socket: SocketID
    private let receive: DatagramSockets.Receive
    private let answering: AnsweringSockets?

    init(
        socket: SocketID, receive: @escaping DatagramSockets.Receive, answering: AnsweringSockets?
    ) {
        self.socket = socket
        self.receive = receive
        self.answering = answering
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        let source = envelope.remoteAddress.withSockAddr { address, byteCount in
            SocketAddressBytes.endpoint(
                UnsafeRawBufferPointer(start: address, count: byteCount))
        }
        guard let source else { return }
        let acquaintance = envelope.data.withUnsafeReadableBytes {
            self.receive($0, source, self.socket)
        }
        self.answering?.note(source, at: self.socket, acquaintance)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What NIO can go on from, it goes on from; else it closes the channel, and
        // DatagramSockets reads the socket by a new one.
    }
}
