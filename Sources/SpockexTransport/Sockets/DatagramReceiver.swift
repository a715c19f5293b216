// SPDX-License-Identifier: Apache-2.0
import Entanglement
import NIOCore

/// Hands every datagram of one socket over, on the event loop, without copying it.
final class DatagramReceiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let socket: SocketID
    private let receive: DatagramSockets.Receive
    private let answering: AnsweringSockets?
    private let zones: LinkZones?

    init(
        socket: SocketID, receive: @escaping DatagramSockets.Receive,
        answering: AnsweringSockets?, zones: LinkZones? = nil
    ) {
        self.zones = zones
        self.socket = socket
        self.receive = receive
        self.answering = answering
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        let source = envelope.remoteAddress.withSockAddr { address, byteCount in
            SocketAddressBytes.source(UnsafeRawBufferPointer(start: address, count: byteCount))
        }
        guard let (source, zone) = source else { return }
        let acquaintance = envelope.data.withUnsafeReadableBytes {
            self.receive($0, source, self.socket)
        }
        self.answering?.note(source, at: self.socket, acquaintance)
        switch acquaintance {
        case .stranger: break
        case .claimed: self.zones?.note(source.address, zone: zone, isProved: false)
        case .proved: self.zones?.note(source.address, zone: zone, isProved: true)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What NIO can go on from, it goes on from; else it closes the channel, and
        // DatagramSockets reads the socket by a new one.
    }
}
