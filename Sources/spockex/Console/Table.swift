// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Rows of text under a heading, aligned by the columns that a terminal shows.
struct Table {
    private let heading: [String]
    private var rows: [[String]] = []

    /// A table with these headings.
    init(_ heading: String...) {
        self.heading = heading
    }

    /// Adds a row; what others wrote is cleaned, what is empty becomes a dash.
    mutating func add(_ cells: String...) {
        self.rows.append(cells.map { $0.isEmpty ? "–" : Clean.line($0) })
    }

    /// The lines, the heading bold where colour is used.
    func text(indent: String = "") -> String {
        let all = [self.heading] + self.rows
        let widths = self.heading.indices.map { column in
            all.map { Width.columns($0[column]) }.max() ?? 0
        }
        let lines = all.enumerated().map { index, row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell
                    : cell
                        + String(repeating: " ", count: widths[column] - Width.columns(cell) + 2)
            }
            let line = cells.joined()
            return indent + (index == 0 ? Console.bold(line) : line)
        }
        return lines.joined(separator: "\n")
    }
}
