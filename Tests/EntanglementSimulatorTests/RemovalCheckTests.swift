// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// What is watched of removals: whoever was seen removed stays out, unless what nobody knew there explains it.
@Suite struct RemovalCheckTests {
    /// A course in whose end somebody holds a proposal that is open beside one that is in effect, and who that is.
    private static func course() throws -> (Simulation, HostID, RosterState, RosterRemoval) {
        for seed in [UInt64(15_121), 15_203] {
            var course = Course(seed: seed, scenario: .cluster)
            #expect(course.run().violations.isEmpty)
            var simulation = course.simulation
            for id in simulation.hosts.map(\.id) where !simulation.checker.villains.contains(id) {
                let held = simulation.hosts[id.number].heldClusters().first {
                    $0.id == simulation.story?.cluster
                }
                guard let roster = held?.roster,
                    let removal = roster.removals.first(where: { $0.outcome == .open }),
                    roster.removals.contains(where: Self.stands)
                else { continue }
                return (simulation, id, roster, removal)
            }
        }
        throw Missing()
    }

    private static func stands(_ removal: RosterRemoval) -> Bool {
        removal.outcome == .inEffect || removal.outcome == .conflicting
    }

    private struct Missing: Error {}

    @Test func whoWasRemovedAndIsBackIsReported() throws {
        var (simulation, id, roster, removal) = try Self.course()
        let before = simulation.removalFinding(at: id)
        #expect(before == nil)
        // As if somebody had seen it in effect, with all votes and voters that are there.
        let voters = Set(roster.members.filter(\.isVoter).map(\.id))
        let proposals = Dictionary(
            uniqueKeysWithValues: roster.removals.map { ($0.id, Set($0.supporters)) })
        func seen(
            _ supporters: [MemberID], _ voters: Set<MemberID>,
            _ proposals: [RecordID: Set<MemberID>]
        ) -> String? {
            simulation.story?.removals[removal.id] = SeenRemoval(
                supporters: Set(supporters), voters: voters, proposals: proposals)
            return simulation.removalFinding(at: id)
        }
        let finding = seen(removal.supporters, voters, proposals)
        #expect(finding?.contains("open") ?? false)
        // Who does not hold all of its votes says nothing about it.
        let ofOthers = seen(removal.supporters + [MemberID(high: 1, low: 2)], voters, proposals)
        #expect(ofOthers == nil)
        // A voter of whom nobody knew there explains nothing of one that is open, nor does a proposal that is.
        let voter = try #require(voters.first { $0 != removal.accused })
        let withVoter = seen(removal.supporters, voters.subtracting([voter]), proposals)
        #expect(withVoter != nil)
        // Another removal that holds does, if its votes were not known there.
        let other = try #require(roster.removals.first(where: Self.stands))
        let without = seen(removal.supporters, voters, proposals.filter { $0.key != other.id })
        #expect(without == nil)
    }

    @Test func removalsAreSeenInCourses() {
        var tally = Tally()
        for seed in UInt64(1)...12 {
            var course = Course(seed: seed, scenario: .cluster)
            tally.add(course.run().tally)
        }
        #expect(tally.count(of: .removalSeen) > 0)
    }
}
