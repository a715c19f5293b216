// SPDX-License-Identifier: Apache-2.0

/// What of a relation concerns the help of common peers.
struct Help: Equatable {
    var canHelp = false
    var seeks = false
    var tag: RendezvousTag?
}

/// What a node knows of the help that its peers give each other, across its relations.
struct CommonPeers: Sendable {
    /// Whom this node helps.
    var table = Rendezvous()
    /// Peers that are reached directly, in order: they can help, and ask.
    private(set) var helpers: [RelationID] = []
    /// Relations that want help, in order.
    private(set) var seekers: [RelationID] = []
    /// Which relation a tag belongs to, and the place of a relayed way.
    var byTag: [RendezvousTag: RelationID] = [:]
    var owners: [UInt64: RelationID] = [:]
    var relayCount: UInt64 = 0

    mutating func setHelper(_ id: RelationID, _ isHelper: Bool) {
        Self.set(id, isHelper, in: &self.helpers)
    }

    mutating func setSeeker(_ id: RelationID, _ isSeeker: Bool) {
        Self.set(id, isSeeker, in: &self.seekers)
    }

    private static func set(_ id: RelationID, _ isThere: Bool, in ids: inout [RelationID]) {
        let position = ids.sortedPosition(of: id)
        let isFound = position < ids.count && ids[position] == id
        if isThere, !isFound { ids.insert(id, at: position) }
        if !isThere, isFound { ids.remove(at: position) }
    }
}

// Common peers: who asks whom for help, and what becomes of it (PROTOCOL.md §8.9).
extension Node {
    /// Relations say what concerns others during a turn; here it is carried out.
    mutating func serveRendezvous(_ turn: inout Turn) {
        guard self.configuration.usesCommonPeers else { return }
        while let id = turn.lostHelpers.popLast() { self.lose(helper: id, &turn) }
        let frames = turn.rendezvous
        turn.rendezvous = []
        for (helper, frame) in frames { self.receive(frame, from: helper, &turn) }
        if !turn.seeks.isEmpty {
            let proved = self.common.helpers.filter { id in
                guard let relation = self.relations[id] else { return false }
                return !relation.seeking.isUnproved
                    && turn.seeks.contains { self.mayHear(id, of: $0) }
            }
            // Who across is asked must not depend on how many there are on this side.
            for isAcross in [false, true] {
                let side = proved.filter { self.relations[$0]?.leadsAcross == isAcross }
                self.ask(side.prefix(Limits.helperCountMax), for: turn.seeks, &turn)
            }
            turn.seeks = []
        }
        let gained = turn.gainedHelpers
        turn.gainedHelpers = []
        for helper in gained {
            // Whoever has looked in vain for a while asks a new helper at once.
            let waiting = self.common.seekers.filter { id in
                self.relations[id]?.waitsForHelp ?? false
            }
            self.ask([helper], for: waiting, &turn)
        }
    }

    private mutating func ask(
        _ helpers: some Sequence<RelationID>, for ids: [RelationID], _ turn: inout Turn
    ) {
        guard !turn.has(.helpUnasked) else { return }
        for helper in helpers {
            // A helper remembers as many tags of one peer; whoever is lost beyond that waits.
            var tags = ids.filter { self.mayHear(helper, of: $0) }
                .compactMap { self.relations[$0]?.seeking.tag }.prefix(Limits.soughtCountMax)
            while !tags.isEmpty {
                let part = Array(tags.prefix(Constants.seekCountMax))
                tags = tags.dropFirst(part.count)
                self.update(helper, &turn) { $0.send(.seek(part), &$1) }
            }
        }
    }

    /// Who relayed is lost: so is everybody who was reached that way.
    private mutating func lose(helper: RelationID, _ turn: inout Turn) {
        self.common.table.withdraw(helper)
        turn.mustTendBridges = true
        for id in self.common.seekers {
            self.update(id, &turn) { relation, turn in
                guard relation.isConnected, relation.relay(at: relation.path)?.helper == helper
                else { return }
                relation.lose(&turn)
            }
        }
    }

    private mutating func receive(
        _ frame: Frame, from peer: RelationID, _ turn: inout Turn
    ) {
        // Who is only the end of a bridge neither helps nor is helped.
        guard !(self.relations[peer]?.isBridge ?? true) else { return }
        switch frame {
        case .seek(let tags):
            guard self.relations[peer]?.canHelp ?? false else { return }
            let foreign = tags.filter { self.common.byTag[$0] == nil }
            for pair in self.common.table.seek(foreign, by: peer, now: turn.instant) {
                self.introduce(peer, pair.other, by: pair.tag, &turn)
            }
            self.passOn(foreign, from: peer, &turn)
        case .sought(let nonce, let tags): self.answer(tags, nonce: nonce, from: peer, &turn)
        case .found(let tag, let delay, let endpoints):
            guard let id = self.common.byTag[tag], id != peer else { return }
            self.update(id, &turn) { $0.found(endpoints, delay: delay, by: peer, &$1) }
        case .relay(let tag, let bytes):
            if let id = self.common.byTag[tag] {
                self.take(bytes, for: id, from: peer, &turn)
            } else {
                self.relay(bytes, under: tag, from: peer, &turn)
            }
        case .ping, .pong, .challenge, .challengeAnswer, .addresses, .addressesAnswer, .forget,
            .forgetAnswer, .natHint, .natHintAnswer, .rest, .restAnswer, .gossip, .bridge:
            break
        }
    }

    /// Who has just moved may be filtered by those who do not know it yet: they are told that somebody
    /// seeks under its tags, not who or where.
    private mutating func passOn(
        _ tags: [RendezvousTag], from peer: RelationID, _ turn: inout Turn
    ) {
        guard let moved = self.relations[peer]?.seeking.movedAt,
            turn.instant - moved < Constants.soughtSpan
        else { return }
        let unanswered = tags.filter {
            self.common.table.others(than: peer, of: $0, now: turn.instant).isEmpty
        }
        guard !unanswered.isEmpty else { return }
        for other in self.common.helpers where other != peer && self.areOnOneSide(peer, other) {
            guard self.common.table.mayTell(of: peer, now: turn.instant) else { return }
            // Who does not share a tag must learn nothing by which it could ask for it.
            let nonce = turn.random()
            let veiled = unanswered.map { $0.veiled(nonce: nonce, turn.primitives) }
            self.update(other, &turn) { $0.send(.sought(nonce: nonce, veiled), &$1) }
        }
    }

    /// A helper tells that somebody seeks: who shares the tag asks for it there.
    private mutating func answer(
        _ veiled: [VeiledTag], nonce: UInt64, from helper: RelationID, _ turn: inout Turn
    ) {
        guard self.relations[helper]?.canHelp ?? false,
            self.relations[helper]?.mayTellOfSeekers(turn.instant) ?? false
        else { return }
        let known = Set(veiled)
        var own: [RendezvousTag] = []
        for id in self.ids where id != helper && self.mayHear(helper, of: id) {
            guard let tag = self.relations[id]?.seeking.tag,
                known.contains(tag.veiled(nonce: nonce, turn.primitives))
            else { continue }
            self.update(id, &turn) { if $0.sought(&$1) { own.append(tag) } }
        }
        guard !own.isEmpty, !turn.has(.helpUnasked) else { return }
        self.update(helper, &turn) { $0.send(.seek(own), &$1) }
    }

    /// Tells two peers of each other, so that both begin at one moment.
    private mutating func introduce(
        _ one: RelationID, _ other: RelationID, by tag: RendezvousTag, _ turn: inout Turn
    ) {
        guard let first = self.relations[one], let second = self.relations[other],
            first.canHelp, second.canHelp
        else { return }
        let trips = [first, second].map { $0.roundTrip ?? .zero }
        let longest = max(trips[0], trips[1])
        for (id, trip, peer) in [(one, trips[0], second), (other, trips[1], first)] {
            // What mates tell each other is not for those across.
            let named = first.leadsAcross == second.leadsAcross ? peer.record.endpoints : []
            let known = [peer.path].compactMap { $0 } + named
            var endpoints: [Endpoint] = []
            for endpoint in known where turn.isUsable(endpoint) && !endpoints.contains(endpoint) {
                endpoints.append(endpoint)
            }
            let list = Array(endpoints.prefix(Constants.sealedEndpointCountMax))
            let delay = min((longest - trip) / 2, Constants.foundDelayMax)
            self.update(id, &turn) { $0.send(.found(tag, delay: delay, list), &$1) }
        }
        self.tally.introductions += 1
    }

    /// This node is the end of a relayed way: its gate looks at the datagram as at any other.
    private mutating func take(
        _ bytes: [UInt8], for id: RelationID, from helper: RelationID, _ turn: inout Turn
    ) {
        guard id != helper else { return }
        self.update(id, &turn) { relation, turn in
            guard let place = relation.placeOfRelayed(by: helper, &turn) else { return }
            turn.actions.append(.loopback(bytes, from: place, to: relation.record.ownPID))
        }
    }

    /// This node is in the middle: to those who asked, within the quotas, and nothing is kept.
    private mutating func relay(
        _ bytes: [UInt8], under tag: RendezvousTag, from peer: RelationID, _ turn: inout Turn
    ) {
        guard self.relations[peer]?.canHelp ?? false else { return }
        var others = self.common.table.others(than: peer, of: tag, now: turn.instant)
        if turn.has(.relaysToAnyone) { others = self.common.helpers.filter { $0 != peer } }
        others = others.filter { self.relations[$0]?.canHelp ?? false }
        let isAllowed =
            !others.isEmpty
            && self.common.table.mayRelay(
                tag, byteCount: bytes.count * others.count, from: peer, now: turn.instant)
        guard isAllowed || turn.has(.relayUnlimited) && !others.isEmpty else {
            self.tally.relayedDropped += 1
            return
        }
        for other in others {
            self.update(other, &turn) { $0.send(.relay(tag, bytes), &$1) }
            self.tally.relayed += 1
        }
    }

    // MARK: Tables

    /// Keeps the lists right after a relation has done something.
    mutating func noteHelp(
        of id: RelationID, was former: Help, is present: Help, _ turn: inout Turn
    ) {
        if former.canHelp != present.canHelp {
            self.common.setHelper(id, present.canHelp)
            turn.mustTendBridges = true
            if present.canHelp {
                turn.gainedHelpers.append(id)
            } else {
                turn.lostHelpers.append(id)
            }
        }
        if former.seeks != present.seeks { self.common.setSeeker(id, present.seeks) }
        if former.tag != present.tag, let tag = present.tag { self.common.byTag[tag] = id }
        for (number, owner) in turn.newRelays { self.common.owners[number] = owner }
        for number in turn.goneRelays { self.common.owners[number] = nil }
        turn.newRelays = []
        turn.goneRelays = []
    }

    mutating func forgetHelp(of relation: Relation) {
        self.common.setHelper(relation.id, false)
        self.common.setSeeker(relation.id, false)
        self.common.table.forget(relation.id)
        if let tag = relation.seeking.tag { self.common.byTag[tag] = nil }
        for relay in relation.seeking.relays { self.common.owners[relay.number] = nil }
    }

    // MARK: Sending

    /// What is to be sent to the place of a relayed way goes into a packet to the helper.
    mutating func sendByHelpers(_ turn: inout Turn) {
        let isNeeded = turn.actions.indices.contains { turn.actions[$0].isRelayed }
        guard isNeeded else { return }
        var actions: [Output] = []
        actions.reserveCapacity(turn.actions.count)
        for action in turn.actions {
            if case .send(let bytes, let place) = action, place.isRelay {
                guard let carrier = self.carrier(to: place, &turn),
                    carrier.header.count + bytes.count <= Constants.framedByteCountMax
                else { continue }
                actions.append(
                    .sendSealed(
                        session: carrier.session, .frame, carrier.header + bytes, to: carrier.to))
            } else if case .sendSealed(let session, let content, let plaintext, let place) = action,
                place.isRelay
            {
                guard let carrier = self.carrier(to: place, &turn) else { continue }
                actions.append(.sendRelayed(session: session, content, plaintext, by: carrier))
            } else {
                actions.append(action)
            }
        }
        turn.actions = actions
    }

    private func carrier(to place: Endpoint, _ turn: inout Turn) -> RelayCarrier? {
        guard let owner = place.relayNumber.flatMap({ self.common.owners[$0] }),
            let relation = self.relations[owner], let relay = relation.relay(at: place)
        else { return nil }
        if let across = relation.across {
            return self.carrier(across.cards, by: relay.helper, &turn)
        }
        guard let tag = relation.seeking.tag, let helper = self.relations[relay.helper],
            helper.canHelp, let session = helper.sendingSession(turn.instant),
            let to = helper.path
        else { return nil }
        return RelayCarrier(session: session.index, tag: tag, to: to)
    }
}

extension Output {
    @inline(__always)
    fileprivate var isRelayed: Bool {
        switch self {
        case .send(_, let target), .sendSealed(_, _, _, let target): target.isRelay
        case .persist, .sendMain, .sendFresh, .closeFresh, .sendAside, .closeAside, .bind,
            .multicast, .leaveNote, .seekNote,
            .sendRelayed, .loopback, .admit, .dismiss, .bury, .unbury, .install, .erase,
            .gatherCandidates, .reply, .notify:
            false
        }
    }
}
