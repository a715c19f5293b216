// SPDX-License-Identifier: Apache-2.0

/// A point of civil time, written as RFC 3339 in UTC with milliseconds.
///
/// Always 24 characters (`2026-11-23T09:30:00.250Z`), so that texts sort like times. Years 0 to
/// 9999; what lies outside is written as the nearest end.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// The time that many milliseconds after 1970.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Whether the left time is earlier.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999
    private static let dayMilliseconds: Int64 = 86_400_000
}

extension Timestamp: CustomStringConvertible, LosslessStringConvertible {
    /// RFC 3339 text, 24 characters.
    public var description: String {
        let clamped = min(max(self.milliseconds, Self.range.lowerBound), Self.range.upperBound)
        var day = clamped / Self.dayMilliseconds
        var rest = clamped % Self.dayMilliseconds
        if rest < 0 {
            day -= 1
            rest += Self.dayMilliseconds
        }
        let date = Self.civil(day: day)
        let parts = [
            Self.digits(date.year, 4), "-", Self.digits(date.month, 2), "-",
            Self.digits(date.day, 2), "T", Self.digits(rest / 3_600_000, 2), ":",
            Self.digits(rest / 60_000 % 60, 2), ":", Self.digits(rest / 1000 % 60, 2), ".",
            Self.digits(rest % 1000, 3), "Z",
        ]
        return parts.joined()
    }

    /// Parses exactly what `description` writes; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int64 {
            bytes[range].reduce(0) { $0 * 10 + Int64($1) - 48 }
        }
        let day = Self.dayNumber(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        let seconds = number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        self.milliseconds = day * Self.dayMilliseconds + seconds * 1000 + number(20..<23)
        guard self.description == text else { return nil }
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    // Howard Hinnant, "chrono-compatible low-level date algorithms": the year begins in March, so
    // that the leap day is the last one.
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * ofYear + 2) / 153
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return (year, civilMonth, ofYear - (153 * month + 2) / 5 + 1)
    }

    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }
}

extension Timestamp: Codable {
    /// Reads RFC 3339 text as `description` writes it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a time in UTC with milliseconds")
        }
        self = value
    }

    /// Writes RFC 3339 text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}
