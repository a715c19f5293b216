// SPDX-License-Identifier: Apache-2.0

/// Something that a person can name on the command line.
public protocol Selectable {
    /// The whole id.
    var id: String { get }
    /// The name, if it has one.
    var selectableName: String? { get }
    /// Whether it is there no more: of several that fit, the others are meant.
    var isGone: Bool { get }
}

extension Selectable {
    /// Most are there as long as they are listed.
    public var isGone: Bool { false }
}

extension PeerRow: Selectable {
    /// The name that is shown.
    public var selectableName: String? { self.name }
    /// Who was forgotten, and has not heard of it yet.
    public var isGone: Bool { self.forgotten }
}

extension ClusterRow: Selectable {
    /// The cluster's name.
    public var selectableName: String? { self.name }
}

extension BridgeRow: Selectable {
    /// The other cluster's name.
    public var selectableName: String? { self.names.last.flatMap { $0.isEmpty ? nil : $0 } }
    /// A closed one is listed for a while.
    public var isGone: Bool { self.state == "closed" }
}

extension MemberRow: Selectable {
    /// The name that is shown.
    public var selectableName: String? { self.name }
    /// Who left or was removed.
    public var isGone: Bool { self.status != "present" && self.status != "waiting" }
}

extension PairingRow: Selectable {
    /// Pairings have none.
    public var selectableName: String? { nil }
}

/// Finds what a person means by a name, an id or the beginning of an id.
public enum Selection {
    /// The member that is meant; of two with one name the one who belongs to the cluster.
    public static func member(
        _ text: String, of report: ClusterReport
    ) throws(APIError) -> MemberRow {
        let others = report.members.filter { !$0.isSelf }
        let seen = Clean.seen(text)
        if let own = report.members.first(where: \.isSelf),
            text == own.id || seen == Clean.seen(own.name),
            !others.contains(where: { Clean.seen($0.name) == seen })
        {
            throw APIError(
                .notFound, "That is this node itself.",
                hint: "`spockex cluster leave` ends your own membership.")
        }
        return try self.one(
            text, of: others, what: "member",
            list: "cluster show \(report.cluster.id.prefix(8))")
    }

    /// The one row that is meant.
    ///
    /// A whole id goes before a name, a name before the beginning of an id; what is gone is meant only if
    /// nothing else fits. Upper case in an id does not matter, nor what cannot be seen in a name.
    public static func one<Row: Selectable>(
        _ text: String, of rows: [Row], what: String, list command: String
    ) throws(APIError) -> Row {
        let lower = text.lowercased()
        if let row = rows.first(where: { $0.id == lower }) { return row }
        let found =
            [rows.filter { !$0.isGone }, rows].lazy.map { self.fitting(text, $0) }
            .first { !$0.isEmpty } ?? []
        if found.count == 1, let row = found.first { return row }
        if found.isEmpty {
            throw APIError(
                .notFound, "There is no \(what) of that name or id.",
                hint: "`spockex \(command)` lists them.")
        }
        let ids = found.map { row in
            row.selectableName.map { "\(row.id) (\(Clean.line($0)))" } ?? row.id
        }
        throw APIError(
            .ambiguous, "More than one \(what) fits: \(ids.joined(separator: ", ")).",
            hint: "Give more of the id.")
    }

    private static func fitting<Row: Selectable>(_ text: String, _ rows: [Row]) -> [Row] {
        let seen = Clean.seen(text)
        let byName =
            seen.isEmpty
            ? [] : rows.filter { row in row.selectableName.map(Clean.seen) == seen }
        if !byName.isEmpty { return byName }
        return text.isEmpty ? [] : rows.filter { $0.id.hasPrefix(text.lowercased()) }
    }
}
