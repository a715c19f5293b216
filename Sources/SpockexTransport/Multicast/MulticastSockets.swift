// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import NIOCore
import NIOPosix
import Synchronization

/// The sockets of the groups in which nodes say hello, one for each family.
public final class MulticastSockets: Sendable {
    /// Takes a datagram and its source on the event loop; it must not wait for anything.
    public typealias Receive = @Sendable ([UInt8], Endpoint) -> Void

    private let sockets: [GroupSocket]
    private let only: [IPAddress]
    private let zones: LinkZones
    private let counting = DatagramCounters()
    private let channels = Mutex<[any Channel]>([])

    /// Opens what the system gives, and begins to read; it has joined nowhere yet.
    ///
    /// `bound` is where the node's own sockets are: one on a certain address says hello on its
    /// interface alone.
    public init(bound: [Endpoint], zones: LinkZones, receive: @escaping Receive) async {
        let wildcards = bound.filter { !$0.address.isUnicast }
        let families = Set(bound.map(\.address.isIPv6))
        self.only = wildcards.isEmpty ? bound.map(\.address) : []
        self.zones = zones
        self.sockets = [Hello.groupIPv4, Hello.groupIPv6].filter { families.contains($0.isIPv6) }
            .compactMap { GroupSocket(group: Endpoint(address: $0, port: Hello.port)) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for socket in self.sockets {
            guard let handle = socket.duplicate() else { continue }
            let future = DatagramBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            GroupReceiver(zones: zones, receive: receive))
                    }
                }
                .withBoundSocket(handle)
            guard let channel = try? await future.get() else { continue }
            self.channels.withLock { $0.append(channel) }
        }
    }

    /// Joins the groups on the interfaces of this moment; whether there are any.
    public func refresh() -> Bool {
        let interfaces = MulticastInterface.current(only: self.only)
        self.zones.keep(interfaces.map(\.index))
        var count = 0
        for socket in self.sockets {
            count += socket.join(
                interfaces.filter { $0.isIPv6 == socket.group.address.isIPv6 }.map(\.index))
        }
        return count > 0
    }

    /// Sends to both groups on every interface; never waits, never throws.
    public func send(_ bytes: [UInt8]) {
        for socket in self.sockets {
            for outcome in socket.send(bytes) { self.counting.count(outcome) }
        }
    }

    /// Hellos that were sent, and that the system did not take.
    public var counters: [(name: String, count: UInt64)] {
        let values = self.counting.values
        return [("hellosSent", values[0].count), ("hellosFailed", values[1].count)]
    }

    /// Stops reading and leaves all groups.
    public func close() async {
        let open = self.channels.withLock { channels in
            defer { channels = [] }
            return channels
        }
        for channel in open { try? await channel.close().get() }
        for socket in self.sockets { socket.close() }
    }
}

/// Hands every datagram of a group over, on the event loop.
private final class GroupReceiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let zones: LinkZones
    private let receive: MulticastSockets.Receive

    init(zones: LinkZones, receive: @escaping MulticastSockets.Receive) {
        self.zones = zones
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        guard envelope.data.readableBytes == Hello.byteCount else { return }
        let source = envelope.remoteAddress.withSockAddr { address, byteCount in
            SocketAddressBytes.source(UnsafeRawBufferPointer(start: address, count: byteCount))
        }
        // A group of IPv6 is spoken to from link-local addresses; anybody may write to the wildcard one.
        guard let (endpoint, zone) = source,
            !endpoint.address.isIPv6 || endpoint.address.isLinkLocal
        else { return }
        self.zones.note(endpoint.address, zone: zone, isProved: false)
        self.receive(Array(envelope.data.readableBytesView), endpoint)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An error of the network ends nothing; without hellos everything else works on.
    }
}
