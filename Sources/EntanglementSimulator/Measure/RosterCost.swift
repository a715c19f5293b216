// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Full sets of cluster records whose fold is timed.
public struct RosterCost: Sendable {
    /// What the people did.
    public let name: String
    private let maker: ClusterMaker
    private let view: ClusterView

    /// How many records there are.
    public var recordCount: Int { self.view.set.count }

    /// How many removals are in effect, and how many are not.
    public func fold() -> (inEffect: Int, others: Int) {
        let state = RosterState(of: self.view.set, self.maker.primitives)
        let inEffect = state.removals.count { $0.outcome == .inEffect }
        return (inEffect, state.removals.count - inEffect)
    }

    /// The hash over the heads and the digest.
    public func digest() -> Int {
        self.view.set.headsHash(self.maker.primitives).count
            + self.view.set.digest(self.maker.primitives).bytes.count
    }

    /// A cluster of people who meet and talk, and remove one now and then.
    public static func honest(records: Int) -> RosterCost {
        var maker = ClusterMaker(seed: 1)
        var view = ClusterView(maker.emptySet())
        var people = [maker.anna, maker.ben]
        while people.count < 250 {
            let count = people.count
            people.append(
                view.voter(metBy: people[count / 2], people[count / 2 - 1], &maker))
        }
        for removed in 0..<8 {
            let proposal = view.write(
                .remove(Removal(accused: people[249 - removed].id)), by: people[0], maker)
            for voter in people[1...130] { view.write(.vote(proposal.id), by: voter, maker) }
        }
        while view.set.count < records {
            view.confirm(people[view.set.count % 200], people[view.set.count % 199 + 1], &maker)
        }
        return RosterCost(name: "250 people, 8 removed", maker: maker, view: view)
    }

    /// Two of the first three voters, who claim again and again to have removed the third long ago.
    public static func backdating(records: Int) -> RosterCost {
        var maker = ClusterMaker(seed: 2)
        var view = ClusterView(maker.emptySet())
        let (anna, ben) = (maker.anna, maker.ben)
        let carl = view.voter(metBy: anna, ben, &maker)
        let old = view
        var people = [anna, ben, carl]
        while people.count < 250 {
            let count = people.count
            people.append(view.voter(metBy: people[count - 1], people[count - 2], &maker))
        }
        while view.set.count < records / 4 {
            view.confirm(people[view.set.count % 200], people[view.set.count % 199 + 1], &maker)
        }
        guard let place = old.set.nextPlace(of: anna.id),
            let votePlace = old.set.nextPlace(of: ben.id)
        else { preconditionFailure("founders have places") }
        for number in 0..<(records - view.set.count) / 2 {
            let removal = Removal(accused: carl.id, kept: UInt32(number))
            let proposal = maker.record(.remove(removal), by: anna, at: place)
            let vote = maker.record(.vote(proposal.id), by: ben, at: votePlace)
            view.take([proposal, vote], maker)
        }
        return RosterCost(name: "two who backdate removals", maker: maker, view: view)
    }

    /// Two voters of three who take in and remove as many as they can, one after the other.
    public static func owners(records: Int) -> RosterCost {
        var maker = ClusterMaker(seed: 3)
        var view = ClusterView(maker.emptySet())
        let (anna, ben) = (maker.anna, maker.ben)
        _ = view.voter(metBy: anna, ben, &maker)
        while view.set.count < records - 2 {
            let guest = view.add(by: anna, &maker)
            let proposal = view.write(.remove(Removal(accused: guest.id)), by: anna, maker)
            view.write(.vote(proposal.id), by: ben, maker)
        }
        return RosterCost(name: "two who add and remove", maker: maker, view: view)
    }
}
