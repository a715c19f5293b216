// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// What people see of bridges.
enum BridgeText {
    /// What a bridge does, before it is made.
    static func links(_ name: String) -> String {
        "link “\(name)” with a cluster of the other's: both stay what they are, who is in them stays "
            + "private, and cards of members who agree may cross"
    }

    /// The same, as a note beside a code.
    static func note(_ name: String) -> String {
        "This will \(Self.links(name)). More may cross when both of you say so: spockex bridge policy."
    }

    static func list(_ bridges: [BridgeRow], indent: String = "") -> String {
        guard !bridges.isEmpty else { return indent + "None." }
        var table = Table("ID", "CLUSTER", "LINKED WITH", "VIA", "STATE", "MAY CROSS")
        for bridge in bridges {
            table.add(
                Wording.short(bridge.id), bridge.names.first ?? "", Self.other(bridge),
                bridge.own ? "\(bridge.via) (your bridge)" : bridge.via, bridge.state,
                Self.policy(bridge.policy))
        }
        return table.text(indent: indent)
    }

    /// What the other cluster is called: by its name, else by the beginning of its alias.
    static func other(_ bridge: BridgeRow) -> String {
        let name = Clean.line(bridge.names.last ?? "")
        return name.isEmpty ? Wording.short(bridge.clusters.last ?? "") : name
    }

    /// `messages, addresses`.
    static func policy(_ policy: PolicyRow) -> String {
        policy.addresses ? "\(policy.level), addresses" : policy.level
    }

    /// A bridge, who is seen across it, and the map.
    static func text(_ report: BridgeReport) -> String {
        let bridge = report.bridge
        let own = Clean.line(bridge.names.first ?? "")
        var lines = [
            "\(Console.bold("“\(own)” and “\(Self.other(bridge))”"))  \(bridge.id)",
            "  \(bridge.state), via \(Clean.line(bridge.via))"
                + (bridge.own ? "; you are its end on this side" : ""),
            bridge.state == "closed"
                ? "  Nothing crosses it any more."
                : "  May cross: \(Self.policy(bridge.policy)); by this side alone: "
                    + Self.policy(bridge.ownPolicy),
        ]
        if !bridge.closers.isEmpty {
            lines.append("  \(Wording.votes(bridge.closers.count)) to close it")
        }
        guard bridge.state != "closed" else { return lines.joined(separator: "\n") }
        let given = report.given.map { card in
            "  \(Clean.line(card.name))\(card.own ? " (you)" : ""): \(Self.policy(card.policy))"
        }
        let seen = report.seen.map { card in
            "  \(Self.who(card, bridge)): \(Self.policy(card.policy))"
        }
        let nobody = ["  nobody"]
        let parts = [
            lines.joined(separator: "\n"),
            (["Seen over there"] + (given.isEmpty ? nobody : given)).joined(separator: "\n"),
            (["Seen over here"] + (seen.isEmpty ? nobody : seen)).joined(separator: "\n"),
            Self.map(report),
        ]
        return parts.joined(separator: "\n\n")
    }

    /// What `card allow` did.
    static func allowed(_ report: BridgeReport) -> String {
        let other = Self.other(report.bridge)
        guard report.bridge.policy.level != "nothing" else {
            return
                "“\(other)” may see you as soon as both ends of the bridge let cards cross; now they do not."
        }
        guard report.bridge.state == "open" else {
            return "“\(other)” may see you as soon as the bridge leads there."
        }
        if report.bridge.own, !report.given.contains(where: { !$0.own }) {
            return
                "“\(other)” may see you as soon as another member here has a card too: an end's needs its word."
        }
        return "“\(other)” may see you now."
    }

    /// `Emil of “hackers”, via Anna, unverified`.
    static func who(_ card: CardRow, _ bridge: BridgeRow) -> String {
        "\(Clean.line(card.name)) of “\(Self.other(bridge))”, via \(Clean.line(bridge.via)), "
            + (card.verified ? "verified" : "unverified")
    }

    /// Both clusters and the bridge between them, as far as they are seen.
    static func map(_ report: BridgeReport) -> String {
        let own = report.given.map { "\(Clean.line($0.name))\($0.own ? " (you)" : "")" }
        let other = report.seen.map { Clean.line($0.name) + ($0.verified ? "" : " ?") }
        let left = ["[\(Clean.line(report.bridge.names.first ?? ""))]"] + own
        let right = ["[\(Self.other(report.bridge))]"] + other
        let width = left.map { Width.columns($0) }.max() ?? 0
        let line = report.bridge.state == "open" ? "  =====  " : "  --/--  "
        let rows = (0..<max(left.count, right.count)).map { row in
            let first = row < left.count ? left[row] : ""
            let padding = String(repeating: " ", count: width - Width.columns(first))
            let second = row < right.count ? right[row] : ""
            return "  " + first + padding + (row == 0 ? line : "         ") + second
        }
        return (["Map"] + rows).joined(separator: "\n")
    }
}
