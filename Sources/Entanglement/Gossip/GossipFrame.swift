// SPDX-License-Identifier: Apache-2.0

/// What two members of a cluster tell each other about it (PROTOCOL.md §12.1).
struct GossipFrame: Equatable {
    /// What one of them holds, in short.
    struct Summary: Equatable {
        /// ``RecordSet/headsHash(_:)``; 32 zeros: no record at all.
        var heads: [UInt8]
        /// The hash of the endpoint records' sequences, 16 bytes.
        var places: [UInt8]
        /// The number of the newest epoch whose secret is held, plus one; 0: none.
        var epoch: UInt32
    }

    /// One part of the answer to a digest.
    struct IDList: Equatable {
        /// How many ids come before these in all buckets that differ.
        var offset: UInt16
        /// How many ids there are in all of them.
        var total: UInt16
        var ids: [RecordID]
    }

    /// Which endpoint records of members with ids of a range are held.
    struct PlaceList: Equatable {
        var first: MemberID
        var last: MemberID
        var sequences: [PlaceSequence]
    }

    struct PlaceSequence: Equatable {
        var member: MemberID
        var sequence: UInt64
    }

    /// What a member needs that others hold.
    struct Welcome: Equatable {
        var number: UInt32
        var record: RecordID?
        var secret: Secret
        /// What the sender calls the cluster; a proposal.
        var name: String
    }

    /// A member wants to talk with another one, of whom it may be that only others reach it.
    struct Call: Equatable {
        var from: MemberID
        var to: MemberID
        /// How many members it may still pass.
        var hops: UInt8
    }

    /// With whom a member is connected.
    enum Links: Equatable {
        /// The receiver is asked.
        case question
        /// The members with whom the sender is connected, ascending; the first of them, where there are more.
        case answer([MemberID])
    }

    enum Body: Equatable {
        /// 20: what the sender holds.
        case summary(Summary)
        /// 21: asks for the ids that the sender may lack, from an offset on.
        case digest(offset: UInt16, RecordDigest)
        /// 22: answers a digest.
        case ids(IDList)
        /// 23: asks for records.
        case want([RecordID])
        /// 24: a record.
        case record([UInt8])
        /// 25: the sequences of the endpoint records that the sender holds.
        case places(PlaceList)
        /// 26: the secret of an epoch.
        case welcome(Welcome)
        /// 27: the receiver is no member any more, as the records say that the sender holds.
        case goodbye
        /// 28: the hash of the notices that the sender holds, 16 bytes (PROTOCOL.md §14.2).
        case notices([UInt8])
        /// 29: which notices the sender holds.
        case noticeList(NoticeList)
        /// 30: a notice.
        case notice([UInt8])
        /// 31: somebody wants to talk with somebody.
        case call(Call)
        /// 37: with whom somebody is connected.
        case links(Links)
    }

    let cluster: ClusterID
    let body: Body

    /// Ids in one frame at most.
    static let idCountMax = 32
    /// Ids in all parts of one answer at most.
    static let windowCount = 256
    /// Sequences in one frame at most.
    static let placeCountMax = 40
    /// Members in one frame at most who are connected.
    static let linkCountMax = 60
    /// What is held when no record is.
    static let noHeads = [UInt8](repeating: 0, count: 32)
}

extension GossipFrame.Body {
    /// The first byte of the frame.
    var type: UInt8 {
        switch self {
        case .summary: 20
        case .digest: 21
        case .ids: 22
        case .want: 23
        case .record: 24
        case .places: 25
        case .welcome: 26
        case .goodbye: 27
        case .notices: 28
        case .noticeList: 29
        case .notice: 30
        case .call: 31
        case .links: 37
        }
    }

    /// Whether the first byte of a frame is that of one about a cluster.
    static func isType(_ type: UInt8) -> Bool { (20...31).contains(type) || type == 37 }
}

extension ByteWriter {
    mutating func put(_ frame: GossipFrame) {
        self.put(frame.body.type)
        self.put(frame.cluster)
        switch frame.body {
        case .summary(let summary):
            self.put(summary.heads)
            self.put(summary.places)
            self.put(summary.epoch)
        case .digest(let offset, let digest):
            self.put(offset)
            self.put(digest.bytes)
        case .ids(let list):
            self.put(list.offset)
            self.put(list.total)
            for id in list.ids.prefix(GossipFrame.idCountMax) { self.put(id) }
        case .want(let ids):
            for id in ids.prefix(GossipFrame.idCountMax) { self.put(id) }
        case .record(let bytes):
            self.put(bytes)
        case .places(let list):
            self.put(list)
        case .welcome(let welcome):
            self.put(welcome.number)
            if let record = welcome.record {
                self.put(record)
            } else {
                self.put([UInt8](repeating: 0, count: 32))
            }
            welcome.secret.withBytes { self.put($0) }
            self.put(name: welcome.name)
        case .goodbye: break
        case .notices(let hash):
            self.put(hash)
        case .noticeList(let list):
            self.put(list)
        case .notice(let bytes):
            self.put(bytes)
        case .call(let call):
            self.put(call.from)
            self.put(call.to)
            self.put(call.hops)
        case .links(.question):
            self.put(UInt8(0))
        case .links(.answer(let members)):
            self.put(UInt8(1))
            for member in members.prefix(GossipFrame.linkCountMax) { self.put(member) }
        }
    }

    private mutating func put(_ list: GossipFrame.PlaceList) {
        self.put(list.first)
        self.put(list.last)
        for place in list.sequences.prefix(GossipFrame.placeCountMax) {
            self.put(place.member)
            self.put(place.sequence)
        }
    }
}

extension ByteReader {
    /// The rest of a frame about a cluster; nil: another type, or not well-formed.
    mutating func gossip(type: UInt8) -> GossipFrame? {
        guard GossipFrame.Body.isType(type),
            let cluster = self.take(16).flatMap({ ClusterID(bytes: $0) })
        else { return nil }
        let body: GossipFrame.Body?
        switch type {
        case 20:
            guard let heads = self.take(32), let places = self.take(16), let epoch = self.uint32()
            else { return nil }
            body = .summary(
                GossipFrame.Summary(heads: Array(heads), places: Array(places), epoch: epoch))
        case 21:
            guard let offset = self.uint16(), let bytes = self.take(RecordDigest.byteCount) else {
                return nil
            }
            body = RecordDigest(bytes: Array(bytes)).map { .digest(offset: offset, $0) }
        case 22:
            guard let offset = self.uint16(), let total = self.uint16() else { return nil }
            body = self.recordIDs(atLeast: 0).map {
                .ids(GossipFrame.IDList(offset: offset, total: total, ids: $0))
            }
        case 23: body = self.recordIDs(atLeast: 1).map { .want($0) }
        case 24:
            let bytes = Array(self.rest())
            body = bytes.count <= ClusterLimits.recordByteCountMax ? .record(bytes) : nil
        case 25: body = self.places().map { .places($0) }
        case 26: body = self.welcome()
        case 27: body = .goodbye
        case 28: body = self.take(16).map { .notices(Array($0)) }
        case 29: body = self.noticeList().map { .noticeList($0) }
        case 30:
            let bytes = Array(self.rest())
            body = bytes.count <= BridgeLimits.noticeByteCountMax ? .notice(bytes) : nil
        case 31:
            guard let from = self.memberID(), let to = self.memberID(), let hops = self.uint8(),
                hops <= Constants.callHopCountMax
            else { return nil }
            body = .call(GossipFrame.Call(from: from, to: to, hops: hops))
        case 37: body = self.links().map { .links($0) }
        default: body = nil
        }
        return body.map { GossipFrame(cluster: cluster, body: $0) }
    }

    /// Ids to the end, so many at least.
    private mutating func recordIDs(atLeast minimum: Int) -> [RecordID]? {
        var ids: [RecordID] = []
        while !self.isAtEnd {
            guard let id = self.recordID(), ids.count < GossipFrame.idCountMax else { return nil }
            ids.append(id)
        }
        return ids.count >= minimum ? ids : nil
    }

    private mutating func places() -> GossipFrame.PlaceList? {
        guard let first = self.memberID(), let last = self.memberID(), first <= last else {
            return nil
        }
        var sequences: [GossipFrame.PlaceSequence] = []
        while !self.isAtEnd {
            guard let member = self.memberID(), let sequence = self.uint64(),
                sequences.count < GossipFrame.placeCountMax, member >= first, member <= last,
                sequences.last.map({ $0.member < member }) ?? true
            else { return nil }
            sequences.append(GossipFrame.PlaceSequence(member: member, sequence: sequence))
        }
        return GossipFrame.PlaceList(first: first, last: last, sequences: sequences)
    }

    private mutating func links() -> GossipFrame.Links? {
        guard let kind = self.uint8(), kind <= 1 else { return nil }
        guard kind == 1 else { return .question }
        var members: [MemberID] = []
        while !self.isAtEnd {
            guard let member = self.memberID(), members.count < GossipFrame.linkCountMax,
                members.last.map({ $0 < member }) ?? true
            else { return nil }
            members.append(member)
        }
        return .answer(members)
    }

    private mutating func welcome() -> GossipFrame.Body? {
        guard let number = self.uint32(), let record = self.recordID(),
            let secret = self.take(32), let name = self.name()
        else { return nil }
        let isFounding = record.bytes.allSatisfy { $0 == 0 }
        guard isFounding == (number == 0) else { return nil }
        return .welcome(
            GossipFrame.Welcome(
                number: number, record: isFounding ? nil : record, secret: Secret(Array(secret)),
                name: name))
    }
}
