// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping

// What a host does when something happens, and the contract of its driver.
extension SimulatedHost {
    mutating func handle(_ input: Input, at now: Instant) -> Effects {
        var effects = Effects()
        self.handle(input, at: now, &effects)
        return effects
    }

    /// Time has passed.
    mutating func tick(at now: Instant) -> Effects {
        var effects = Effects()
        let local = self.clock.local(now)
        if let due = self.ipgetter?.nextDeadline() ?? nil, due <= local {
            let pairings = self.node?.status(now: self.clock.moment(at: now)).pairings ?? []
            let isNeeded = pairings.contains { $0.phase != .timedOut }
            self.follow(
                self.ipgetter?.tick(now: local, isNeeded: isNeeded) ?? [], at: now, &effects)
        }
        if let due = self.mapperDue, due <= local {
            self.feedMapper(.timer, at: now, &effects)
        }
        if !effects.hasDied { self.handle(.timer, at: now, &effects) }
        return effects
    }

    /// The system tells that the addresses are others.
    mutating func networkChanged(at now: Instant) -> Effects {
        self.hasMissedNews = false
        var effects = Effects()
        let steps = self.ipgetter?.networkChanged(now: self.clock.local(now)) ?? []
        self.tellMapper(at: now, &effects)
        if !effects.hasDied { self.tellLAN(at: now, &effects) }
        if !effects.hasDied, !self.defects.contains(.changeUntold) {
            self.handle(.ownCandidates(self.candidates), at: now, &effects)
        }
        if !effects.hasDied, !self.defects.contains(.changeUntold) {
            self.handle(.networkChanged, at: now, &effects)
        }
        if !effects.hasDied { self.follow(steps, at: now, &effects) }
        return effects
    }

    private mutating func follow(
        _ steps: [SimulatedIPgetter.Step], at now: Instant, _ effects: inout Effects
    ) {
        for step in steps where !effects.hasDied {
            switch step {
            case .send(let bytes, let server): effects.sent.append((bytes, server, self.port))
            case .told(let answer): self.handle(.ipgetter(answer), at: now, &effects)
            case .lapsed: self.handle(.ipgetterLapsed, at: now, &effects)
            }
        }
    }

    /// A person asks for something; the reply may come later.
    mutating func request(_ request: Request, at now: Instant) -> (RequestID, Effects) {
        self.requestCount += 1
        let id = RequestID(self.requestCount)
        return (id, self.handle(.request(id, request), at: now))
    }

    /// A datagram arrives: what the gate says, and what follows.
    mutating func receive(
        _ packet: Packet, at now: Instant
    ) -> (verdict: Gate.Verdict, effects: Effects) {
        let local = self.clock.local(now)
        let socket = self.fresh.socket(at: packet.destination.port) ?? SocketID(0)
        let verdict = packet.bytes.withUnsafeBytes {
            self.gate.receive($0, from: packet.source, via: socket, now: local)
        }
        if case .input(let input) = verdict {
            let isNew = if case .opened = input { true } else { false }
            self.fresh.note(packet.source, at: socket, isNew: isNew)
        }
        var effects = Effects()
        switch verdict {
        case .input(let input):
            self.handle(input, at: now, &effects)
        case .stun:
            let steps = self.ipgetter?.receive(packet.bytes, from: packet.source, now: local)
            self.follow(steps ?? [], at: now, &effects)
        case .dropped: break
        }
        return (verdict, effects)
    }

    /// A hostile peer seals what it likes in its own sessions.
    mutating func misbehave(at now: Instant) -> Effects {
        var effects = Effects()
        let local = self.clock.local(now)
        let sessions = self.node?.openSessions(now: local) ?? []
        let tags = self.node?.ownTags ?? []
        let primitives = self.primitives
        let ends = self.villain?.strategy == .betrays ? self.node?.bridgeKeys ?? [] : []
        for (session, path) in sessions where !path.isRelay {
            for (content, bytes) in self.villain?.plaintexts(tags, ends, primitives) ?? [] {
                self.carryOut(
                    .sendSealed(session: session, content, bytes, to: path), at: now, &effects)
            }
        }
        var own = self.villain?.repetitions() ?? []
        if self.villain?.strategy == .floods {
            own += self.node?.questions(count: 8, now: self.clock.moment(at: now)) ?? []
        }
        effects.sent += own.map { ($0.bytes, $0.to, self.port) }
        self.harmClusters(at: now, &effects)
        return effects
    }

    /// Says something to everybody across a bridge with whom it is connected.
    mutating func speak(across payload: [UInt8], seed: UInt64, at now: Instant) -> Effects {
        var effects = Effects()
        let outputs = self.node?.sealed(
            across: payload, now: self.clock.local(now), seed: seed)
        for output in outputs ?? [] { self.carryOut(output, at: now, &effects) }
        return effects
    }

    /// A hostile member tells its clusters what it likes.
    private mutating func harmClusters(at now: Instant, _ effects: inout Effects) {
        let held = self.node?.heldClusters ?? []
        let places = held.flatMap { $0.records?.endpointRecords ?? [] }.map(\.bytes)
        guard var villain = self.villain, let manner = villain.gossip(places) else { return }
        let moment = self.clock.moment(at: now)
        let sends = self.node?.hostile(manner, now: moment, using: &villain.generator) ?? []
        self.villain = villain
        for send in sends {
            self.carryOut(
                .sendSealed(session: send.session, .frame, send.bytes, to: send.path), at: now,
                &effects)
        }
    }

    mutating func handle(_ input: Input, at now: Instant, _ effects: inout Effects) {
        var outputs: [Output] = []
        self.node?.handle(input, now: self.clock.moment(at: now), into: &outputs)
        self.carryOut(outputs, at: now, &effects)
    }

    /// The one contract of the driver: commit, then the rest, in order.
    mutating func carryOut(
        _ outputs: [Output], at now: Instant, _ effects: inout Effects
    ) {
        var left = self.diesAfter
        self.diesAfter = nil
        func dies() -> Bool {
            guard let count = left else { return false }
            left = count - 1
            return count <= 0
        }
        if dies() { return self.die(&effects) }
        var changes: [Change] = []
        for output in outputs { if case .persist(let change) = output { changes.append(change) } }
        for change in changes { effects.note(change) }
        if !self.defects.contains(.commitAfterSend), !self.disk.commit(changes) {
            return self.die(&effects)
        }
        for output in outputs where !output.isPersist {
            if dies() { return self.die(&effects) }
            guard self.villain != nil else {
                self.carryOut(output, at: now, &effects)
                continue
            }
            if let twisted = self.villain?.twisted(output) {
                self.carryOut(twisted, at: now, &effects)
            }
        }
        let inputs = effects.looped
        effects.looped = []
        for input in inputs where !effects.hasDied { self.handle(input, at: now, &effects) }
        if self.defects.contains(.commitAfterSend), !self.disk.commit(changes) {
            self.die(&effects)
        }
    }

    private mutating func carryOut(
        _ output: Output, at now: Instant, _ effects: inout Effects
    ) {
        switch output {
        case .persist, .leaveNote, .seekNote: break
        case .send(let bytes, let target):
            effects.sent.append((bytes, target, self.fresh.port(for: target)))
            self.villain?.note(bytes, to: target)
            if self.defects.contains(.reinstallation),
                let session = self.defective.sessionAgain(answering: bytes)
            {
                _ = self.gate.apply(.install(session), now: self.clock.local(now))
            }
        case .sendSealed(let session, _, let plaintext, let target):
            self.note(plaintext, of: session, &effects)
            self.noteStray(plaintext, of: session, to: target, &effects)
            if let bytes = self.gate.apply(output, now: self.clock.local(now)) {
                effects.sent.append((bytes, target, self.fresh.port(for: target)))
                self.villain?.note(bytes, to: target)
            }
        case .sendAside(_, _, let target, let number):
            let bytes = self.gate.apply(output, now: self.clock.local(now))
            effects.sent += bytes.map { [($0, target, self.fresh.port(ofAside: number))] } ?? []
        case .closeAside(let number): self.fresh.closeAside(number)
        case .sendRelayed(let session, let content, let plaintext, let carrier):
            if content == .frame { effects.saidInside.append((session, plaintext)) }
            if let bytes = self.gate.apply(output, now: self.clock.local(now)) {
                effects.sent.append((bytes, carrier.to, self.fresh.port(for: carrier.to)))
                self.villain?.note(bytes, to: carrier.to)
            }
        case .loopback(let bytes, let place, let pid):
            effects.datagramsInside.append(bytes)
            let verdict = self.gate.receive(
                relayed: bytes, from: place, to: pid, now: self.clock.local(now))
            guard case .input(let input) = verdict else { return }
            if case .opened(let packet) = input { effects.openedInside.append(packet) }
            effects.looped.append(input)
        case .install(let session):
            effects.installed.append(
                Uses.SessionName(own: session.index, remote: session.remoteIndex))
            self.defective.note(session, self.defects)
            _ = self.gate.apply(output, now: self.clock.local(now))
        case .erase where self.defects.contains(.erasureIgnored): break
        case .admit, .dismiss, .erase, .bury, .unbury:
            _ = self.gate.apply(output, now: self.clock.local(now))
        case .sendMain(let bytes, let target): effects.sent.append((bytes, target, self.port))
        case .sendFresh(let bytes, let target, let number):
            effects.sent.append((bytes, target, self.fresh.port(ofSocket: number)))
        case .closeFresh(let endpoints): self.fresh.close(keeping: endpoints)
        case .bind(let endpoint, let socket): self.fresh.bind(endpoint, to: socket)
        case .multicast where self.defects.contains(.hellosUnsent): break
        case .multicast(let bytes): effects.hellos.append(bytes)
        case .gatherCandidates:
            let steps = self.ipgetter?.gather(now: self.clock.local(now)) ?? [.told(.unclear)]
            self.follow(steps, at: now, &effects)
        case .reply(let id, let reply): effects.replies.append((id, reply))
        case .notify(let event): effects.events.append(event)
        }
    }

    /// What is relayed or carried for others.
    private mutating func note(_ plaintext: [UInt8], of session: UInt32, _ effects: inout Effects) {
        if case .relay(let tag, _)? = HelpFrame(frame: plaintext),
            self.isEnd(of: tag) == false
        {
            effects.relayed.append((session, tag))
        }
        if let view = BridgeFrameView(frame: plaintext), view != .other {
            effects.carried.append(view)
        }
    }

    /// Whether it is an answer to a question after a rest that goes to somebody else.
    private mutating func noteStray(
        _ plaintext: [UInt8], of session: UInt32, to target: Endpoint, _ effects: inout Effects
    ) {
        guard HostileFrame.isRestAnswer(plaintext),
            self.path(ofSession: session)?.address != target.address
        else { return }
        effects.strayAnswers.append(target)
    }

    private mutating func die(_ effects: inout Effects) {
        effects.hasDied = true
        self.stop(losesPower: false)
    }
}

extension Output {
    fileprivate var isPersist: Bool {
        if case .persist = self { true } else { false }
    }
}

extension SimulatedHost.Effects {
    /// Notes what is stored.
    fileprivate mutating func note(_ change: Change) {
        switch change {
        case .cluster, .deleteCluster, .record, .endpointRecord, .relation, .deleteRelation,
            .notice, .deleteNotice:
            self.hasClusterNews = true
        case .endpoints: self.hasStoredEndpoints = true
        case .reserveCounters, .acceptCounter, .lastResort, .bury, .unbury, .spentCounters,
            .forgetSpent, .nodeName, .event:
            break
        }
    }
}
