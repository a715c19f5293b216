// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Ctrl-C: the first one asks for an end, the second one is the end.
enum Interruption {
    private static let count = Atomic<Int>(0)

    /// The exit code of what was interrupted (128 + SIGINT).
    static let exitCode: Int32 = 130

    /// Whether somebody has pressed Ctrl-C since `watch`.
    static var isThere: Bool { Self.count.load(ordering: .relaxed) > 0 }

    /// Takes Ctrl-C from now on.
    static func watch() {
        // The counter must be there before a signal handler may touch it.
        Self.count.store(0, ordering: .relaxed)
        signal(SIGINT) { _ in
            if Interruption.count.add(1, ordering: .relaxed).oldValue > 0 {
                _exit(Interruption.exitCode)
            }
        }
    }
}
