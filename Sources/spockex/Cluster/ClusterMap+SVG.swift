// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension ClusterMap {
    /// The map as a picture: a circle of members, lines between those who met, thick green ones from
    /// this node to those who are connected to it.
    var svg: String {
        let radius = max(160, 22 * Double(self.members.count))
        let (width, height) = (2 * radius + 360, 2 * radius + 140)
        let places = self.members.indices.map { place in
            self.place(place, width / 2, height / 2, radius)
        }
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.number(width)) "
                + "\(Self.number(height))\" font-family=\"sans-serif\" font-size=\"16\">",
            "<title>\(Self.escaped(self.name))</title>",
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        ]
        for (other, member) in self.members.enumerated() where member.isConnected {
            guard let own = self.members.firstIndex(where: \.isSelf) else { continue }
            lines.append(
                Self.line(places[own], places[other], "stroke=\"#2a9d4a\" stroke-width=\"6\""))
        }
        for one in self.members.indices {
            for other in self.members.indices where one < other && self.haveMet(one, other) {
                lines.append(
                    Self.line(places[one], places[other], "stroke=\"#444\" stroke-width=\"1.5\""))
            }
        }
        for (place, member) in self.members.enumerated() {
            lines += self.drawing(member, at: places[place], centre: (width / 2, height / 2))
        }
        lines.append(
            "<text x=\"16\" y=\"\(Self.number(height - 16))\" font-size=\"13\" fill=\"#444\">"
                + "thin: met in person; thick and green: connected to this node</text>")
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private typealias Place = (x: Double, y: Double)

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
