// SPDX-License-Identifier: Apache-2.0

// Offer, answer, accept: the offline exchange (PROTOCOL.md §3).
extension Node {
    /// How many peers share a cluster with this node.
    var totalPeers: UInt64 {
        UInt64(
            self.ids.count {
                guard let relation = self.relations[$0], relation.duty == .first else {
                    return false
                }
                // A founding that may be taken back is none yet.
                let isOpen =
                    relation.record.bond == .founding && relation.record.cancelTokens != nil
                // Who is across a bridge shares none.
                return relation.record.phase == .trusted && !isOpen
                    && relation.record.cluster != nil
            })
    }

    mutating func offer(
        _ options: MeetingOptions, _ turn: inout Turn
    ) throws(Refusal) -> Reply {
        let hosts = try self.hosts(options, turn)
        guard options.life >= Constants.codeLifeMin, options.life <= Constants.codeLifeMax else {
            throw .badLife
        }
        var record = try self.newRecord(.offering, options, &turn)
        let (salt, code) = try self.ownCode(record, hosts, &turn)
        let offer = Offer(
            code, expiresAtSeconds: UInt64(max(0, record.expiresAt.seconds)))
        record.codes = MeetingCodes(
            ownSalt: salt, peerSalt: nil, offer: offer.bytes, answer: nil)
        record.cancelTokens = CancelTokens(
            own: self.schedule.cancelToken(salt: salt, pid: record.ownPID), peer: nil)
        guard var relation = Relation(record, self.primitives) else { throw .notFound }
        relation.phaseEnd = turn.instant + options.life
        self.start(relation, &turn)
        return .offered(record.id, text: offer.text, expiresAt: record.expiresAt)
    }

    mutating func answer(
        _ text: String, _ options: MeetingOptions, _ turn: inout Turn
    ) throws(Refusal) -> Reply {
        let offer: Offer
        switch try self.read(text) {
        case .offer(let scanned): offer = scanned
        case .answer: throw .wrongCode(expected: .offering)
        case .refusal(let text): throw .refusedOffline(text)
        }
        if let again = try self.answered(offer, options, turn) { return again }
        let theirs = try self.usableHosts(offer.code, turn)
        let hosts = try self.hosts(options, turn)
        guard !theirs.isEmpty || !hosts.isEmpty || self.discovery.isPossible else {
            throw .bothUnknown
        }
        let left = WallTime(seconds: Int64(clamping: offer.expiresAtSeconds)) - turn.wall
        let isPlausible = left > .zero && left <= Constants.codeLifeMax
        let life = isPlausible ? left : Constants.offerLife
        var record = try self.newRecord(.answering, options, &turn)
        try self.decide(&record, peer: offer.code.totalPeers, options.cluster, turn)
        record.expiresAt = turn.wall + life
        let (salt, code) = try self.ownCode(record, hosts, &turn)
        let answer = Answer(code, reference: offer.reference(self.primitives))
        let isLate = UInt64(max(0, turn.wall.seconds)) > offer.expiresAtSeconds
        record.codes = MeetingCodes(
            ownSalt: salt, peerSalt: offer.code.salt, offer: offer.bytes, answer: answer.bytes)
        guard let ownKey = self.primitives.agreementKey(from: record.ownKey),
            let keys = self.schedule.relationKeys(
                role: .answering, ownKey: ownKey, peer: offer.code, ownSalt: salt,
                offer: offer.bytes, answer: answer.bytes)
        else { throw .unreadable(.malformed(offset: 0)) }
        record.keys = keys
        record.cancelTokens = CancelTokens(
            own: self.schedule.cancelToken(salt: salt, pid: record.ownPID),
            peer: self.schedule.cancelToken(salt: offer.code.salt, pid: offer.code.pid))
        record.endpoints = theirs
        record.peerNAT = offer.code.nat
        guard var relation = Relation(record, self.primitives) else { throw .notFound }
        relation.phaseEnd = turn.instant + life
        relation.nextAttemptAt = turn.instant
        self.start(relation, &turn)
        return .answered(record.id, text: answer.text, isLate: isLate)
    }

    /// Decides who of two takes the other in, as far as the codes tell, and into which cluster.
    private func decide(
        _ record: inout RelationRecord, peer totalPeers: UInt64, _ choice: ClusterID?, _ turn: Turn
    ) throws(Refusal) {
        guard record.sponsors == nil, record.intent != .bridge else { return }
        if choice != nil, record.intent == .auto { record.intent = .cluster }
        let own = MeetingWish(intent: record.intent, totalPeers: self.totalPeers)
        let peer = MeetingWish(intent: .auto, totalPeers: totalPeers)
        guard own.isSponsor(of: peer), peer.isNewcomer(with: own) || choice != nil else { return }
        try self.sponsor(
            &record, into: try self.choose(choice, record.intent, turn), turn)
    }

    mutating func accept(
        _ text: String, into cluster: ClusterID? = nil, _ intent: Intent? = nil,
        _ turn: inout Turn
    ) throws(Refusal) -> Reply {
        let answer: Answer
        switch try self.read(text) {
        case .answer(let scanned): answer = scanned
        case .offer: throw .wrongCode(expected: .answering)
        case .refusal(let text): throw .refusedOffline(text)
        }
        guard let id = self.pairing(offering: answer.reference), var relation = self.relations[id],
            var codes = relation.record.codes
        else {
            let isOwn = self.ids.contains {
                self.relations[$0]?.record.codes?.answer == answer.bytes
            }
            guard !isOwn, let peer = self.peer(of: answer.code) else {
                throw isOwn ? .ownCode : .unknownOffer
            }
            return .accepted(peer)
        }
        guard relation.record.phase == .offered || turn.has(.offerUsedTwice) else {
            guard codes.answer == answer.bytes else { throw .alreadyUsed }
            try relation.record.expectWish(intent ?? .auto, cluster)
            return .accepted(id)
        }
        guard relation.phaseEnd.map({ $0 > turn.instant }) ?? true else { throw .expired }
        let theirs = try self.usableHosts(answer.code, turn)
        if theirs.isEmpty, case .offer(let own) = try self.read(bytes: codes.offer),
            own.code.hosts.isEmpty, !self.discovery.isPossible
        {
            throw .bothUnknown
        }
        guard answer.code.pid != relation.record.ownPID,
            let keys = self.schedule.relationKeys(
                role: .offering, ownKey: relation.ownKey, peer: answer.code,
                ownSalt: codes.ownSalt, offer: codes.offer, answer: answer.bytes)
        else { throw .unreadable(.malformed(offset: 0)) }
        try self.settleWish(&relation.record, intent, cluster, answer.code, turn)
        codes.peerSalt = answer.code.salt
        codes.answer = answer.bytes
        relation.record.codes = codes
        relation.record.keys = turn.has(.macKeysSwapped) ? keys.withSwappedMACs : keys
        relation.record.cancelTokens?.peer = self.schedule.cancelToken(
            salt: answer.code.salt, pid: answer.code.pid)
        relation.record.endpoints = theirs
        relation.record.peerNAT = answer.code.nat
        guard let renewed = Relation(relation.record, self.primitives) else { throw .notFound }
        relation.memberSigningKey = renewed.memberSigningKey
        relation.memberKeys = renewed.memberKeys
        self.relations[id] = relation
        turn.actions.append(.admit(relation.admission))
        self.update(id, &turn) { $0.startConnecting(&$1, firstAttempt: .zero) }
        return .accepted(id)
    }

    /// The meeting whose offer an answer names.
    private func pairing(offering reference: [UInt8]) -> RelationID? {
        self.ids.first { id in
            guard let record = self.relations[id]?.record, record.role == .offering,
                let offer = record.codes?.offer
            else { return false }
            return self.reference(of: offer) == reference
        }
    }

    /// What the person wants after all, if the offer left it open.
    private func settleWish(
        _ record: inout RelationRecord, _ intent: Intent?, _ cluster: ClusterID?,
        _ peer: MeetingCode, _ turn: Turn
    ) throws(Refusal) {
        if let intent, record.intent == .auto { record.intent = intent }
        try record.expectWish(intent ?? .auto, cluster)
        if record.intent == .bridge, record.sponsors == nil {
            record.sponsors = try self.chooseLinked(cluster, turn)
        }
        try self.decide(&record, peer: peer.totalPeers, cluster, turn)
    }

    /// The peer whose answer that was: its offer is erased, and accepting it again changes nothing.
    private func peer(of code: MeetingCode) -> RelationID? {
        self.ids.first { id in
            guard let record = self.relations[id]?.record, record.role == .offering else {
                return false
            }
            return record.phase == .trusted && record.keys?.peerPID == code.pid
                && record.keys?.peerKey == code.key
        }
    }

    // MARK: Parts

    /// What an answer to that offer names (PROTOCOL.md §3).
    func reference(of offer: [UInt8]) -> [UInt8] {
        Array(self.primitives.hash(offer).prefix(16))
    }

    private var schedule: KeySchedule { KeySchedule(primitives: self.primitives) }

    private func read(_ text: String) throws(Refusal) -> CodeText {
        try self.read(bytes: Array(text.utf8))
    }

    private func read(bytes: [UInt8]) throws(Refusal) -> CodeText {
        do throws(CodeTextError) {
            return try CodeText(scanned: bytes)
        } catch {
            throw .unreadable(error)
        }
    }

    /// The same offer again: the same answer again, as long as it may be needed.
    private func answered(
        _ offer: Offer, _ options: MeetingOptions, _ turn: Turn
    ) throws(Refusal) -> Reply? {
        for id in self.ids {
            guard let record = self.relations[id]?.record else { continue }
            if record.role == .offering, record.codes?.offer == offer.bytes { throw .ownCode }
            guard record.keys?.peerPID == offer.code.pid else { continue }
            guard let codes = record.codes, codes.offer == offer.bytes, let answer = codes.answer
            else { throw .alreadyUsed }
            try record.expectWish(options.intent, options.cluster)
            return .answered(
                id, text: String(decoding: answer, as: UTF8.self),
                isLate: UInt64(max(0, turn.wall.seconds)) > offer.expiresAtSeconds)
        }
        return nil
    }

    /// The other's hosts that this node can send to.
    private func usableHosts(_ code: MeetingCode, _ turn: Turn) throws(Refusal) -> [Endpoint] {
        let usable = code.hosts.filter { turn.isUsable($0) }
        guard !usable.isEmpty || code.hosts.isEmpty else { throw .loopbackOnly }
        return usable
    }

    /// What the own code shows.
    private func hosts(_ options: MeetingOptions, _ turn: Turn) throws(Refusal) -> [Endpoint] {
        guard let wanted = options.hosts else { return self.own.shown }
        guard wanted.count <= Constants.codeHostCountMax,
            wanted.allSatisfy({ turn.isUsable($0) }), Set(wanted).count == wanted.count
        else { throw .badHost }
        return wanted
    }

    private func newRecord(
        _ role: MeetingRole, _ options: MeetingOptions, _ turn: inout Turn
    ) throws(Refusal) -> RelationRecord {
        let pending = self.ids.count { self.relations[$0].map { !$0.isTrusted } ?? false }
        guard pending < Limits.pairingCountMax else {
            throw .tooMany(limit: Limits.pairingCountMax)
        }
        guard self.ids.count < Limits.relationCountMax else {
            throw .tooMany(limit: Limits.relationCountMax)
        }
        var record = RelationRecord(
            id: RelationID(using: &turn.generator), role: role, intent: options.intent,
            phase: role == .offering ? .offered : .answered, createdAt: turn.wall,
            expiresAt: turn.wall + options.life, ownPID: PeerID(using: &turn.generator),
            ownKey: Secret(byteCount: 32, using: &turn.generator),
            memberSigningKey: Secret(byteCount: 32, using: &turn.generator),
            memberAgreementKey: Secret(byteCount: 32, using: &turn.generator))
        record.toldNAT = self.own.hint
        if options.intent == .bridge {
            record.sponsors = try self.chooseLinked(options.cluster, turn)
        }
        if options.intent == .cluster {
            try self.sponsor(
                &record, into: try self.choose(options.cluster, options.intent, turn), turn)
        }
        return record
    }

    private func ownCode(
        _ record: RelationRecord, _ hosts: [Endpoint], _ turn: inout Turn
    ) throws(Refusal) -> (salt: Secret, code: MeetingCode) {
        let salt = Secret(byteCount: 16, using: &turn.generator)
        guard let key = self.primitives.agreementKey(from: record.ownKey) else { throw .notFound }
        return (
            salt,
            MeetingCode(
                pid: record.ownPID, hosts: hosts, nat: record.toldNAT, key: key.publicKey,
                salt: salt,
                // Whether there are any: whoever scans it may be a stranger.
                totalPeers: min(self.totalPeers, 1))
        )
    }

    /// The record is in the database before a code is shown.
    private mutating func start(_ relation: Relation, _ turn: inout Turn) {
        turn.changes.append(.relation(relation.record, erasing: false))
        turn.actions.append(.admit(relation.admission))
        turn.notify(.pairingStarted(relation.id))
        self.insert(relation, turn)
    }
}

extension RelationRecord {
    /// Refuses what contradicts that which was said before; nothing said contradicts nothing.
    fileprivate func expectWish(_ intent: Intent, _ cluster: ClusterID?) throws(Refusal) {
        let isSame = intent == .auto || intent == self.intent
        let isThere = cluster == nil || self.sponsors == nil || cluster == self.sponsors
        guard isSame, isThere else { throw .wishStands(self.intent) }
    }
}
