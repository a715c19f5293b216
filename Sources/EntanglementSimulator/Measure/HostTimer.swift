// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// When a host wants to be woken, and by which start of its program.
struct HostTimer: Sendable, Equatable {
    var due: Instant
    var incarnation: Int

    /// Nothing is planned.
    static let none = HostTimer(due: Instant(nanoseconds: .max), incarnation: 0)
}

extension SimulatedHost {
    /// When something is due here, if the program runs.
    ///
    /// Changes nothing: `mutating` lets a host be asked where it is in its array. Read by a subscript it
    /// would be copied first, with all its references.
    mutating func timer(now: Instant) -> HostTimer? {
        self.due(now: now).map { HostTimer(due: $0, incarnation: self.incarnation) }
    }
}
