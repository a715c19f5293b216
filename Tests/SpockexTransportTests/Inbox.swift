// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport

/// One datagram as it arrived.
struct Received: Sendable, Equatable {
    var bytes: [UInt8]
    var source: Endpoint
    var socket: SocketID
}

/// Sockets on loopback and a stream of what they receive.
struct Inbox: Sendable {
    /// What a datagram that begins with one of these bytes shows; all others are proved.
    static let (stranger, claimed): (UInt8, UInt8) = (0, 1)

    let sockets: DatagramSockets
    let received: AsyncStream<Received>

    init(_ listen: [Endpoint]) async throws(TransportError) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Received.self, bufferingPolicy: .bufferingNewest(256))
        self.received = stream
        self.sockets = try await DatagramSockets(listen: listen) { bytes, source, socket in
            continuation.yield(Received(bytes: Array(bytes), source: source, socket: socket))
            switch bytes.first {
            case Self.stranger: return .stranger
            case Self.claimed: return .claimed
            default: return .proved
            }
        }
    }

    var endpoint: Endpoint {
        self.sockets.bound[0]
    }

    /// The next datagram; nil only when the test's time is over.
    func next() async -> Received? {
        await self.received.first { _ in true }
    }

    func count(_ name: String) -> UInt64? {
        self.sockets.counters.first { $0.name == name }?.count
    }
}

enum Loopback {
    static let ipv4 = Endpoint(address: .v4(0x7f00_0001), port: 0)
    static let ipv6 = Endpoint(address: .v6(0, 1), port: 0)
    static let anyIPv4 = Endpoint(address: .v4(0), port: 0)
    static let anyIPv6 = Endpoint(address: .v6(0, 0), port: 0)
}
