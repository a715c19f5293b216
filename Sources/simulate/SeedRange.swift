// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The seeds of a sweep, as "1..1000".
struct SeedRange: Sendable, Equatable, CustomStringConvertible {
    let first: UInt64
    let last: UInt64

    /// The seeds from the first to the last.
    init(first: UInt64, last: UInt64) {
        self.first = first
        self.last = last
    }

    /// Reads "A..B"; what is wrong with it is said in words.
    init(_ text: String) throws(ValidationError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, let first = UInt64(parts[0]),
            let last = UInt64(parts[2])
        else {
            throw ValidationError(
                "--seeds takes the first and the last seed, as 1..1000, not \(text.debugDescription)."
            )
        }
        guard first <= last else {
            throw ValidationError(
                "--seeds begins with the smaller seed: write \(last)..\(first), not \(text).")
        }
        self.first = first
        self.last = last
    }

    var description: String { "\(self.first)..\(self.last)" }

    /// The same, for `@Option(transform:)`.
    static func read(_ text: String) throws -> SeedRange { try SeedRange(text) }
}

/// Checks of numbers, with sentences that say what to write instead.
enum Demand {
    static func minutes(_ minutes: Double?) throws {
        guard let minutes else { return }
        guard minutes.isFinite, minutes > 0, minutes <= 1_000_000 else {
            throw ValidationError("--minutes takes a number above 0, as 5 or 0.5, not \(minutes).")
        }
    }

    static func count(_ number: Int, _ option: String, _ range: ClosedRange<Int>) throws {
        guard range.contains(number) else {
            throw ValidationError(
                "\(option) takes a number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \(number).")
        }
    }
}
