// SPDX-License-Identifier: Apache-2.0

/// How many columns of a terminal a text takes.
enum Width {
    /// The columns of clean text.
    static func columns(_ text: String) -> Int {
        text.reduce(0) { $0 + Self.columns($1) }
    }

    /// The columns of one character as people see it: 0, 1 or 2.
    ///
    /// East Asian wide and full-width characters (UAX #11) and emoji take two.
    static func columns(_ character: Character) -> Int {
        var columns = 0
        for scalar in character.unicodeScalars {
            if scalar == "\u{fe0f}" || Self.isWide(scalar) { return 2 }
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .format, .control: break
            default: columns = 1
            }
        }
        return columns
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isEmojiPresentation { return true }
        return switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
            0xa000...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x17000...0x18d8f, 0x1b000...0x1b2ff,
            0x20000...0x3fffd:
            true
        default: false
        }
    }
}
