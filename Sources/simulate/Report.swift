// SPDX-License-Identifier: Apache-2.0
import EntanglementSimulator

/// What is printed for people.
enum Report {
    static func print(_ outcome: Course.Outcome) {
        let seconds = outcome.simulated.components.seconds
        Swift.print(
            "seed \(outcome.seed), \(outcome.scenario.rawValue): \(seconds) s simulated,",
            "\(outcome.eventCount) events, \(outcome.trustedCount) pairs of peers, trace",
            outcome.hash)
        guard !outcome.violations.isEmpty else { return }
        for violation in outcome.violations { Swift.print("VIOLATION", violation) }
        Swift.print(
            "replay: simulate run --seed \(outcome.seed) --scenario \(outcome.scenario.rawValue)")
        if let diagram = outcome.diagram { Swift.print(diagram) }
    }
}
