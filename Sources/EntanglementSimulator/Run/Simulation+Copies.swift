// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What people do with computers that they should not, and what networks do to them.
extension Simulation {
    /// Somebody copies the home to another computer and starts it there; the first one runs on.
    mutating func copyHome(of id: HostID) {
        guard self.copies[id] == nil, !self.copies.values.contains(id),
            !self.hosts[id.number].disk.store.state.relations.isEmpty
        else { return }
        self.count(.copiedHome)
        let disk = self.hosts[id.number].disk
        let copy = self.addHost(
            "copy of host \(id.number)", servers: self.hosts[id.number].servers, disk: disk)
        self.copies[copy] = id
        guard let place = Place.connected.randomElement(using: &self.generator) else { return }
        self.settle(copy, in: place)
        self.plan(.start(copy), after: .seconds(1))
    }

    /// A wireless network that comes and goes: the system tells of a change each time.
    mutating func flap(_ id: HostID, _ count: Int) {
        guard self.hosts[id.number].isRunning, count > 0 else { return }
        self.count(.flapping)
        self.step(id) { $0.networkChanged(at: $1) }
        let pause = Duration.milliseconds(Int64.random(in: 20...900, using: &self.generator))
        self.plan(.flap(id, count: count - 1), after: pause)
    }
}
