// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// What is watched of removals: whoever was seen removed stays out, unless what nobody knew there explains it.
@Suite struct RemovalCheckTests {
    /// A course in whose end somebody holds a proposal that is not in effect, and who that is.
    private static func course() throws -> (Simulation, HostID, RosterRemoval) {
        for seed in UInt64(1)...30 {
            var course = Course(seed: seed, scenario: .cluster)
            #expect(course.run().violations.isEmpty)
            var simulation = course.simulation
            for id in simulation.hosts.map(\.id) where !simulation.checker.villains.contains(id) {
                let held = simulation.hosts[id.number].heldClusters().first {
                    $0.id == simulation.story?.cluster
                }
                let removal = held?.roster?.removals.first { $0.outcome == .open }
                if let removal { return (simulation, id, removal) }
            }
        }
        throw Missing()
    }

    private struct Missing: Error {}

    @Test func whoWasRemovedAndIsBackIsReported() throws {
        var (simulation, id, removal) = try Self.course()
        let before = simulation.removalFinding(at: id)
        #expect(before == nil)
        // As if somebody had seen it in effect, with the votes that are there.
        simulation.story?.removals[removal.id] = SeenRemoval(
            supporters: Set(removal.supporters), voters: [], proposals: [:])
        let finding = simulation.removalFinding(at: id)
        #expect(finding?.contains("open") ?? false)
        // Who does not hold all of its votes says nothing about it.
        simulation.story?.removals[removal.id] = SeenRemoval(
            supporters: Set(removal.supporters + [MemberID(high: 1, low: 2)]), voters: [],
            proposals: [:])
        let ofOthers = simulation.removalFinding(at: id)
        #expect(ofOthers == nil)
    }

    @Test func removalsAreSeenInCourses() {
        var tally = Tally()
        for seed in UInt64(1)...12 {
            var course = Course(seed: seed, scenario: .cluster)
            tally.add(course.run().tally)
        }
        #expect(tally.count(of: .removalSeen) > 0)
        #expect(tally.count(of: .removalUndone) <= tally.count(of: .removalSeen))
    }
}
