// SPDX-License-Identifier: Apache-2.0

/// Numbers as text, the same on every machine.
public enum Decimals {
    /// A whole number of thousandths, millionths and so on, with so many digits after the point.
    static func text(_ value: Int64, places: Int) -> String {
        let digits = String(value.magnitude)
        let filled = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let sign = value < 0 ? "-" : ""
        guard places > 0 else { return sign + filled }
        return sign + filled.dropLast(places) + "." + filled.suffix(places)
    }

    /// A number rounded to so many digits after the point, with `,` between thousands.
    ///
    /// What is no number or beyond 2^53 is "–".
    public static func text(_ value: Double, places: Int = 0) -> String {
        let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let scaled = (value * scale).rounded()
        guard scaled.magnitude < 9_007_199_254_740_992 else { return "–" }
        let plain = Self.text(Int64(scaled), places: places)
        let whole = plain.prefix { $0 != "." }
        return Self.grouped(String(whole)) + plain.dropFirst(whole.count)
    }

    /// A whole number with `,` between thousands.
    public static func text(_ value: some BinaryInteger) -> String { Self.grouped("\(value)") }

    private static func grouped(_ digits: String) -> String {
        let body = digits.drop { $0 == "-" }
        let sign = digits.prefix(digits.count - body.count)
        let groups = stride(from: body.count, to: 0, by: -3).map { end in
            String(body.prefix(end).suffix(3))
        }
        return sign + groups.reversed().joined(separator: ",")
    }
}
