// SPDX-License-Identifier: Apache-2.0
import EntanglementSimulator

/// Many courses on several threads, until the seeds or the time end, or enough have failed.
struct Sweeping {
    let seeds: SeedRange
    let scenarios: [Scenario]
    /// Whether each seed runs one of them, which it draws itself, instead of all.
    var isDrawn = false
    let minutes: Double?
    let jobs: Int
    /// Ends after so many failed courses.
    let failureCountMax: Int

    /// What was done, and how long it took.
    struct Result: Sendable {
        var totals = SweepTotals()
        var elapsed = Duration.zero
        fileprivate var toldAt: ContinuousClock.Instant
    }

    private static let progressInterval = Duration.seconds(10)

    /// Runs them; progress goes to standard error, failed courses to standard output.
    func run() -> Result {
        let start = ContinuousClock.now
        let end = self.minutes.map { start + .seconds($0 * 60) }
        let workers = Workers(
            Result(toldAt: start), pieceCount: self.pieceCount,
            mayBegin: { !Interruption.isThere && end.map { ContinuousClock.now < $0 } ?? true },
            work: { number in
                let (seed, scenario) = self.piece(number)
                var course = Course(seed: seed, scenario: scenario)
                return course.run()
            },
            take: { result, _, outcome in
                result.totals.add(outcome)
                self.tell(&result, since: start)
                guard !outcome.violations.isEmpty else { return true }
                Printout.show(Printout.text(outcome))
                return result.totals.failureCount < self.failureCountMax
            })
        var result = workers.run(threads: self.jobs)
        result.elapsed = .now - start
        return result
    }

    /// Seeds that were run with all their scenarios, per second.
    func seedsPerSecond(_ result: Result) -> Double {
        Double(result.totals.runCount) / Double(self.coursesOfSeed)
            / max(result.elapsed / .seconds(1), 1e-9)
    }

    /// The last seed that was run with all its scenarios, if there is one.
    func last(of result: Result) -> UInt64 {
        let count = UInt64(result.totals.runCount / self.coursesOfSeed)
        return self.seeds.first + max(count, 1) - 1
    }

    /// How many courses each seed runs.
    private var coursesOfSeed: Int { self.isDrawn ? 1 : self.scenarios.count }

    private var pieceCount: UInt64 {
        let (product, overflow) = (self.seeds.last - self.seeds.first)
            .multipliedReportingOverflow(by: UInt64(self.coursesOfSeed))
        let (sum, isMore) = product.addingReportingOverflow(UInt64(self.coursesOfSeed))
        return overflow || isMore ? .max : sum
    }

    private func piece(_ number: UInt64) -> (UInt64, Scenario) {
        let count = UInt64(self.scenarios.count)
        if self.isDrawn {
            let seed = self.seeds.first + number
            return (seed, self.scenarios[Int((seed &* 0x9e37_79b9_7f4a_7c15) >> 32 % count)])
        }
        return (self.seeds.first + number / count, self.scenarios[Int(number % count)])
    }

    private func tell(_ result: inout Result, since start: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        guard now - result.toldAt >= Self.progressInterval else { return }
        result.toldAt = now
        result.elapsed = now - start
        let seeds = result.totals.runCount / self.coursesOfSeed
        Printout.remark(
            "sweep: \(Decimals.text(seeds)) seeds, "
                + "\(Decimals.text(self.seedsPerSecond(result), places: 1)) seeds/s, "
                + "\(Decimals.text(result.totals.simulatedYears, places: 3)) simulated years, "
                + "\(result.totals.failureCount) violations")
    }
}

extension Sweeping {
    /// The figures of a sweep, by name.
    func figures(_ result: Result) -> [(name: String, value: String)] {
        let totals = result.totals
        let seconds = max(result.elapsed / .seconds(1), 1e-9)
        let ratio = totals.simulated / .seconds(1) / seconds
        return [
            ("seeds", Decimals.text(totals.runCount / self.coursesOfSeed)),
            ("runs", Decimals.text(totals.runCount)),
            ("runs that broke a promise", Decimals.text(totals.failureCount)),
            ("pairs of peers", Decimals.text(totals.trustedCount)),
            ("events", Decimals.text(totals.eventCount)),
            ("seconds", Decimals.text(seconds, places: 1)),
            ("threads", Decimals.text(self.jobs)),
            ("seeds per second", Decimals.text(self.seedsPerSecond(result), places: 1)),
            ("runs per second", Decimals.text(Double(totals.runCount) / seconds, places: 1)),
            ("simulated years", Decimals.text(totals.simulatedYears, places: 3)),
            ("times real time", Decimals.text(ratio)),
        ]
    }

    /// The tables at the end of a sweep, and what was never tested.
    func text(_ result: Result) -> String {
        var summary = Columns(["sweep", self.scenarios.map(\.rawValue).joined(separator: ", ")])
        for (name, value) in self.figures(result) { summary.add([name, value]) }
        let tally = result.totals.tally
        var parts = [summary.text, tally.faultColumns.text, tally.packetColumns.text]
        if !tally.missing.isEmpty {
            let names = tally.missing.map { "\($0)" }.joined(separator: ", ")
            parts.append("WARNING: faults that never happened: \(names)")
        }
        return parts.joined(separator: "\n\n")
    }
}
