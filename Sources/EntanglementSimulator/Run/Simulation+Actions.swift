// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What a plan does: people, computers, networks, adversaries.
extension Simulation {
    mutating func carryOut(_ action: Action) {
        switch action {
        case .offer(let host, let other): self.offer(by: host, to: other)
        case .answer(let host, let meeting): self.answer(by: host, meeting)
        case .accept(let host, let meeting): self.accept(by: host, meeting)
        case .cancelIfThere(let host, let meeting): self.cancel(by: host, meeting)
        case .chooseAfterTimeout(let host, let meeting):
            self.chooseAfterTimeout(by: host, meeting)
        case .forget(let host, let meeting): self.forget(by: host, meeting)
        case .answerToo(let host, let meeting): self.answerToo(by: host, meeting)
        case .acceptToo(let host, let meeting): self.acceptToo(by: host, meeting)
        case .start, .crash, .losePower, .backUp, .restore, .setDisk, .suspend, .wake, .jumpClock,
            .tearPage, .copyHome:
            self.carryOutOnComputer(action)
        case .move, .unplug, .plugIn, .setInternet, .cut, .split, .strike:
            self.carryOutOnNetwork(action)
        case .gather(let ids):
            self.count(.gathering)
            self.gather(ids)
        case .flap(let host, let count): self.flap(host, count)
        case .attack(let host): self.attack(host)
        case .intercept(let host, let duration):
            self.interceptions[host] = self.now + duration
        case .hand(let packet, let host): self.deliver(packet, to: host)
        case .misbehave(let host): self.misbehave(host)
        case .meet, .leave, .remove, .block, .retire, .pass, .expectGone, .follow:
            self.carryOutInCluster(action)
        case .foundSide(let hosts): self.foundSide(hosts)
        case .bridge, .setBridges, .giveCard, .closeBridges, .speak, .expectClosed:
            self.carryOutAtBridge(action)
        case .heal: self.heal()
        }
    }

    private mutating func start(_ id: HostID) {
        guard self.hosts[id.number].power == .stopped, !self.hosts[id.number].disk.isFull,
            !self.retired.contains(id), !self.isAbsent(.start(id))
        else { return }
        // Programs die while they start, too, but not where nothing is to go wrong.
        if !self.isHealed, !self.people.areResolute,
            Int.random(in: 0..<24, using: &self.generator) == 0
        {
            self.hosts[id.number].diesAfter = Int.random(in: 0...8, using: &self.generator)
        }
        self.step(id) { $0.start(at: $1) }
    }

    private mutating func carryOutOnComputer(_ action: Action) {
        switch action {
        case .start(let id):
            self.start(id)
        case .crash(let id, let outputs):
            // People may have second thoughts long after the faults have ended; programs do not die then.
            guard self.hosts[id.number].isRunning, !self.isHealed else { return }
            if let outputs {
                self.hosts[id.number].diesAfter = outputs
            } else {
                self.stop(id, .crash, losesPower: false)
            }
        case .losePower(let id):
            guard self.hosts[id.number].power != .stopped else { return }
            self.stop(id, .powerLoss, losesPower: true)
            self.hosts[id.number].clock.restart(at: self.now)
        case .tearPage(let id):
            self.count(.tornPage)
            self.hosts[id.number].disk.tears = true
        case .copyHome(let id): self.copyHome(of: id)
        case .backUp(let id): self.hosts[id.number].disk.backUp()
        case .restore(let id):
            self.hosts[id.number].stop(losesPower: false)
            if self.hosts[id.number].disk.restore(using: &self.generator) {
                self.count(.restoredBackup)
                self.restored.insert(id)
                self.checker.forgives(id)
            }
            self.plan(.start(id), after: .seconds(1))
        case .setDisk(let id, let isFull):
            if isFull { self.count(.diskFull) }
            self.hosts[id.number].disk.isFull = isFull
            if !isFull { self.plan(.start(id), after: .seconds(1)) }
        case .suspend(let id, let duration):
            guard self.hosts[id.number].isRunning else { return }
            self.count(.suspend)
            self.hosts[id.number].power = .asleep
            self.plan(.wake(id), after: duration)
        case .wake(let id):
            guard self.hosts[id.number].power == .asleep, !self.isAbsent(.wake(id)) else {
                return
            }
            self.checker.rates.wakes(id)
            self.step(id) { $0.wake(at: $1) }
        case .jumpClock(let id, let error):
            self.count(.clockJump)
            let jump = error - self.hosts[id.number].clock.wallError
            self.hosts[id.number].clock.setWallError(error)
            if jump < .zero { self.setBack.insert(id) }
            let isNoticed = jump > .seconds(180) || jump < .seconds(-180)
            if isNoticed, self.hosts[id.number].isRunning {
                self.step(id) { $0.handle(.resumed, at: $1) }
            }
        default: break
        }
    }

    private mutating func stop(_ id: HostID, _ fault: Fault, losesPower: Bool) {
        self.count(fault)
        self.hosts[id.number].stop(losesPower: losesPower)
        let delay = Duration.milliseconds(Int64.random(in: 100...30_000, using: &self.generator))
        self.plan(.start(id), after: delay)
    }

    /// Every fault ends: from here on everybody who can be reached must be found.
    private mutating func heal() {
        self.network.heal(self.calm)
        self.interceptions = [:]
        self.isHealed = true
        self.checker.calmSince = self.now
        self.checker.lateUntil = self.checker.lateUntil.map { min($0, self.now + .seconds(70)) }
        self.story?.healedAt = self.now
        for host in self.hosts.map(\.id) {
            self.carryOut(.plugIn(host))
            self.hosts[host.number].disk.tears = false
            self.hosts[host.number].diesAfter = nil
            if self.copies[host] != nil {
                self.retired.insert(host)
                self.hosts[host.number].stop(losesPower: false)
            }
            self.hosts[host.number].disk.isFull = false
            switch self.hosts[host.number].power {
            case .running: break
            case .asleep: self.carryOut(.wake(host))
            case .stopped: self.carryOut(.start(host))
            }
        }
    }
}
