// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What hosts hold of the cluster across a bridge.
extension Simulation {
    /// What a host holds of the other cluster: cards of those who agreed, and nothing of anybody else.
    mutating func checkHoldings(of id: HostID) {
        guard let story = self.bridges, let status = self.status(of: id) else { return }
        if status.foreignCards.contains(where: { story.cards[$0.id] == nil }) { self.noteCards() }
        for card in status.foreignCards where self.bridges?.cards[card.id] == nil {
            if self.isInvented(card, at: id) { continue }
            // Who crashed while it gave one has stored it: nothing is sent before.
            let giver = self.hosts.first { host in
                !host.isRunning && host.name == card.name && story.hasAgreed.contains(host.id)
                    && host.disk.store.state.ownCards(host.primitives).contains(card.id)
            }
            if let giver {
                self.bridges?.cards[card.id] = giver.id
                continue
            }
            self.checker.report(.cardsAreReal, at: self.now, [id], "“\(card.name)”")
        }
        self.checkTakenBack(status.foreignCards.map(\.id), at: id)
        let state = self.hosts[id.number].disk.store.state
        for notice in state.notices { self.checkStrangers(in: notice.bytes, at: id) }
        for relation in state.relations {
            let texts = [relation.claimedName, relation.givenName].map { Array($0.utf8) }
            for text in texts { self.checkStrangers(in: text, at: id) }
            if let member = relation.member { self.checkStrangers(in: member.bytes, at: id) }
        }
        for card in status.foreignCards {
            guard let giver = self.bridges?.cards[card.id], !self.checker.villains.contains(giver),
                card.name != self.hosts[giver.number].name
            else { continue }
            self.checker.report(.cardsAreReal, at: self.now, [id], "of \(giver) as “\(card.name)”")
        }
    }

    /// Whether a card is of somebody whom a hostile end of the other side may invent, and is shown as what it
    /// is: unverified, unless that one is the end of two bridges.
    private mutating func isInvented(_ card: NodeStatus.ForeignCard, at id: HostID) -> Bool {
        guard let story = self.bridges, card.name == HostileBridge.inventedName else {
            return false
        }
        let bridges = story.ends.filter { ends in
            ends.contains { self.checker.villains.contains($0) && story.areApart($0, id) }
        }
        guard !bridges.isEmpty else { return false }
        self.count(.cardInvented)
        return !card.isConfirmed || bridges.count > 1
    }

    /// Whoever has seen that a card was taken back never has it again; an end that means harm may say it
    /// anew, as it may keep to itself that it was taken back.
    private mutating func checkTakenBack(_ held: [CardID], at id: HostID) {
        // Of two bridges one may be late, an old disk may give a card again, and a clock hide it for a while.
        guard let story = self.bridges, story.ends.count == 1, self.checker.villains.isEmpty,
            self.checker.forgiven.isEmpty, self.tally.count(of: .clockJump) == 0
        else { return }
        for card in held {
            self.bridges?.held.insert(BridgeStory.HeldCard(host: id, card: card))
        }
        for card in story.takenBack {
            let holding = BridgeStory.HeldCard(host: id, card: card)
            if !held.contains(card) {
                if story.held.contains(holding) { self.bridges?.seenGone.insert(holding) }
            } else if story.seenGone.contains(holding) {
                self.checker.report(
                    .cardsAreReal, at: self.now, [id], "one that was taken back came again")
            }
        }
    }

    /// No id, key or name of a member of the other cluster who did not agree.
    mutating func checkStrangers(in bytes: [UInt8], at id: HostID) {
        guard !bytes.isEmpty, let side = self.bridges?.side(of: id) else { return }
        if self.bridges?.strangers[1 - side] == nil {
            let strangers = self.strangers(of: 1 - side)
            self.bridges?.strangers[1 - side] = strangers
        }
        for other in self.bridges?.strangers[1 - side]?.hosts(in: bytes) ?? [] {
            // The host that holds it may mean harm: it is the promise to whose it is.
            self.checker.report(
                .strangersStayUnknown, at: self.now, [other],
                "of \(self.hosts[other.number].name), at host \(id.number)")
        }
    }

    /// What the other side may not hold of the members of this one.
    private mutating func strangers(of side: Int) -> Strangers {
        var strangers = Strangers()
        guard let story = self.bridges else { return strangers }
        for host in self.hosts where story.side(of: host.id) == side {
            for cluster in host.disk.store.state.clusters
            where cluster.id == story.clusters[side] {
                strangers.add(cluster.id.bytes, of: host.id)
                strangers.add(cluster.membership.member.bytes, of: host.id)
                for key in self.keys(of: cluster.membership, host.id) {
                    strangers.add(key, of: host.id)
                }
                if !story.hasAgreed.contains(host.id),
                    !story.ends.contains(where: { $0.contains(host.id) })
                {
                    strangers.add(Array(host.name.utf8), of: host.id)
                }
            }
        }
        return strangers
    }

    /// The public keys of a member, which are computed once.
    private mutating func keys(of membership: Membership, _ host: HostID) -> [[UInt8]] {
        if let known = self.bridges?.memberKeys[membership.member] { return known }
        let primitives = self.hosts[host.number].primitives
        let keys = [
            primitives.agreementKey(from: membership.agreementKey)?.publicKey.bytes,
            primitives.signingKey(from: membership.signingKey)?.publicKey.bytes,
        ].compactMap(\.self)
        self.bridges?.memberKeys[membership.member] = keys
        return keys
    }
}
