// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator

/// Deliberate defects: each must be found.
struct Mutants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs seeds with each deliberate defect until its first violation.",
        discussion: """
            A course that breaks a promise also without the defect does not count.

            Example: simulate mutants --seeds 10000
            """)

    @Option(help: "Seeds for each defect at most.") var seeds: UInt64 = 10_000
    @Option(help: "One defect alone.") var defect: String?
    @Option(help: "One kind of course alone.") var scenario: Scenario?
    @Option(help: "Threads that run courses; the results do not depend on it.") var jobs = 2
    @Option(help: "A file of courses that found defects: they are tried first.")
    var known: String?
    @Option(help: "Writes the courses that found defects into this file.") var write: String?

    func validate() throws {
        guard self.seeds > 0 else {
            throw ValidationError("--seeds takes a number of at least 1, as 10000.")
        }
        try Demand.count(self.jobs, "--jobs", 1...256)
        let names = Defects.named.map(\.name)
        if let defect = self.defect, !names.contains(defect) {
            throw ValidationError("There is no defect \(defect): \(names.joined(separator: ", ")).")
        }
        if let write = self.write { try OutputFile.check(write, "--write") }
    }

    func run() throws {
        let known = try self.known.map { try DefectSeeds(file: $0) } ?? DefectSeeds()
        let defects = Defects.named.filter { defect in
            self.defect.map { $0 == defect.name } ?? true
        }
        let workers = Workers(
            (survivors: 0, found: known), pieceCount: UInt64(defects.count), mayBegin: { true },
            work: { number in
                let (name, defect) = defects[Int(number)]
                return self.find(defect, name, known: known.courses[name])
            },
            take: { state, number, finding in
                let name = defects[Int(number)].name
                Printout.show("\(name): \(finding?.text ?? "NOT FOUND in \(self.seeds) seeds")")
                state.found.courses[name] = finding?.course
                if finding == nil { state.survivors += 1 }
                return true
            })
        let (survivors, found) = workers.run(threads: self.jobs)
        if let write = self.write { try OutputFile.write(found.text, to: write) }
        if survivors > 0 { throw ExitCode.failure }
    }

    /// A defect that was found.
    private struct Finding: Sendable {
        let course: DefectSeeds.Place
        /// How many seeds it took; nil: it was found where it is known to be.
        let seedCount: UInt64?
        let violation: Violation

        var text: String {
            guard let seedCount = self.seedCount else {
                return "found at seed \(self.course.seed) of \(self.course.scenario.rawValue) "
                    + "by \(self.violation)"
            }
            return "found after \(seedCount) seeds, in \(self.course.scenario.rawValue), "
                + "by \(self.violation)"
        }
    }

    private func find(
        _ defect: Defects, _ name: String, known: DefectSeeds.Place?
    ) -> Finding? {
        let scenarios = self.scenario.map { [$0] } ?? Scenario.that(meets: name)
        if let known, self.scenario.map({ $0 == known.scenario }) ?? true,
            let violation = self.violation(of: known, defect)
        {
            return Finding(course: known, seedCount: nil, violation: violation)
        }
        for seed in 1...self.seeds {
            for scenario in scenarios {
                let course = DefectSeeds.Place(seed: seed, scenario: scenario)
                if let violation = self.violation(of: course, defect) {
                    return Finding(course: course, seedCount: seed, violation: violation)
                }
            }
        }
        return nil
    }

    /// What the defect breaks there that is whole without it.
    private func violation(of course: DefectSeeds.Place, _ defect: Defects) -> Violation? {
        var faulty = Course(seed: course.seed, scenario: course.scenario, defects: defect)
        guard let violation = faulty.run().violations.first else { return nil }
        var sound = Course(seed: course.seed, scenario: course.scenario)
        return sound.run().violations.isEmpty ? violation : nil
    }
}
