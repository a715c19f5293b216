// SPDX-License-Identifier: Apache-2.0
import Entanglement
import GRDB

extension Database {
    /// Carries out one change within the open transaction.
    func apply(_ change: Change) throws {
        switch change {
        case .relation(let record, erasing: _):
            try record.write(to: self)
        case .deleteRelation(let id):
            try self.run("DELETE FROM relation WHERE id = ?", [Column(id)])
        case .reserveCounters(let id, let until):
            try self.runOnce(
                "UPDATE relation SET reservedCounter = ? WHERE id = ?",
                [Column(until), Column(id)])
        case .acceptCounter(let id, let counter):
            try self.runOnce(
                "UPDATE relation SET acceptedCounter = ? WHERE id = ?",
                [Column(counter), Column(id)])
        case .endpoints(let id, let endpoints, let lastHeardAt):
            try self.runOnce(
                "UPDATE relation SET lastHeardAt = ? WHERE id = ?",
                [lastHeardAt.map { Column($0) }, Column(id)])
            try self.write(endpoints, of: id)
        case .lastResort(let id, let used, let accepted):
            try self.runOnce(
                "UPDATE relation SET usedNote = ?, acceptedNote = ? WHERE id = ?",
                [Column(used), Column(accepted), Column(id)])
        case .bury(let tombstone):
            try tombstone.write(to: self)
        case .unbury(let pidHash):
            try self.run("DELETE FROM tombstone WHERE pidHash = ?", [.blob(pidHash)])
        case .cluster(let record, erasing: _):
            try record.write(to: self)
        case .deleteCluster(let id):
            try self.run("DELETE FROM cluster WHERE id = ?", [Column(id)])
        case .record(let record, let id):
            try record.append(id, to: self)
        case .endpointRecord(let record, let member):
            try record.replace(of: member, in: self)
        case .notice(let notice, let key):
            try notice.replace(key, in: self)
        case .deleteNotice(let cluster, let key):
            try self.run(
                "DELETE FROM notice WHERE cluster = ? AND key = ?",
                [Column(cluster), .blob(key.bytes)])
        case .spentCounters(let spent):
            try spent.write(to: self)
        case .forgetSpent(let cluster, let relation):
            try self.run(
                "DELETE FROM spentCounter WHERE cluster = ? AND relation = ?",
                [Column(cluster), Column(relation)])
        case .nodeName(let name):
            try self.run("UPDATE node SET name = ?", [.text(name)])
        case .event(let event, let time):
            try StoredEvent.append(event, at: time, to: self)
        }
    }

    private func runOnce(_ sql: String, _ values: [Column?]) throws {
        guard try self.run(sql, values) == 1 else {
            throw StoreError.refused("a change of a relation that does not exist")
        }
    }
}
