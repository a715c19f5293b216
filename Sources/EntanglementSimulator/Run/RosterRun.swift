// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Random sets of cluster records, each delivered in several random orders.
public struct RosterRun: Sendable {
    private var tally = RosterProof.Tally()
    /// The first set that gave two states, and the order that did.
    public private(set) var failure: (seed: UInt64, order: Int)?

    /// Nothing run yet.
    public init() {}

    /// The sets of these seeds, until one gives two states.
    public init(seeds: Range<UInt64>, orders: Int) {
        let proof = RosterProof(orders: orders)
        for seed in seeds {
            if let order = proof.differingOrder(seed: seed, &self.tally) {
                self.failure = (seed, order)
                break
            }
        }
    }

    /// Adds another run.
    public mutating func add(_ other: RosterRun) {
        self.tally.add(other.tally)
        self.failure = self.failure ?? other.failure
    }

    /// What was seen, by name.
    public var figures: [(name: String, count: Int)] {
        [
            ("sets", self.tally.sets), ("records", self.tally.records),
            ("sets with a removal in effect", self.tally.removals),
            ("with one that is outnumbered", self.tally.outnumbered),
            ("with removals that exclude each other", self.tally.conflicts),
            ("with a removal that is void", self.tally.voids),
            ("with an equivocation", self.tally.equivocations),
            ("with an epoch that fits", self.tally.epochs),
            ("with somebody who waits for a place", self.tally.crowds),
        ]
    }
}
