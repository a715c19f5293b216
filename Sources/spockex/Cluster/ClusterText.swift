// SPDX-License-Identifier: Apache-2.0
import SpockexAPI

/// What people see of a cluster.
enum ClusterText {
    /// A cluster: its members, the removals, the map, its bridges.
    static func text(
        _ report: ClusterReport, bridges: [BridgeReport] = [], now: Timestamp = Wording.now()
    ) -> String {
        let cluster = report.cluster
        let stage =
            switch cluster.standing {
            case "joining": "; you were taken in, and the records have not come yet"
            case "leaving": "; you have left, and nobody has heard it yet"
            default: ""
            }
        var parts = [
            "\(Console.bold(Clean.line(cluster.name)))  \(cluster.id), "
                + "\(Wording.members(cluster.members)), \(cluster.connected) connected, epoch "
                + "\(cluster.epoch)\(stage)"
        ]
        guard !report.members.isEmpty else { return parts.joined() }
        parts.append(self.members(report, now: now))
        if !report.removals.isEmpty {
            let lines = report.removals.map { "  " + self.removal($0, report) }
            parts.append("Removals\n" + lines.joined(separator: "\n"))
        }
        let standing = bridges.filter { $0.bridge.state != "closed" }
        parts.append(ClusterMap(report, bridges: standing).text)
        if !report.forbidders.isEmpty {
            let names = report.forbidders.map(report.name).joined(separator: ", ")
            parts.append(
                "\(Wording.votes(report.forbidders.count)) against all bridges (\(names)): "
                    + (report.bridgesForbidden
                        ? "there are none" : "not more than half of the voters"))
        }
        if !bridges.isEmpty {
            parts.append("Bridges\n" + BridgeText.list(bridges.map(\.bridge), indent: "  "))
        }
        return parts.joined(separator: "\n\n")
    }

    private static func members(_ report: ClusterReport, now: Timestamp) -> String {
        var table = Table("ID", "NAME", "HOW MET", "SEEN", "VOTER", "ADDRESSES")
        let sorted = report.members.sorted { left, right in
            guard left.isSelf == right.isSelf else { return left.isSelf }
            guard left.belongs == right.belongs else { return left.belongs }
            return (left.name, left.id) < (right.name, right.id)
        }
        for member in sorted {
            table.add(
                Wording.short(member.id), member.name, self.howMet(member, report),
                self.seen(member, now: now), member.voter ? "yes" : "no",
                member.addresses.prefix(2).joined(separator: ", "))
        }
        return table.text(indent: "  ")
    }

    /// How a member came, and who of those who are still here met it: `founder, met by Ada`, `met you`, `introduced by Ben`.
    static func howMet(_ member: MemberRow, _ report: ClusterReport) -> String {
        var parts: [String] = []
        if member.came == "founder" { parts.append("founder") }
        if let sponsor = member.introducedBy, !member.met {
            let isOwn = sponsor == report.cluster.member
            parts.append("introduced by \(isOwn ? "you" : report.name(of: sponsor))")
        }
        if member.met, !member.isSelf { parts.append("met you") }
        let others = member.metBy.filter {
            $0 != report.cluster.member && (member.met || $0 != member.introducedBy)
                && report.belongs($0)
        }
        if !others.isEmpty {
            let names = others.map(report.name).joined(separator: ", ")
            parts.append("met by \(names)")
        }
        return parts.joined(separator: ", ")
    }

    /// Whether a member is there now, or when it was heard last.
    static func seen(_ member: MemberRow, now: Timestamp) -> String {
        var parts: [String] = []
        switch member.status {
        case "left": parts.append("has left")
        case "removed": parts.append("removed")
        default:
            if member.isSelf {
                parts.append("this node")
            } else if member.connected {
                parts.append("connected")
            } else if !member.blocked, !member.blocksYou {
                parts.append(
                    member.lastHeardAt.map { Wording.distance($0, now: now) } ?? "not yet")
            }
            if member.status == "waiting" { parts.append("the cluster is full") }
        }
        if member.blocked { parts.append("blocked") }
        if member.blocksYou, !member.isSelf { parts.append("blocks you") }
        if member.suspect { parts.append("says two different things") }
        return parts.joined(separator: ", ")
    }

    /// A proposal in words: `Mallory: proposed by Ada, 2 votes (Ada, Ben); removed`.
    static func removal(_ row: RemovalRow, _ report: ClusterReport) -> String {
        let voters = row.votes.map(report.name).joined(separator: ", ")
        return "\(report.name(of: row.accused)): proposed by \(report.name(of: row.by)), "
            + "\(Wording.votes(row.votes.count)) (\(voters)); \(self.outcome(row))"
    }

    private static func outcome(_ row: RemovalRow) -> String {
        let needed = row.needed.map { ", \($0) are needed" } ?? ""
        switch row.outcome {
        case "open": return "open\(needed)"
        case "inEffect": return "removed"
        case "outnumbered": return "not enough of all voters\(needed)"
        case "conflicting": return "another removal stands against it\(needed)"
        case "void": return "void: who voted for it was removed"
        default: return row.outcome
        }
    }

    /// What `cluster remove` did.
    static func removed(_ report: MemberRemovalReport, withGuests: Bool = false) -> String {
        let name = Clean.line(report.member.name)
        let did =
            switch report.did {
            case "proposed": "You have proposed that \(name) be removed"
            case "voted": "You have voted that \(name) be removed"
            default: "You have voted for that already"
            }
        guard report.removal.outcome != "inEffect" else {
            return "\(did); \(name) does not belong to the cluster any more."
        }
        let votes = Wording.votes(report.removal.votes.count)
        let needed = report.removal.needed.map { "; \($0) are needed" } ?? ""
        return "\(did): \(votes) for it\(needed). The others vote with: spockex cluster remove "
            + "\(Wording.short(report.cluster.id)) \(Wording.short(report.member.id))"
            + (withGuests ? " --with-guests" : "")
    }

    /// What `cluster block` and `cluster unblock` did.
    static func blocked(_ report: MemberBlockReport) -> String {
        let name = Clean.line(report.member.name)
        return report.blocked
            ? "\(name) is blocked; the two of you have nothing to do with each other any more."
            : "\(name) is not blocked any more; the two nodes look for each other."
    }

    /// What `cluster leave` did.
    static func left(_ report: ClusterLeaveReport) -> String {
        let name = Clean.line(report.cluster.name)
        return report.state == "left"
            ? "You have left “\(name)”."
            : "You have left “\(name)”; it is gone as soon as the members who are there have heard it."
    }
}

extension MemberRow {
    /// Whether it belongs to the cluster still.
    var belongs: Bool { self.status == "present" || self.status == "waiting" }
}

extension ClusterReport {
    /// Whether a member belongs to the cluster still.
    fileprivate func belongs(_ id: String) -> Bool {
        self.members.contains { $0.id == id && $0.belongs }
    }

    /// What a member is called; the beginning of its id if the records do not know it.
    func name(of id: String) -> String {
        Clean.line(self.members.first { $0.id == id }?.name ?? Wording.short(id))
    }
}
