// SPDX-License-Identifier: Apache-2.0

/// Makes text that others wrote fit for a terminal.
public enum Clean {
    /// The text without control, bidirectional and other characters that are not seen.
    ///
    /// The zero-width joiner stays: emoji are made with it, and it moves nothing.
    public static func line(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where Self.isShown(scalar) {
            clean.append(scalar)
        }
        return String(clean)
    }

    /// What is seen of a name: equal for two that cannot be told apart on a screen by their characters.
    ///
    /// Letters that look alike (UTS #39) stay different: they are typed and copied as what they are.
    public static func seen(_ name: String) -> String {
        var seen = String.UnicodeScalarView()
        for scalar in name.unicodeScalars where Self.isShown(scalar) {
            if scalar.properties.generalCategory == .spaceSeparator {
                seen.append(" ")
            } else if !scalar.properties.isDefaultIgnorableCodePoint {
                seen.append(scalar)
            }
        }
        return String(seen).split(separator: " ").joined(separator: " ")
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            false
        case .format: scalar == "\u{200d}"
        default: true
        }
    }
}
