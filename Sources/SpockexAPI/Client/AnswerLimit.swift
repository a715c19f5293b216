// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// Closes a connection on which no answer begins in time.
final class AnswerLimit: Sendable {
    private let hasPassed = Atomic<Bool>(false)
    private let task: Mutex<Scheduled<Void>?>

    /// A limit that runs from now on.
    init(_ limit: TimeAmount, for channel: any Channel) {
        self.task = Mutex(nil)
        let task = channel.eventLoop.scheduleTask(in: limit) { [weak self] in
            self?.hasPassed.store(true, ordering: .relaxed)
            channel.close(promise: nil)
        }
        self.task.withLock { $0 = task }
    }

    deinit {
        self.end()
    }

    /// Whether the connection was closed because of it.
    var isOver: Bool { self.hasPassed.load(ordering: .relaxed) }

    /// The answer has begun.
    func end() {
        self.task.withLock { task in
            task?.cancel()
            task = nil
        }
    }
}
