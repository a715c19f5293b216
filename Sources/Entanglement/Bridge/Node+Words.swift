// SPDX-License-Identifier: Apache-2.0

// What the two ends of a bridge tell each other (PROTOCOL.md §14.3, §14.5).
extension Node {
    mutating func receive(_ frame: BridgeFrame, from id: RelationID, _ turn: inout Turn) {
        if case .carry(let carried) = frame { return self.receive(carried, from: id, &turn) }
        guard let position = self.linkPosition(of: id),
            let index = self.liveIndex(of: self.bridgeLinks[position].cluster)
        else { return }
        switch frame {
        case .word(let number, let word): self.receive(word, number, position, index, &turn)
        case .wordAnswer(let number, let held):
            self.receive(held, answerTo: number, position, index, &turn)
        case .card(let card): self.receive(card, position, index, &turn)
        case .withdrawal(let card):
            guard self.ownForeign(card, of: self.bridgeLinks[position].bridge, index, turn) != nil
            else { return }
            self.say(
                .foreign(self.bridgeLinks[position].bridge, card, nil), index, &turn)
        case .carry: break
        }
    }

    // MARK: Words

    /// Makes the word anew if it does not say what is meant, and plans its sending where that is due.
    mutating func reviewLink(_ position: Int, _ index: Int, _ turn: inout Turn) {
        let link = self.bridgeLinks[position]
        guard let relation = self.relations[link.relation] else { return }
        let now = turn.wall.unixSeconds
        let name = link.name
        let isOld =
            link.word.map { $0.until < now + 2 * BridgeLimits.renewalSeconds } ?? true
        if isOld || link.word?.policy != link.policy || link.word?.name != name {
            self.makeWord(position, relation, isUnheard: false, at: now)
            self.bridgeLinks[position].hasten(turn.instant)
        }
        let cards = self.wantedCards(position, index, turn)
        let wanted = cards.map(\.held)
        if wanted != link.wanted {
            self.bridgeLinks[position].wanted = wanted
            self.bridgeLinks[position].hasten(turn.instant)
        }
    }

    /// Each word ends later than the one before that was answered.
    ///
    /// One that was not heard may be too late for the other end's clock, or end before one that this end
    /// said when its own was ahead: every other time it holds as long as it may.
    private mutating func makeWord(
        _ position: Int, _ relation: Relation, isUnheard: Bool, at now: UInt64
    ) {
        let link = self.bridgeLinks[position]
        let latest = now + BridgeLimits.validitySeconds + BridgeLimits.clockToleranceSeconds
        var former = link.saidUntil
        if isUnheard || former > latest, link.answeredUntil < former {
            former = link.answeredUntil
        }
        // What was said before a restart is not known any more.
        let isLong = isUnheard ? link.number % 2 == 0 : link.word == nil && link.other != nil
        let usual = now + BridgeLimits.validitySeconds
        let until = isLong ? latest - BridgeLimits.clockSlackSeconds : usual
        var word = BridgeWord(
            policy: link.policy, until: max(until, former + 1), name: link.name)
        word.signature = self.primitives.sign(
            word.signedBytes(of: link.bridge), with: relation.memberSigningKey)
        self.bridgeLinks[position].word = word
        let said = link.saidUntil > latest ? former : link.saidUntil
        self.bridgeLinks[position].saidUntil = max(said, word.until)
    }

    mutating func sayWord(_ position: Int, _ turn: inout Turn) {
        guard let relation = self.relations[self.bridgeLinks[position].relation],
            relation.isConnected
        else {
            self.bridgeLinks[position].dueAt = nil
            return
        }
        let isUnanswered = self.bridgeLinks[position].answered != self.bridgeLinks[position].number
        if self.bridgeLinks[position].pause >= BridgeLimits.wordPauseMax, isUnanswered {
            self.makeWord(position, relation, isUnheard: true, at: turn.wall.unixSeconds)
        }
        let link = self.bridgeLinks[position]
        guard let word = link.word else { return }
        self.bridgeLinks[position].number &+= 1
        self.bridgeLinks[position].dueAt = turn.instant + link.pause
        self.bridgeLinks[position].pause = min(link.pause * 2, BridgeLimits.wordPauseMax)
        let number = self.bridgeLinks[position].number
        self.update(link.relation, &turn) { $0.send(.bridge(.word(number: number, word)), &$1) }
    }

    private mutating func receive(
        _ word: BridgeWord, _ number: UInt32, _ position: Int, _ index: Int, _ turn: inout Turn
    ) {
        let link = self.bridgeLinks[position]
        let now = UInt64(max(0, turn.wall.seconds))
        let latest = now + BridgeLimits.validitySeconds + BridgeLimits.clockToleranceSeconds
        guard let part = self.relations[link.relation]?.record.peerPart, word.until > now,
            word.until <= latest
        else { return }
        if word != link.other {
            // An older word that was late, or is repeated, changes nothing.
            guard word.until >= link.other?.until ?? 0,
                word.isValid(of: link.bridge, by: part.keys.signingKey, self.primitives),
                self.bridgeLinks[position].mayTell(turn.instant)
            else { return }
            self.bridgeLinks[position].other = word
            turn.mustTendBridges = true
        }
        let held = self.heldCards(of: link.bridge, by: part.keys.signingKey, index, turn)
        self.update(link.relation, &turn) {
            $0.send(.bridge(.wordAnswer(number: number, held)), &$1)
        }
    }

    /// The other end says which cards it holds: what it lacks is sent, what it should not hold is withdrawn.
    private mutating func receive(
        _ held: [BridgeFrame.Held], answerTo number: UInt32, _ position: Int, _ index: Int,
        _ turn: inout Turn
    ) {
        let link = self.bridgeLinks[position]
        guard number == link.number, number != link.answered else { return }
        self.bridgeLinks[position].answered = number
        self.bridgeLinks[position].answeredUntil = link.word?.until ?? 0
        self.bridgeLinks[position].held = Set(held.map(\.card))
        let wanted = self.wantedCards(position, index, turn)
        let gone = held.filter { other in
            !wanted.contains { $0.held.card == other.card }
                && !self.isOnlyUnvouched(other.card, link, index, turn)
        }
        let lacking = wanted.filter { !held.contains($0.held) }
        // What goes makes room for what comes.
        let frames = BridgeLink.part(
            first: gone.map { BridgeFrame.withdrawal($0.card) },
            then: lacking.map { BridgeFrame.card($0.card) }, number: number)
        guard !frames.isEmpty else {
            self.bridgeLinks[position].dueAt = nil
            self.bridgeLinks[position].pause = BridgeLimits.wordPause
            return
        }
        for frame in frames {
            self.update(link.relation, &turn) { $0.send(.bridge(frame), &$1) }
        }
    }

    /// Whether a card may cross and only a second member's word about its newest one is missing: the former
    /// one stays as long as it holds.
    private func isOnlyUnvouched(
        _ card: CardID, _ link: BridgeLink, _ index: Int, _ turn: Turn
    ) -> Bool {
        guard let bridge = self.live[index].bridges.bridge(link.bridge), bridge.isOpen,
            bridge.policy.level >= .cards, let given = self.live[index].bridges.given(card),
            given.bridges.contains(link.bridge)
        else { return false }
        return given.author == turn.membership(of: link.cluster)?.member
            && given.card.target == link.alias
    }

    /// What the cluster is called across, if nobody gave another name: nothing that names people.
    ///
    /// A new cluster is called "A's name + B's name".
    func tellableName(_ index: Int, _ turn: Turn) -> String {
        let cluster = self.live[index].id
        let name = turn.clusters.first { $0.id == cluster }?.name ?? ""
        var people = [self.name]
        for id in self.ids where self.relations[id]?.record.cluster == cluster {
            guard let record = self.relations[id]?.record else { continue }
            people += [record.claimedName, record.givenName]
        }
        for record in self.live[index].set?.endpointRecords ?? [] {
            if case .endpoint(let whereabouts) = record.body { people.append(whereabouts.name) }
        }
        // A name that the program made of the founders' stays one of people, whatever these are called now.
        let isPeople =
            name.contains(" + ") || people.contains { !$0.isEmpty && name.contains($0) }
        return isPeople ? "" : DisplayName.clean(Array(name.utf8)) ?? ""
    }

    // MARK: Cards

    /// The cards that are to be known across, with a second member's word each.
    private func wantedCards(
        _ position: Int, _ index: Int, _ turn: Turn
    ) -> [(held: BridgeFrame.Held, card: VouchedCard)] {
        let link = self.bridgeLinks[position]
        let view = self.live[index].bridges
        guard let bridge = view.bridge(link.bridge), bridge.isOpen,
            bridge.policy.level >= .cards || turn.has(.policyUnchecked),
            let relation = self.relations[link.relation],
            let own = turn.membership(of: link.cluster)?.member
        else { return [] }
        let given = view.given.filter {
            $0.card.target == link.alias && $0.bridges.contains(link.bridge)
        }
        // Those that have crossed stay, whoever else comes.
        let mine = given.first { $0.author == own }
        let others = given.filter { $0.author != own }
        let crossed =
            others.filter { link.held.contains($0.id) }
            + others.filter { !link.held.contains($0.id) }
        let limit = BridgeLimits.cardCountMax - (mine == nil ? 0 : 1)
        let chosen = Set(crossed.prefix(limit).map(\.id))
        let crossing = others.filter { chosen.contains($0.id) }
        var cards = crossing.map { entry in
            VouchedCard(
                card: entry.card,
                voucher: CardVoucher(
                    key: relation.memberKeys.signingKey,
                    signature: self.primitives.sign(
                        entry.card.voucherBytes(self.primitives), with: relation.memberSigningKey)))
        }
        // Who vouches for an end's card must be known before it.
        if let mine, let voucher = self.voucher(for: mine.card, among: crossing, index) {
            cards.append(VouchedCard(card: mine.card, voucher: voucher))
        }
        return cards.map {
            (BridgeFrame.Held(card: $0.card.id(self.primitives), sequence: $0.card.sequence), $0)
        }
    }

    /// Another member's word about a card, by one of the cards that cross too.
    private func voucher(
        for card: Card, among given: [BridgeView.Given], _ index: Int
    ) -> CardVoucher? {
        let hash = self.primitives.hash(card.bytes)
        for notice in self.live[index].notices.notices {
            guard case .card(_, let other?) = notice.body,
                given.contains(where: { $0.card.keys == other.card.keys }),
                let word = other.vouchers.first(where: { $0.card == hash })
            else { continue }
            let voucher = CardVoucher(
                key: other.card.keys.signingKey, signature: word.signature)
            if voucher.isValid(for: card, self.primitives) { return voucher }
        }
        return nil
    }

    private mutating func receive(
        _ vouched: VouchedCard, _ position: Int, _ index: Int, _ turn: inout Turn
    ) {
        let link = self.bridgeLinks[position]
        let card = vouched.card
        let now = UInt64(max(0, turn.wall.seconds))
        let latest = now + BridgeLimits.validitySeconds + BridgeLimits.clockToleranceSeconds
        guard let part = self.relations[link.relation]?.record.peerPart,
            card.origin == link.alias, card.target == self.alias(of: index),
            card.until > now, card.until <= latest,
            link.policy.level >= .cards || turn.has(.policyUnchecked)
        else { return }
        let id = card.id(self.primitives)
        let held = self.heldCards(of: link.bridge, by: part.keys.signingKey, index, turn)
        if let former = self.ownForeign(id, of: link.bridge, index, turn) {
            guard card.sequence > former.card.sequence else { return }
        }
        let isKnown = self.hasForeign(id, of: link.bridge, index, turn)
        // What came and went takes up places too.
        guard
            isKnown
                || held.count < BridgeLimits.cardCountMax
                    && self.subjectCount(of: link.bridge, index, turn)
                        < BridgeLimits.cardSubjectCountMax
        else { return }
        let isVoucherKnown =
            vouched.voucher.key == part.keys.signingKey
            || held.contains {
                self.ownForeign($0.card, of: link.bridge, index, turn)?.card.keys.signingKey
                    == vouched.voucher.key
            }
        let isVouched = isVoucherKnown && vouched.voucher.isValid(for: card, self.primitives)
        guard isVouched || turn.has(.voucherUnchecked), card.isValid(self.primitives),
            self.bridgeLinks[position].mayTell(turn.instant)
        else { return }
        self.say(.foreign(link.bridge, id, vouched), index, &turn)
    }

    /// Whether a card that came by a bridge still has a word that counts.
    func counts(_ id: CardID, of bridge: BridgeView.Bridge, _ index: Int, _ turn: Turn) -> Bool {
        turn.has(.voucherUnchecked)
            || self.heldCards(of: bridge.id, by: bridge.otherKey, index, turn)
                .contains { $0.card == id }
    }

    /// Whether there is anything of a card that came by that bridge, be it that it was withdrawn.
    private func hasForeign(
        _ id: CardID, of bridge: BridgeID, _ index: Int, _ turn: Turn
    ) -> Bool {
        guard let own = turn.membership(of: self.live[index].id)?.member else { return false }
        let key = NoticeKey(own, 4, bridge.high ^ id.high, bridge.low ^ id.low)
        return self.live[index].notices.notice(key) != nil
    }

    /// The card that this node took from that bridge.
    private func ownForeign(
        _ id: CardID, of bridge: BridgeID, _ index: Int, _ turn: Turn
    ) -> VouchedCard? {
        guard let own = turn.membership(of: self.live[index].id)?.member else { return nil }
        let key = NoticeKey(own, 4, bridge.high ^ id.high, bridge.low ^ id.low)
        guard case .foreign(bridge, id, let card?)? = self.live[index].notices.notice(key)?.body
        else { return nil }
        return card
    }

    /// Cards that came by a bridge, those that went again too.
    private func subjectCount(of bridge: BridgeID, _ index: Int, _ turn: Turn) -> Int {
        guard let own = turn.membership(of: self.live[index].id)?.member else { return 0 }
        return self.live[index].notices.notices.count { notice in
            guard notice.author == own, case .foreign(bridge, _, _) = notice.body else {
                return false
            }
            return true
        }
    }

    /// The cards that came by a bridge and count: the word about each is by the other end, or by a card about
    /// which it gave its word.
    private func heldCards(
        of bridge: BridgeID, by end: PublicKey, _ index: Int, _ turn: Turn
    ) -> [BridgeFrame.Held] {
        guard let own = turn.membership(of: self.live[index].id)?.member else { return [] }
        let cards = self.live[index].notices.notices.compactMap {
            notice -> (id: CardID, vouched: VouchedCard)? in
            guard notice.author == own, case .foreign(bridge, let id, let card?) = notice.body
            else { return nil }
            return (id, card)
        }
        let vouchers = cards.filter { $0.vouched.voucher.key == end }
            .map(\.vouched.card.keys.signingKey)
        return cards.filter {
            let key = $0.vouched.voucher.key
            return key == end || vouchers.contains(key)
        }.map { BridgeFrame.Held(card: $0.id, sequence: $0.vouched.card.sequence) }
    }
}
