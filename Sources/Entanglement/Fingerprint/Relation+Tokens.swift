// SPDX-License-Identifier: Apache-2.0

extension RelationRecord {
    func write(to tokens: inout StateTokens) {
        tokens.put(self.role)
        tokens.put(self.intent.rawValue)
        tokens.put(self.phase)
        tokens.put(self.problem)
        switch self.phase {
        case .offered, .answered, .timedOut, .forgetting, .forgotten:
            tokens.put(due: self.expiresAt)
        case .connecting, .trusted: break
        }
        tokens.put(name: self.ownPID)
        tokens.put(name: self.ownKey)
        tokens.put(name: self.memberSigningKey)
        tokens.put(name: self.memberAgreementKey)
        tokens.put(name: self.codes?.ownSalt)
        tokens.put(name: self.codes?.peerSalt)
        tokens.put(name: self.keys?.psk)
        tokens.put(name: self.cancelTokens?.own)
        tokens.put(name: self.cancelTokens?.peer)
        tokens.put(self.hasSentFounding)
        self.write(self.peerPart?.keys, to: &tokens)
        self.write(self.peerMemberKeys, to: &tokens)
        self.writeBond(to: &tokens)
        tokens.put(text: self.claimedName)
        tokens.put(self.endpoints)
        tokens.put(self.peerNAT?.rawValue ?? 0)
        tokens.put(self.toldNAT?.rawValue ?? 0)
        tokens.put(.ownCounter(self.reservedCounter))
        tokens.put(.peerCounter(self.acceptedCounter))
        tokens.put(self.usedNote)
        tokens.put(self.acceptedNote)
    }

    private func writeBond(to tokens: inout StateTokens) {
        tokens.put(name: self.sponsors)
        switch self.bond {
        case nil: tokens.put(0)
        case .founding: tokens.put(1)
        case .sponsoring(let cluster):
            tokens.put(2)
            tokens.put(name: cluster)
        case .joining(let cluster, let sponsor):
            tokens.put(3)
            tokens.put(name: cluster)
            tokens.put(name: sponsor)
        case .confirming(let cluster, let member):
            tokens.put(4)
            tokens.put(name: cluster)
            tokens.put(name: member)
        case .bridging(let cluster, let alias):
            tokens.put(5)
            tokens.put(name: cluster)
            tokens.put(name: alias)
        case .crossing(let cluster, let alias, let card):
            tokens.put(6)
            tokens.put(name: cluster)
            tokens.put(name: alias)
            tokens.put(name: card)
        }
        tokens.put(name: self.cluster)
        tokens.put(name: self.member)
        tokens.put(self.epoch.map { Int($0) + 1 } ?? 0)
    }

    private func write(_ keys: MemberKeys?, to tokens: inout StateTokens) {
        guard let keys else { return tokens.put(0) }
        tokens.put(name: keys.signingKey)
        tokens.put(name: keys.agreementKey)
    }
}

extension Relation {
    func write(to tokens: inout StateTokens) {
        tokens.put(self.attempts.count)
        for attempt in self.attempts {
            tokens.put(name: UInt64(attempt.index))
            tokens.put(.ownCounter(attempt.n))
            tokens.put(name: attempt.bytes)
            tokens.put(due: attempt.life)
            tokens.put(.time(Int64(attempt.sends.count - attempt.sentCount)))
        }
        tokens.put(self.slots.count)
        for slot in self.slots {
            tokens.put(name: UInt64(slot.index))
            tokens.put(due: slot.createdAt + Constants.attemptLife)
            tokens.put(slot.sources)
            tokens.put(name: slot.opening)
        }
        tokens.put(self.sessions.count)
        for session in self.sessions {
            tokens.put(name: UInt64(session.index))
            tokens.put(session.isInitiator)
            tokens.put(session.isConfirmed)
            tokens.put(session.isCrossed)
            tokens.put(session.isHeard)
            tokens.put(session.purpose != nil)
            tokens.put(due: session.createdAt + Constants.eraseAfter)
            tokens.put(session.provedEndpoint)
        }
        tokens.put(.ownCounter(self.nextCounter))
        tokens.put(due: self.nextAttemptAt)
        tokens.put(since: self.lastAttemptAt, for: Constants.attemptInterval)
        tokens.put(since: self.hurry.began, for: Constants.hurrySpan)
        tokens.put(min(self.hurry.count, Constants.hurryCountMax))
        tokens.put(due: self.phaseEnd)
        tokens.put(since: self.searchStart, for: Constants.searchEagerSpan)
        tokens.put(self.searchStart == nil)
        tokens.put(self.founding != nil)
        if let founding = self.founding {
            tokens.put(name: UInt64(founding.session))
            tokens.put(due: founding.dueAt)
            tokens.put(founding.to)
            tokens.put(.time(Int64(founding.sentCount)))
        }
        tokens.put(self.heardEndpoints)
        tokens.put(self.told)
        self.writePath(to: &tokens)
    }

    private func writePath(to tokens: inout StateTokens) {
        tokens.put(self.path)
        tokens.put(self.isConnected)
        tokens.put(due: self.keepaliveAt)
        tokens.put(due: self.restEnd)
        tokens.put(self.keepalive.missCount)
        tokens.put(self.keepalive.shorteningCount)
        tokens.put(self.rests.count)
        for rest in self.rests {
            tokens.put(name: rest.token)
            tokens.put(rest.source)
            tokens.put(due: rest.dueAt)
            tokens.put(rest.lateCount)
        }
        tokens.put(self.probe != nil)
        if let probe = self.probe {
            tokens.put(due: probe.startedAt + Constants.probeSpan)
            tokens.put(.time(Int64(probe.sentAt.count)))
            tokens.put(probe.isAfterRest)
            tokens.put(due: probe.doubtedAt.map { $0 + Constants.probeSpan })
            tokens.put(probe.isRepeated)
            for position in 0...Constants.probeSends.count {
                tokens.put(name: probe.base &+ UInt64(position))
            }
        }
        tokens.put(self.waitingPings.count)
        tokens.put(self.challenges.count)
        for challenge in self.challenges {
            tokens.put(name: challenge.bytes)
            tokens.put(challenge.endpoint)
            tokens.put(challenge.isVouched)
            tokens.put(since: challenge.sentAt, for: Constants.challengeLife)
        }
        tokens.put(since: self.followedAt, for: Constants.challengeLife)
        tokens.put(self.formerPath)
        tokens.put(self.echo)
        tokens.put(since: self.resyncAnsweredAt, for: Constants.resyncInterval)
        tokens.put(self.unacknowledgedAddresses ?? 0)
        tokens.put(self.seenPlaces)
        tokens.put(self.toldAcross?.endpoints ?? [])
        tokens.put(due: self.tellingAt)
        tokens.put(self.heardAddresses?.sequence ?? 0)
        if let heard = self.heardAddresses { tokens.put(name: UInt64(heard.session)) }
        tokens.put(due: self.forgetAt)
        self.writePunching(to: &tokens)
        self.writeSeeking(to: &tokens)
    }

    private func writePunching(to tokens: inout StateTokens) {
        tokens.put(min(self.birthdayRoundCount, Constants.birthdayRoundCountMax))
        tokens.put(self.birthday == nil)
        if let birthday = self.birthday {
            tokens.put(birthday.role == .opener)
            tokens.put(name: birthday.scan.fingerprint)
            tokens.put(birthday.doneCount.map { $0 + 1 } ?? 0)
            tokens.put(due: birthday.dueAt)
        }
        tokens.put(self.freshEndpoint)
        tokens.put(self.addedPath)
        tokens.put(self.leftPath?.endpoint)
        tokens.put(since: self.leftPath?.at, for: Constants.leftPathSpan)
        tokens.put(since: self.leftPath?.askedAt, for: Constants.leftPathSpan)
        tokens.put(self.leftPath?.answeredAt != nil)
        tokens.put(name: self.leftPath?.pingToken ?? 0)
        tokens.put(self.heldMove?.endpoint)
        tokens.put(due: self.heldMove?.dueAt)
        tokens.put(self.unacknowledgedHint ?? 0)
        tokens.put(Int(self.perhapsToldNAT?.rawValue ?? 0))
        tokens.put(self.heardHint?.sequence ?? 0)
        if let heard = self.heardHint { tokens.put(name: UInt64(heard.session)) }
    }

    private func writeSeeking(to tokens: inout StateTokens) {
        tokens.put(self.seeking.isUnproved)
        tokens.put(since: self.seeking.movedAt, for: Constants.soughtSpan)
        tokens.put(since: self.seeking.soughtAnsweredAt, for: Constants.foundInterval)
        tokens.put(due: self.seeking.seekAt)
        tokens.put(since: self.seeking.soughtAt, for: Constants.seekLife)
        tokens.put(due: self.seeking.relayAt)
        tokens.put(due: self.seeking.directAt)
        tokens.put(due: self.lastResort.deadline)
        tokens.put(due: self.seeking.vouchedUntil)
        tokens.put(self.seeking.vouched)
        tokens.put(self.seeking.relays.count)
        for relay in self.seeking.relays {
            tokens.put(name: relay.number)
            tokens.put(name: relay.helper)
            tokens.put(due: relay.usableAt)
            tokens.put(since: relay.foundAt, for: Constants.foundInterval)
        }
    }
}
