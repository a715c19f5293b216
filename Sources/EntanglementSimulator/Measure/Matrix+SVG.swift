// SPDX-License-Identifier: Apache-2.0

// The matrix as a picture: a heat map that needs nothing but itself.
extension Matrix {
    private static let (cellWidth, cellHeight) = (84, 46)
    private static let (left, top) = (130, 112)

    /// An SVG 1.1 document: dark red for 0 of 100 direct, dark blue for all, numbers in every cell.
    ///
    /// The colours keep white numbers readable, and differ for people who see no red or green; the
    /// labels follow the viewer's light or dark mode.
    public var svg: String {
        let width = max(Self.left + self.places.count * Self.cellWidth + 20, 560)
        let height = Self.top + self.places.count * Self.cellHeight + 64
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" role="img" font-family="sans-serif">
            <title>Who can meet whom directly, by the place of both hosts</title>
            <style>
            .page { fill: #ffffff } .label { fill: #1b1f24 }
            @media (prefers-color-scheme: dark) { .page { fill: #0d1117 } .label { fill: #e6edf3 } }
            </style>
            <rect class="page" width="\(width)" height="\(height)"/>
            \(self.headings(height: height))
            \(self.cells.indices.map(self.drawing).joined(separator: "\n"))
            </svg>

            """
    }

    private func headings(height: Int) -> String {
        let middle = Self.left + self.places.count * Self.cellWidth / 2
        var lines = [
            Self.label("Direct connections of 100 encounters, and the median time", 20, 28, 16),
            Self.label("Shows the answer", middle, 60, 12, "middle"),
            Self.label("Shows the offer", 20, Self.top - 12, 12),
            Self.label(
                "\(self.totals.direct) direct, \(self.totals.relayed) relayed (there is no relaying "
                    + "yet), \(self.totals.impossible) impossible.", 20, height - 32, 12),
            Self.label(
                "Seconds: from the scan of the second code to trust on both sides, half took less.",
                20, height - 14, 12),
        ]
        for (index, place) in self.places.enumerated() {
            let x = Self.left + index * Self.cellWidth + Self.cellWidth / 2
            lines.append(Self.label(place, x, Self.top - 12, 12, "middle"))
            let y = Self.top + index * Self.cellHeight + Self.cellHeight / 2 + 4
            lines.append(Self.label(place, Self.left - 10, y, 12, "end"))
        }
        return lines.joined(separator: "\n")
    }

    private func drawing(of index: Int) -> String {
        let cell = self.cells[index]
        let x = Self.left + index % self.places.count * Self.cellWidth
        let y = Self.top + index / self.places.count * Self.cellHeight
        let middle = x + Self.cellWidth / 2
        let time = cell.medianMilliseconds.map {
            Decimals.text(Double($0) / 1_000, places: 1) + " s"
        }
        let words = "\(cell.offering) and \(cell.answering): \(Matrix.percent(cell)) direct"
        return """
            <g><title>\(Self.escaped(words))</title>
            <rect x="\(x + 1)" y="\(y + 1)" width="\(Self.cellWidth - 2)" \
            height="\(Self.cellHeight - 2)" rx="3" fill="\(Self.color(cell.directRate))"/>
            <text x="\(middle)" y="\(y + 21)" font-size="14" text-anchor="middle" \
            fill="#ffffff">\(Matrix.percent(cell))</text>
            <text x="\(middle)" y="\(y + 37)" font-size="11" text-anchor="middle" \
            fill="#ffffff">\(time ?? "–")</text></g>
            """
    }

    private static func label(
        _ text: String, _ x: Int, _ y: Int, _ size: Int, _ anchor: String = "start"
    ) -> String {
        "<text class=\"label\" x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" text-anchor=\"\(anchor)\">"
            + "\(Self.escaped(text))</text>"
    }

    /// From dark red by grey to dark blue, as dark as white numbers need (contrast 4.5 to 1).
    static func color(_ rate: Double) -> String {
        let (none, half, all) = ([0x8e, 0x24, 0x1c], [0x5f, 0x5f, 0x66], [0x0b, 0x4f, 0x9c])
        let isLow = rate < 0.5
        let (from, to) = isLow ? (none, half) : (half, all)
        let part = min(max(isLow ? rate * 2 : rate * 2 - 1, 0), 1)
        return "#"
            + zip(from, to).map { start, end in
                let value = Int((Double(start) + Double(end - start) * part).rounded())
                return (value < 16 ? "0" : "") + String(value, radix: 16)
            }.joined()
    }

    /// Text in which nothing means anything to XML; what XML forbids becomes "?".
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\t", "\n", "\r": result += " "
            case _ where scalar.value < 0x20 || scalar.value & 0xfffe == 0xfffe: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
