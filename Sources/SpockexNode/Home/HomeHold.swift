// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Keeps the home of a node locked, also after the node's end, until it is released.
///
/// For whoever has a file in the home: the next node starts when that file is gone too.
public final class HomeHold: Sendable {
    private let lock: Mutex<HomeLock?>

    /// A hold on a lock; throws `stopping` when the home is free already.
    init(_ lock: HomeLock) throws(NodeError) {
        guard lock.hold() else { throw .stopping }
        self.lock = Mutex(lock)
    }

    deinit {
        self.release()
    }

    /// Gives the home free, as far as this hold goes; once more does nothing.
    public func release() {
        let lock = self.lock.withLock { lock in
            defer { lock = nil }
            return lock
        }
        lock?.release()
    }
}
