// SPDX-License-Identifier: Apache-2.0

// Messages 3 and 4: both sign what the meeting is for (PROTOCOL.md §5.4 to §5.6, §6).
extension Relation {
    /// Message 3 is stored, then sent until message 4 comes.
    mutating func startFounding(
        _ peerKeys: MemberKeys, _ purpose: MeetingPurpose?, _ reference: ClusterReference?,
        session: UInt32, to source: Endpoint, _ turn: inout Turn
    ) {
        if self.yields(to: reference, turn) {
            self.record.bond = nil
            self.record.peerMemberKeys = nil
        }
        let known = self.record.peerPart?.keys ?? self.record.peerMemberKeys
        let bond = self.record.bond ?? purpose.flatMap { self.bond(for: $0, reference, turn) }
        if bond == nil, purpose == .joining, reference == nil {
            return self.stop(.intentConflict, &turn)
        }
        // No cluster is linked with itself.
        if bond == nil, purpose == .bridging, let own = self.record.sponsors,
            reference?.alias == ClusterAlias(of: own, turn.primitives)
        {
            return self.stop(.intentConflict, &turn)
        }
        guard known == nil || known == peerKeys, let bond else {
            self.note(.badMessage, &turn)
            return
        }
        let isNew = self.record.bond != bond
        self.record.bond = bond
        self.record.peerMemberKeys = peerKeys
        if isNew || !self.record.hasSentFounding, !turn.has(.foundingNotStored) {
            self.record.hasSentFounding = true
            turn.changes.append(.relation(self.record, erasing: false))
        }
        self.founding = FoundingSends(session: session, to: source, startedAt: turn.instant)
        self.tickFounding(&turn)
    }

    mutating func tickFounding(_ turn: inout Turn) {
        while let founding = self.founding, let due = founding.dueAt, due <= turn.instant {
            self.founding?.sentCount += 1
            guard let peerKeys = self.record.peerMemberKeys, let bond = self.record.bond,
                let covenant = self.covenant(bond, peer: peerKeys, turn)
            else { return }
            let content = FoundingContent(
                echo: founding.to,
                part: FoundingPart(
                    keys: covenant.ownKeys,
                    signature: turn.primitives.sign(
                        covenant.signedBytes, with: covenant.signingKey)),
                name: turn.nodeName, endpoints: self.ownEndpoints(turn),
                reference: covenant.reference)
            self.seal(
                content.bytes, as: .founding, session: founding.session, to: founding.to, &turn)
        }
    }

    /// Message 3: checked, stored, answered; the same body again is only answered.
    mutating func receiveFounding(_ packet: OpenedPacket, _ turn: inout Turn) {
        guard let keys = self.record.keys,
            let view = self.sessions.first(where: { $0.index == packet.session }),
            !view.isInitiator
        else { return }
        guard view.purpose != nil || self.isTrusted else { return }
        guard let content = FoundingContent(packet.plaintext),
            let bond = self.bond(of: content, view.purpose, turn),
            let covenant = self.covenant(bond, peer: content.part.keys, turn),
            turn.primitives.isValid(
                content.part.signature, of: covenant.signedBytes,
                by: content.part.keys.signingKey),
            self.yields(to: content.reference, afterMessage3: true, turn)
                || self.isConsistent(content.part.keys)
        else {
            self.refuse(.founding(counter: packet.counter), keys, to: packet.source, &turn)
            self.note(.badMessage, &turn)
            return
        }
        self.confirm(packet, &turn)
        self.begin(&turn)
        if let own = self.record.bond, own != bond {
            self.founding = nil
            self.record.peerMemberKeys = nil
            self.record.peerPart = nil
        }
        if self.record.peerPart == nil {
            self.record.peerPart = content.part
            self.record.bond = bond
            self.record.claimedName = content.name
            self.hear(content.endpoints, turn)
            turn.changes.append(.relation(self.record, erasing: false))
        }
        self.heard(at: packet.source, echo: content.echo, &turn)
        let answer = FoundingAnswerContent(
            echo: packet.source,
            signature: turn.primitives.sign(covenant.signedBytes, with: covenant.signingKey),
            name: turn.nodeName, endpoints: self.ownEndpoints(turn))
        self.seal(
            answer.bytes, as: .foundingAnswer, session: packet.session, to: packet.source, &turn)
        if self.isTrusted { self.startProbe(&turn) }
        if turn.has(.noConfirmation) { self.trust(isConfirmed: true, &turn) }
    }

    /// The bond that message 3 makes; one that was signed before stands.
    private func bond(
        of content: FoundingContent, _ purpose: MeetingPurpose?, _ turn: Turn
    ) -> MeetingBond? {
        (self.yields(to: content.reference, afterMessage3: true, turn) ? nil : self.record.bond)
            ?? purpose.flatMap { self.bond(for: $0, content.reference, turn) }
    }

    /// Whether what this side has signed gives way, as long as nothing that the other signed is here, or, with
    /// what the other signed now, until this side trusts (PROTOCOL.md §5.6).
    ///
    /// Of two clusters that both are in, each may have signed another one: the lower UID counts. And whoever
    /// left a cluster and was taken in again is another member of it than the one that was signed.
    private func yields(
        to reference: ClusterReference?, afterMessage3 isSigned: Bool = false, _ turn: Turn
    ) -> Bool {
        guard !self.isTrusted, isSigned || self.record.peerPart == nil, let reference else {
            return false
        }
        guard case .confirming(let own, let member)? = self.record.bond,
            turn.membership(of: reference.cluster) != nil
        else { return false }
        return reference.cluster < own || reference.cluster == own && reference.member != member
    }

    private func isConsistent(_ keys: MemberKeys) -> Bool {
        (self.record.peerPart.map { $0.keys == keys } ?? true)
            && (self.record.peerMemberKeys.map { $0 == keys } ?? true)
    }

    /// Message 4: both signatures are here, so the other is trusted.
    mutating func receiveFoundingAnswer(_ packet: OpenedPacket, _ turn: inout Turn) {
        guard let keys = self.record.keys,
            let view = self.sessions.first(where: { $0.index == packet.session }),
            view.isInitiator, view.purpose != nil || self.isTrusted
        else { return }
        guard let peerKeys = self.record.peerMemberKeys ?? self.record.peerPart?.keys,
            let content = FoundingAnswerContent(packet.plaintext), let bond = self.record.bond,
            let covenant = self.covenant(bond, peer: peerKeys, turn),
            turn.primitives.isValid(
                content.signature, of: covenant.signedBytes, by: peerKeys.signingKey)
        else {
            self.refuse(.founding(counter: packet.counter), keys, to: packet.source, &turn)
            self.note(.badMessage, &turn)
            return
        }
        self.confirm(packet, &turn)
        self.founding = nil
        if self.record.peerPart == nil {
            self.record.peerPart = FoundingPart(keys: peerKeys, signature: content.signature)
        }
        self.record.claimedName = content.name
        self.hear(content.endpoints, turn)
        self.heard(at: packet.source, echo: content.echo, &turn)
        self.trust(isConfirmed: false, &turn)
        self.establish(&turn)
    }

    // MARK: Trust

    /// The pairing is finished on this side.
    ///
    /// Erased are the salts and codes; the cancel tokens too once the other is known to trust.
    mutating func trust(isConfirmed: Bool, _ turn: inout Turn) {
        guard !self.isTrusted else {
            if isConfirmed { self.eraseTokens(&turn) }
            return
        }
        guard let part = self.record.peerPart, let bond = self.record.bond,
            let covenant = self.covenant(bond, peer: part.keys, turn)
        else { return }
        let uid =
            turn.has(.clusterChosen)
            ? ClusterID(
                hash: [UInt8](repeating: UInt8(truncatingIfNeeded: turn.random()), count: 32))
            : covenant.cluster
        self.remember(self.provedPlace + self.heardEndpoints, &turn)
        self.record.phase = .trusted
        self.trustedAt = turn.instant
        self.record.problem = nil
        if !turn.has(.codesKept) { self.record.codes = nil }
        if case .bridging = bond {
            // Nobody of one cluster is a member of the other.
            turn.mustTendBridges = true
        } else {
            self.record.cluster = uid
            self.record.member = covenant.peer
        }
        self.record.sponsors = nil
        self.record.peerMemberKeys = nil
        if isConfirmed, !turn.has(.tokensKept) { self.record.cancelTokens = nil }
        self.phaseEnd = self.guestExpiry(turn)
        self.nextAttemptAt = nil
        self.searchStart = nil
        self.enterCluster(uid, covenant, part, &turn)
        turn.changes.append(.relation(self.record, erasing: true))
        turn.actions.append(.admit(self.admission))
        turn.mustSettleBonds = true
        turn.notify(self.trustEvent(uid))
    }

    private func trustEvent(_ cluster: ClusterID) -> Event {
        guard case .bridging(_, let alias)? = self.record.bond else {
            return .trusted(self.id, cluster: cluster)
        }
        return .bridgeMade(self.id, cluster, alias)
    }

    /// A cluster that this meeting founded, or that this node joins by it.
    private func enterCluster(
        _ id: ClusterID, _ covenant: Covenant, _ part: FoundingPart, _ turn: inout Turn
    ) {
        guard !turn.clusters.contains(where: { $0.id == id }) else { return }
        let isOffering = self.record.role == .offering
        let names =
            isOffering
            ? [turn.nodeName, self.record.claimedName] : [self.record.claimedName, turn.nodeName]
        var cluster = ClusterRecord(
            id: id, name: names.filter { !$0.isEmpty }.joined(separator: " + "),
            createdAt: turn.wall, standing: .joining,
            membership: Membership(
                member: covenant.own, signingKey: self.record.memberSigningKey,
                agreementKey: self.record.memberAgreementKey))
        var genesis: Record?
        if let founding = covenant.genesis, let psk = self.record.keys?.psk,
            let draft = try? RecordDraft(content: founding.content)
        {
            let own = turn.primitives.sign(covenant.signedBytes, with: covenant.signingKey)
            let signatures = isOffering ? [own, part.signature] : [part.signature, own]
            let secret = KeySchedule(primitives: turn.primitives)
                .foundingEpoch(psk: psk, cluster: id)
            cluster.standing = .member
            cluster.epochs = [
                EpochSecret(number: 0, record: nil, secret: secret, since: turn.wall)
            ]
            genesis = Record(draft, signatures: signatures, turn.primitives)
        }
        turn.clusters.append(cluster)
        turn.changes.append(.cluster(cluster, erasing: false))
        if let genesis {
            turn.changes.append(
                .record(StoredRecord(cluster: id, bytes: genesis.bytes), genesis.id))
            turn.foundings.append((id, genesis))
        }
    }

    /// Both sides trust: nobody can take the pairing back any more.
    mutating func eraseTokens(_ turn: inout Turn) {
        guard self.isTrusted, self.record.cancelTokens != nil, !turn.has(.tokensKept) else {
            return
        }
        self.record.cancelTokens = nil
        self.phaseEnd = nil
        turn.mustSettleBonds = true
        turn.mustTendBridges = true
        turn.changes.append(.relation(self.record, erasing: true))
        turn.actions.append(.admit(self.admission))
    }

    /// What the gate must know.
    var admission: Admission {
        Admission(
            pid: self.record.ownPID, receiveMAC: self.record.keys?.receiveMAC,
            cancelToken: self.record.cancelTokens?.peer,
            acceptedCounter: self.record.acceptedCounter,
            cluster: self.record.epoch == nil ? nil : self.record.cluster)
    }
}
