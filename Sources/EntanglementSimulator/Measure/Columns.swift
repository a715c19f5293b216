// SPDX-License-Identifier: Apache-2.0

/// A table of text with aligned columns, for terminals and for Markdown.
public struct Columns: Sendable, Equatable {
    private var rows: [[String]]

    /// A table with these headings.
    public init(_ headings: [String]) {
        self.rows = [headings]
    }

    /// Adds a row; missing cells are empty.
    public mutating func add(_ cells: [String]) {
        let count = self.rows[0].count
        precondition(cells.count <= count, "a row has more cells than the table has columns")
        self.rows.append(cells + [String](repeating: "", count: count - cells.count))
    }

    /// Lines of text: the first column to the left, all others to the right.
    public var text: String {
        self.padded().map { row in
            let line = row.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// The same as a table of Markdown, with `|` in cells escaped.
    public var markdown: String {
        var escaped = self
        escaped.rows = self.rows.map { $0.map(Self.escaped) }
        var lines = escaped.padded().map { "| " + $0.joined(separator: " | ") + " |" }
        let rule = escaped.widths.enumerated().map { column, width in
            let dashes = String(repeating: "-", count: max(width, 3) - (column == 0 ? 0 : 1))
            return column == 0 ? dashes : dashes + ":"
        }
        lines.insert("| " + rule.joined(separator: " | ") + " |", at: 1)
        return lines.joined(separator: "\n")
    }

    /// Text with spaces before it, up to a width.
    static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private var widths: [Int] {
        self.rows[0].indices.map { column in self.rows.map { $0[column].count }.max() ?? 0 }
    }

    private func padded() -> [[String]] {
        let widths = self.widths
        return self.rows.map { row in
            row.enumerated().map { column, cell in
                column == 0
                    ? cell + String(repeating: " ", count: widths[column] - cell.count)
                    : Self.padded(cell, to: widths[column])
            }
        }
    }

    private static func escaped(_ cell: String) -> String {
        cell.reduce(into: "") { text, character in
            if character == "|" { text.append("\\") }
            text.append(character == "\n" ? " " : character)
        }
    }
}
