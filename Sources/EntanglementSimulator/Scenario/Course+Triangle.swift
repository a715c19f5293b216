// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Two who cannot reach each other, and common peers: the hosts 0 and 1, and the others.
extension Course {
    /// Places behind which two hosts hardly ever meet without help.
    private static let hard: [Place] = [
        .symmetric, .sequential, .carrierSymmetric, .mobileSymmetric, .addressDependent,
    ]
    /// Places at which everybody is reached.
    private static let open: [Place] = [.publicHost, .publicHost, .fullCone, .homeOpen]

    mutating func settle(_ id: HostID) {
        if self.scenario == .cluster || self.scenario.isAboutBridges {
            return self.settleMember(id)
        }
        guard self.scenario == .triangle else { return self.simulation.settleAnywhere(id) }
        var places = id.number < 2 ? Self.hard : Self.open
        if id.number < 2, self.number(in: 0...3) == 0 { places = [.home, .dualStack, .mobile] }
        self.simulation.settle(id, in: places[self.number(in: 0...places.count - 1)])
    }

    /// Everybody meets the helpers first, mostly, and then the two meet.
    mutating func planTriangle() {
        let count = self.simulation.hosts.count
        let isHelpLate = self.number(in: 0...3) == 0
        for helper in 2..<count {
            for host in 0..<2 {
                let earliest = isHelpLate ? 60 : 3
                self.simulation.plan(
                    .offer(by: HostID(number: host), to: HostID(number: helper)),
                    after: .seconds(earliest) + self.time(within: .seconds(20)))
            }
        }
        self.simulation.plan(
            .offer(by: HostID(number: 0), to: HostID(number: 1)),
            after: .seconds(30) + self.time(within: .seconds(20)))
        // As two networks that do not like each other; it ends with the other faults.
        if self.number(in: 0...1) == 0 {
            let at = self.time(within: .seconds(60))
            for (one, other) in [(0, 1), (1, 0)] {
                self.simulation.plan(
                    .cut(from: HostID(number: one), to: HostID(number: other)), after: at)
            }
        }
    }
}
