// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Whether a STUN question is open, for the event loop: without one, STUN is junk and costs
/// nothing.
final class OpenQuestion: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Set by the driver alone.
    var isOpen: Bool {
        get { self.flag.load(ordering: .relaxed) }
        set { self.flag.store(newValue, ordering: .relaxed) }
    }
}
