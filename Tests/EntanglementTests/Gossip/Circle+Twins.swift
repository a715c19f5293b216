// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What a sponsor can do who shows other keys of a newcomer to some of the members.
extension Circle {
    /// The last record by which a member took somebody in, as another one holds it.
    func addition(by sponsor: Int, seenBy other: Int, _ cluster: ClusterID) throws -> Record {
        let author = try self.member(sponsor, cluster)
        let records = try #require(try self.live(other, cluster).set).records
        return try #require(records.last { $0.kind == .add && $0.author == author })
    }

    /// A second record by a sponsor: somebody whose keys it made itself, after all that another one holds.
    func twin(
        by sponsor: Int, meeting: [UInt8], seenBy other: Int, _ cluster: ClusterID,
        _ primitives: any Primitives = CryptoPrimitives()
    ) throws -> (record: Record, member: MemberID) {
        let own = try #require(self.record(sponsor, cluster)).membership
        let signing = try #require(own.keys(primitives)).1
        let invented = Membership(
            member: own.member, signingKey: Secret(noise(32, seed: 7)),
            agreementKey: Secret(noise(32, seed: 8)))
        let (keys, second) = try #require(invented.keys(primitives))
        let set = try #require(try self.live(other, cluster).set)
        let place = try #require(set.nextPlace(of: own.member))
        let draft = try RecordDraft(.add(keys, meeting: meeting), at: place)
        let statement = JoinStatement(
            cluster: cluster, sponsor: own.member, meeting: meeting, newcomer: keys)
        let signatures = [
            primitives.sign(draft.signedBytes(in: cluster), with: signing),
            primitives.sign(statement.signedBytes, with: second),
        ]
        return (Record(draft, signatures: signatures, primitives), statement.newcomer(primitives))
    }

    /// One datagram with a record comes through, whatever is blocked, and nothing else does.
    mutating func slip(
        _ record: Record, to number: Int, from other: Int, _ cluster: ClusterID
    ) throws {
        let id = try #require(try self.relations(other, with: number, cluster).first?.id)
        let relation = try #require(self.hosts[other].node.relations[id])
        let view = try #require(relation.sendingSession(self.now.instant))
        let frame = Frame.gossip(GossipFrame(cluster: cluster, body: .record(record.bytes)))
        let place = self.hosts[number].endpoint
        self.act(other) { host, now, sent in
            host.carryOut(
                .sendSealed(session: view.index, .frame, frame.bytes, to: place), now, &sent)
        }
        let (datagram, blocked) = (self.inFlight.removeLast(), self.blocked)
        self.blocked = []
        self.deliver(datagram)
        self.blocked = blocked
        while self.deliverNext() {}
    }

    /// Whom a host's status shows as somebody who said two things.
    func suspects(_ number: Int, _ cluster: ClusterID) -> [String] {
        let rows = self.hosts[number].node.status(now: self.now).clusters
        return rows.first { $0.id == cluster }?.roster.filter(\.isSuspect).map(\.name) ?? []
    }

    /// Whom a host shows as a member present, by name, and whether that one is connected.
    func presence(_ number: Int, _ cluster: ClusterID) -> [String: Bool] {
        let rows = self.hosts[number].node.status(now: self.now).clusters
        let row = rows.first { $0.id == cluster }
        let present = row?.roster.filter { $0.status == .present } ?? []
        return Dictionary(present.map { ($0.name, $0.isConnected) }) { $0 && $1 }
    }

    /// What the records say, in short, as a host holds them.
    func rosterHash(_ number: Int, _ cluster: ClusterID) throws -> [UInt8] {
        try self.roster(number, cluster).hash(CryptoPrimitives())
    }
}
