// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// A cluster: two found it, the others are taken in; people move, leave, remove, are away for weeks.
extension Course {
    private static let absenceLengths: [Duration] = [
        .seconds(3_600), .seconds(86_400), .seconds(8 * 86_400), .seconds(30 * 86_400),
    ]

    /// Some are at places where everybody is reached, more than elsewhere.
    mutating func settleMember(_ id: HostID) {
        guard self.number(in: 0...3) == 0 else { return self.simulation.settleAnywhere(id) }
        let open: [Place] = [.publicHost, .publicHost, .fullCone, .homeOpen]
        self.simulation.settle(id, in: open[self.number(in: 0...open.count - 1)])
    }

    mutating func planCluster() {
        self.simulation.story = ClusterStory()
        self.simulation.checker.isAboutCluster = true
        let hosts = self.simulation.hosts.map(\.id)
        let chaos = self.scenario.spans.chaos
        for _ in 0..<self.number(in: 0...2) {
            let length = Self.absenceLengths[self.number(in: 0...Self.absenceLengths.count - 1)]
            self.absences.append((self.time(within: chaos), length))
        }
        self.absences.sort { $0.at < $1.at }
        self.planJoining(hosts)
        self.planChanges(hosts, within: chaos)
        self.planLateRemoval(hosts)
        for (number, absence) in self.absences.enumerated() {
            let before = self.absences[..<number].reduce(Duration.zero) { $0 + $1.length }
            self.simulation.plan(.pass(absence.length), after: absence.at + before)
            if self.number(in: 0...1) == 0 {
                // Somebody misses what the others do before and after it.
                let host = hosts[self.number(in: 0...hosts.count - 1)]
                let around = Duration.seconds(self.number(in: 10...200))
                self.simulation.plan(
                    .suspend(host, absence.length + around * 2),
                    after: max(.seconds(1), absence.at + before - around))
            }
        }
    }

    private mutating func plan(_ action: Action, at time: Duration) {
        self.simulation.plan(action, after: self.shifted(time))
    }

    private mutating func planJoining(_ hosts: [HostID]) {
        let isTurned = self.number(in: 0...1) == 0
        let founders = isTurned ? (hosts[1], hosts[0]) : (hosts[0], hosts[1])
        self.plan(
            .meet(founders.0, founders.1, tries: 6),
            at: .seconds(3) + self.time(within: .seconds(10)))
        // In half of the courses everybody is met by two, and so has a vote.
        let areVoters = self.number(in: 0...1) == 0
        for number in 2..<hosts.count {
            let sponsor = hosts[self.number(in: 0...(number - 1))]
            let isOffering = self.number(in: 0...1) == 0
            let at = Duration.seconds(15) + self.time(within: .seconds(150))
            self.plan(
                isOffering
                    ? .meet(sponsor, hosts[number], tries: 12)
                    : .meet(hosts[number], sponsor, tries: 12), at: at)
            guard areVoters else { continue }
            let second = hosts[self.number(in: 0...1)]
            let next = second == sponsor ? hosts[second.number == 0 ? 1 : 0] : second
            self.plan(
                .meet(next, hosts[number], tries: 2),
                at: at + .seconds(20) + self.time(within: .seconds(100)))
        }
        for _ in 0..<self.number(in: 0...hosts.count / 2) {
            let pair = self.pair(of: hosts)
            self.plan(
                .meet(pair.0, pair.1, tries: 0),
                at: .seconds(60) + self.time(within: .seconds(400)))
        }
        guard self.number(in: 0...5) == 0 else { return }
        let pair = self.pair(of: hosts)
        self.plan(
            .offer(by: pair.0, to: pair.1), at: .seconds(200) + self.time(within: .seconds(100)))
    }

    private mutating func planChanges(_ hosts: [HostID], within chaos: Duration) {
        let earliest = Duration.seconds(120)
        if self.number(in: 0...2) == 0 {
            for _ in 0..<self.number(in: 1...2) {
                self.plan(
                    .leave(hosts[self.number(in: 0...hosts.count - 1)]),
                    at: earliest + self.time(within: chaos - earliest))
            }
        }
        if self.number(in: 0...1) == 0 {
            for _ in 0..<self.number(in: 1...2) {
                let accused = hosts[self.number(in: 0...hosts.count - 1)]
                let at = earliest + self.time(within: chaos - earliest)
                for host in hosts where host != accused && self.number(in: 0...3) > 0 {
                    self.plan(
                        .remove(accused, by: host), at: at + self.time(within: .seconds(90)))
                }
            }
        }
        if self.number(in: 0...3) == 0 {
            let pair = self.pair(of: hosts)
            let at = earliest + self.time(within: chaos - earliest)
            self.plan(.block(pair.0, by: pair.1, isOn: true), at: at)
            if self.number(in: 0...1) == 0 {
                self.plan(
                    .block(pair.0, by: pair.1, isOn: false),
                    at: at + self.time(within: .seconds(200)))
            }
        }
        if self.number(in: 0...3) == 0 {
            self.plan(
                .retire(hosts[self.number(in: 0...1)]),
                at: earliest + self.time(within: chaos - earliest))
        }
    }

    /// Everybody wants one to go, long after the faults.
    private mutating func planLateRemoval(_ hosts: [HostID]) {
        guard self.number(in: 0...1) == 0 else { return }
        let accused = hosts[self.number(in: 0...hosts.count - 1)]
        let at = self.scenario.spans.chaos + .seconds(130)
        for host in hosts where host != accused {
            self.plan(.remove(accused, by: host), at: at + self.time(within: .seconds(8)))
        }
    }

    private mutating func pair(of hosts: [HostID]) -> (HostID, HostID) {
        let first = self.number(in: 0...hosts.count - 1)
        let second = (first + self.number(in: 1...hosts.count - 1)) % hosts.count
        return (hosts[first], hosts[second])
    }

    /// Others know of places that the host itself has forgotten.
    private mutating func returnToOldHome(_ host: HostID) -> Mishap {
        let restored = Duration.seconds(40) + self.time(within: .seconds(100))
        let moves = (1...self.number(in: 1...5)).map { number in
            (action: Action.move([host]), after: Duration.seconds(7 * number))
        }
        return [(.backUp(host), .zero)] + moves + [
            (.restore(host), restored),
            (.move([host]), restored + self.time(within: .seconds(60))),
        ]
    }

    mutating func clusterMishap(_ host: HostID, _ hosts: [HostID]) -> Mishap {
        switch self.number(in: 0...27) {
        case 0: [(.crash(host, atNextStepAfter: self.number(in: 0...6)), .zero)]
        case 1: [(.crash(host, atNextStepAfter: nil), .zero)]
        case 2: [(.losePower(host), .zero)]
        case 3: [(.suspend(host, .seconds(self.number(in: 1...400))), .zero)]
        case 4, 5, 6: [(.move([host]), .zero)]
        case 7: [(.move(self.some(of: hosts)), .zero)]
        case 8: [(.move(hosts), .zero)]
        case 9: [(.move(hosts.filter { $0 != host }), .zero)]
        case 10, 11: [(.unplug(host), .zero), (.plugIn(host), self.time(within: .seconds(200)))]
        case 12...15: [(.strike(host, self.networkFault()), .zero)]
        case 16: [(.setInternet(self.badInternet()), .zero)]
        case 17: self.cut(host, hosts)
        case 18, 19, 20:
            [(.split(self.some(of: hosts)), .zero), (.split([]), self.time(within: .seconds(300)))]
        case 21: [(.attack(on: host), .zero)]
        case 22: [(.backUp(host), .zero), (.restore(host), self.time(within: .seconds(200)))]
        case 23: self.returnToOldHome(host)
        case 24: [(.jumpClock(host, self.clockError()), .zero)]
        case 25: [(.setDisk(host, isFull: true), .zero)]
        case 26: [(.flap(host, count: self.number(in: 1...12)), .zero)]
        default: [(.tearPage(host), .zero)]
        }
    }
}
