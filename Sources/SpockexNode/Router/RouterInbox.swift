// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Where what routers say goes: to the loop, and at the end to who waits for their last words.
final class RouterInbox: Sendable {
    private let queue: Mutex<InputQueue>

    /// To that queue at first.
    init(_ queue: InputQueue) {
        self.queue = Mutex(queue)
    }

    /// Puts it into the queue of the moment.
    func offer(_ item: InputQueue.Item) {
        self.queue.withLock { _ = $0.offer(item) }
    }

    /// From now on it goes there.
    func redirect(to queue: InputQueue) {
        self.queue.withLock { $0 = queue }
    }
}
