// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Synchronization

/// What waits for the driver, first come, first served.
///
/// Datagrams are bounded and dropped when there are too many. Requests are bounded by the driver,
/// which knows how many are open; ticks and network news wait at most once each.
final class InputQueue: Sendable {
    /// One thing to do.
    enum Item: Sendable {
        /// What the gate let through; dropped when too many wait.
        case datagram(Input)
        /// A datagram of the form of STUN; dropped when too many wait.
        case stun([UInt8], from: Endpoint)
        /// A hello of the local network; dropped when too many wait.
        case hello([UInt8], from: Endpoint)
        /// A person's request.
        case request(RequestID, Request)
        /// Look at the clocks and the deadlines.
        case tick
        /// The machine's addresses or routes changed.
        case network
        /// Links came or went that no way out leads by.
        case links
        /// The routes may be others; the rest of what changed comes as `network` when it has settled.
        case routes
        /// The core wants the IPgetter to be asked.
        case gather
        /// What a router sent; dropped when too many wait.
        case router([UInt8], from: Endpoint)
        /// What a router answered by TCP; nil: it did not.
        case routerAnswer(PortMapper.RequestID, [UInt8]?)
        /// What became of a note; there are no more than jobs.
        case note(Input)
        /// The addresses of the STUN servers were looked up.
        case servers([Endpoint])
    }

    private struct State {
        var items: [Item] = []
        var datagramCount = 0
        var helloCount = 0
        var routerCount = 0
        var droppedCount: UInt64 = 0
        var hasTick = false
        var hasNetwork = false
        var hasRoutes = false
        var hasLinks = false
        var isClosed = false
        var waiter: CheckedContinuation<[Item]?, Never>?

        /// Whether there is room; takes the place.
        mutating func reserve(for item: Item) -> Bool {
            switch item {
            case .datagram, .stun:
                guard self.datagramCount < Limits.queuedDatagramCountMax else {
                    self.droppedCount += 1
                    return false
                }
                self.datagramCount += 1
            case .router:
                // Anybody on the local network can send these: they take nothing from peers.
                guard self.routerCount < Limits.queuedHelloCountMax else {
                    self.droppedCount += 1
                    return false
                }
                self.routerCount += 1
            case .hello:
                guard self.helloCount < Limits.queuedHelloCountMax else {
                    self.droppedCount += 1
                    return false
                }
                self.helloCount += 1
            case .tick:
                guard !self.hasTick else { return false }
                self.hasTick = true
            case .network:
                guard !self.hasNetwork else { return false }
                self.hasNetwork = true
            case .links:
                guard !self.hasLinks else { return false }
                self.hasLinks = true
            case .routes:
                guard !self.hasRoutes else { return false }
                self.hasRoutes = true
            case .request, .gather, .routerAnswer, .note, .servers: break
            }
            return true
        }

        mutating func take(_ limit: Int) -> [Item] {
            let taken = Array(self.items.prefix(limit))
            self.items.removeFirst(taken.count)
            for item in taken {
                switch item {
                case .datagram, .stun: self.datagramCount -= 1
                case .router: self.routerCount -= 1
                case .hello: self.helloCount -= 1
                case .tick: self.hasTick = false
                case .network: self.hasNetwork = false
                case .links: self.hasLinks = false
                case .routes: self.hasRoutes = false
                case .request, .gather, .routerAnswer, .note, .servers: break
                }
            }
            return taken
        }
    }

    private struct Waiter {
        var continuation: CheckedContinuation<[Item]?, Never>
        var items: [Item]
    }

    private let state = Mutex(State())

    /// Datagrams that were dropped because too many waited.
    var droppedCount: UInt64 {
        self.state.withLock { $0.droppedCount }
    }

    /// Puts an item at the end; false when it was not taken.
    @discardableResult
    func offer(_ item: Item) -> Bool {
        let (isTaken, waiter) = self.state.withLock { state -> (Bool, Waiter?) in
            guard !state.isClosed, state.reserve(for: item) else { return (false, nil) }
            state.items.append(item)
            guard let continuation = state.waiter else { return (true, nil) }
            state.waiter = nil
            // Whoever waits found the queue empty, so this is the only item.
            return (true, Waiter(continuation: continuation, items: state.take(1)))
        }
        if let waiter { waiter.continuation.resume(returning: waiter.items) }
        return isTaken
    }

    /// The next items in order, at most `limit`; nil once the queue is closed and empty.
    ///
    /// For one caller at a time. Cancelling the caller closes the queue.
    func next(limit: Int) async -> [Item]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (items, isReady) = self.state.withLock { state -> ([Item]?, Bool) in
                    precondition(state.waiter == nil, "one loop takes from the queue")
                    if !state.items.isEmpty { return (state.take(limit), true) }
                    if state.isClosed { return (nil, true) }
                    state.waiter = continuation
                    return (nil, false)
                }
                if isReady { continuation.resume(returning: items) }
            }
        } onCancel: {
            self.close()
        }
    }

    /// Takes nothing more; what is in it is still handed out.
    func close() {
        let waiter = self.state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
