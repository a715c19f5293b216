// SPDX-License-Identifier: Apache-2.0

// Measuring how long the own router remembers, one trial a family at a time (PROTOCOL.md §7.5).
extension Node {
    /// Which measurement that family has; its number is that of its socket too.
    static func family(of address: IPAddress) -> Int { address.isIPv6 ? 1 : 0 }

    /// A relation has a new path, or is seen elsewhere: perhaps it can help.
    mutating func considerMeasuring(_ id: RelationID, _ turn: inout Turn) {
        guard self.configuration.measuresLifetime, let relation = self.relations[id],
            let address = relation.measuredAddress, let due = relation.measurableAt
        else { return }
        let family = Self.family(of: address)
        guard !self.lifetimes[family].isComplete(for: address) else { return }
        self.lifetimes[family].consider(
            at: due + turn.jitter(upTo: Constants.restJitterMax))
    }

    /// After each step: trials go on, end and begin.
    mutating func tickLifetimes(_ turn: inout Turn) {
        for family in self.lifetimes.indices {
            if let trial = self.lifetimes[family].trial { self.go(on: trial, family, &turn) }
            if let due = self.lifetimes[family].wakeAt, self.lifetimes[family].trial == nil,
                due <= turn.instant
            {
                self.beginTrial(family, &turn)
            }
        }
    }

    private mutating func go(on trial: RestTrial, _ family: Int, _ turn: inout Turn) {
        let helper = self.relations[trial.helper]
        guard let helper, helper.standing?.path == trial.path,
            helper.measuredAddress == trial.address
        else { return self.giveUp(family, &turn) }
        guard trial.dueAt <= turn.instant else { return }
        if trial.isSettled {
            // Silence shows something only while both are awake.
            let isAwake = turn.instant - trial.dueAt < Constants.restPatience
            let isAlive = helper.lastHeard.map { trial.dueAt - $0 < trial.aliveSpan } ?? false
            guard isAwake, isAlive else { return self.giveUp(family, &turn) }
            return self.conclude(isOutlasted: false, family, &turn)
        }
        if trial.isHopeless {
            self.relations[trial.helper]?.unhelpfulUntil = turn.instant + Constants.unhelpfulLife
            return self.giveUp(family, &turn)
        }
        self.ask(family, &turn)
    }

    private mutating func beginTrial(_ family: Int, _ turn: inout Turn) {
        self.lifetimes[family].wake(now: turn.instant)
        var next: Instant?
        var chosen: (id: RelationID, path: Endpoint, address: IPAddress)?
        let isSeenThere = self.ids.contains { id in
            self.relations[id]?.measuredAddress.map {
                Self.family(of: $0) == family && self.lifetimes[family].isComplete(for: $0)
            } ?? false
        }
        for id in self.ids where !isSeenThere {
            guard let relation = self.relations[id], let due = relation.measurableAt,
                let address = relation.measuredAddress, Self.family(of: address) == family,
                let path = relation.path
            else { continue }
            guard self.lifetimes[family].next(at: address) != nil else { continue }
            guard due > turn.instant else {
                // The first one after who helped last, else the first.
                let isLater = self.lifetimes[family].lastHelper.map { id > $0 } ?? true
                chosen = isLater ? (id, path, address) : chosen ?? (id, path, address)
                if isLater { break }
                continue
            }
            next = min(due, next ?? due)
        }
        guard let chosen,
            let rest = self.lifetimes[family].next(at: chosen.address)
        else { return self.lifetimes[family].wait(until: next) }
        self.lifetimes[family].begin(
            RestTrial(
                helper: chosen.id, path: chosen.path, address: chosen.address,
                token: turn.random(), rest: rest))
        self.ask(family, &turn)
    }

    /// One question from the socket that nobody needs.
    private mutating func ask(_ family: Int, _ turn: inout Turn) {
        guard let trial = self.lifetimes[family].trial,
            let session = self.relations[trial.helper]?.sendingSession(turn.instant)
        else { return self.giveUp(family, &turn) }
        let frame = Frame.rest(
            token: trial.token, rest: trial.rest, ordinal: UInt8(trial.sentAt.count))
        turn.actions.append(
            .sendAside(session: session.index, frame.bytes, to: trial.path, socket: family))
        self.lifetimes[family].noteSending(now: turn.instant)
    }

    private mutating func giveUp(_ family: Int, _ turn: inout Turn) {
        self.lifetimes[family].giveUp(now: turn.instant)
        turn.actions.append(.closeAside(socket: family))
    }

    private mutating func conclude(isOutlasted: Bool, _ family: Int, _ turn: inout Turn) {
        self.lifetimes[family].conclude(isOutlasted: isOutlasted, now: turn.instant)
        turn.actions.append(.closeAside(socket: family))
        self.noteUpkeep(&turn)
    }

    /// A packet came in at a socket that is there for measuring: nothing but an answer counts.
    ///
    /// An early one shows that the peer does not keep to the rest, and spoils the trial: it may have
    /// made the router remember anew.
    mutating func receive(aside packet: OpenedPacket, from peer: RelationID, _ turn: inout Turn) {
        guard let family = packet.via.asideNumber, self.lifetimes.indices.contains(family),
            let trial = self.lifetimes[family].trial, trial.helper == peer,
            packet.source == trial.path, packet.content == .frame,
            case .restAnswer(let token, let ordinal, let late, let echo)? = Frame(packet.plaintext),
            token == trial.token
        else { return }
        guard echo.address == trial.address else {
            self.relations[peer]?.unhelpfulUntil = turn.instant + Constants.unhelpfulLife
            return self.giveUp(family, &turn)
        }
        if late == 0, !turn.has(.earlyAnswerBelieved) {
            self.lifetimes[family].note(answered: Int(ordinal), now: turn.instant)
            return
        }
        guard turn.has(.earlyAnswerBelieved) || trial.isSettled,
            let last = trial.sentAt.last, Int(ordinal) == trial.sentAt.count - 1
        else { return }
        let passed = turn.instant - last
        if passed >= trial.rest || turn.has(.earlyAnswerBelieved) {
            self.conclude(isOutlasted: true, family, &turn)
        } else if passed < trial.rest - Constants.restTolerance {
            self.relations[peer]?.unhelpfulUntil = turn.instant + Constants.unhelpfulLife
            self.giveUp(family, &turn)
        }
    }

    /// The network is another one: what was measured is of the former.
    mutating func forgetLifetimes(_ turn: inout Turn) {
        for family in self.lifetimes.indices {
            if self.lifetimes[family].trial != nil {
                turn.actions.append(.closeAside(socket: family))
            }
            guard self.configuration.measuresLifetime, !self.ids.isEmpty else {
                self.lifetimes[family] = Lifetime()
                continue
            }
            let due = turn.instant + Constants.restDelay
            self.lifetimes[family].forget(
                considerAt: due + turn.jitter(upTo: Constants.restJitterMax))
        }
        for id in self.ids { self.relations[id]?.unhelpfulUntil = nil }
        self.noteUpkeep(&turn)
    }

    /// A path rested as long as was measured, and was closed three times.
    mutating func disproveRests(_ turn: inout Turn) {
        let disproved = turn.disproved
        turn.disproved = []
        var isChanged = false
        for address in disproved {
            let family = Self.family(of: address)
            if self.lifetimes[family].disprove(address, now: turn.instant) { isChanged = true }
        }
        if isChanged { self.noteUpkeep(&turn) }
    }

    /// Own endpoints at which strangers get in: ports that the router opened, or the person, and public
    /// IPv4 addresses of an interface at which somebody got in uncalled.
    private var openEndpoints: [Endpoint] {
        self.own.given.filter { candidate in
            switch candidate.kind {
            case .mapped: true
            case .lan:
                self.isCalledUnasked && !candidate.endpoint.address.isIPv6
                    && candidate.endpoint.address.isPublic
            case .ipv6, .observed, .ipgetter: false
            }
        }.map(\.endpoint)
    }

    /// Tells all relations when something of it has changed.
    mutating func noteUpkeep(_ turn: inout Turn) {
        let table = UpkeepTable(
            open: self.openEndpoints, rests: self.lifetimes.compactMap { $0.rest(turn) })
        guard table != self.upkeep else { return }
        self.upkeep = table
        self.forEach(&turn) { _, _ in }
    }
}

extension Lifetime {
    /// The rest that is kept.
    fileprivate func rest(_ turn: Turn) -> MeasuredRest? {
        self.finding.map { finding in
            let wrong = turn.has(.restNotInside) ? finding.endedWithin : nil
            return MeasuredRest(address: finding.address, rest: wrong ?? finding.rest)
        }
    }
}

extension Node {
    /// The rests that are kept where others see this node (simulator alone).
    package var measuredRests: [MeasuredRest] { self.upkeep.rests }
}
