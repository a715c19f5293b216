// SPDX-License-Identifier: Apache-2.0
package import Entanglement

/// Whether random sets of records give one state in whatever order they come.
public struct RosterProof: Sendable {
    /// What was seen in how many sets; a proof that never sees a removal proves little.
    public struct Tally: Sendable, Equatable {
        /// Sets looked at.
        public var sets = 0
        /// Records in them.
        public var records = 0
        /// Sets with a removal in effect.
        public var removals = 0
        /// Sets with a removal that others outnumber.
        public var outnumbered = 0
        /// Sets with removals that exclude each other.
        public var conflicts = 0
        /// Sets with a removal that is void.
        public var voids = 0
        /// Sets with an equivocation.
        public var equivocations = 0
        /// Sets whose epoch fits who is gone, somebody being gone.
        public var epochs = 0
        /// Sets with somebody who waits for a place.
        public var crowds = 0

        /// Nothing seen.
        public init() {}

        /// Adds another tally.
        public mutating func add(_ other: Tally) {
            self.sets += other.sets
            self.records += other.records
            self.removals += other.removals
            self.outnumbered += other.outnumbered
            self.conflicts += other.conflicts
            self.voids += other.voids
            self.equivocations += other.equivocations
            self.epochs += other.epochs
            self.crowds += other.crowds
        }

        fileprivate mutating func add(_ state: RosterState, records: Int) {
            func has(_ outcome: RemovalOutcome) -> Int {
                state.removals.contains { $0.outcome == outcome } ? 1 : 0
            }
            self.sets += 1
            self.records += records
            self.removals += has(.inEffect)
            self.outnumbered += has(.outnumbered)
            self.conflicts += has(.conflicting)
            self.voids += has(.void)
            self.equivocations += state.equivocations.isEmpty ? 0 : 1
            self.epochs += state.epoch != nil && !state.needsEpoch ? 1 : 0
            self.crowds += state.members.contains { $0.status == .waiting } ? 1 : 0
        }
    }

    /// Orders in which each set is delivered.
    public var orders: Int
    /// Deliberate defects of the fold.
    package var defects: RosterDefects

    /// A proof with so many orders of each set.
    package init(orders: Int, defects: RosterDefects = []) {
        self.orders = orders
        self.defects = defects
    }

    /// Looks at the set of one seed; nil: all orders gave one state and one hash over the heads.
    public func differingOrder(seed: UInt64, _ tally: inout Tally) -> Int? {
        var random = RandomRecords(seed: seed)
        let maker = random.maker
        let first = random.view.state(maker, defects: self.defects)
        let hash = first.hash(maker.primitives)
        let heads = random.view.set.headsHash(maker.primitives)
        tally.add(first, records: random.records.count)
        for order in 1...self.orders {
            var view = ClusterView(maker.emptySet(random.limits))
            view.take(random.inAnotherOrder(), maker)
            guard view.set.waitingCount == 0,
                view.set.headsHash(maker.primitives) == heads,
                view.state(maker, defects: self.defects).hash(maker.primitives) == hash
            else { return order }
        }
        return nil
    }
}
