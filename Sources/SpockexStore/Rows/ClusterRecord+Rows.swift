// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

/// The tables of clusters and the columns that are written.
enum ClusterTable {
    static let cluster = Upsert("cluster", Self.columns)
    static let epoch = Upsert(
        "clusterEpoch", keyCount: 2,
        ["cluster", "position", "number", "record", "secret", "since"])
    static let record = Upsert("record", keyCount: 2, ["cluster", "id", "bytes"])
    static let endpointRecord = Upsert(
        "endpointRecord", keyCount: 2, ["cluster", "member", "bytes"])

    static let columns = [
        "id", "name", "createdAt", "standing", "member", "signingKey", "agreementKey",
    ]
}

extension ClusterRecord {
    /// Writes the cluster's row and its epochs; its records stay.
    func write(to database: Database) throws {
        let columns: [Column?] = [
            Column(self.id), .text(self.name), Column(self.createdAt),
            .text(self.standing.rawValue), Column(self.membership.member),
            Column(self.membership.signingKey), Column(self.membership.agreementKey),
        ]
        try ClusterTable.cluster.run(columns, in: database)
        for (position, epoch) in self.epochs.enumerated() {
            let columns: [Column?] = [
                Column(self.id), .integer(Int64(position)), .integer(Int64(epoch.number)),
                epoch.record.map { .blob($0.bytes) }, Column(epoch.secret), Column(epoch.since),
            ]
            try ClusterTable.epoch.run(columns, in: database)
        }
        try database.run(
            "DELETE FROM clusterEpoch WHERE cluster = ? AND position >= ?",
            [Column(self.id), .integer(Int64(self.epochs.count))])
    }

    /// Reads the columns of `ClusterTable.columns`; the epochs come later.
    init(from row: inout RowReader) throws(StoreError) {
        self.init(
            id: try row.identifier(), name: try row.text(), createdAt: try row.time(),
            standing: try row.text { ClusterStanding(rawValue: $0) },
            membership: Membership(
                member: try row.identifier(), signingKey: try row.secret(),
                agreementKey: try row.secret()))
    }
}

extension EpochSecret {
    /// Reads number, record, secret and time.
    init(from row: inout RowReader) throws(StoreError) {
        let number: UInt32 = try row.integer()
        var record: RecordID?
        if let bytes = try row.optionalBytes() {
            guard let id = RecordID(bytes: bytes) else { throw row.damaged() }
            record = id
        }
        self.init(
            number: number, record: record, secret: try row.secret(), since: try row.time())
    }
}

extension StoredRecord {
    /// Appends a record of a roster.
    ///
    /// One that is there already keeps its place and gets these bytes: a signature that was damaged
    /// on the disk does not count, so the record comes again from others.
    func append(_ id: RecordID, to database: Database) throws {
        guard self.isRosterRecord(id) else {
            throw StoreError.refused("a record under another id")
        }
        try ClusterTable.record.run(
            [Column(self.cluster), .blob(id.bytes), .blob(self.bytes)], in: database)
    }

    /// Puts the endpoint record of a member in the place of the former one.
    func replace(of member: MemberID, in database: Database) throws {
        guard self.isEndpointRecord(of: member) else {
            throw StoreError.refused("an endpoint record of somebody else")
        }
        try ClusterTable.endpointRecord.run(
            [Column(self.cluster), Column(member), .blob(self.bytes)], in: database)
    }

    /// Reads cluster, id and bytes; bytes that the id does not name are damage.
    init(rosterRow row: inout RowReader) throws(StoreError) {
        let cluster: ClusterID = try row.identifier()
        let id = try row.bytes { RecordID(bytes: $0) }
        self.init(cluster: cluster, bytes: try row.bytes())
        guard self.isRosterRecord(id) else { throw row.damaged() }
    }

    /// Reads cluster, member and bytes; bytes of somebody else are damage.
    init(endpointRow row: inout RowReader) throws(StoreError) {
        let cluster: ClusterID = try row.identifier()
        let member: MemberID = try row.identifier()
        self.init(cluster: cluster, bytes: try row.bytes())
        guard self.isEndpointRecord(of: member) else { throw row.damaged() }
    }

    private var parsed: Entanglement.Record? {
        try? Entanglement.Record(bytes: self.bytes, CryptoPrimitives())
    }

    private func isRosterRecord(_ id: RecordID) -> Bool {
        self.parsed.map { $0.id == id && $0.kind != .endpoint } ?? false
    }

    private func isEndpointRecord(of member: MemberID) -> Bool {
        self.parsed.map { $0.author == member && $0.kind == .endpoint } ?? false
    }
}
