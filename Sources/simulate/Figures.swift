// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The part of a page that `report` writes: what is between two marks, and nothing else.
enum Figures {
    static let begin = "<!-- figures: begin -->"
    static let end = "<!-- figures: end -->"

    /// The page with other figures; a page without marks gets them at its end, under a heading.
    static func placed(_ figures: String, in page: String) throws -> String {
        let (begins, ends) = (page.ranges(of: Self.begin), page.ranges(of: Self.end))
        let block = "\(Self.begin)\n\n\(figures)\n\n\(Self.end)"
        if begins.isEmpty, ends.isEmpty {
            let gap = page.isEmpty || page.hasSuffix("\n") ? "" : "\n"
            return page + gap + "\n## Figures\n\n" + block + "\n"
        }
        guard begins.count == 1, ends.count == 1, begins[0].upperBound <= ends[0].lowerBound else {
            throw ValidationError(
                "The page must have \(Self.begin) once and \(Self.end) once after it; mend it, or "
                    + "take both out.")
        }
        return page[..<begins[0].lowerBound] + block + page[ends[0].upperBound...]
    }
}
