// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What people do about two clusters and the bridges between them.
extension Simulation {
    mutating func carryOutAtBridge(_ action: Action) {
        switch action {
        case .bridge(let one, let other, let tries): self.bridge(one, other, tries: tries)
        case .setBridges(let level, let addresses): self.setBridges(level, addresses: addresses)
        case .giveCard(let host, let policy): self.giveCard(host, policy)
        case .closeBridges(let hosts): self.closeBridges(hosts)
        case .speak(let host): self.speak(host)
        case .expectClosed: self.expectClosed()
        default: break
        }
    }

    private mutating func command(_ request: Request, _ id: HostID) {
        guard self.hosts[id.number].isRunning else { return }
        let (_, effects) = self.hosts[id.number].request(request, at: self.now)
        self.follow(effects, of: id)
    }

    func status(of id: HostID) -> NodeStatus? {
        let host = self.hosts[id.number]
        guard host.isRunning else { return nil }
        return host.node?.status(now: host.clock.moment(at: self.now))
    }

    private mutating func bridge(_ one: HostID, _ other: HostID, tries: Int) {
        guard let story = self.bridges, !self.isHealed else { return }
        let isPossible = [one, other].allSatisfy { id in
            self.hosts[id.number].isRunning
                && self.hosts[id.number].disk.store.state.clusters.contains {
                    $0.id == story.clusters[story.side(of: id)] && $0.standing == .member
                }
        }
        guard isPossible else {
            guard tries > 0 else { return }
            return self.plan(.bridge(one, other, tries: tries - 1), after: .seconds(15))
        }
        self.count(.bridging)
        self.bridges?.ends.insert([one, other])
        self.offer(
            by: one, to: other,
            MeetingWishes(
                offering: MeetingOptions(intent: .bridge),
                answering: MeetingOptions(intent: .bridge)))
    }

    private mutating func setBridges(_ level: BridgeLevel, addresses: Bool) {
        self.bridges?.level = level
        for id in self.hosts.map(\.id) {
            for bridge in self.status(of: id)?.bridges ?? [] where bridge.isOwn {
                self.command(
                    .setBridge(bridge.id, BridgePolicy(level, addresses: addresses)), id)
            }
        }
    }

    private mutating func giveCard(_ id: HostID, _ policy: BridgePolicy?) {
        guard let status = self.status(of: id), let bridge = status.bridges.first else { return }
        if policy == nil {
            self.count(.cardTaken)
            self.bridges?.consenting.remove(id)
        } else {
            self.count(.cardGiven)
            self.bridges?.consenting.insert(id)
            self.bridges?.hasAgreed.insert(id)
            for (card, giver) in self.bridges?.cards ?? [:] where giver == id {
                self.bridges?.forgetTaking(of: card)
            }
        }
        self.command(.giveCard(bridge.cluster, for: bridge.alias, policy), id)
        self.noteCards()
        guard policy == nil, let given = self.status(of: id)?.givenCards else { return }
        // A program that died of it may not have stored it.
        for card in status.givenCards
        where card.isOwn && !given.contains(where: { $0.id == card.id }) {
            self.bridges?.takenBack.insert(card.id)
        }
    }

    /// A program that died while its person gave a card shows it when it is back.
    mutating func noteCards() {
        for id in self.bridges?.hasAgreed ?? [] {
            for card in self.status(of: id)?.givenCards ?? [] where card.isOwn {
                self.bridges?.cards[card.id] = id
            }
        }
    }

    private mutating func closeBridges(_ ids: [HostID]) {
        self.count(.bridgeClosing)
        if let story = self.bridges {
            self.bridges?.closers = Set(ids.map { story.side(of: $0) })
        }
        let areConnected = self.areEndsConnected(closers: ids)
        self.bridges?.wereEndsConnected = areConnected
        for id in ids {
            for bridge in self.status(of: id)?.bridges ?? [] where bridge.isOpen {
                self.command(.closeBridge(bridge.id), id)
            }
        }
        // Of a majority's votes nobody knows before the last one.
        self.bridges?.closedAt = self.now
        self.plan(.expectClosed, after: .seconds(2))
    }

    /// Everybody across hears something that only two may read.
    private mutating func speak(_ id: HostID) {
        guard let mark = self.bridges?.mark, self.hosts[id.number].isRunning else { return }
        let seed = self.generator.next()
        self.step(id) { $0.speak(across: mark, seed: seed, at: $1) }
    }

    // MARK: What is watched

    /// A packet was opened at a host: nobody reads what is carried, and nothing goes too far.
    mutating func hearsAcross(
        _ packet: OpenedPacket, _ effects: SimulatedHost.Effects, at id: HostID
    ) {
        guard let story = self.bridges, packet.content == .frame else { return }
        for inner in effects.openedInside where inner.plaintext.holds(story.mark) {
            self.count(.markHeard)
        }
        guard
            case .carry(let origin, _, let hops, let bytes)? = BridgeFrameView(
                frame: packet.plaintext)
        else { return }
        if self.checker.villains.contains(id) { self.count(.carriedByVillain) }
        // Whoever carries may mean harm: it is the promise to whoever said it.
        if bytes.holds(story.mark) {
            self.checker.report(
                .carriedIsSealed, at: self.now, story.cards[origin].map { [$0] } ?? [],
                "a marked payload, at host \(id.number)")
        }
        if hops == 0, effects.carried.contains(where: { $0.origin == origin }) {
            self.checker.report(.carriedStaysNear, at: self.now, [id], "after the last end")
        }
    }

    /// A host has carried datagrams on.
    mutating func followBridges(_ effects: SimulatedHost.Effects, of id: HostID) {
        guard self.bridges != nil else { return }
        for text in self.opened.take() { self.checkStrangers(in: text, at: id) }
        let incarnation = self.hosts[id.number].incarnation
        if !effects.carried.isEmpty, self.bridges?.seenClosed.contains(id) ?? false {
            self.checker.report(.closingIsQuick, at: self.now, [id], "carried after closing")
        }
        for frame in effects.carried {
            guard case .carry(let origin, let number, _, let bytes) = frame else { continue }
            let key = BridgeStory.CarriedKey(
                host: id, incarnation: incarnation, origin: origin, id: number)
            let count = self.bridges?.carriedCounts[id] ?? 0
            self.bridges?.carriedCounts[id] = count + 1
            let former = self.bridges?.carried.updateValue(count, forKey: key)
            if let former, count - former < BridgeLimits.carriedIDCountMax {
                self.checker.report(.carriedOnce, at: self.now, [id], "carried on twice")
            }
            if self.bridges?.cards[origin] != id {
                self.checkVolume(bytes.count, of: origin, at: id, incarnation)
            }
            if self.bridges?.level ?? .cards < .messages {
                self.checker.report(.policyHolds, at: self.now, [id], "carried without leave")
            }
        }
        if effects.hasClusterNews {
            self.bridges?.forgetStrangers(of: id)
            self.checkHoldings(of: id)
        }
    }

    private mutating func checkVolume(
        _ byteCount: Int, of origin: CardID, at id: HostID, _ incarnation: Int
    ) {
        let key = BridgeStory.VolumeKey(host: id, incarnation: incarnation, origin: origin)
        var volume = self.bridges?.volumes[key] ?? BridgeStory.Volume(since: self.now)
        volume.byteCount += byteCount
        self.bridges?.volumes[key] = volume
        let seconds = (self.now - volume.since).nanoseconds / 1_000_000_000 + 1
        let isLarge = self.bridges?.level ?? .cards >= .relaying
        // Cards may allow less than the bridge: then the smaller part counts beside the larger one.
        let most = 65_536 + Int(seconds) * 4_096 + (isLarge ? 262_144 + Int(seconds) * 17_476 : 0)
        if volume.byteCount > most {
            self.checker.report(.carriedIsLittle, at: self.now, [id], "\(volume.byteCount) bytes")
        }
    }

    /// A packet of a host, or a message 1 by which it looks for the other one, gets past the gate of one of the
    /// other cluster: only ends meet, unless addresses cross; and in clear nothing of anybody else is in it.
    mutating func checkBorder(_ packet: Packet, _ input: Input, at id: HostID) {
        guard let story = self.bridges, let origin = packet.origin, !packet.isForged,
            story.areApart(origin, id)
        else { return }
        self.checkStrangers(in: packet.bytes, at: id)
        guard !story.open.isSuperset(of: [origin, id]), !story.ends.contains([origin, id]) else {
            return
        }
        if case .datagram = input, !self.isQuestionAcross(packet, at: id) { return }
        self.checker.report(
            .addressesStayHome, at: self.now, [origin], "sent directly, to host \(id.number)")
    }

    /// Whether it is a message 1 of two who have each other's cards: whoever has seen a code may call as well.
    private func isQuestionAcross(_ packet: Packet, at id: HostID) -> Bool {
        guard let use = DatagramUses(of: packet.bytes), use.isQuestion else { return false }
        return self.hosts[id.number].disk.store.state.relations.contains { relation in
            guard case .crossing? = relation.bond else { return false }
            // A message 1 names its receiver.
            return relation.ownPID.high ^ relation.ownPID.low == use.scope
        }
    }

    // MARK: The end

    /// Whether a host is connected with all others of its cluster, and so are the ends.
    func isWellConnected(_ id: HostID) -> Bool {
        guard let status = self.status(of: id) else { return false }
        return status.clusters.allSatisfy { $0.connected == $0.members - 1 }
    }

    /// After the faults: who may talk talks, unless everything was closed.
    mutating func checkBridgeRecovery() {
        for _ in 0..<6 where self.checker.violations.isEmpty {
            guard !self.missingAcross().isEmpty else { return }
            self.run(until: self.now + .seconds(30))
        }
        guard self.checker.violations.isEmpty, let missing = self.missingAcross().first else {
            return
        }
        self.checker.report(.talksAcross, at: self.now, missing, "not connected")
    }

    /// Pairs of hosts across that could talk by an open bridge whose links are all up, and do not.
    private func missingAcross() -> [[HostID]] {
        guard let story = self.bridges, story.closedAt == nil, story.level >= .messages,
            self.checker.villains.isEmpty
        else { return [] }
        var missing: [[HostID]] = []
        for one in story.consenting.sorted(by: { $0.number < $1.number }) {
            guard let status = self.status(of: one), story.side(of: one) == 0,
                status.bridges.contains(where: { $0.isOpen && $0.isConnected }),
                self.isWellConnected(one)
            else { continue }
            for card in status.foreignCards {
                guard let other = story.cards[card.id], story.consenting.contains(other),
                    self.isWellConnected(other), card.relation != nil,
                    // An end's own card may have come by another bridge alone.
                    self.isUp(
                        card.bridges.filter(self.bridges(other, one, story).contains), one, other)
                else { continue }
                let isConnected =
                    self.hosts[one.number].node?.connectedAcross.contains {
                        $0.other == card.id && $0.isConnected
                    } ?? false
                if !isConnected { missing.append([one, other]) }
            }
        }
        return missing
    }

    /// By which bridges a host has another one's card too, and may talk by it.
    private func bridges(
        _ one: HostID, _ other: HostID, _ story: BridgeStory
    ) -> [BridgeID] {
        self.status(of: one)?.foreignCards.first {
            story.cards[$0.id] == other && $0.relation != nil
        }?.bridges ?? []
    }

    /// Whether one of these bridges is reached directly by both, and its ends reach each other so.
    private func isUp(_ bridges: [BridgeID], _ one: HostID, _ other: HostID) -> Bool {
        bridges.contains { id in
            let ends = self.hosts.map(\.id).filter { self.leads($0, to: id, asEnd: true) }
            return ends.count == 2 && self.leads(one, to: id, asEnd: false)
                && self.leads(other, to: id, asEnd: false)
        }
    }

    /// Whether a host reaches a bridge, or the other end of its own, without help.
    func leads(_ host: HostID, to bridge: BridgeID, asEnd: Bool) -> Bool {
        guard let status = self.status(of: host),
            let row = status.bridges.first(where: { $0.id == bridge }),
            row.isOwn || !asEnd, row.isOpen, row.isConnected
        else { return false }
        return status.peers.first { $0.id == row.relation }?.path != nil
    }
}

extension [UInt8] {
    /// Whether these bytes stand anywhere in it.
    func holds(_ part: [UInt8]) -> Bool {
        guard let first = part.first, self.count >= part.count else { return false }
        for start in 0...(self.count - part.count)
        where self[start] == first && self[start...].starts(with: part) {
            return true
        }
        return false
    }
}
