// SPDX-License-Identifier: Apache-2.0

/// One SpockEx node as a value: it takes an input and the time, and returns what to do.
///
/// It never sends, stores, sleeps, logs, or reads a clock. The driver commits all `persist`
/// outputs of a batch before it carries out anything else of it.
public struct Node: Sendable {
    let primitives: any Primitives
    let configuration: NodeConfiguration
    var generator: any RandomNumberGenerator & Sendable
    var name: String
    var relations = RelationTable()
    var persons = MemberRelations()
    /// When the first of `relations` is due; right again at the end of each call.
    private var earliest: Instant?
    private var isEarliestStale = false
    private var byPID: [PeerID: RelationID] = [:]
    private var bySession: [UInt32: RelationID] = [:]
    var indexes = SessionIndexes()
    var clusters: [ClusterRecord]
    /// The same at work, ordered by id.
    var live: [LiveCluster] = []
    /// A random number of this start of the program.
    var incarnation: UInt64 = 0
    var tombstones: [Tombstone]
    /// When each of `tombstones` ends, on the clock that nobody sets.
    var tombstoneEnds: [Instant] = []
    var farewells: [Farewell] = []
    var own = OwnAddresses()
    var announced: [Endpoint] = []
    var announcedHint: NATHint?
    var punching = PunchingTurn()
    var rations = PlaceRations()
    var announcementSequence: UInt32 = 0
    var waitingForAddress: [WaitingMeeting] = []
    var askedAt: Instant?
    /// Whether the IPgetter was asked in this network and told nothing.
    var isAskedInVain = false
    /// Whether somebody got in whom this node had not called, since the network changed.
    var isCalledUnasked = false
    var calledAddresses: CalledAddresses
    /// How long routers remember, for IPv4 and for IPv6.
    var lifetimes = [Lifetime](repeating: Lifetime(), count: 2)
    /// How paths are kept, as far as it depends on this end.
    var upkeep = UpkeepTable()
    var discovery: Discovery
    var tally = NodeTally()
    var common = CommonPeers()
    /// The ends of bridges that this node is, ordered by relation.
    var bridgeLinks: [BridgeLink] = []
    /// The relations with those across, by cards; looked up and never gone through.
    var across: [CardPair: RelationID] = [:]
    var carrying = Carrying()

    /// A node that goes on from what the store holds.
    ///
    /// `outputs` tells the gate what to admit; the driver carries it out as after `handle`.
    public init(
        loading state: DurableState, configuration: NodeConfiguration,
        primitives: any Primitives, generator: any RandomNumberGenerator & Sendable, now: Moment,
        into outputs: inout [Output]
    ) {
        self.primitives = primitives
        self.configuration = configuration
        self.generator = generator
        self.name = configuration.name.isEmpty ? state.nodeName : configuration.name
        self.clusters = state.clusters
        self.discovery = Discovery(
            ports: configuration.helloPorts,
            isPaced: !configuration.mutation.isActive(.helloUnpaced))
        self.calledAddresses = CalledAddresses(
            now: now.instant, isNew: state.relations.isEmpty && state.tombstones.isEmpty)
        self.tombstones = state.tombstones
        self.tombstoneEnds = state.tombstones.map {
            now.instant + min(max($0.expiresAt - now.wall, .zero), Constants.pairingLife)
        }
        self.announcementSequence = Self.firstSequence(now.wall)
        var turn = self.turn(now)
        if self.name != state.nodeName { turn.changes.append(.nodeName(self.name)) }
        // When those of another cluster are called must not tell how many there are in the own one.
        var counts = (across: 0, others: 0)
        for record in state.relations {
            guard var relation = Relation(self.mutated(record, &turn), primitives) else { continue }
            let position = relation.leadsAcross ? counts.across : counts.others
            if relation.leadsAcross { counts.across += 1 } else { counts.others += 1 }
            relation.resume(after: .milliseconds(5 * min(position, 400)), &turn)
            self.insert(relation, turn)
            turn.actions.append(.admit(relation.admission))
        }
        self.load(state, &turn)
        for tombstone in state.tombstones {
            turn.actions.append(.bury(pidHash: tombstone.pidHash))
        }
        self.finish(&turn, into: &outputs)
    }

    /// When `.timer` is due.
    public var deadline: Instant? {
        var earliest = self.protocolDeadline
        for end in self.tombstoneEnds { earliest = min(end, earliest ?? end) }
        return earliest
    }

    /// The same without the ends of tombstones, after which no message follows.
    package var protocolDeadline: Instant? {
        var earliest = self.earliest
        for meeting in self.waitingForAddress {
            earliest = min(meeting.deadline, earliest ?? meeting.deadline)
        }
        for farewell in self.farewells {
            earliest = min(farewell.dueAt, earliest ?? farewell.dueAt)
        }
        if let due = self.discovery.dueAt { earliest = min(due, earliest ?? due) }
        for family in self.lifetimes.indices {
            if let due = self.lifetimes[family].dueAt { earliest = min(due, earliest ?? due) }
        }
        for index in self.live.indices {
            if let due = self.live[index].dueAt { earliest = min(due, earliest ?? due) }
        }
        for position in self.bridgeLinks.indices {
            if let due = self.bridgeLinks[position].dueAt { earliest = min(due, earliest ?? due) }
        }
        return earliest
    }

    /// Decides about one input.
    public mutating func handle(_ input: Input, now: Moment, into outputs: inout [Output]) {
        var turn = self.turn(now)
        // The turn has them until it ends: with one owner they are changed without a copy.
        self.indexes = SessionIndexes()
        switch input {
        case .datagram(_, _, let socket) where socket.asideNumber != nil: break
        case .datagram(let bytes, let source, let socket):
            turn.via = socket
            self.receive(bytes, from: source, &turn)
        case .opened(let packet):
            turn.via = packet.via
            self.receive(packet, &turn)
        case .timer: break
        case .request(let id, let request): self.receive(request, id, &turn)
        case .ownCandidates(let candidates):
            self.own.set(given: candidates.filter { !$0.endpoint.isRelay })
            self.noteUpkeep(&turn)
        case .ipgetter(let answer):
            self.own.set(answer: answer)
            turn.ownHint = self.own.hint
            if answer != .unclear {
                self.isAskedInVain = answer == .nothing && self.configuration.usesIPgetter
            }
            self.meetWaiting(&turn, all: true)
        case .ipgetterLapsed: self.own.lapse()
        case .localNetwork(let isThere): self.discovery.setLAN(isThere, now: turn.instant)
        case .hello(let bytes, let source): self.receiveHello(bytes, from: source, &turn)
        case .noteFound(let id, let note): self.update(id, &turn) { $0.take(note, &$1) }
        case .noteLost(let id, let number):
            self.update(id, &turn) { $0.noteNotLeft(number, $1) }
        case .networkChanged:
            self.own.forgetSeen()
            turn.ownHint = self.own.hint
            self.askedAt = nil
            self.isAskedInVain = false
            self.isCalledUnasked = false
            self.calledAddresses = CalledAddresses(now: turn.instant)
            self.discovery.networkChanged(hasRelations: !self.ids.isEmpty, now: turn.instant)
            self.forgetLifetimes(&turn)
            self.forEach(&turn) { $0.networkChanged(&$1) }
        case .resumed: self.forEach(&turn) { $0.dropSessions(&$1) }
        }
        self.tick(&turn)
        self.serveRendezvous(&turn)
        self.disproveRests(&turn)
        self.tickLifetimes(&turn)
        self.noteUnasked(&turn)
        self.tendClusters(&turn)
        self.tendBridges(&turn)
        self.findOwnAddress(&turn)
        self.finish(&turn, into: &outputs)
    }

    // MARK: Inputs

    private mutating func receive(_ bytes: [UInt8], from source: Endpoint, _ turn: inout Turn) {
        let scanned = bytes.withUnsafeBytes { raw -> (Envelope, [UInt8])? in
            guard let envelope = Envelope(scanning: raw) else { return nil }
            let payload = envelope.payload.map {
                Base64URL.decode(UnsafeRawBufferPointer(rebasing: raw[$0]))
            }
            return payload.map { $0.map { (envelope, $0) } } ?? (envelope, [])
        }
        guard let (envelope, payload) = scanned else { return }
        if envelope.kind == .gone {
            self.receiveGone(envelope, &turn)
            return
        }
        guard let pid = envelope.pid else { return }
        guard let id = self.byPID[pid] else {
            self.answerForBuried(pid, question: bytes.count, to: source, &turn)
            return
        }
        guard self.accepts(source, id) else { return }
        self.update(id, &turn) { relation, turn in
            switch envelope.kind {
            case .opening:
                relation.receiveOpening(bytes, envelope, payload: payload, from: source, &turn)
            case .response:
                relation.receiveResponse(envelope, payload: payload, from: source, &turn)
            case .refusal(let question): relation.receiveRefusal(question, &turn)
            case .resync(let n, let have): relation.receiveResync(n: n, have: have, &turn)
            case .founding, .foundingAnswer, .gone: break
            }
        }
    }

    private mutating func receive(_ packet: OpenedPacket, _ turn: inout Turn) {
        guard let id = self.bySession[packet.session], self.accepts(packet.source, id) else {
            return
        }
        guard packet.via.asideNumber == nil else {
            return self.receive(aside: packet, from: id, &turn)
        }
        self.update(id, &turn) { $0.receive(packet, &$1) }
    }

    private mutating func tick(_ turn: inout Turn) {
        if self.isEarliestStale || self.earliest.map({ $0 <= turn.instant }) ?? false {
            for id in self.ids {
                guard let due = self.relations.deadline(of: id), due <= turn.instant else {
                    continue
                }
                self.update(id, &turn) { $0.tick(&$1) }
            }
        }
        self.tickDiscovery(&turn)
        self.tickFarewells(&turn)
        self.expireTombstones(&turn)
        self.meetWaiting(&turn, all: false)
    }

    // MARK: Relations

    /// The ids of all relations, in order.
    var ids: [RelationID] { self.relations.ids }

    mutating func insert(_ relation: Relation, _ turn: Turn) {
        let id = relation.id
        self.persons.note(id, was: nil, is: relation.tie)
        self.byPID[relation.record.ownPID] = id
        self.relations.insert(relation)
        self.setDeadline(id, relation.deadline)
        self.discovery.note(id, isMissed: relation.isMissed, now: turn.instant)
    }

    mutating func remove(_ id: RelationID, _ turn: Turn) -> Relation? {
        self.setDeadline(id, nil)
        guard let relation = self.relations.remove(id) else { return nil }
        self.persons.note(id, was: relation.tie, is: nil)
        self.byPID[relation.record.ownPID] = nil
        for view in relation.sessions { self.bySession[view.index] = nil }
        self.own.withdraw(id)
        self.forgetHelp(of: relation)
        self.discovery.note(id, isMissed: false, now: turn.instant)
        return relation
    }

    private mutating func setDeadline(_ id: RelationID, _ due: Instant?) {
        let former = self.relations.setDeadline(of: id, due)
        guard former != due else { return }
        if former != nil, former == self.earliest { self.isEarliestStale = true }
        if let due, self.earliest.map({ due < $0 }) ?? true { self.earliest = due }
    }

    private mutating func findEarliest() {
        guard self.isEarliestStale else { return }
        self.isEarliestStale = false
        self.earliest = self.relations.earliest
    }

    /// Lets one relation do something, and keeps the tables right.
    mutating func update(
        _ id: RelationID, _ turn: inout Turn,
        _ body: (inout Relation, inout Turn) -> Void
    ) {
        var before: [SessionView] = []
        var after: [SessionView] = []
        var due: Instant?
        var help = (former: Help(), present: Help())
        let mayBeHelped = self.configuration.usesCommonPeers && self.ids.count > 1
        var isMissed = false
        var isMeasurable = false
        var isConnected = (former: false, present: false)
        var tie: (former: MemberRelations.Tie?, present: MemberRelations.Tie?)
        let upkeep = self.upkeep
        let found: Void? = self.relations[id]?.apply { relation in
            before = relation.sessions
            help.former = relation.help
            isConnected.former = relation.isConnected
            tie.former = relation.tie
            body(&relation, &turn)
            relation.settlePunching(&turn)
            if mayBeHelped || relation.isCrossing {
                relation.planSeeking(&turn)
            } else {
                relation.stopSeeking()
            }
            if turn.configuration.usesLastResorts { relation.planLastResort(&turn) }
            help.present = relation.help
            isMeasurable = relation.settleUpkeep(upkeep, turn)
            after = relation.sessions
            due = relation.deadline
            isMissed = relation.isMissed
            tie.present = relation.tie
            isConnected.present = relation.isConnected
        }
        guard found != nil else { return }
        self.persons.note(id, was: tie.former, is: tie.present)
        if help.former != help.present || !turn.newRelays.isEmpty || !turn.goneRelays.isEmpty {
            self.noteHelp(of: id, was: help.former, is: help.present, &turn)
        }
        if before != after { self.noteSessions(of: id, before: before, after: after) }
        self.setDeadline(id, due)
        self.discovery.note(id, isMissed: isMissed, now: turn.instant)
        if isMeasurable { self.considerMeasuring(id, &turn) }
        for (relation, echo, peer) in turn.echoes {
            self.own.vote(
                relation, echo: echo, from: peer,
                at: turn.via?.isFresh == true ? nil : turn.instant)
        }
        turn.echoes = []
        if isConnected.former, !isConnected.present { self.own.silence(id) }
        let endings = turn.endings
        turn.endings = []
        for ending in endings { self.end(ending.id, ending.reason, &turn) }
    }

    private mutating func noteSessions(
        of id: RelationID, before: [SessionView], after: [SessionView]
    ) {
        for view in before where !after.contains(where: { $0.index == view.index }) {
            self.bySession[view.index] = nil
        }
        for view in after where !before.contains(where: { $0.index == view.index }) {
            self.bySession[view.index] = id
            self.tally.handshakes += 1
        }
    }

    mutating func forEach(
        _ turn: inout Turn, _ body: (inout Relation, inout Turn) -> Void
    ) {
        for id in self.ids { self.update(id, &turn, body) }
    }

    // MARK: Turns

    func turn(_ now: Moment) -> Turn {
        var turn = Turn(
            now: now, primitives: self.primitives, configuration: self.configuration,
            generator: self.generator, indexes: self.indexes)
        turn.nodeName = self.name
        turn.clusters = self.clusters
        turn.trustedClusters = self.persons.trustedClusters
        for index in self.live.indices where self.live[index].presentCount > 2 {
            turn.largerClusters.append(self.live[index].id)
        }
        turn.fullClusters = self.fullClusters
        turn.ownEndpoints = self.published
        turn.ownHint = self.own.hint
        turn.given = self.own.given
        turn.punching = self.punching
        turn.rations = self.rations
        turn.relayCount = self.common.relayCount
        turn.announcementSequence = self.announcementSequence
        return turn
    }

    private mutating func finish(_ turn: inout Turn, into outputs: inout [Output]) {
        self.announceAddresses(&turn)
        self.announceAcross(&turn)
        self.sendGossip(&turn)
        self.closeFreshSockets(&turn)
        self.sendByHelpers(&turn)
        self.common.relayCount = turn.relayCount
        self.rations = turn.rations
        self.findEarliest()
        self.generator = turn.generator
        self.indexes = turn.indexes
        self.clusters = turn.clusters
        if turn.changes.contains(where: \.concernsRelations) {
            self.noteClusterPeers(turn.changes)
        }
        self.calledAddresses.note(turn.actions)
        turn.takeOutputs(into: &outputs)
    }
}

extension Relation {
    /// Changes the relation where it is.
    fileprivate mutating func apply(_ body: (inout Self) -> Void) { body(&self) }
}
