// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import NIOCore
import NIOPosix
import Synchronization

/// The sockets for talking to routers of the local network: none before something is sent.
///
/// The node's own sockets have nothing to do with it: what routers say never passes the gate, and
/// what peers say never comes here.
public final class RouterSockets: Sendable {
    /// Takes a datagram on the event loop; it must not wait for anything.
    public typealias Receive = @Sendable ([UInt8], Endpoint) -> Void

    private let receive: Receive
    private let loop: any EventLoop
    private let counting = RouterCounters()
    private let state = Mutex(State())

    private struct State {
        var open: [Entry] = []
        var isClosed = false
    }

    private struct Entry {
        let purpose: Purpose
        let socket: DatagramSocket
        var channel: (any Channel)?
    }

    private enum Purpose: Hashable {
        /// Sends from this own address, and takes the answers.
        case asking(IPAddress)
        /// Takes what is said to a group.
        case listening(MulticastGroup, port: UInt16)
    }

    /// Sockets that hand over what comes in.
    public init(receive: @escaping Receive) {
        self.receive = receive
        self.loop = MultiThreadedEventLoopGroup.singleton.next()
    }

    /// Counts of what was sent and what came.
    public var counters: [(name: String, count: UInt64)] { self.counting.values }

    /// Sends a datagram from an own address, from any port; never waits, never throws.
    ///
    /// `zone`: the interface's number for a link-local IPv6 target.
    public func send(
        _ bytes: [UInt8], to endpoint: Endpoint, from own: IPAddress, zone: UInt32 = 0
    ) {
        guard let socket = self.socket(for: .asking(own)) else {
            self.counting.count(.noSocket)
            return
        }
        let needsZone = endpoint.address.isIPv6 && endpoint.address.isLinkLocal
        self.counting.count(socket.send(bytes, to: endpoint, zone: needsZone ? zone : 0))
    }

    /// Listens to groups on a link, and closes what belongs to another one.
    ///
    /// A group whose port cannot be had is not listened to.
    public func listen(to groups: [Endpoint], on link: RouterLink) {
        let own = link.addresses + link.addresses6
        let purposes = groups.compactMap { group -> Purpose? in
            guard (group.address.isIPv6 ? link.gateway6 : link.gateway) != nil else { return nil }
            let multicast = MulticastGroup(
                address: group.address, own: group.address.isIPv6 ? nil : link.addresses.first,
                interface: group.address.isIPv6 ? link.zone6 : 0)
            return .listening(multicast, port: group.port)
        }
        self.close { purpose in
            switch purpose {
            case .asking(let address): !own.contains(address)
            case .listening: !purposes.contains(purpose)
            }
        }
        for purpose in purposes { _ = self.socket(for: purpose) }
    }

    /// Closes the sockets; they open again when they are needed.
    public func rest() {
        self.close { _ in true }
    }

    /// Closes the sockets for good.
    public func close() {
        self.state.withLock { $0.isClosed = true }
        self.rest()
    }

    /// Opens a connection to a router, sends the bytes, and hands over what comes back.
    ///
    /// `zone`: the interface's number for a link-local IPv6 router. The end is the router's, or
    /// when `isWhole` says so; nil after 5 seconds, more than
    /// `limit` bytes, or without a connection. Exactly one call, on an event loop.
    public func exchange(
        _ bytes: [UInt8], with server: Endpoint, from own: IPAddress, zone: UInt32 = 0,
        limit: Int, isWhole: @escaping @Sendable ([UInt8]) -> Bool,
        completion: @escaping @Sendable ([UInt8]?) -> Void
    ) {
        self.counting.countExchange()
        guard let remote = SocketAddress(server, zone: zone), let local = SocketAddress(own),
            !self.state.withLock({ $0.isClosed })
        else {
            completion(nil)
            return
        }
        let promise = self.loop.makePromise(of: [UInt8].self)
        promise.futureResult.whenComplete { completion(try? $0.get()) }
        ClientBootstrap(group: self.loop)
            .bind(to: local)
            .connectTimeout(.milliseconds(Limits.exchangeMilliseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RouterExchange(bytes, limit: limit, isWhole: isWhole, promise: promise))
                }
            }
            .connect(to: remote)
            .whenFailure { promise.fail($0) }
    }

    // MARK: Sockets

    private func socket(for purpose: Purpose) -> DatagramSocket? {
        let (socket, isNew) = self.state.withLock { state -> (DatagramSocket?, Bool) in
            guard !state.isClosed else { return (nil, false) }
            if let entry = state.open.first(where: { $0.purpose == purpose }) {
                return (entry.socket, false)
            }
            guard let socket = Self.bind(purpose) else { return (nil, false) }
            state.open.append(Entry(purpose: purpose, socket: socket))
            return (socket, true)
        }
        if isNew, let socket { self.read(socket, purpose) }
        return socket
    }

    private static func bind(_ purpose: Purpose) -> DatagramSocket? {
        switch purpose {
        case .asking(let address):
            try? DatagramSocket(bindingTo: Endpoint(address: address, port: 0))
        case .listening(let group, let port):
            try? DatagramSocket(
                bindingTo: Endpoint(address: group.address, port: port), group: group)
        }
    }

    /// Reads it on the event loop; what comes before that waits in the kernel.
    private func read(_ socket: DatagramSocket, _ purpose: Purpose) {
        guard let handle = socket.duplicate() else { return self.drop(socket) }
        let (receive, counting) = (self.receive, self.counting)
        let handing: DatagramSockets.Receive = { bytes, source, _ in
            if bytes.count <= Limits.routerDatagramByteCountMax {
                counting.countReceived()
                receive(Array(bytes), source)
            }
            return .stranger
        }
        DatagramBootstrap(group: self.loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramReceiver(socket: SocketID(0), receive: handing, answering: nil))
                }
            }
            .withBoundSocket(handle)
            .whenComplete { [weak self] result in
                switch result {
                case .success(let channel): self?.keep(channel, of: socket)
                case .failure: self?.drop(socket)
                }
            }
    }

    private func keep(_ channel: any Channel, of socket: DatagramSocket) {
        let isKept = self.state.withLock { state in
            guard let index = state.open.firstIndex(where: { $0.socket === socket }) else {
                return false
            }
            state.open[index].channel = channel
            return true
        }
        guard isKept else { return channel.close(promise: nil) }
        // An error of the network: the next that is sent opens another one.
        channel.closeFuture.whenComplete { [weak self] _ in self?.drop(socket) }
    }

    private func drop(_ socket: DatagramSocket) {
        self.state.withLock { $0.open.removeAll { $0.socket === socket } }
        socket.close()
    }

    private func close(where isMeant: (Purpose) -> Bool) {
        let closed = self.state.withLock { state in
            let closed = state.open.filter { isMeant($0.purpose) }
            state.open.removeAll { isMeant($0.purpose) }
            return closed
        }
        for entry in closed {
            entry.channel?.close(promise: nil)
            entry.socket.close()
        }
    }
}
