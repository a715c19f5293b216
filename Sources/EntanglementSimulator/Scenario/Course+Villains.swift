// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Who means harm in a course, and what else people and adversaries do in it.
extension Course {
    /// In `villains` one of the hosts is hostile.
    mutating func planVillain() {
        guard self.scenario == .villains || self.scenario == .cluster else { return }
        if self.scenario == .cluster, self.number(in: 0...3) > 0 { return }
        let strategies = self.scenario == .cluster ? Hostility.ofMembers : Hostility.ofPeers
        let number = self.number(in: 0...self.simulation.hosts.count - 1)
        let id = HostID(number: number)
        let strategy = strategies[self.number(in: 0...strategies.count - 1)]
        let lies = (0..<16).map { _ in
            Endpoint(address: self.simulation.freshPublicAddress(), port: 5_555)
        }
        self.simulation.hosts[number].villain = Villain(
            strategy, lies: lies, seed: self.simulation.generator.next())
        self.simulation.checker.villains.insert(id)
        if strategy == .lies || strategy == .meddles {
            self.simulation.checker.lies.formUnion(lies)
        }
        for _ in 0..<50 {
            let at = self.shifted(self.time(within: self.scenario.spans.chaos))
            for burst in 0..<self.number(in: 1...4) {
                self.simulation.plan(.misbehave(id), after: at + .milliseconds(60 * burst))
            }
        }
    }

    /// Peers part, networks flap, packets are held back, pages tear.
    mutating func planMischief() {
        let hosts = self.simulation.hosts.map(\.id)
        let isLong = self.scenario != .pair
        for _ in 0..<self.number(in: 0...(isLong ? 4 : 1)) {
            let host = hosts[self.number(in: 0...hosts.count - 1)]
            let at = self.shifted(self.time(within: self.scenario.spans.chaos))
            switch self.number(in: 0...4) {
            case 0: self.simulation.plan(.flap(host, count: self.number(in: 1...12)), after: at)
            case 1, 2:
                let span = Duration.seconds(self.number(in: 5...120))
                self.simulation.plan(.intercept(host, span), after: at)
            case 3: self.simulation.plan(.tearPage(host), after: at)
            default:
                self.simulation.plan(
                    .forget(by: host, meeting: self.number(in: 0...5)), after: at)
            }
        }
        guard self.scenario == .timeTravel, self.number(in: 0...3) == 0 else { return }
        self.simulation.plan(
            .copyHome(hosts[self.number(in: 0...hosts.count - 1)]),
            after: self.time(within: self.scenario.spans.chaos))
    }
}
