// SPDX-License-Identifier: Apache-2.0
import Entanglement
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sockets on ports of their own, opened while punching through a router with random ports.
///
/// Each is opened when it is named first. One that opened a path is kept when the others are closed.
final class FreshSockets: Sendable {
    private struct Open: Sendable {
        let id: SocketID
        let socket: DatagramSocket
    }

    private struct State: Sendable {
        /// By the core's number; nil: it could not be opened.
        var open: [Open?] = []
        var kept: [Open] = []
        var nextNumber: UInt32
        var isClosed = false

        /// The socket of that number.
        func socket(_ id: SocketID) -> DatagramSocket? {
            (self.open.lazy.compactMap(\.self).first { $0.id == id }
                ?? self.kept.first { $0.id == id })?.socket
        }
    }

    private let loop: any EventLoop
    private let receive: DatagramSockets.Receive
    private let answering: AnsweringSockets
    private let state: Mutex<State>
    private let countMax: Int
    /// What the sockets are called at the receiver, one after the other.
    private let numbers: ClosedRange<UInt32>

    init(
        loop: any EventLoop, receive: @escaping DatagramSockets.Receive,
        answering: AnsweringSockets,
        numbers: ClosedRange<UInt32> = SocketID.firstFresh...(.max - UInt32(SocketID.asideCount))
    ) {
        self.numbers = numbers
        self.state = Mutex(State(nextNumber: numbers.lowerBound))
        self.loop = loop
        self.receive = receive
        self.answering = answering
        self.countMax = Self.affordableCount()
    }

    /// Sends from the core's socket of that number; nil: it cannot be opened.
    func send(
        _ bytes: [UInt8], to endpoint: Endpoint, number: Int, from address: IPAddress
    ) -> SendOutcome? {
        guard (0..<self.countMax).contains(number) else { return nil }
        var opened: Open?
        let socket = self.state.withLock { state -> DatagramSocket? in
            guard !state.isClosed else { return nil }
            while state.open.count < number { state.open.append(nil) }
            if state.open.count == number {
                opened = Self.open(at: address, SocketID(state.nextNumber))
                state.nextNumber =
                    state.nextNumber < self.numbers.upperBound
                    ? state.nextNumber + 1 : self.numbers.lowerBound
                state.open.append(opened)
            }
            return state.open[number]?.socket
        }
        if let opened {
            self.answering.activate()
            self.read(opened)
        }
        return socket?.send(bytes, to: endpoint)
    }

    /// The socket of that number, if it is open.
    func socket(_ id: SocketID) -> DatagramSocket? {
        self.state.withLock { $0.socket(id) }
    }

    /// Closes all but those by which these endpoints are answered.
    func close(keeping endpoints: [Endpoint]) {
        let wanted = endpoints.compactMap { self.answering.socket(for: $0) }
        let (closed, kept) = self.state.withLock { state -> ([Open], [Open]) in
            let all = state.open.compactMap(\.self) + state.kept
            state.open = []
            state.kept = all.filter { wanted.contains($0.id) }
            return (all.filter { !wanted.contains($0.id) }, state.kept)
        }
        self.answering.forgetFresh(keeping: kept.map(\.id))
        for open in closed { open.socket.close() }
    }

    /// Closes all for good.
    func closeAll() {
        self.state.withLock { $0.isClosed = true }
        self.close(keeping: [])
    }

    private static func open(at address: IPAddress, _ id: SocketID) -> Open? {
        let endpoint = Endpoint(address: address, port: 0)
        return (try? DatagramSocket(bindingTo: endpoint)).map { Open(id: id, socket: $0) }
    }

    /// Reads a socket until it is closed; an error of the network ends nothing.
    private func read(_ open: Open) {
        let (receive, answering) = (self.receive, self.answering)
        guard let handle = open.socket.duplicate() else { return }
        DatagramBootstrap(group: self.loop)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: Limits.datagramByteCount)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramReceiver(
                            socket: open.id, receive: receive, answering: answering))
                }
            }
            .withBoundSocket(handle)
            .whenSuccess { [weak self] channel in
                open.socket.onClose { channel.close(promise: nil) }
                channel.closeFuture.whenComplete { [weak self] _ in self?.readAgain(open) }
            }
    }

    /// Reads a socket whose channel closed by itself.
    private func readAgain(_ open: Open) {
        guard self.socket(open.id) != nil else { return }
        self.loop.scheduleTask(in: .milliseconds(Limits.reopeningMilliseconds)) { [weak self] in
            self?.read(open)
        }
    }

    /// How many sockets leave the process half of its descriptors; each takes two.
    ///
    /// Where the system allows more than the process has asked for, it asks for more first, as servers do.
    private static func affordableCount() -> Int {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        let wanted = min(limit.rlim_max, rlim_t(Limits.descriptorCountWanted))
        if limit.rlim_cur < wanted {
            var raised = limit
            raised.rlim_cur = wanted
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        let half = Int(min(limit.rlim_cur, rlim_t(Limits.descriptorCountWanted))) / 2
        return max(0, (half - Limits.descriptorCountReserved) / 2)
    }
}
