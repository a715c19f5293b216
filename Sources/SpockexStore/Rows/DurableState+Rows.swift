// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

extension DurableState {
    /// Reads all tables but the log of events.
    init(from database: Database) throws {
        self.init()
        var names: [String] = []
        try database.forEachRow(of: "node", ["name"]) { names.append(try $0.text()) }
        guard let name = names.first, names.count == 1 else {
            throw StoreError.damaged("table node")
        }
        self.nodeName = name
        var indices: [RelationID: Int] = [:]
        try database.forEachRow(of: "relation", RelationTable.columns, orderedBy: "id") {
            let record = try RelationRecord(from: &$0)
            indices[record.id] = self.relations.count
            self.relations.append(record)
        }
        try self.readParts(from: database, indices)
        try self.readClusters(from: database)
        try database.forEachRow(
            of: "tombstone", ["pidHash", "token", "expiresAt"], orderedBy: "pidHash"
        ) { self.tombstones.append(try Tombstone(from: &$0)) }
    }

    private mutating func readClusters(from database: Database) throws {
        var indices: [ClusterID: Int] = [:]
        try database.forEachRow(of: "cluster", ClusterTable.columns, orderedBy: "id") {
            let record = try ClusterRecord(from: &$0)
            indices[record.id] = self.clusters.count
            self.clusters.append(record)
        }
        try database.forEachRow(
            of: "clusterEpoch", ["cluster", "number", "record", "secret", "since"],
            orderedBy: "cluster, position"
        ) {
            let id: ClusterID = try $0.identifier()
            guard let index = indices[id] else { throw $0.damaged() }
            self.clusters[index].epochs.append(try EpochSecret(from: &$0))
        }
        try database.forEachRow(
            of: "record", ["cluster", "id", "bytes"], orderedBy: "cluster, number"
        ) { self.records.append(try StoredRecord(rosterRow: &$0)) }
        try database.forEachRow(
            of: "endpointRecord", ["cluster", "member", "bytes"], orderedBy: "cluster, member"
        ) { self.endpointRecords.append(try StoredRecord(endpointRow: &$0)) }
        try database.forEachRow(
            of: "notice", ["cluster", "key", "bytes"], orderedBy: "cluster, key"
        ) { self.notices.append(try StoredNotice(from: &$0)) }
        try database.forEachRow(
            of: "spentCounter", ["cluster", "relation", "reserved", "accepted"],
            orderedBy: "cluster, relation"
        ) { self.spentCounters.append(try SpentCounters(from: &$0)) }
    }

    private mutating func readParts(
        from database: Database, _ indices: [RelationID: Int]
    ) throws {
        func read<Part>(
            _ table: String, _ columns: [String], orderedBy order: String? = nil,
            _ parse: (inout RowReader) throws(StoreError) -> Part,
            _ place: (inout RelationRecord, Part) -> Void
        ) throws {
            try database.forEachRow(of: table, ["relation"] + columns, orderedBy: order) {
                let id: RelationID = try $0.identifier()
                guard let index = indices[id] else { throw $0.damaged() }
                place(&self.relations[index], try parse(&$0))
            }
        }
        try read("meetingCode", ["ownSalt", "peerSalt", "offer", "answer"]) {
            row throws(StoreError) in
            try MeetingCodes(from: &row)
        } _: {
            $0.codes = $1
        }
        try read(
            "relationKey", ["peerPID", "peerKey", "meeting", "psk", "sendMAC", "receiveMAC"]
        ) { row throws(StoreError) in
            try RelationKeys(from: &row)
        } _: {
            $0.keys = $1
        }
        try read("cancelToken", ["own", "peer"]) {
            row throws(StoreError) in
            try CancelTokens(from: &row)
        } _: {
            $0.cancelTokens = $1
        }
        try read("memberKey", ["signingKey", "agreementKey"]) {
            row throws(StoreError) in
            try MemberKeys(from: &row)
        } _: {
            $0.peerMemberKeys = $1
        }
        try read("foundingPart", ["signingKey", "agreementKey", "signature"]) {
            row throws(StoreError) in
            try FoundingPart(from: &row)
        } _: {
            $0.peerPart = $1
        }
        try read("endpoint", ["address", "port"], orderedBy: "relation, position") {
            row throws(StoreError) in
            try Endpoint(from: &row)
        } _: {
            $0.endpoints.append($1)
        }
    }
}

extension Database {
    /// Gives each row of a table to `body`.
    fileprivate func forEachRow(
        of table: String, _ columns: [String], orderedBy order: String? = nil,
        _ body: (inout RowReader) throws -> Void
    ) throws {
        let sql =
            "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
            + (order.map { " ORDER BY \($0)" } ?? "")
        let rows = try Row.fetchCursor(self, sql: sql)
        while let row = try rows.next() {
            var reader = RowReader(row, of: table)
            try body(&reader)
        }
    }
}
