// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import NIOCore
import NIOPosix
import Synchronization

/// The node's UDP sockets.
public final class DatagramSockets: Sendable {
    /// Takes a datagram on the event loop: the bytes are valid during the call alone, and it must
    /// not wait for anything.
    ///
    /// It says what is known of the source: whom one answers, one answers by the same socket, since
    /// the source's router may let nothing else in.
    public typealias Receive =
        @Sendable (UnsafeRawBufferPointer, Endpoint, SocketID) -> Acquaintance

    /// What a datagram shows about its source.
    public enum Acquaintance: Sendable {
        /// Nothing.
        case stranger
        /// Somebody may answer there: it is authentic, but may be a repetition by anybody.
        case claimed
        /// It is authentic and new.
        case proved
    }

    private let sockets: [DatagramSocket]
    private let counting = DatagramCounters()
    private let loop: any EventLoop
    private let receive: Receive
    private let answering: AnsweringSockets
    private let fresh: FreshSockets
    /// Sockets of which nothing is learned about where peers are reached, each on its own.
    private let asides: [FreshSockets]
    private let zones: LinkZones?
    private let channels = Mutex(Channels())

    private struct Channels {
        var open: [(number: UInt8, channel: any Channel)] = []
        var isClosed = false
    }

    /// Binds all endpoints and begins to read.
    ///
    /// Either all sockets are bound or none. Socket number i stands for `listen[i]`.
    ///
    /// `zones` remembers by which interface link-local addresses are reached.
    public init(
        listen: [Endpoint], zones: LinkZones? = nil, receive: @escaping Receive
    ) async throws(TransportError) {
        guard (1...256).contains(listen.count) else { throw .wrongListenCount(listen.count) }
        var sockets: [DatagramSocket] = []
        for endpoint in listen {
            sockets.append(try DatagramSocket(bindingTo: endpoint))
        }
        self.sockets = sockets
        self.loop = MultiThreadedEventLoopGroup.singleton.next()
        self.receive = receive
        self.zones = zones
        // With one socket of a family there is nothing to remember.
        let families = Set(sockets.map(\.bound.address.isIPv6))
        let answering = AnsweringSockets(isActive: sockets.count > families.count)
        self.answering = answering
        let (loop, receiver) = (self.loop, receive)
        self.fresh = FreshSockets(loop: loop, receive: receiver, answering: answering)
        self.asides = (0..<SocketID.asideCount).map {
            FreshSockets(
                loop: loop, receive: receiver, answering: AnsweringSockets(isActive: false),
                numbers: SocketID.aside($0).number...SocketID.aside($0).number)
        }
        for number in sockets.indices {
            guard await self.startReading(UInt8(number)) else {
                await self.close()
                throw .cannotRead(listen[number])
            }
        }
    }

    /// Where the sockets are really bound, in the order of `listen`.
    public var bound: [Endpoint] {
        self.sockets.map(\.bound)
    }

    /// Counts of what was sent and what was not.
    public var counters: [(name: String, count: UInt64)] {
        self.counting.values
    }

    /// Sends a datagram; never waits, never throws.
    ///
    /// It leaves by the socket at which the endpoint was heard last, else by the first that fits the
    /// address.
    @discardableResult
    public func send(_ bytes: [UInt8], to endpoint: Endpoint) -> SendOutcome {
        let heard = self.answering.socket(for: endpoint).flatMap { self.socket($0) }
        let socket = heard ?? self.sockets.first { $0.reaches(endpoint.address) }
        let zone = self.zones?.zone(of: endpoint.address) ?? 0
        let outcome = socket?.send(bytes, to: endpoint, zone: zone) ?? .noSocket
        self.counting.count(outcome)
        return outcome
    }

    /// Sends a datagram to an IPv4 endpoint by another interface than the routing table prefers.
    ///
    /// Only from a socket that is bound to no certain address: that of another one would be a wrong
    /// source there.
    @discardableResult
    public func send(_ bytes: [UInt8], to endpoint: Endpoint, by way: WayOut) -> SendOutcome {
        let heard = self.answering.socket(for: endpoint).flatMap { self.socket($0) }
        let socket = heard ?? self.sockets.first { $0.reaches(endpoint.address) }
        guard let socket, !socket.bound.address.isUnicast else { return .noSocket }
        let outcome = socket.send(bytes, to: endpoint, by: way)
        self.counting.count(outcome)
        return outcome
    }

    /// Sends a datagram from the first socket that fits the address, wherever the endpoint was heard.
    @discardableResult
    public func sendMain(_ bytes: [UInt8], to endpoint: Endpoint) -> SendOutcome {
        let socket = self.sockets.first { $0.reaches(endpoint.address) }
        let zone = self.zones?.zone(of: endpoint.address) ?? 0
        let outcome = socket?.send(bytes, to: endpoint, zone: zone) ?? .noSocket
        self.counting.count(outcome)
        return outcome
    }

    /// Sends a datagram from a socket on a port of its own, which is opened when it is named first.
    @discardableResult
    public func sendFresh(_ bytes: [UInt8], to endpoint: Endpoint, number: Int) -> SendOutcome {
        let main = self.sockets.first { $0.reaches(endpoint.address) }
        let outcome =
            main.flatMap {
                self.fresh.send(bytes, to: endpoint, number: number, from: $0.bound.address)
            } ?? .noSocket
        self.counting.count(outcome)
        return outcome
    }

    /// Closes the sockets of `sendFresh`, but those by which these endpoints are answered.
    public func closeFresh(keeping endpoints: [Endpoint]) {
        self.fresh.close(keeping: endpoints)
    }

    /// Sends a datagram from a socket that is there for nothing else, opened when it is named first.
    ///
    /// Whoever is heard there is answered by the socket at which it was heard before.
    @discardableResult
    public func sendAside(_ bytes: [UInt8], to endpoint: Endpoint, number: Int) -> SendOutcome {
        let main = self.sockets.first { $0.reaches(endpoint.address) }
        guard let main, self.asides.indices.contains(number) else { return .noSocket }
        let outcome =
            self.asides[number].send(bytes, to: endpoint, number: 0, from: main.bound.address)
            ?? .noSocket
        self.counting.count(outcome)
        return outcome
    }

    /// Closes that socket of `sendAside`.
    public func closeAside(_ number: Int) {
        guard self.asides.indices.contains(number) else { return }
        self.asides[number].close(keeping: [])
    }

    /// Lets what goes to an endpoint leave by that socket.
    public func bind(_ endpoint: Endpoint, to socket: SocketID) {
        self.answering.bind(endpoint, to: socket)
    }

    private func socket(_ id: SocketID) -> DatagramSocket? {
        if id.isFresh { return self.fresh.socket(id) }
        return self.sockets.indices.contains(Int(id.number)) ? self.sockets[Int(id.number)] : nil
    }

    /// Closes the channels that read, as an error of the system would, for tests.
    ///
    /// Then the sockets cannot be read again for so many tries.
    func interruptReading(refusing tries: Int = 0) async {
        for socket in self.sockets { socket.refuseCopies(tries) }
        for (_, channel) in self.channels.withLock({ $0.open }) {
            try? await channel.close().get()
        }
    }

    /// Stops reading and closes all sockets; afterwards the ports are free.
    public func close() async {
        let open = self.channels.withLock { channels in
            channels.isClosed = true
            defer { channels.open = [] }
            return channels.open
        }
        for (_, channel) in open {
            // It may have closed by itself already, which is just as well.
            try? await channel.close().get()
        }
        for socket in self.sockets { socket.close() }
        self.fresh.closeAll()
        for aside in self.asides { aside.closeAll() }
    }

    private func startReading(_ number: UInt8) async -> Bool {
        guard let future = self.openChannel(number) else { return false }
        guard let channel = try? await future.get() else { return false }
        self.keep(channel, number)
        return true
    }

    private func openChannel(_ number: UInt8) -> EventLoopFuture<any Channel>? {
        let (receive, answering, zones) = (self.receive, self.answering, self.zones)
        guard let handle = self.sockets[Int(number)].duplicate() else { return nil }
        let batch = Limits.readBatchCount
        return DatagramBootstrap(group: self.loop)
            .channelOption(.datagramVectorReadMessageCount, value: batch)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: batch * Limits.datagramByteCount)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramReceiver(
                            socket: SocketID(UInt32(number)), receive: receive,
                            answering: answering,
                            zones: zones))
                }
            }
            .withBoundSocket(handle)
    }

    private func keep(_ channel: any Channel, _ number: UInt8) {
        let isClosed = self.channels.withLock { channels in
            if !channels.isClosed { channels.open.append((number, channel)) }
            return channels.isClosed
        }
        if isClosed {
            channel.close(promise: nil)
            return
        }
        channel.closeFuture.whenComplete { [weak self] _ in self?.readAgain(number) }
    }

    /// Reads a socket whose channel closed by itself; an error of the network ends nothing.
    private func readAgain(_ number: UInt8) {
        let isClosed = self.channels.withLock { channels in
            channels.open.removeAll { $0.number == number }
            return channels.isClosed
        }
        guard !isClosed else { return }
        self.counting.countReopening()
        self.loop.scheduleTask(in: .milliseconds(Limits.reopeningMilliseconds)) { [weak self] in
            guard let self else { return }
            // No descriptor is free now; there may be one the next time.
            guard let future = self.openChannel(number) else { return self.readAgain(number) }
            future.whenComplete { result in
                switch result {
                case .success(let channel): self.keep(channel, number)
                case .failure: self.readAgain(number)
                }
            }
        }
    }
}
