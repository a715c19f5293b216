// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementSimulator
import Foundation

/// What is printed for people and for programs.
enum Printout {
    /// The commit that `scripts/simulate` was built from.
    static var commit: String {
        let given = ProcessInfo.processInfo.environment["SPOCKEX_COMMIT"] ?? ""
        return given.isEmpty ? "unknown" : given
    }

    /// One course in a line; a failed one with all that is needed to look into it.
    static func text(_ outcome: Course.Outcome) -> String {
        let seconds = outcome.simulated.components.seconds
        var lines = [
            "seed \(outcome.seed), \(outcome.scenario.rawValue): \(seconds) s simulated, "
                + "\(outcome.eventCount) events, \(outcome.trustedCount) pairs of peers, trace "
                + "\(outcome.hash)"
        ]
        guard !outcome.violations.isEmpty else { return lines[0] }
        lines += outcome.violations.map { "VIOLATION \($0)" }
        lines += [
            "seed: \(outcome.seed)", "commit: \(self.commit)",
            "replay: scripts/simulate run --seed \(outcome.seed) --scenario "
                + outcome.scenario.rawValue,
        ]
        if let diagram = outcome.diagram { lines.append(diagram) }
        return lines.joined(separator: "\n")
    }

    /// One JSON object in one line, keys in order.
    static func json(_ value: some Encodable, isPretty: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isPretty
            ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Prints to standard output at once, also into a pipe.
    static func show(_ text: String) {
        print(text)
        fflush(nil)
    }

    /// A line on standard error.
    static func remark(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// What `run --json` prints.
struct RunAccount: Codable, Equatable {
    /// A broken promise.
    struct Breach: Codable, Equatable {
        let promise: String
        let atSeconds: Double
        let hosts: [Int]
        let detail: String
    }

    let seed: UInt64
    let traceHash: String
    /// "clean" or "violation".
    let outcome: String
    let scenario: String
    let commit: String
    let violations: [Breach]
    let events: Int
    let simulatedSeconds: Double

    init(_ outcome: Course.Outcome, commit: String) {
        self.seed = outcome.seed
        self.traceHash = outcome.hash.description
        self.outcome = outcome.violations.isEmpty ? "clean" : "violation"
        self.scenario = outcome.scenario.rawValue
        self.commit = commit
        self.violations = outcome.violations.map { violation in
            Breach(
                promise: violation.promise.rawValue,
                atSeconds: Double(violation.at.nanoseconds) / 1e9,
                hosts: violation.hosts.map(\.number), detail: violation.detail)
        }
        self.events = outcome.eventCount
        self.simulatedSeconds = outcome.simulated / .seconds(1)
    }
}
