// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// A removal as it was when somebody saw it in effect first.
struct SeenRemoval: Sendable {
    let supporters: Set<MemberID>
    let voters: Set<MemberID>
    /// Supporters of each proposal that was known then.
    let proposals: [RecordID: Set<MemberID>]
}

// Whoever is removed is known to be, soon, and stays out.
extension Simulation {
    /// Somebody who means no harm sees a removal in effect.
    mutating func noteRemoval(of member: MemberID, at id: HostID) {
        guard !self.checker.villains.contains(id), let roster = self.roster(of: id) else { return }
        for removal in roster.removals
        where removal.accused == member && removal.outcome == .inEffect {
            guard self.story?.removals[removal.id] == nil else { continue }
            self.story?.removals[removal.id] = SeenRemoval(
                supporters: Set(removal.supporters),
                voters: Set(roster.members.filter(\.isVoter).map(\.id)),
                proposals: Dictionary(
                    uniqueKeysWithValues: roster.removals.map { ($0.id, Set($0.supporters)) }))
        }
    }

    /// In the end: a removal that was in effect somewhere is in effect wherever its votes are known, unless
    /// there is a voter of whom nobody knew there (it is outnumbered), or another removal holds, or stands
    /// against it, by votes of which nobody knew there (PROTOCOL.md §11.4).
    mutating func removalFinding(at id: HostID) -> String? {
        guard let roster = self.roster(of: id) else { return nil }
        for removal in roster.removals where removal.outcome != .inEffect {
            guard let seen = self.story?.removals[removal.id],
                seen.supporters.isSubset(of: removal.supporters)
            else { continue }
            // Who was made a voter beside it, and has left since, stands against it as before.
            let voters = Set(roster.members.filter(\.isVoter).map(\.id))
            let hasNewVoter = roster.members.contains { member in
                member.id != removal.accused && !seen.voters.contains(member.id)
                    && (member.isVoter
                        || member.status != .present
                            && member.metBy.count(where: voters.contains) >= 2)
            }
            let hasNewVote = roster.removals.contains { other in
                other.id != removal.id
                    && (other.outcome == .inEffect || other.outcome == .conflicting)
                    && !(seen.proposals[other.id]?.isSuperset(of: other.supporters) ?? false)
            }
            let isExplained =
                switch removal.outcome {
                case .outnumbered: hasNewVoter || hasNewVote
                case .conflicting, .void, .open: hasNewVote
                case .inEffect: true
                }
            if !isExplained { return "a removal was in effect and is \(removal.outcome)" }
        }
        return nil
    }

    /// Counts removals that were in effect somewhere and are not any more.
    mutating func countUndone() {
        guard let removals = self.story?.removals, !removals.isEmpty else { return }
        var undone: Set<RecordID> = []
        for id in self.hosts.map(\.id) where !self.checker.villains.contains(id) {
            for removal in self.roster(of: id)?.removals ?? []
            where removal.outcome != .inEffect && removals[removal.id] != nil {
                undone.insert(removal.id)
            }
        }
        for _ in removals { self.count(.removalSeen) }
        for _ in undone { self.count(.removalUndone) }
    }

    private mutating func roster(of id: HostID) -> RosterState? {
        self.hosts[id.number].heldClusters().first { $0.id == self.story?.cluster }?.roster
    }

    /// Long after the faults: whoever is connected to somebody who knows must know within 2 s.
    mutating func planExpectation(_ member: MemberID, _ id: HostID) {
        guard let story = self.story, let healedAt = story.healedAt,
            self.now - healedAt > .seconds(110), !self.checker.villains.contains(id),
            !story.removed.contains(member)
        else { return }
        self.story?.removed.insert(member)
        let others = self.hosts.map(\.id).filter {
            $0 != id && $0 != story.hosts[member] && self.areReachable(id, $0)
        }
        self.plan(.expectGone(member, of: [id] + others), after: .seconds(2))
    }

    mutating func expectGone(_ member: MemberID, _ hosts: [HostID]) {
        guard let first = hosts.first, self.isGone(member, at: first) == true else { return }
        for host in hosts.dropFirst()
        where self.areReachable(first, host) {
            guard let isGone = self.isGone(member, at: host) else { continue }
            self.count(.removalJudged)
            guard !isGone else { continue }
            self.checker.report(
                .removalIsQuick, at: self.now, [first, host], "not known after 2 s")
        }
    }

    /// Whether a member is gone by that host's records; nil: it has none.
    private mutating func isGone(_ member: MemberID, at host: HostID) -> Bool? {
        let held = self.hosts[host.number].heldClusters().first { $0.id == self.story?.cluster }
        guard let status = held?.roster?.member(member)?.status else { return nil }
        return status == .removed || status == .left
    }
}
