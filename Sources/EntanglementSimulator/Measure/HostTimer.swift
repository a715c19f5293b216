// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// When a host wants to be woken, and by which start of its program.
struct HostTimer: Sendable, Equatable {
    var due: Instant
    var incarnation: Int

    /// Nothing is planned.
    static let none = HostTimer(due: Instant(nanoseconds: .max), incarnation: 0)
}

extension Simulation {
    /// When something is due at a host that runs.
    func timer(of id: HostID) -> HostTimer? {
        self.hosts[id.number].due(now: self.now).map {
            HostTimer(due: $0, incarnation: self.hosts[id.number].incarnation)
        }
    }
}
