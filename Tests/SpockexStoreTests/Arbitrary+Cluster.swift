// SPDX-License-Identifier: Apache-2.0
import Entanglement

extension SeededGenerator {
    mutating func bond() throws -> MeetingBond? {
        let (cluster, member) = (ClusterID(using: &self), MemberID(using: &self))
        return try self.pick([
            nil, .founding, .sponsoring(cluster), .joining(cluster, sponsor: member),
            .confirming(cluster, member),
            .bridging(cluster, ClusterAlias(using: &self)),
            .crossing(cluster, ClusterAlias(using: &self), CardID(using: &self)),
        ])
    }

    /// What begins as a notice does: the store looks no further.
    mutating func notice(in cluster: ClusterID) throws -> (notice: StoredNotice, key: NoticeKey) {
        let bytes = [UInt8.random(in: 1...4, using: &self)] + self.bytes(32 + 100)
        let notice = StoredNotice(cluster: cluster, bytes: bytes)
        return (notice, try some(notice.key))
    }

    mutating func recordID() throws -> RecordID {
        try some(RecordID(bytes: self.bytes(32)))
    }

    mutating func epoch(number: UInt32? = nil) throws -> EpochSecret {
        EpochSecret(
            number: number ?? UInt32.random(in: 0 ... .max, using: &self),
            record: self.chance(80) ? try self.recordID() : nil, secret: self.secret(32),
            since: self.time())
    }

    mutating func cluster() throws -> ClusterRecord {
        var record = ClusterRecord(
            id: ClusterID(using: &self), name: "", createdAt: self.time(),
            membership: Membership(
                member: MemberID(using: &self), signingKey: self.secret(32),
                agreementKey: self.secret(32)))
        try self.vary(&record)
        return record
    }

    /// Changes everything but the id.
    mutating func vary(_ record: inout ClusterRecord) throws {
        record.name = try self.name()
        record.createdAt = self.time()
        record.standing = try self.pick(ClusterStanding.allCases)
        record.membership = Membership(
            member: MemberID(using: &self), signingKey: self.secret(32),
            agreementKey: self.secret(32))
        record.epochs = try (0..<Int.random(in: 0...4, using: &self)).map { _ in
            try self.epoch()
        }
    }

    /// A well-formed record of the roster; its signatures are of nobody.
    mutating func record(
        in cluster: ClusterID
    ) throws -> (record: StoredRecord, id: RecordID) {
        let member = MemberID(using: &self)
        let body: RecordBody = try self.pick([
            .add(self.memberKeys(), meeting: self.bytes(32)),
            .confirm(member, meeting: self.bytes(32)), .leave, .remove(Removal(accused: member)),
            .vote(self.recordID()), .block(member, isOn: self.chance(50)),
            .epoch(Epoch(number: 1, gone: self.bytes(32), secretHash: self.bytes(32))),
        ])
        let parents = try (0..<Int.random(in: 0...7, using: &self)).map { _ in
            try self.recordID()
        }
        let place = RecordPlace(
            author: MemberID(using: &self), position: UInt32.random(in: 1 ... .max, using: &self),
            previous: try self.recordID(), parents: parents.sorted())
        return try self.signed(try RecordDraft(body, at: place), in: cluster)
    }

    /// A well-formed endpoint record; its signature is of nobody.
    mutating func endpointRecord(
        in cluster: ClusterID, of member: MemberID? = nil
    ) throws -> (record: StoredRecord, member: MemberID) {
        let author = member ?? MemberID(using: &self)
        let kind = try self.pick(Candidate.Kind.allCases)
        let whereabouts = Whereabouts(
            incarnation: self.next(), sequence: self.next(), issuedAt: self.next(),
            validitySeconds: UInt32.random(in: 1...604_800, using: &self),
            addresses: self.endpoints().map {
                PublishedAddress(endpoint: $0, kind: kind, confirmedBy: 1)
            }, nat: try self.pick([nil, .open, .sequential]), name: try self.pick(["", "Anna"]))
        let draft = try RecordDraft(whereabouts, of: author)
        return (try self.signed(draft, in: cluster).record, author)
    }

    private mutating func signed(
        _ draft: RecordDraft, in cluster: ClusterID
    ) throws -> (record: StoredRecord, id: RecordID) {
        let count = [.add, .confirm].contains(draft.kind) ? 2 : 1
        let record = Record(
            draft, signatures: (0..<count).map { _ in self.bytes(64) }, CryptoPrimitives())
        return (StoredRecord(cluster: cluster, bytes: record.bytes), record.id)
    }

    mutating func clusterEvent() throws -> Event {
        try self.pick(self.clusterEvents())
    }

    /// One of each kind and of each of its forms.
    mutating func clusterEvents() throws -> [Event] {
        let id = ClusterID(using: &self)
        let (one, other) = (MemberID(using: &self), MemberID(using: &self))
        return [
            .clusterJoined(id), .clusterLost(id, .left), .clusterLost(id, .removed),
            .memberJoined(id, one, sponsor: other), .memberJoined(id, one, sponsor: nil),
            .memberGone(id, one, .left), .memberGone(id, one, .removed),
            .memberMet(id, one, by: other), .removalProposed(id, one, by: other),
            .removalVoted(id, one, by: other), .memberAdmitted(id, one), .memberWaits(id, one),
            .memberReturned(id, one),
            .memberBlocked(id, one, by: other, isOn: true),
            .memberBlocked(id, one, by: other, isOn: false), .epochBegan(id, 0),
            .epochBegan(id, .max), .memberEquivocated(id, one), .memberCloned(id, one),
            .bridgeOpened(id, BridgeID(using: &self), by: one),
            .bridgeClosed(id, BridgeID(using: &self)), .cardSeen(id, CardID(using: &self)),
            .cardGone(id, CardID(using: &self)),
            .bridgeVoted(id, BridgeID(using: &self), by: one, isOn: true),
            .bridgeVoted(id, .all, by: one, isOn: false),
            .bridgePolicyChanged(id, BridgeID(using: &self), BridgePolicy(.nothing)),
            .bridgePolicyChanged(
                id, BridgeID(using: &self), BridgePolicy(.relaying, addresses: true)),
        ]
    }
}
