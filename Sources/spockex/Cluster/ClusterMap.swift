// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// Who of a cluster met whom, and who is connected to whom.
struct ClusterMap {
    /// One member on the map.
    struct Member {
        let id: String
        let name: String
        let isSelf: Bool
        let isConnected: Bool
        let isBlocked: Bool
    }

    /// A bridge on the map, and the cluster that it leads to.
    struct Bridge {
        /// Which member is its end; nil: one that is not here.
        let end: Int?
        let name: String
        /// Those of the other cluster who are seen.
        let people: [String]
        let isOpen: Bool
    }

    /// What this node's person calls the cluster.
    let name: String
    /// The bridges that are not closed.
    let bridges: [Bridge]
    /// Those who belong to the cluster, this node first, the others by name.
    let members: [Member]
    private let meetings: Set<[Int]>
    private let links: Set<[Int]>
    /// Who said with whom it is connected.
    private let tellers: Set<Int>

    /// What is known of two members.
    enum Link {
        case connected, apart
        /// Neither of them has said it.
        case unknown
    }

    /// The map of those who belong to the cluster now.
    init(_ report: ClusterReport, bridges: [BridgeReport] = []) {
        self.name = Clean.line(report.cluster.name)
        let present = report.members.filter(\.belongs)
        let sorted = present.sorted { left, right in
            left.isSelf != right.isSelf
                ? left.isSelf : (left.name, left.id) < (right.name, right.id)
        }
        self.members = sorted.map {
            Member(
                id: $0.id, name: Clean.line($0.name), isSelf: $0.isSelf,
                isConnected: $0.connected && !$0.isSelf, isBlocked: $0.blocked)
        }
        let members = self.members
        self.bridges = bridges.map { report in
            Bridge(
                end: members.firstIndex {
                    report.bridge.own
                        ? $0.isSelf : $0.name == Clean.line(report.bridge.via) && !$0.isSelf
                },
                name: BridgeText.other(report.bridge),
                people: report.seen.map { Clean.line($0.name) + ($0.verified ? "" : " ?") },
                isOpen: report.bridge.state == "open")
        }
        let places = Dictionary(
            sorted.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        func pairs(_ others: (MemberRow) -> [String]) -> Set<[Int]> {
            var pairs: Set<[Int]> = []
            for (place, member) in sorted.enumerated() {
                for other in others(member).compactMap({ places[$0] }) where other != place {
                    pairs.insert([min(place, other), max(place, other)])
                }
            }
            return pairs
        }
        self.meetings = pairs(\.metBy)
        self.links = pairs { $0.connectedTo ?? [] }.union(
            sorted.indices.dropFirst().filter { sorted[0].isSelf && sorted[$0].connected }
                .map { [0, $0] })
        self.tellers = Set(
            sorted.indices.filter { sorted[$0].connectedTo != nil || sorted[$0].isSelf })
    }

    /// Whether two members are connected, by their places, as far as one of them has said it.
    func link(_ one: Int, _ other: Int) -> Link {
        if self.links.contains([min(one, other), max(one, other)]) { return .connected }
        return self.tellers.contains(one) || self.tellers.contains(other) ? .apart : .unknown
    }

    /// Whether two members met, by their places.
    func haveMet(_ one: Int, _ other: Int) -> Bool {
        self.meetings.contains([min(one, other), max(one, other)])
    }

    /// A larger map is a list: its lines would not fit on a screen.
    static let matrixSizeMax = 24

    /// The map in plain characters.
    var text: String {
        let own = self.members.count > Self.matrixSizeMax ? self.list : self.matrix
        guard !self.bridges.isEmpty else { return own }
        return own + "\n\n" + self.bridges.map(self.line).joined(separator: "\n")
    }

    /// `  Ben =====  [hackers] Emil ?`.
    private func line(_ bridge: Bridge) -> String {
        let end = bridge.end.map { self.members[$0].name } ?? "?"
        let people = bridge.people.isEmpty ? "" : " " + bridge.people.joined(separator: ", ")
        return "  \(end) \(bridge.isOpen ? "=====" : "--/--")  [\(bridge.name)]\(people)"
    }

    private var matrix: String {
        let width = String(self.members.count).count
        let nameWidth = self.members.map { Width.columns($0.name) }.max() ?? 0
        let numbers = self.members.indices.map { Self.right(String($0 + 1), width) }
        let head =
            String(repeating: " ", count: 4 + width + nameWidth)
            + numbers.map { " " + $0 }.joined()
        let lines = self.members.enumerated().map { place, member in
            let marks = self.members.indices.map { other in
                " " + Self.right(self.mark(place, other), width)
            }
            let name =
                member.name
                + String(repeating: " ", count: nameWidth - Width.columns(member.name))
            let line = "  \(numbers[place])  \(name)\(marks.joined())   \(self.words(member))"
            return Self.trimmed(line)
        }
        return (["Map", head] + lines + [""] + self.legend).joined(separator: "\n")
    }

    /// What the marks mean.
    private var legend: [String] {
        let pairs = self.members.indices.flatMap { one in
            self.members.indices.filter { $0 > one }.map { self.link(one, $0) }
        }
        return [
            "  # connected, have met       + connected, introduced by others",
            "  : not connected, have met   . not connected, introduced by others",
        ]
            + (pairs.contains(.unknown)
                ? ["  m have met, ? introduced by others: neither says whether they are connected"]
                : [])
    }

    private var list: String {
        let lines = self.members.enumerated().map { place, member in
            let met = self.members.indices.filter { self.haveMet(place, $0) }
                .map { self.members[$0].name }
            let words = self.words(member)
            let count = self.members.indices.count {
                $0 != place && self.link(place, $0) == .connected
            }
            let isKnown = self.tellers.contains(place)
            return "  \(member.name)\(words.isEmpty ? "" : " (\(words))") met "
                + (met.isEmpty ? "nobody who is still here" : met.joined(separator: ", "))
                + (isKnown ? "; connected to \(count)" : "")
        }
        return (["Map"] + lines).joined(separator: "\n")
    }

    private func mark(_ one: Int, _ other: Int) -> String {
        guard one != other else { return "\\" }
        let haveMet = self.haveMet(one, other)
        return switch self.link(one, other) {
        case .connected: haveMet ? "#" : "+"
        case .apart: haveMet ? ":" : "."
        case .unknown: haveMet ? "m" : "?"
        }
    }

    private func words(_ member: Member) -> String {
        if member.isSelf { return "this node" }
        if member.isBlocked { return "blocked" }
        return member.isConnected ? "connected" : ""
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
