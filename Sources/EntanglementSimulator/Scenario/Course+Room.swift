// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// People in one room: nothing but their local network need help them.
extension Course {
    /// Most hosts are in the LAN of the first one; in half of the courses no code names a host.
    mutating func buildRoom() {
        let servers = self.simulation.addServers()
        let count = self.number(in: self.scenario.hostCount)
        self.simulation.people.nameNoHosts = self.number(in: 0...1) == 0
        let place = Place.local[self.number(in: 0...Place.local.count - 1)]
        var hosts: [HostID] = []
        for number in 0..<count {
            let id = self.simulation.addHost(
                "host \(number)", servers: place == .island ? [] : servers)
            if let first = hosts.first {
                if self.number(in: 0...4) == 0 || !self.simulation.settle(id, besides: first) {
                    self.simulation.settleAnywhere(id)
                }
            } else {
                self.simulation.settle(id, in: place)
            }
            hosts.append(id)
            self.simulation.plan(.start(id), after: self.time(within: .seconds(2)))
        }
        let span = self.scenario.spans.chaos
        for _ in 0..<self.number(in: 0...2) {
            self.simulation.plan(
                .gather(hosts), after: .seconds(20) + self.time(within: span - .seconds(20)))
        }
        // The last word of the chaos, more often than not.
        if self.number(in: 0...2) > 0 { self.simulation.plan(.gather(hosts), after: span) }
    }
}
