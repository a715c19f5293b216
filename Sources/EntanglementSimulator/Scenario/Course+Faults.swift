// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What goes wrong in a course.
extension Course {
    /// What happens together, each after its own delay.
    typealias Mishap = [(action: Action, after: Duration)]

    mutating func planFaults() {
        let hosts = self.simulation.hosts.map(\.id)
        let count = self.number(in: 0...self.faultCountMax)
        for _ in 0..<count {
            let at = self.shifted(self.time(within: self.scenario.spans.chaos))
            let host = hosts[self.number(in: 0...hosts.count - 1)]
            let mishap =
                switch self.scenario {
                case .cluster: self.clusterMishap(host, hosts)
                case .bridge, .hostileBridge: self.bridgeMishap(host, hosts)
                case .pair, .village, .timeTravel, .villains, .triangle, .room:
                    self.mishap(host, hosts)
                }
            for (action, delay) in mishap {
                self.simulation.plan(action, after: at + delay)
            }
        }
    }

    private var faultCountMax: Int {
        switch self.scenario {
        case .pair: 4
        case .bridge: 10
        case .hostileBridge: 6
        case .triangle: 12
        case .village, .timeTravel, .villains, .room: 24
        case .cluster: 20
        }
    }

    private mutating func mishap(_ host: HostID, _ hosts: [HostID]) -> Mishap {
        switch self.number(in: 0...(self.scenario == .timeTravel ? 25 : 20)) {
        case 0, 1: [(.crash(host, atNextStepAfter: self.number(in: 0...6)), .zero)]
        case 2: [(.crash(host, atNextStepAfter: nil), .zero)]
        case 3: [(.losePower(host), .zero)]
        case 4: [(.suspend(host, .seconds(self.number(in: 1...400))), .zero)]
        case 5, 6: [(.move([host]), .zero)]
        case 7: [(.move(self.number(in: 0...1) == 0 ? hosts : self.some(of: hosts)), .zero)]
        case 8, 9: [(.unplug(host), .zero), (.plugIn(host), self.time(within: .seconds(200)))]
        case 10...15: [(.strike(host, self.networkFault()), .zero)]
        case 16, 17: [(.setInternet(self.badInternet()), .zero)]
        case 18: self.cut(host, hosts)
        case 19:
            [(.split(self.some(of: hosts)), .zero), (.split([]), self.time(within: .seconds(300)))]
        case 20: [(.attack(on: host), .zero)]
        case 21, 22: [(.jumpClock(host, self.clockError()), .zero)]
        case 23: [(.backUp(host), .zero)]
        case 24: [(.restore(host), .zero)]
        default: [(.setDisk(host, isFull: true), .zero)]
        }
    }

    mutating func networkFault() -> NetworkFault {
        switch self.number(in: 0...15) {
        case 0, 1: .restart(renumbers: false)
        case 2, 3: .restart(renumbers: true)
        case 4, 5, 6: .carrierRestart(renumbers: self.number(in: 0...1) == 0)
        case 7, 8: .prefixChange
        case 9: .crowd
        case 10, 11: .links(self.badInternet())
        case 12: .narrow(toByteCount: [1_392, 1_232, 1_100, 548][self.number(in: 0...3)])
        case 13, 14: .uplinkCut(isOutward: self.number(in: 0...1) == 0)
        default: .noUDP
        }
    }

    mutating func cut(_ host: HostID, _ hosts: [HostID]) -> Mishap {
        let other = hosts[self.number(in: 0...hosts.count - 1)]
        return host == other ? [] : [(.cut(from: host, to: other), .zero)]
    }

    /// At least one host, each other one by the toss of a coin.
    mutating func some(of hosts: [HostID]) -> [HostID] {
        let first = self.number(in: 0...hosts.count - 1)
        var chosen: [HostID] = []
        for (number, host) in hosts.enumerated()
        where self.number(in: 0...1) == 0 || number == first {
            chosen.append(host)
        }
        return chosen
    }

    mutating func badInternet() -> LinkConditions {
        LinkConditions(
            delay: .milliseconds(self.number(in: 1...400)),
            jitter: .milliseconds(self.number(in: 0...100)),
            lossPerMille: self.number(in: 0...600), duplicatePerMille: self.number(in: 0...300),
            reorderPerMille: self.number(in: 0...300),
            reorderDelayMax: .seconds(self.number(in: 0...10)),
            corruptPerMille: self.number(in: 0...100),
            byteCountMax: self.number(in: 0...9) == 0 ? 1_100 : 1_472)
    }

    /// Minutes or years, forward or backward.
    mutating func clockError(
        of spans: [Int64] = [60, 3_600, 86_400, 315_360_000]
    ) -> Duration {
        let seconds = spans[self.number(in: 0...spans.count - 1)]
        return .seconds(self.number(in: 0...1) == 0 ? seconds : -seconds)
    }
}
