// SPDX-License-Identifier: Apache-2.0
public import Entanglement
public import MainlineDHT
import SpockexTransport
import Synchronization

/// The DHT's client at work: a socket of its own, the clock, and the look-up of names.
///
/// The socket is none of the node's, so nothing of the DHT comes near the gate, and nodes of the
/// DHT do not learn the node's port. It is open only while something is asked. ``run()`` must run.
public final class DHTDriver: Sendable {
    private struct State {
        var client: DHTClient
        var generator = SystemRandomNumberGenerator()
        var asking: [(id: DHTRequestID, continuation: CheckedContinuation<DHTResult, Never>)] = []
        var sockets: RouterSockets?
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let state: Mutex<State>
    private let settings: DHTSettings
    private let alarm = Alarm()
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation

    /// A driver that does nothing before it is asked.
    public init(_ settings: DHTSettings) {
        var generator = SystemRandomNumberGenerator()
        let client = DHTClient(
            isIPv6: settings.isIPv6, allowsLocal: settings.allowsLocal,
            contacts: settings.contacts, CryptoPrimitives(), using: &generator)
        self.settings = settings
        self.state = Mutex(State(client: client))
        (self.wishes, self.wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Counts of what was sent and what came.
    public var counters: DHTCounters { self.state.withLock { $0.client.counters } }

    /// Nodes that answered, worth keeping for the next run.
    public var contacts: [NodeContact] { self.state.withLock { $0.client.contacts } }

    /// Where nodes of the DHT see this host; nil until two networks agree.
    public var externalAddress: IPAddress? {
        self.state.withLock { $0.client.externalAddress }
    }

    /// Keeps it going until the task is cancelled; then every open request is `unreachable`.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.alarm.run { self.feed(.timer) } }
            group.addTask { await self.lookUpEntries() }
            await group.waitForAll()
        }
        self.close()
    }

    /// Asks for something, and waits for what comes out: at most about 50 s.
    public func result(of request: DHTRequest) async -> DHTResult {
        let id = self.state.withLock { state in
            state.nextNumber += 1
            return DHTRequestID(state.nextNumber)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOpen = self.state.withLock { state in
                    if !state.isClosed, !Task.isCancelled {
                        state.asking.append((id, continuation))
                    }
                    return !state.isClosed && !Task.isCancelled
                }
                guard isOpen else { return continuation.resume(returning: .unreachable) }
                self.feed(.request(id, request))
            }
        } onCancel: {
            self.feed(.cancel(id))
            self.finish([(id, .unreachable)])
        }
    }

    /// The own network is another one.
    public func networkChanged() {
        self.state.withLock { $0.sockets }?.rest()
        self.feed(.networkChanged)
    }

    private func close() {
        let (sockets, asking) = self.state.withLock { state in
            state.isClosed = true
            defer { state.asking = [] }
            return (state.sockets, state.asking)
        }
        sockets?.close()
        for (_, continuation) in asking { continuation.resume(returning: .unreachable) }
    }

    private func lookUpEntries() async {
        for await _ in self.wishes {
            var found: [Endpoint] = []
            for entry in self.settings.entries { found += await entry.resolve() }
            self.feed(.entries(found))
        }
    }

    private func feed(_ input: DHTClient.Input) {
        let outputs = self.state.withLock { state in
            var outputs: [DHTClient.Output] = []
            guard !state.isClosed else { return outputs }
            state.client.handle(
                input, now: SystemClock.instant(), using: &state.generator, into: &outputs)
            self.alarm.set(state.client.deadline)
            return outputs
        }
        var results: [(DHTRequestID, DHTResult)] = []
        for output in outputs {
            switch output {
            case .send(let bytes, let endpoint):
                let own: IPAddress = self.settings.isIPv6 ? .v6(0, 0) : .v4(0)
                self.sockets()?.send(bytes, to: endpoint, from: own)
            case .needsEntries: self.wish.yield()
            case .finished(let id, let result): results.append((id, result))
            }
        }
        if !results.isEmpty { self.finish(results) }
    }

    /// Hands out results; when nobody waits for one any more the socket is closed.
    private func finish(_ results: [(DHTRequestID, DHTResult)]) {
        let (ready, idle) = self.state.withLock { state in
            let ready = results.compactMap { id, result in
                state.asking.first { $0.id == id }.map { ($0.continuation, result) }
            }
            state.asking.removeAll { open in results.contains { $0.0 == open.id } }
            return (ready, state.asking.isEmpty ? state.sockets : nil)
        }
        idle?.rest()
        for (continuation, result) in ready { continuation.resume(returning: result) }
    }

    /// Nil when the driver is closed.
    private func sockets() -> RouterSockets? {
        self.state.withLock { state in
            guard !state.isClosed else { return nil }
            if let sockets = state.sockets { return sockets }
            let sockets = RouterSockets { [weak self] bytes, source in
                self?.feed(.datagram(bytes, from: source))
            }
            state.sockets = sockets
            return sockets
        }
    }
}
