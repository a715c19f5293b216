// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// What came of many courses together; the order in which they are added does not matter.
public struct SweepTotals: Sendable, Equatable {
    /// Courses that were run.
    public private(set) var runCount = 0
    /// How many of them broke a promise.
    public private(set) var failureCount = 0
    /// Meetings that ended with two peers.
    public private(set) var trustedCount = 0
    /// Events that were worked off.
    public private(set) var eventCount = 0
    /// Time that passed in all of them.
    public private(set) var simulated = Duration.zero
    /// How often what happened.
    public private(set) var tally = Tally()

    /// Nothing was run.
    public init() {}

    /// Adds one course.
    public mutating func add(_ outcome: Course.Outcome) {
        self.runCount += 1
        self.failureCount += outcome.violations.isEmpty ? 0 : 1
        self.trustedCount += outcome.trustedCount
        self.eventCount += outcome.eventCount
        self.simulated += outcome.simulated
        self.tally.add(outcome.tally)
    }

    /// Adds what was run elsewhere.
    public mutating func add(_ other: SweepTotals) {
        self.runCount += other.runCount
        self.failureCount += other.failureCount
        self.trustedCount += other.trustedCount
        self.eventCount += other.eventCount
        self.simulated += other.simulated
        self.tally.add(other.tally)
    }

    /// Years of 365.25 days that passed.
    public var simulatedYears: Double {
        Double(self.simulated.components.seconds) / (365.25 * 86_400)
    }
}
