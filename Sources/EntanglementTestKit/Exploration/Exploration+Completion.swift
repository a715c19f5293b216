// SPDX-License-Identifier: Apache-2.0
import Entanglement

// What becomes of a world when nothing goes wrong any more.
extension Exploration {
    /// A completion on its way: the world and how much time has passed on each side.
    private struct Completion {
        var world: World
        var aliceElapsed: Int64 = 0
        var bobElapsed: Int64 = 0

        subscript(side: Pair.Side) -> Int64 {
            get { side == .alice ? self.aliceElapsed : self.bobElapsed }
            set {
                if side == .alice {
                    self.aliceElapsed = newValue
                } else {
                    self.bobElapsed = newValue
                }
            }
        }

        var now: Int64 { max(self.aliceElapsed, self.bobElapsed) }
    }

    /// Two hours: much more than any state needs that people have not left alone.
    private static let patience: Int64 = 7_200_000_000_000
    private static let eventCountMax = 20_000

    /// Why both sides do not come to agree from there; nil: they do.
    ///
    /// Before `accept` there are two ways to go on: the people finish the meeting, or walk away.
    mutating func disagreement(from world: World) -> String? {
        var ways = [true]
        if self.mayMeet(world) { ways.append(false) }
        self.catalogue.beginTrial()
        defer { self.catalogue.endTrial() }
        for doesMeet in ways {
            if let problem = self.complete(world, doesMeet: doesMeet) { return problem }
        }
        return nil
    }

    /// Whether both are peers and no 410 counts any more, or both are without the pairing.
    ///
    /// Nothing that this exploration does can change that: it is completed, but not expanded.
    func isEnd(_ world: World) -> Bool {
        switch (self.standing(world, .alice), self.standing(world, .bob)) {
        case (.none, .none): world.shownAnswer >= 0
        case (.trusted(_, isConfirmed: true), .trusted(_, isConfirmed: true)): true
        case (.none, _), (.pending, _), (.trusted, _), (.broken, _): false
        }
    }

    private func mayMeet(_ world: World) -> Bool {
        world.shownAnswer < 0 || self.standing(world, .alice) == .pending(.offered)
    }

    private mutating func complete(_ world: World, doesMeet: Bool) -> String? {
        var completion = Completion(world: world)
        completion.world.isAliceBlocked = false
        var path: [MixingDigest] = []
        for _ in 0..<Self.eventCountMax {
            var key = self.fingerprints.fingerprint(completion.world, self.catalogue)
            key.absorb(UInt64(bitPattern: completion.aliceElapsed - completion.bobElapsed))
            key.absorb(doesMeet ? 1 : 0)
            if self.agreeing.contains(key) {
                self.agreeing.formUnion(path)
                return nil
            }
            path.append(key)
            let isIdle = completion.world.inFlight.count == 0
            if isIdle, let verdict = self.verdict(completion.world) {
                guard verdict.isEmpty else { return verdict }
                self.agreeing.formUnion(path)
                return nil
            }
            guard self.goOn(&completion, doesMeet: doesMeet) else {
                return "stuck: " + self.describe(completion.world)
            }
            guard completion.now < Self.patience else {
                return "no agreement in two hours: " + self.describe(completion.world)
            }
        }
        return "no agreement in \(Self.eventCountMax) events: " + self.describe(completion.world)
    }

    /// The next event of a fair run; false when there is none.
    private mutating func goOn(_ completion: inout Completion, doesMeet: Bool) -> Bool {
        if let number = completion.world.inFlight.first {
            let side = self.receiver(of: number)
            let wait = completion.now - completion[side]
            completion[side] += wait
            self.deliver(number, after: wait, &completion.world)
            return true
        }
        if doesMeet, self.mayMeet(completion.world) {
            let step: Step = completion.world.shownAnswer < 0 ? .answer : .accept
            if let next = self.apply(step, to: completion.world), next != completion.world {
                completion.world = next
                return true
            }
        }
        var earliest: (side: Pair.Side, at: Int64)?
        for side in Pair.Side.allCases {
            guard let due = self.state(completion.world, side).due else { continue }
            let at = max(completion[side] + due, completion.now)
            if earliest.map({ at < $0.at }) ?? true { earliest = (side, at) }
        }
        guard let earliest else { return false }
        let wait = earliest.at - completion[earliest.side]
        completion[earliest.side] = earliest.at
        self.local(earliest.side, .timer(after: wait), &completion.world)
        return true
    }

    /// Whether a world with nothing on its way is an end: nil: not yet, empty: a good one.
    private mutating func verdict(_ world: World) -> String? {
        switch (self.standing(world, .alice), self.standing(world, .bob)) {
        case (.broken, _), (_, .broken): return "broken: " + self.describe(world)
        case (.none, .none):
            let isMeant =
                self.state(world, .alice).hasEndedIt
                || self.state(world, .bob).hasEndedIt
            guard isMeant else { return "gone, though nobody ended it: " + self.describe(world) }
            self.count(\.goneCount)
            return ""
        case (.trusted(let first, isConfirmed: true), .trusted(let second, isConfirmed: true)):
            guard first == second else { return "two clusters: " + self.describe(world) }
            self.count(\.trustedCount)
            return ""
        case (.none, _), (.pending, _), (.trusted, _): return nil
        }
    }

    private func describe(_ world: World) -> String {
        "alice \(self.standing(world, .alice)), bob \(self.standing(world, .bob))"
    }
}
