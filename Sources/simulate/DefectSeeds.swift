// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import EntanglementSimulator
import Foundation

/// In which course each deliberate defect was found, as a file has it: lines of defect, seed and
/// scenario.
struct DefectSeeds: Sendable, Equatable {
    /// A course without its defect.
    struct Place: Sendable, Equatable {
        let seed: UInt64
        let scenario: Scenario
    }

    /// By the defect's name; looked up and never gone through.
    var courses: [String: Place] = [:]

    /// Nothing is known.
    init() {}

    /// Reads the file; lines that begin with # say nothing.
    init(file path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("--known \(path): that file cannot be read.")
        }
        for line in String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            guard words.count == 3, Defects.named.contains(where: { $0.name == words[0] }),
                let seed = UInt64(words[1]), let scenario = Scenario(rawValue: String(words[2]))
            else {
                throw ValidationError(
                    "--known \(path): a line is a defect, a seed and a scenario, not \"\(line)\".")
            }
            self.courses[String(words[0])] = Place(seed: seed, scenario: scenario)
        }
    }

    /// The file, in the order of the defects.
    var text: String {
        let header = """
            # Where each deliberate defect was found last: defect, seed, scenario. scripts/test-simulation tries these courses first. Written by
            # scripts/simulate mutants --known FILE --write FILE, both times this file.

            """
        return Defects.named.reduce(into: header) { text, defect in
            guard let course = self.courses[defect.name] else { return }
            text += "\(defect.name) \(course.seed) \(course.scenario.rawValue)\n"
        }
    }
}
