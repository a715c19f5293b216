// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// What the checker remembers of help between peers.
struct HelpRecord: Sendable {
    struct Sought: Hashable, Sendable {
        var relation: Checker.RelationKey
        var tag: RendezvousTag
    }

    /// When a peer asked a host for help last.
    var sought: [Sought: Instant] = [:]
    /// How much has been relayed for a peer, less what its quota has allowed since.
    var levels: [Checker.RelationKey: (bytes: Double, at: Instant)] = [:]
    /// Since when a peer is connected by a direct path, and in which life of the program.
    var direct: [Checker.RelationKey: (since: Instant, incarnation: Int)] = [:]
}

// Common peers: what is relayed, for whom, and where it is told of.
extension Checker {
    /// A host's gate has opened a packet: who asks, and what comes to be relayed.
    mutating func helps(
        _ opened: OpenedPacket, _ host: inout SimulatedHost, _ effects: SimulatedHost.Effects,
        at now: Instant
    ) {
        for inner in effects.openedInside {
            let key = self.uses.opening(of: inner, at: host.id)
            if !self.uses.openings.insert(key).inserted {
                self.report(.openedOnce, at: now, [host.id], "a relayed packet was opened again")
            }
            if inner.content == .frame, !self.uses.wasSaid(inner, at: host.id) {
                self.report(.openedWasSent, at: now, [host.id], "nobody said what was relayed")
            }
        }
        guard let frame = HelpFrame(frame: opened.plaintext), opened.content == .frame,
            let relation = host.relation(ofSession: opened.session)
        else { return }
        let key = RelationKey(host: host.id, relation: relation)
        switch frame {
        case .seek(let tags):
            for tag in tags { self.help.sought[HelpRecord.Sought(relation: key, tag: tag)] = now }
        case .relay(_, let byteCount):
            let copies = Double(effects.relayed.count)
            if copies > 0 { self.relays(Double(byteCount) * copies, for: key, at: now) }
        case .found, .sought: break
        }
    }

    private mutating func relays(_ bytes: Double, for key: RelationKey, at now: Instant) {
        let last = self.help.levels[key] ?? (0, now)
        let rate = Double(Limits.relayedBytesPerSecond)
        let passed = Double((now - last.at).nanoseconds) / 1e9
        let level = max(0, last.bytes - passed * rate) + bytes
        self.help.levels[key] = (level, now)
        if level > Double(Limits.relayBurst) + rate {
            self.report(.relayIsAskedFor, at: now, [key.host], "\(Int(level)) bytes at once")
        }
    }

    /// What a host relays goes to whoever asked a short while ago.
    mutating func checkHelp(
        _ effects: SimulatedHost.Effects, of host: SimulatedHost, at now: Instant
    ) {
        for (session, tag) in effects.relayed {
            guard let relation = host.node?.relation(ofSession: session) else { continue }
            let key = RelationKey(host: host.id, relation: relation)
            let sought = self.help.sought[HelpRecord.Sought(relation: key, tag: tag)]
            if sought.map({ now - $0 > Constants.seekLife }) ?? true {
                self.report(
                    .relayIsAskedFor, at: now, [host.id], "relayed to a peer that did not ask")
            }
        }
        for event in effects.events { self.checkPath(event, of: host, at: now) }
        guard effects.hasStoredEndpoints || !effects.events.isEmpty else { return }
        let records = host.disk.store.state.relations
        if records.contains(where: { $0.endpoints.contains(where: \.isRelay) }) {
            self.report(.relayStaysInside, at: now, [host.id], "a relayed place was stored")
        }
    }

    private mutating func checkPath(
        _ event: Entanglement.Event, of host: SimulatedHost, at now: Instant
    ) {
        switch event {
        case .peerMoved(let id, _, let path), .peerConnected(let id, let path):
            let key = RelationKey(host: host.id, relation: id)
            if path.isRelay {
                self.report(.relayStaysInside, at: now, [host.id], "a relayed place was told")
            }
            let former = self.help.direct[key]
            let isNew = former?.incarnation != host.incarnation
            self.help.direct[key] = (isNew ? now : former?.since ?? now, host.incarnation)
        case .peerRelayed(let id, _):
            let key = RelationKey(host: host.id, relation: id)
            let former = self.help.direct.removeValue(forKey: key)
            if former?.incarnation == host.incarnation {
                self.report(.directWins, at: now, [host.id], "a relayed way replaced a direct one")
            }
        case .peerUnreachable(let id), .peerForgotten(let id, _):
            self.help.direct[RelationKey(host: host.id, relation: id)] = nil
        case .memberBlocked, .memberGone:
            // Relations end by these without a word of their own, and may come back with the same name.
            for key in self.help.direct.keys.filter({ $0.host == host.id }) {
                self.help.direct[key] = nil
            }
        case .pairingStarted, .trying, .pairingPhase, .pairingProblem, .trusted, .pairingEnded,
            .ownAddresses, .clusterJoined, .clusterLost, .memberJoined, .memberMet,
            .removalProposed, .removalVoted, .memberAdmitted, .memberWaits, .memberReturned,
            .epochBegan, .memberEquivocated,
            .memberCloned, .bridgeMade,
            .bridgeOpened, .bridgeClosed, .bridgeVoted, .bridgePolicyChanged, .cardSeen, .cardGone:
            break
        }
    }
}

extension Simulation {
    /// Whether a common peer has been connected to both, directly, for long enough.
    func haveHelper(_ one: HostID, _ other: HostID) -> Bool {
        self.hosts.map(\.id).contains { helper in
            helper != one && helper != other && !self.checker.villains.contains(helper)
                && self.hosts[helper.number].isRunning
                && [one, other].allSatisfy { self.isLongDirect(helper, $0) }
        }
    }

    private func isLongDirect(_ helper: HostID, _ host: HostID) -> Bool {
        self.people.meetings.contains { meeting in
            let ends = [meeting.offering, meeting.answering]
            guard ends.contains(helper), ends.contains(host) else { return false }
            return self.isLongDirect(meeting)
        }
    }

    /// Whether both ends of a relation have been connected directly for long enough.
    func isLongDirect(_ meeting: Meeting) -> Bool {
        [meeting.offering, meeting.answering].allSatisfy { end in
            guard let relation = meeting.relation(of: end) else { return false }
            let key = Checker.RelationKey(host: end, relation: relation)
            guard let direct = self.checker.help.direct[key] else { return false }
            return direct.incarnation == self.hosts[end.number].incarnation
                && self.now - direct.since > Self.helpSpan
                && self.phase(of: relation, at: end) == .trusted
        }
    }

    /// So long after a common peer is connected to both, they are connected too: a patient search asks
    /// once a minute, and what it asks for is tried a few seconds later.
    private static let helpSpan = Duration.seconds(200)
}
