// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Two clusters: each is founded and grows, then two of different ones link them; people give cards, move,
// close.
extension Course {
    mutating func planBridge() {
        let hosts = self.simulation.hosts.map(\.id)
        let firstCount = hosts.count / 2
        self.simulation.bridges = BridgeStory(
            firstCount: firstCount,
            mark: (0..<24).map { _ in UInt8(self.number(in: 0...255)) })
        self.simulation.checker.isAboutCluster = true
        self.simulation.people.areResolute = true
        for side in [Array(hosts[..<firstCount]), Array(hosts[firstCount...])] {
            self.simulation.plan(.foundSide(side), after: .seconds(4))
        }
        let pairs = [
            (
                hosts[self.number(in: 0...firstCount - 1)],
                hosts[self.number(in: firstCount...hosts.count - 1)]
            ),
            (
                hosts[self.number(in: 0...firstCount - 1)],
                hosts[self.number(in: firstCount...hosts.count - 1)]
            ),
        ]
        self.simulation.plan(.bridge(pairs[0].0, pairs[0].1, tries: 6), after: .seconds(70))
        var ends = [pairs[0].0, pairs[0].1]
        if self.number(in: 0...1) == 0, pairs[1] != pairs[0] {
            self.simulation.plan(.bridge(pairs[1].0, pairs[1].1, tries: 6), after: .seconds(85))
            ends += [pairs[1].0, pairs[1].1]
        }
        self.planPolicies(hosts)
        self.planClosing(hosts, ends)
        self.planBridgeVillain(hosts, ends: [pairs[0].0, pairs[0].1])
    }

    private mutating func planPolicies(_ hosts: [HostID]) {
        let levels: [BridgeLevel] = [.cards, .messages, .messages, .relaying, .relaying]
        let level = levels[self.number(in: 0...levels.count - 1)]
        let addresses = level >= .messages && self.number(in: 0...3) == 0
        // Where addresses may cross, a third of the people do not want it of theirs.
        var consent = SeededGenerator(seed: self.simulation.seed ^ 0x5eed)
        self.simulation.bridges?.open =
            addresses ? Set(hosts.filter { _ in consent.next() % 3 > 0 }) : []
        for at in [125, 170, 245] {
            self.simulation.plan(
                .setBridges(level, addresses: addresses), after: .seconds(at))
        }
        for host in hosts where self.number(in: 0...2) > 0 {
            let policy = BridgePolicy(
                self.number(in: 0...1) == 0 ? .messages : .relaying,
                addresses: self.simulation.bridges?.open.contains(host) ?? false)
            let at = Duration.seconds(self.number(in: 130...200))
            self.simulation.plan(.giveCard(host, policy), after: at)
            // Who was away when it was asked is asked again.
            self.simulation.plan(.giveCard(host, policy), after: .seconds(250))
            if self.number(in: 0...5) == 0 {
                self.simulation.plan(.giveCard(host, nil), after: .seconds(270))
            }
        }
        for _ in 0..<20 {
            let host = hosts[self.number(in: 0...hosts.count - 1)]
            self.simulation.plan(
                .speak(host), after: .seconds(210) + self.time(within: .seconds(300)))
        }
    }

    /// Bridges are closed, in every course of `hostileBridge` and in half of the others.
    private mutating func planClosing(_ hosts: [HostID], _ ends: [HostID]) {
        guard self.number(in: 0...1) == 0 || self.scenario == .hostileBridge else { return }
        let sides = [Array(hosts[..<(hosts.count / 2)]), Array(hosts[(hosts.count / 2)...])]
        // Either everybody of one side, or everybody at all: the ends are among them.
        var closers = self.number(in: 0...1) == 0 ? hosts : sides[self.number(in: 0...1)]
        if self.scenario == .hostileBridge, self.number(in: 0...1) == 0 {
            // Or by the votes of those alone who are no ends: the founders have them.
            let voters = sides.map { Array($0.prefix(2)) }
            let free = voters.filter { voters in !voters.contains(where: ends.contains) }
            if !free.isEmpty { closers = free[self.number(in: 0...(free.count - 1))] }
        }
        let at = self.scenario.spans.chaos + .seconds(200)
        self.simulation.plan(.closeBridges(closers), after: at)
        guard self.scenario == .hostileBridge else { return }
        self.simulation.plan(.expectClosed, after: at + .seconds(8))
    }

    /// In a third of the courses one end of the first bridge, or somebody else, means harm; in `hostileBridge`
    /// one end always does, and in a fifth of these the other one too.
    private mutating func planBridgeVillain(_ hosts: [HostID], ends: [HostID]) {
        if self.scenario == .hostileBridge {
            let first = self.number(in: 0...1)
            self.makeVillain(ends[first], .betrays)
            if self.number(in: 0...4) == 0 { self.makeVillain(ends[1 - first], .betrays) }
            return
        }
        guard self.number(in: 0...2) == 0 else { return }
        let all = ends + hosts
        self.makeVillain(all[self.number(in: 0...all.count - 1)], .tampers)
    }

    private mutating func makeVillain(_ id: HostID, _ strategy: Hostility) {
        self.simulation.hosts[id.number].villain = Villain(
            strategy, lies: [], seed: self.simulation.generator.next())
        self.simulation.checker.villains.insert(id)
        for _ in 0..<(strategy == .betrays ? 16 : 40) {
            let at = Duration.seconds(120) + self.time(within: .seconds(300))
            self.simulation.plan(.misbehave(id), after: at)
        }
        guard strategy == .betrays else { return }
        // When bridges are closed, and afterwards: what is closed stays closed.
        for at in [599_900, 600_100, 600_600, 601_500, 603_000, 606_000] {
            self.simulation.plan(.misbehave(id), after: .milliseconds(at))
        }
    }

    mutating func bridgeMishap(_ host: HostID, _ hosts: [HostID]) -> Mishap {
        switch self.number(in: 0...16) {
        case 0: [(.crash(host, atNextStepAfter: nil), .zero)]
        case 1: [(.losePower(host), .zero)]
        case 2: [(.suspend(host, .seconds(self.number(in: 1...200))), .zero)]
        case 3, 4, 5: [(.move([host]), .zero)]
        case 6: [(.unplug(host), .zero), (.plugIn(host), self.time(within: .seconds(100)))]
        case 7: [(.setInternet(self.badInternet()), .zero)]
        case 8: self.cut(host, hosts)
        case 9:
            [(.split(self.some(of: hosts)), .zero), (.split([]), self.time(within: .seconds(200)))]
        case 10: [(.attack(on: host), .zero)]
        case 11: [(.backUp(host), .zero)]
        case 12: [(.restore(host), .zero)]
        case 13: [(.jumpClock(host, self.clockError(of: [60, 3_600, 40_000])), .zero)]
        case 14: self.wrongClock(host)
        default: [(.crash(host, atNextStepAfter: self.number(in: 0...6)), .zero)]
        }
    }

    /// A clock is wrong for a while, by more than others bear with.
    private mutating func wrongClock(_ host: HostID) -> Mishap {
        let error = self.clockError(of: [3 * 86_400, 40 * 86_400, 315_360_000])
        return [
            (.jumpClock(host, error), .zero),
            (.jumpClock(host, .zero), self.time(within: .seconds(100))),
        ]
    }
}

extension Simulation {
    /// Two of a side found its cluster; the others are taken in, one after the other.
    mutating func foundSide(_ hosts: [HostID]) {
        guard let story = self.bridges, !self.isHealed else { return }
        let side = story.side(of: hosts[0])
        func isRunning(_ id: HostID) -> Bool { self.hosts[id.number].isRunning }
        func membership(_ id: HostID) -> ClusterRecord? {
            self.hosts[id.number].disk.store.state.clusters.first {
                $0.id == story.clusters[side] || story.clusters[side] == nil
            }
        }
        if story.clusters[side] == nil {
            if let founded = membership(hosts[0]), founded.standing == .member {
                self.bridges?.clusters[side] = founded.id
            } else if isRunning(hosts[0]), isRunning(hosts[1]) {
                self.count(.founding)
                self.offer(
                    by: hosts[0], to: hosts[1],
                    MeetingWishes(
                        offering: MeetingOptions(), answering: MeetingOptions(),
                        isFounding: true))
                return self.plan(.foundSide(hosts), after: .seconds(20))
            }
            return self.plan(.foundSide(hosts), after: .seconds(5))
        }
        guard let cluster = story.clusters[side],
            let newcomer = hosts.dropFirst(2).first(where: { membership($0) == nil })
        else { return }
        if isRunning(hosts[0]), isRunning(newcomer) {
            self.count(.takingIn)
            self.offer(
                by: hosts[0], to: newcomer,
                MeetingWishes(
                    offering: MeetingOptions(intent: .cluster, cluster: cluster),
                    answering: MeetingOptions(intent: .join), into: cluster, sponsor: hosts[0]))
        }
        self.plan(.foundSide(hosts), after: .seconds(20))
    }
}
