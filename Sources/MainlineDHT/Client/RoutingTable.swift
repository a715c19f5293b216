// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// The nodes that answered before: where the next lookup begins.
///
/// Small, for nothing is served from it: eight nodes for each count of first bits that they share
/// with our id, 128 in all, one for each address. A node that owes two answers goes when another
/// one comes; who is there and answers is never pushed out.
struct RoutingTable: Sendable {
    private struct Entry: Sendable {
        let contact: NodeContact
        var failureCount = 0
    }

    private var entries: [Entry] = []

    var count: Int { self.entries.count }

    /// All nodes, those who came first in front.
    var contacts: [NodeContact] { self.entries.map(\.contact) }

    /// The nodes that are closest to an id.
    func closest(to target: NodeID, count: Int) -> [NodeContact] {
        let sorted = self.contacts.sorted {
            $0.id.distance(to: target) < $1.id.distance(to: target)
        }
        return Array(sorted.prefix(count))
    }

    /// A node has answered.
    mutating func noteAnswer(of contact: NodeContact, own: NodeID) {
        if let index = self.index(at: contact.endpoint) {
            guard self.entries[index].contact == contact else { return }
            self.entries[index].failureCount = 0
            return
        }
        let isLocal = !contact.endpoint.address.isPublic
        let isTaken = self.entries.contains {
            $0.contact.id == contact.id
                || !isLocal && $0.contact.endpoint.address == contact.endpoint.address
        }
        guard contact.isFitting, !isTaken, self.makeRoom(for: contact, own: own) else { return }
        self.entries.append(Entry(contact: contact))
    }

    /// A node has not answered, twice for one question.
    mutating func noteFailure(at endpoint: Endpoint) {
        guard let index = self.index(at: endpoint) else { return }
        self.entries[index].failureCount += 1
        // The last ones are kept: better an old entry than none.
        if self.entries[index].failureCount > Limits.failureCount,
            self.entries.count > Limits.bucketCapacity
        {
            self.entries.remove(at: index)
        }
    }

    /// A node has lied.
    mutating func remove(_ address: IPAddress, port: UInt16?) {
        self.entries.removeAll {
            $0.contact.endpoint.address == address
                && (port == nil || $0.contact.endpoint.port == port)
        }
    }

    private func index(at endpoint: Endpoint) -> Int? {
        self.entries.firstIndex { $0.contact.endpoint == endpoint }
    }

    private mutating func makeRoom(for contact: NodeContact, own: NodeID) -> Bool {
        let shared = contact.id.commonBitCount(with: own)
        let bucket = self.entries.indices.filter {
            self.entries[$0].contact.id.commonBitCount(with: own) == shared
        }
        guard
            bucket.count >= Limits.bucketCapacity || self.entries.count >= Limits.contactCount
        else { return true }
        let rivals =
            bucket.count >= Limits.bucketCapacity ? bucket : Array(self.entries.indices)
        guard
            let worst = rivals.max(by: {
                self.entries[$0].failureCount < self.entries[$1].failureCount
            }),
            self.entries[worst].failureCount >= Limits.failureCount
        else { return false }
        self.entries.remove(at: worst)
        return true
    }
}
