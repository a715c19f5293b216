// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// When a host wants to be woken, and by which start of its program.
struct HostTimer: Sendable, Equatable {
    var due: Instant
    var incarnation: Int
}

extension Instant {
    /// Later than everything that happens.
    static let never = Instant(nanoseconds: .max)
}

// Looks at hosts where they are: an element of an array that is read by its subscript is copied
// first, and a host has a hundred references to count.
extension Simulation {
    /// When something is due at a host that runs.
    func timer(of id: HostID) -> HostTimer? {
        self.hosts.withUnsafeBufferPointer { hosts in
            hosts[id.number].due(now: self.now).map {
                HostTimer(due: $0, incarnation: hosts[id.number].incarnation)
            }
        }
    }

    /// Lets the checker see a host after a step.
    mutating func look(at id: HostID, _ effects: SimulatedHost.Effects) {
        let hosts = self.hosts
        hosts.withUnsafeBufferPointer {
            self.checker.looks(at: $0[id.number], effects, now: self.now)
        }
    }
}
