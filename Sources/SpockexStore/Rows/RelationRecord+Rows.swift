// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

/// The tables of which a relation may have one row each, and the columns that are written.
enum RelationTable {
    static let relation = Upsert("relation", Self.columns)
    static let meetingCode = Upsert(
        "meetingCode", ["relation", "ownSalt", "peerSalt", "offer", "answer"])
    static let relationKey = Upsert(
        "relationKey",
        ["relation", "peerPID", "peerKey", "meeting", "psk", "sendMAC", "receiveMAC"])
    static let cancelToken = Upsert("cancelToken", ["relation", "own", "peer"])
    static let memberKey = Upsert("memberKey", ["relation", "signingKey", "agreementKey"])
    static let foundingPart = Upsert(
        "foundingPart", ["relation", "signingKey", "agreementKey", "signature"])
    static let endpoint = Upsert(
        "endpoint", keyCount: 2, ["relation", "position", "address", "port"])

    static let columns = [
        "id", "role", "intent", "phase", "createdAt", "expiresAt", "ownPID", "ownKey",
        "memberSigningKey", "memberAgreementKey", "hasSentFounding", "cluster", "claimedName",
        "givenName", "problem", "lastHeardAt", "matchedAt", "reservedCounter", "acceptedCounter",
        "peerNAT", "toldNAT", "sponsors", "bond", "bondCluster", "bondMember", "member", "epoch",
        "usedNote", "acceptedNote", "link", "linkCluster", "linkAlias", "linkCard",
    ]
}

extension RelationRecord {
    /// Writes the relation's row and those of its child tables; deletes those it has no more.
    func write(to database: Database) throws {
        try RelationTable.relation.run(self.columns, in: database)
        let children: [(String, Upsert, [Column?]?)] = [
            ("meetingCode", RelationTable.meetingCode, self.codes?.columns),
            ("relationKey", RelationTable.relationKey, self.keys?.columns),
            ("cancelToken", RelationTable.cancelToken, self.cancelTokens?.columns),
            ("memberKey", RelationTable.memberKey, self.peerMemberKeys?.columns),
            ("foundingPart", RelationTable.foundingPart, self.peerPart?.columns),
        ]
        for (table, upsert, columns) in children {
            if let columns {
                try upsert.run([Column(self.id)] + columns, in: database)
            } else {
                try database.run("DELETE FROM \(table) WHERE relation = ?", [Column(self.id)])
            }
        }
        try database.write(self.endpoints, of: self.id)
    }

    private var columns: [Column?] {
        [
            Column(self.id), .text(self.role.rawValue), .integer(Int64(self.intent.rawValue)),
            .text(self.phase.rawValue), Column(self.createdAt), Column(self.expiresAt),
            Column(self.ownPID), Column(self.ownKey), Column(self.memberSigningKey),
            Column(self.memberAgreementKey), .integer(self.hasSentFounding ? 1 : 0),
            self.cluster.map { Column($0) }, .text(self.claimedName), .text(self.givenName),
            self.problem.map { .text($0.rawValue) }, self.lastHeardAt.map { Column($0) },
            self.matchedAt.map { Column($0) }, Column(self.reservedCounter),
            Column(self.acceptedCounter), self.peerNAT?.column, self.toldNAT?.column,
            self.sponsors.map { Column($0) },
        ] + MeetingBond.columns(of: self.bond) + [
            self.member.map { Column($0) }, self.epoch.map { .integer(Int64($0)) },
            Column(self.usedNote), Column(self.acceptedNote),
        ] + MeetingBond.linkColumns(of: self.bond)
    }

    /// Reads the columns of `RelationTable.columns`; the children come later.
    init(from row: inout RowReader) throws(StoreError) {
        let id: RelationID = try row.identifier()
        let role = try row.text { MeetingRole(rawValue: $0) }
        guard let intent = Intent(rawValue: try row.integer()) else { throw row.damaged() }
        let phase = try row.text { RelationPhase(rawValue: $0) }
        self.init(
            id: id, role: role, intent: intent, phase: phase, createdAt: try row.time(),
            expiresAt: try row.time(), ownPID: try row.identifier(), ownKey: try row.secret(),
            memberSigningKey: try row.secret(), memberAgreementKey: try row.secret())
        self.hasSentFounding = try row.optionalInteger() == 1
        self.cluster = try row.optionalIdentifier()
        self.claimedName = try row.text()
        self.givenName = try row.text()
        if let text = try row.optionalText() {
            guard let problem = PairingProblem(rawValue: text) else { throw row.damaged() }
            self.problem = problem
        }
        self.lastHeardAt = try row.optionalTime()
        self.matchedAt = try row.optionalTime()
        self.reservedCounter = try row.integer()
        self.acceptedCounter = try row.integer()
        self.peerNAT = try row.natHint()
        self.toldNAT = try row.natHint()
        self.sponsors = try row.optionalIdentifier()
        self.bond = try row.bond()
        self.member = try row.optionalIdentifier()
        self.epoch = try row.optionalNumber()
        self.usedNote = try row.integer()
        self.acceptedNote = try row.integer()
        if let link = try row.link() {
            guard self.bond == nil else { throw row.damaged() }
            self.bond = link
        }
    }
}

extension MeetingBond {
    /// Kind, cluster and member.
    fileprivate static func columns(of bond: MeetingBond?) -> [Column?] {
        switch bond {
        case nil, .bridging, .crossing: [nil, nil, nil]
        case .founding: [.text("founding"), nil, nil]
        case .sponsoring(let cluster): [.text("sponsoring"), Column(cluster), nil]
        case .joining(let cluster, let sponsor):
            [.text("joining"), Column(cluster), Column(sponsor)]
        case .confirming(let cluster, let member):
            [.text("confirming"), Column(cluster), Column(member)]
        }
    }

    /// Kind, own cluster, the other's alias and card.
    fileprivate static func linkColumns(of bond: MeetingBond?) -> [Column?] {
        switch bond {
        case nil, .founding, .sponsoring, .joining, .confirming: [nil, nil, nil, nil]
        case .bridging(let cluster, let alias):
            [.text("bridging"), Column(cluster), Column(alias), nil]
        case .crossing(let cluster, let alias, let card):
            [.text("crossing"), Column(cluster), Column(alias), Column(card)]
        }
    }
}

extension NATHint {
    /// The letter, as in codes.
    fileprivate var column: Column { .text(String(UnicodeScalar(self.rawValue))) }
}

extension RowReader {
    /// Reads kind, cluster and member.
    fileprivate mutating func bond() throws(StoreError) -> MeetingBond? {
        let kind = try self.optionalText()
        let cluster: ClusterID? = try self.optionalIdentifier()
        let member: MemberID? = try self.optionalIdentifier()
        switch (kind, cluster, member) {
        case (nil, nil, nil): return nil
        case ("founding", nil, nil): return .founding
        case ("sponsoring", let cluster?, nil): return .sponsoring(cluster)
        case ("joining", let cluster?, let member?): return .joining(cluster, sponsor: member)
        case ("confirming", let cluster?, let member?): return .confirming(cluster, member)
        case (_, _, _): throw self.damaged()
        }
    }

    /// Reads kind, own cluster, the other's alias and card.
    fileprivate mutating func link() throws(StoreError) -> MeetingBond? {
        let kind = try self.optionalText()
        let cluster: ClusterID? = try self.optionalIdentifier()
        let alias: ClusterAlias? = try self.optionalIdentifier()
        let card: CardID? = try self.optionalIdentifier()
        switch (kind, cluster, alias, card) {
        case (nil, nil, nil, nil): return nil
        case ("bridging", let cluster?, let alias?, nil): return .bridging(cluster, alias)
        case ("crossing", let cluster?, let alias?, let card?):
            return .crossing(cluster, alias, card)
        case (_, _, _, _): throw self.damaged()
        }
    }

    fileprivate mutating func natHint() throws(StoreError) -> NATHint? {
        guard let text = try self.optionalText() else { return nil }
        guard text.utf8.count == 1, let hint = text.utf8.first.flatMap({ NATHint(rawValue: $0) })
        else { throw self.damaged() }
        return hint
    }
}

extension Database {
    /// Replaces the endpoints of a relation.
    func write(_ endpoints: [Endpoint], of relation: RelationID) throws {
        for (position, endpoint) in endpoints.enumerated() {
            let columns: [Column?] = [
                Column(relation), .integer(Int64(position)), .blob(endpoint.address.bytes),
                .integer(Int64(endpoint.port)),
            ]
            try RelationTable.endpoint.run(columns, in: self)
        }
        try self.run(
            "DELETE FROM endpoint WHERE relation = ? AND position >= ?",
            [Column(relation), .integer(Int64(endpoints.count))])
    }
}
