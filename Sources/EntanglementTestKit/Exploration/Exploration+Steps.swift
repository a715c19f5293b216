// SPDX-License-Identifier: Apache-2.0
import Entanglement

// What may happen next in a world, and what it leads to.
extension Exploration {
    /// Everything that may happen next.
    func steps(of world: World) -> [Step] {
        let numbers = world.inFlight.numbers
        var steps: [Step] = numbers.map { .deliver($0) }
        steps += Pair.Side.allCases.map { .timer($0) }
        if world.shownAnswer < 0 { steps.append(.answer) }
        if self.standing(world, .alice) == .pending(.offered), world.shownAnswer >= 0 {
            steps.append(.accept)
        }
        let budget = world.budget
        guard self.faultCount(budget) < self.faultCountMax else { return steps }
        if budget.losses > 0 { steps += numbers.map { .lose($0) } }
        if budget.duplicates > 0 { steps += numbers.map { .duplicate($0) } }
        if budget.crashes > 0 { steps += Pair.Side.allCases.map { .crash($0) } }
        if budget.cancels > 0 { steps += Pair.Side.allCases.map { .cancel($0) } }
        if budget.expiries > 0 { steps += Pair.Side.allCases.map { .expire($0) } }
        if budget.forgeries > 0 { steps += Pair.Side.allCases.map { .forge($0) } }
        return steps
    }

    /// The world after a step; nil when it is not possible there.
    mutating func apply(_ step: Step, to world: World) -> World? {
        var next = world
        switch step {
        case .deliver(let number): self.deliver(number, &next)
        case .duplicate(let number):
            next.budget.duplicates -= 1
            self.deliver(number, keeping: true, &next)
        case .lose(let number):
            next.budget.losses -= 1
            next.inFlight.remove(number)
        case .timer(let side): return self.runTimers(side, world)
        case .crash(let side):
            next.budget.crashes -= 1
            self.local(side, .restart, &next)
        case .cancel(let side):
            guard case .pending = self.standing(world, side) else { return nil }
            next.budget.cancels -= 1
            self.local(side, .cancel, &next)
        case .expire(let side):
            guard let left = self.state(world, side).phaseLeft else { return nil }
            next.budget.expiries -= 1
            self.local(side, .timer(after: left), &next)
        case .forge(let side):
            next.budget.forgeries -= 1
            self.local(side, .forge, &next)
        case .answer: self.local(.bob, .answer(self.offerText), &next)
        case .accept: self.local(.alice, .accept(world.shownAnswer), &next)
        }
        return next
    }

    /// Delivers one datagram, after some time of its receiver.
    mutating func deliver(
        _ number: Int32, after nanoseconds: Int64 = 0, keeping: Bool = false,
        _ world: inout World
    ) {
        let side = self.receiver(of: number)
        if !keeping { world.inFlight.remove(number) }
        if side == .alice { world.isAliceBlocked = false }
        self.local(side, .receive(number, after: nanoseconds), &world)
    }

    /// Lets one side do something; what it sends is on its way afterwards.
    mutating func local(
        _ side: Pair.Side, _ input: Catalogue.LocalInput, _ world: inout World
    ) {
        let outcome = self.catalogue.step(world[side], of: side, input)
        world[side] = outcome.state
        if outcome.shown >= 0 { world.shownAnswer = outcome.shown }
        if side == .bob || !world.isAliceBlocked {
            for number in outcome.sent where !self.isRepetition(number, world) {
                if !world.inFlight.insert(number) { self.count(\.overflowCount) }
            }
        }
        self.sweep(&world)
    }

    /// Takes away what is on its way and can do nothing any more; of probes the first one stays.
    ///
    /// So worlds are one that differ only in what would be dropped.
    private mutating func sweep(_ world: inout World) {
        var probed: [Pair.Side] = []
        for number in world.inFlight.numbers {
            let side = self.receiver(of: number)
            switch self.catalogue.use(of: number, at: world[side]) {
            case .whole: continue
            case .probe:
                if self.standing(world, side) != .none { self.checkUseless(number, world) }
                guard probed.contains(side) else {
                    probed.append(side)
                    continue
                }
            case .none: self.checkUseless(number, world)
            }
            world.inFlight.remove(number)
            self.count(\.sweptCount)
        }
    }

    /// What is taken away is tried, and so is a probe that nobody answers yet: the core must be what
    /// it was and send nothing.
    private mutating func checkUseless(_ number: Int32, _ world: World) {
        let side = self.receiver(of: number)
        let outcome = self.catalogue.step(world[side], of: side, .receive(number, after: 0))
        if outcome.state != world[side] || !outcome.sent.isEmpty {
            self.surprise = "not without use: " + self.describe(.deliver(number))
        }
    }

    /// Whether the same message is on its way already, perhaps with an earlier packet counter: then
    /// this one is lost, for it can do nothing that the first cannot.
    private func isRepetition(_ number: Int32, _ world: World) -> Bool {
        let datagram = self.catalogue.datagram(number)
        return world.inFlight.numbers.contains {
            let other = self.catalogue.datagram($0)
            guard other.sender == datagram.sender, other.body == datagram.body else { return false }
            // What is only a probe now can do less than a new one.
            return self.catalogue.use(of: $0, at: world[self.receiver(of: $0)]) == .whole
        }
    }

    /// Time passes on one side until its timers do more than repeat what is on its way anyway.
    ///
    /// States in between differ from the first one by time alone, so nothing else can happen in
    /// them than in the first and the last.
    private mutating func runTimers(_ side: Pair.Side, _ world: World) -> World? {
        guard world.inFlight.count < Self.inFlightMax else { return nil }
        var next = world
        let before = self.state(world, side).timelessShape
        for _ in 0..<16 {
            guard let due = self.state(next, side).due else { return nil }
            self.local(side, .timer(after: due), &next)
            let isNew =
                next.inFlight != world.inFlight
                || self.state(next, side).timelessShape != before
            if isNew { return next }
        }
        return next
    }

    func receiver(of number: Int32) -> Pair.Side {
        self.catalogue.datagram(number).sender == .alice ? .bob : .alice
    }

    func state(_ world: World, _ side: Pair.Side) -> LocalState {
        self.catalogue.state(world[side])
    }

    func standing(_ world: World, _ side: Pair.Side) -> LocalState.Standing {
        self.catalogue.state(world[side]).standing
    }

    func describe(_ step: Step) -> String {
        func text(_ number: Int32) -> String {
            let datagram = self.catalogue.datagram(number)
            let kind: String
            switch datagram.bytes.first {
            case 0x7b:
                kind = String(String(decoding: datagram.bytes, as: UTF8.self).prefix(30))
            default: kind = "packet"
            }
            return "#\(number) of \(datagram.sender) (\(kind))"
        }
        switch step {
        case .deliver(let number): return "deliver " + text(number)
        case .duplicate(let number): return "deliver and keep " + text(number)
        case .lose(let number): return "lose " + text(number)
        case .timer(let side): return "timers of \(side)"
        case .crash(let side): return "\(side) crashes and restarts"
        case .cancel(let side): return "\(side) cancels"
        case .expire(let side): return "time is over for \(side)"
        case .forge(let side): return "a stranger's error to \(side)"
        case .answer: return "bob answers"
        case .accept: return "alice accepts"
        }
    }
}
