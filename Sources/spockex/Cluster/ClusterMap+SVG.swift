// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension ClusterMap {
    /// The map as a picture: a circle of members, thin lines between those who met, green ones between those
    /// who are connected, thick from this node.
    var svg: String {
        let radius = max(160, 22 * Double(self.members.count))
        let (width, height) = (2 * radius + 360, max(2 * radius + 140, self.bridgesHeight))
        let total = width + (self.bridges.isEmpty ? 0 : Self.bridgeWidth)
        let places = self.members.indices.map { place in
            self.place(place, width / 2, height / 2, radius)
        }
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.number(total)) "
                + "\(Self.number(height))\" font-family=\"sans-serif\" font-size=\"16\">",
            "<title>\(Self.escaped(self.name))</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        ]
        for one in self.members.indices {
            for other in self.members.indices
            where one < other && self.link(one, other) == .connected {
                let style =
                    self.members[one].isSelf
                    ? "stroke=\"#2a9d4a\" stroke-width=\"6\""
                    : "stroke=\"#a9dcb5\" stroke-width=\"4\""
                lines.append(Self.line(places[one], places[other], style))
            }
        }
        for one in self.members.indices {
            for other in self.members.indices where one < other && self.haveMet(one, other) {
                lines.append(
                    Self.line(places[one], places[other], "stroke=\"#444\" stroke-width=\"1.5\""))
            }
        }
        lines += self.drawings(of: self.bridges, from: places, beside: width)
        for (place, member) in self.members.enumerated() {
            lines += self.drawing(member, at: places[place], centre: (width / 2, height / 2))
        }
        lines.append(
            "<text x=\"16\" y=\"\(Self.number(height - 16))\" font-size=\"13\" fill=\"#444\">"
                + "thin: met in person; green: connected, thick to this node"
                + (self.bridges.isEmpty ? "" : "; double: a bridge, ?: unverified") + "</text>")
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private typealias Place = (x: Double, y: Double)

    private static let bridgeWidth = 280.0
    private static let lineHeight = 22.0

    private func height(of bridge: Bridge) -> Double {
        Double(bridge.people.count + 2) * Self.lineHeight
    }

    private var bridgesHeight: Double {
        self.bridges.reduce(100) { $0 + self.height(of: $1) + 20 }
    }

    /// A box for each cluster that is linked, with those of it who are seen, and a double line to it.
    private func drawings(
        of bridges: [Bridge], from places: [Place], beside x: Double
    ) -> [String] {
        var lines: [String] = []
        var top = 40.0
        for bridge in bridges {
            let height = self.height(of: bridge)
            let middle: Place = (x, top + height / 2)
            if let end = bridge.end {
                let dashes = bridge.isOpen ? "" : " stroke-dasharray=\"8 6\""
                lines.append(
                    Self.line(
                        places[end], middle, "stroke=\"#8e44ad\" stroke-width=\"5\"\(dashes)"))
                lines.append(
                    Self.line(places[end], middle, "stroke=\"#fff\" stroke-width=\"2\""))
            }
            lines.append(
                "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(top))\" width=\"260\" "
                    + "height=\"\(Self.number(height))\" rx=\"8\" fill=\"#f6f0fa\" "
                    + "stroke=\"#8e44ad\"/>")
            for (row, text) in ([bridge.name] + bridge.people).enumerated() {
                let y = top + Double(row + 1) * Self.lineHeight + 4
                let weight = row == 0 ? " font-weight=\"bold\"" : ""
                lines.append(
                    "<text x=\"\(Self.number(x + 14))\" y=\"\(Self.number(y))\"\(weight)>"
                        + "\(Self.escaped(text))</text>")
            }
            top += height + 20
        }
        return lines
    }

    /// The first member is at the top, the others follow clockwise.
    private func place(_ index: Int, _ x: Double, _ y: Double, _ radius: Double) -> Place {
        guard self.members.count > 1 else { return (x, y) }
        let angle = 2 * Double.pi * Double(index) / Double(self.members.count)
        return (x + radius * sin(angle), y - radius * cos(angle))
    }

    /// A dot with the name beside it, on the outer side.
    private func drawing(_ member: Member, at place: Place, centre: Place) -> [String] {
        let colour =
            member.isSelf
            ? "#1d4e89" : member.isBlocked ? "#c0392b" : member.isConnected ? "#2a9d4a" : "#888"
        let offset = place.x - centre.x
        let isBeside = abs(offset) > 1
        let anchor = isBeside ? (offset > 0 ? "start" : "end") : "middle"
        let (x, y) =
            isBeside
            ? (place.x + (offset > 0 ? 18 : -18), place.y + 5)
            : (place.x, place.y + (place.y > centre.y ? 30 : -18))
        let weight = member.isSelf ? " font-weight=\"bold\"" : ""
        return [
            "<circle cx=\"\(Self.number(place.x))\" cy=\"\(Self.number(place.y))\" r=\"11\" "
                + "fill=\"\(colour)\"/>",
            "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\""
                + "\(weight)>\(Self.escaped(member.name))</text>",
        ]
    }

    private static func line(_ from: Place, _ to: Place, _ style: String) -> String {
        "<line x1=\"\(self.number(from.x))\" y1=\"\(self.number(from.y))\" "
            + "x2=\"\(self.number(to.x))\" y2=\"\(self.number(to.y))\" \(style)/>"
    }

    /// With one decimal, and without one where it is zero.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }
}
