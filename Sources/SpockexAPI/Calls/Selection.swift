// SPDX-License-Identifier: Apache-2.0

/// Something that a person can name on the command line.
public protocol Selectable {
    /// The whole id.
    var id: String { get }
    /// The name, if it has one.
    var selectableName: String? { get }
}

extension PeerRow: Selectable {
    /// The name that is shown.
    public var selectableName: String? { self.name }
}

extension ClusterRow: Selectable {
    /// The cluster's name.
    public var selectableName: String? { self.name }
}

extension BridgeRow: Selectable {
    /// The other cluster's name.
    public var selectableName: String? { self.names.last.flatMap { $0.isEmpty ? nil : $0 } }
}

extension MemberRow: Selectable {
    /// The name that is shown.
    public var selectableName: String? { self.name }
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
        if let own = report.members.first(where: \.isSelf), text == own.id || text == own.name,
            !others.contains(where: { $0.name == text })
        {
            throw APIError(
                .notFound, "That is this node itself.",
                hint: "`spockex cluster leave` ends your own membership.")
        }
        let list = "cluster show \(report.cluster.id.prefix(8))"
        let present = others.filter { $0.status == "present" || $0.status == "waiting" }
        do throws(APIError) {
            return try self.one(text, of: present, what: "member", list: list)
        } catch  where error.code == .notFound {
            return try self.one(text, of: others, what: "member", list: list)
        }
    }

    /// The one row that is meant.
    ///
    /// A whole id goes before a name, a name before the beginning of an id. Upper case in an id
    /// does not matter.
    public static func one<Row: Selectable>(
        _ text: String, of rows: [Row], what: String, list command: String
    ) throws(APIError) -> Row {
        let lower = text.lowercased()
        let byID = rows.filter { $0.id == lower }
        let byName = rows.filter { $0.selectableName == text }
        let byBeginning = text.isEmpty ? [] : rows.filter { $0.id.hasPrefix(lower) }
        let found = [byID, byName, byBeginning].first { !$0.isEmpty } ?? []
        if found.count == 1, let row = found.first { return row }
        if found.isEmpty {
            throw APIError(
                .notFound, "There is no \(what) of that name or id.",
                hint: "`spockex \(command)` lists them.")
        }
        let ids = found.map { row in
            row.selectableName.map { "\(row.id) (\($0))" } ?? row.id
        }
        throw APIError(
            .ambiguous, "More than one \(what) fits: \(ids.joined(separator: ", ")).",
            hint: "Give more of the id.")
    }
}
