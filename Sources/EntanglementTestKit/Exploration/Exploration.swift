// SPDX-License-Identifier: Apache-2.0
package import Entanglement

/// Explores what two real cores can come to, breadth first, and whether they agree in the end.
///
/// From every distinct world that is reached, a fair completion follows: nothing goes wrong any
/// more, everything is delivered, timers run. Then both sides must be peers with the same cluster
/// UID, confirmed both ways; or, if a person cancelled or an offer's life (or the 30 days) ended,
/// both must be without the pairing.
package struct Exploration: Sendable {
    /// Where an exploration begins.
    package enum Start: String, Sendable, CaseIterable {
        /// Alice shows the offer.
        case offered
        /// Bob shows the answer and has sent his first message 1.
        case answered
        /// Alice has scanned the answer and sent message 1; Bob's early one is lost.
        case accepted
        /// Both first messages cross.
        case bothInitiate
        /// Bob's message 1 is on its way; Alice's datagrams are lost until his has come.
        case onlyBobInitiates
    }

    /// What came of it.
    package struct Report: Sendable {
        /// Distinct worlds, budgets apart.
        package var worldCount = 0
        /// Worlds that were kept to be expanded; one world counts again with a budget that no former one had.
        package var expandedCount = 0
        /// Distinct worlds by the number of steps that lead to them.
        package var worldCountsByDepth: [Int] = []
        /// Steps between worlds.
        package var transitionCount = 0
        /// Distinct states of one side, completions included.
        package var localStateCount = 0
        /// Steps of one side that the real core computed.
        package var localStepCount = 0
        /// Distinct worlds that completions passed.
        package var completedCount = 0
        /// Completions that ended with two peers.
        package var trustedCount = 0
        /// Completions that ended without the pairing.
        package var goneCount = 0
        /// Times that more was on its way than fits, so that something more was lost.
        package var overflowCount = 0
        /// Times that something on its way was taken away because it could do nothing any more.
        package var sweptCount = 0
        /// The steps that lead to a disagreement, and which; nil: there is none.
        package var counterexample: [String]?

        /// All counts in one line.
        package var summary: String {
            "\(self.worldCount) worlds, \(self.transitionCount) steps between them, "
                + "\(self.localStateCount) states of one side, \(self.localStepCount) steps of a core, "
                + "\(self.completedCount) worlds in completions, which ended \(self.trustedCount) "
                + "times with two peers and \(self.goneCount) times without; by depth: "
                + self.worldCountsByDepth.map { "\($0)" }.joined(separator: " ")
        }
    }

    /// While as many are on their way, timers wait.
    static let inFlightMax = 3

    private(set) var report = Report()
    var catalogue = Catalogue()
    var fingerprints = Fingerprints()
    /// Worlds from which the completion is known to agree.
    var agreeing: Set<MixingDigest> = []
    /// A datagram that was thought to be without use and was not.
    var surprise: String?
    private let start: Start
    private let mutation: Mutation
    private let budget: Budget
    let faultCountMax: Int
    private let budgetNumbers: [Budget: Int]
    private let smaller: [UInt64]
    private var nodes: [Node] = []
    /// For each world, the budgets with which it was reached, and all smaller ones, as bits.
    private var seen: [MixingDigest: UInt64] = [:]

    private struct Node: Sendable {
        var world: World
        var parent: Int32
        var step: Step?
    }

    private init(start: Start, mutation: Mutation, budget: Budget, faultCountMax: Int) {
        self.faultCountMax = faultCountMax
        self.start = start
        self.mutation = mutation
        self.budget = budget
        let all = budget.smaller
        precondition(all.count <= 64, "a set of budgets is one word")
        var numbers: [Budget: Int] = [:]
        for (number, budget) in all.enumerated() { numbers[budget] = number }
        self.budgetNumbers = numbers
        self.smaller = all.map { budget in
            budget.smaller.reduce(0) { bits, smaller in
                numbers[smaller].map { bits | 1 << UInt64($0) } ?? bits
            }
        }
    }

    /// Explores to that many steps, or to the first disagreement.
    ///
    /// At most `faultCountMax` things of the budget go wrong on one way. The seed decides whose key is
    /// the smaller one.
    package static func run(
        from start: Start, steps: Int, budget: Budget = .each, faultCountMax: Int = .max,
        seed: UInt64 = 1, mutation: Mutation = []
    ) -> Report {
        var exploration = Exploration(
            start: start, mutation: mutation, budget: budget, faultCountMax: faultCountMax)
        exploration.run(steps: steps, seed: seed)
        return exploration.report
    }

    private mutating func run(steps: Int, seed: UInt64) {
        self.visit(self.startWorld(seed: seed), parent: -1, step: nil, keeps: steps > 0)
        self.report.worldCountsByDepth.append(self.seen.count)
        var level = 0..<self.nodes.count
        for depth in 0..<steps where self.report.counterexample == nil {
            for number in level where self.report.counterexample == nil {
                self.expand(number, keeps: depth + 1 < steps)
            }
            level = level.upperBound..<self.nodes.count
            self.report.worldCountsByDepth.append(self.seen.count)
        }
        self.report.worldCount = self.seen.count
        self.report.expandedCount = self.nodes.count
        self.report.localStateCount = self.catalogue.stateCount
        self.report.localStepCount = self.catalogue.stepCount
        self.report.completedCount = self.agreeing.count
    }

    private mutating func expand(_ number: Int, keeps: Bool) {
        let world = self.nodes[number].world
        guard !self.isEnd(world) else { return }
        for step in self.steps(of: world) {
            guard let next = self.apply(step, to: world) else { continue }
            self.report.transitionCount += 1
            self.visit(next, parent: Int32(number), step: step, keeps: keeps)
            if self.report.counterexample != nil { return }
        }
    }

    /// Keeps a world that is new, or that was reached with other permissions only.
    private mutating func visit(_ world: World, parent: Int32, step: Step?, keeps: Bool) {
        if let surprise = self.surprise {
            let node = Node(world: world, parent: parent, step: step)
            self.report.counterexample = self.trace(node) + [surprise]
            return
        }
        let fingerprint = self.fingerprints.fingerprint(world, self.catalogue)
        guard let number = self.budgetNumbers[world.budget] else {
            preconditionFailure("budgets only shrink")
        }
        let known = self.seen[fingerprint]
        if let known, known >> UInt64(number) & 1 == 1 { return }
        self.seen[fingerprint] = (known ?? 0) | self.smaller[number]
        let node = Node(world: world, parent: parent, step: step)
        if keeps { self.nodes.append(node) }
        guard known == nil else { return }
        if let problem = self.disagreement(from: world) ?? self.surprise {
            self.report.counterexample = self.trace(node) + [problem]
        }
    }

    func faultCount(_ budget: Budget) -> Int { self.budget.count - budget.count }

    mutating func count(_ path: WritableKeyPath<Report, Int>) {
        self.report[keyPath: path] += 1
    }

    private func trace(_ last: Node) -> [String] {
        var lines: [String] = []
        var node = last
        while let step = node.step {
            lines.append(self.describe(step))
            guard node.parent >= 0 else { break }
            node = self.nodes[Int(node.parent)]
        }
        return ["start: \(self.start.rawValue)"] + lines.reversed()
    }

    // MARK: Start

    private mutating func startWorld(seed: UInt64) -> World {
        let alice = self.catalogue.addHost(.alice, seed: seed, self.mutation)
        let bob = self.catalogue.addHost(.bob, seed: seed, self.mutation)
        let offered = self.catalogue.offer(alice)
        self.offerText = offered.shown
        var world = World(alice: offered.state, bob: bob, budget: self.budget)
        if self.start == .offered { return world }
        world = self.apply(.answer, to: world) ?? world
        switch self.start {
        case .offered, .answered: return world
        case .accepted:
            world.inFlight = InFlight()
            return self.apply(.accept, to: world) ?? world
        case .bothInitiate: return self.apply(.accept, to: world) ?? world
        case .onlyBobInitiates:
            world.isAliceBlocked = true
            return self.apply(.accept, to: world) ?? world
        }
    }

    /// The text of Alice's offer.
    private(set) var offerText: Int32 = -1

    /// Whether with this seed Alice has the smaller key: then of two crossed sessions hers counts.
    package static func isAliceSmaller(seed: UInt64) -> Bool {
        var exploration = Exploration(
            start: .accepted, mutation: [], budget: Budget(), faultCountMax: 0)
        let world = exploration.startWorld(seed: seed)
        let keys = Pair.Side.allCases.compactMap { side in
            exploration.state(world, side).host.store.state.relations.first.flatMap {
                StandInPrimitives().agreementKey(from: $0.ownKey)?.publicKey
            }
        }
        return keys.count == 2 && keys[0] < keys[1]
    }
}
