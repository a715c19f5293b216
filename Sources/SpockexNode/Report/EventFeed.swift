// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// Hands live events to whoever reads them.
final class EventFeed: Sendable {
    private struct State {
        var readers: [UInt64: AsyncStream<LoggedEvent>.Continuation] = [:]
        var nextKey: UInt64 = 0
        var droppedCount: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// Events that a slow reader did not get.
    var droppedCount: UInt64 {
        self.state.withLock { $0.droppedCount }
    }

    /// The events from now on; ends with the node, at once when it has ended.
    ///
    /// Throws `tooManyReaders`.
    func subscribe() throws(NodeError) -> AsyncStream<LoggedEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: LoggedEvent.self,
            bufferingPolicy: .bufferingNewest(Limits.bufferedEventCountMax))
        let key = try self.state.withLock { state throws(NodeError) -> UInt64? in
            guard !state.isFinished else { return nil }
            guard state.readers.count < Limits.subscriberCountMax else {
                throw .tooManyReaders(limit: Limits.subscriberCountMax)
            }
            state.nextKey += 1
            state.readers[state.nextKey] = continuation
            return state.nextKey
        }
        guard let key else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.readers.removeValue(forKey: key) }
        }
        return stream
    }

    /// Hands one event to all readers.
    func publish(_ event: LoggedEvent) {
        let readers = self.state.withLock { Array($0.readers.values) }
        var droppedCount: UInt64 = 0
        for reader in readers {
            if case .dropped = reader.yield(event) { droppedCount += 1 }
        }
        self.state.withLock { $0.droppedCount += droppedCount }
    }

    /// Ends all streams.
    func finish() {
        let readers = self.state.withLock { state in
            state.isFinished = true
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }
}
