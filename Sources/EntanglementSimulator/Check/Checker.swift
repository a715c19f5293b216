// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Watches all hosts and knows what really happened: every promise is checked after every step.
struct Checker: Sendable {
    /// Everything that was found, oldest first.
    private(set) var violations: [Violation] = []

    /// Datagrams that hosts sent, by fingerprint.
    private var sent: Set<TraceHash> = []
    /// Which datagram used a counter of a session, or an `n` of a relation.
    private var counters: [CounterKey: TraceHash] = [:]
    /// Packets that were opened.
    private var opened: Set<OpenedKey> = []
    /// The cluster that each meeting founded.
    private var clusters: [[UInt8]: ClusterID] = [:]
    /// Meetings of which a person scanned both codes.
    private var meetings: Set<[UInt8]> = []
    private var cancelled: Set<CancelledKey> = []
    private var forgiven: Set<HostID> = []

    private struct CounterKey: Hashable, Sendable {
        var host: HostID
        var scope: UInt64
        var isQuestion: Bool
        var counter: UInt64
    }

    private struct OpenedKey: Hashable, Sendable {
        var host: HostID
        var incarnation: Int
        var session: UInt32
        var counter: UInt64
    }

    private struct CancelledKey: Hashable, Sendable {
        var host: HostID
        var relation: RelationID
    }

    mutating func report(
        _ promise: Violation.Promise, at now: Instant, _ hosts: [HostID], _ detail: String
    ) {
        guard self.violations.count < 16 else { return }
        self.violations.append(
            Violation(promise: promise, at: now, hosts: hosts, detail: detail))
    }

    // MARK: Datagrams

    /// A host sends: no counter twice, and who has proved nothing gets no more than it sent.
    mutating func sends(_ bytes: [UInt8], _ host: HostID, at now: Instant) {
        var hash = TraceHash()
        hash.absorb(bytes)
        self.sent.insert(hash)
        guard let use = DatagramUses(of: bytes) else { return }
        if use.isQuestion, self.forgiven.contains(host) { return }
        let key = CounterKey(
            host: host, scope: use.scope, isQuestion: use.isQuestion, counter: use.counter)
        guard let former = self.counters.updateValue(hash, forKey: key), former != hash else {
            return
        }
        self.report(
            use.isQuestion ? .questionUsedOnce : .counterUsedOnce, at: now, [host],
            "\(use.counter) of \(use.scope) sealed two different datagrams")
    }

    /// A host's gate has looked at a datagram.
    mutating func receives(
        _ packet: Packet, _ verdict: Gate.Verdict, _ host: HostID, incarnation: Int,
        at now: Instant
    ) {
        guard case .input(let input) = verdict else { return }
        guard case .opened(let opened) = input else { return }
        var hash = TraceHash()
        hash.absorb(packet.bytes)
        if !self.sent.contains(hash) {
            self.report(.openedWasSent, at: now, [host], "counter \(opened.counter)")
        }
        let key = OpenedKey(
            host: host, incarnation: incarnation, session: opened.session,
            counter: opened.counter)
        if !self.opened.insert(key).inserted {
            self.report(
                .openedOnce, at: now, [host],
                "counter \(opened.counter) of session \(opened.session)")
        }
    }

    /// A forged datagram was looked at: nothing may be other than before. (One that names a cancelled
    /// pairing passes the gate and is answered with the 410; that changes nothing.)
    mutating func resists(
        _ packet: Packet, _ verdict: Gate.Verdict, from before: DurableState, _ host: SimulatedHost,
        _ effects: SimulatedHost.Effects, at now: Instant
    ) {
        // Nobody signs what STUN servers say; who changes it on the way lies to us, and no more.
        if case .stun = verdict { return }
        guard packet.isForged else { return }
        guard host.disk.store.state == before, effects.events.isEmpty else {
            self.report(
                .forgeriesChangeNothing, at: now, [host.id],
                "a forged datagram of \(packet.bytes.count) bytes changed something")
            return
        }
    }

    // MARK: People

    /// Two people have scanned each other's codes.
    mutating func met(_ meeting: [UInt8]) { self.meetings.insert(meeting) }

    mutating func cancels(_ relation: RelationID, _ host: HostID) {
        self.cancelled.insert(CancelledKey(host: host, relation: relation))
    }

    /// An old copy of the disk is back: what it says was cancelled later is there again, by right, and
    /// if the wall clock was set back too, an `n` may come again (no key hangs on it; the other side
    /// says 409).
    mutating func forgives(_ host: HostID) {
        self.cancelled = self.cancelled.filter { $0.host != host }
        self.forgiven.insert(host)
    }

    // MARK: States

    /// After a step: what is told is stored, who is trusted has met us, limits hold.
    mutating func looks(at host: SimulatedHost, _ effects: SimulatedHost.Effects, now: Instant) {
        let state = host.disk.store.state
        for event in effects.events {
            guard case .trusted(let id, let cluster) = event else { continue }
            let record = state.relations.first { $0.id == id }
            guard record?.phase == .trusted, record?.cluster == cluster else {
                self.report(.announcedIsDurable, at: now, [host.id], "trusted was told only")
                continue
            }
            self.trusts(record, host, at: now)
        }
        for (_, reply) in effects.replies {
            switch reply {
            case .offered(let id, _, _), .answered(let id, _, _):
                if !state.relations.contains(where: { $0.id == id }) {
                    self.report(.announcedIsDurable, at: now, [host.id], "a code was shown only")
                }
            case .accepted, .done, .pong, .noAnswer, .refused: break
            }
        }
        for record in state.relations
        where self.cancelled.contains(CancelledKey(host: host.id, relation: record.id)) {
            self.report(.cancelDeletes, at: now, [host.id], "\(record.phase) is back")
        }
        if let excess = host.node?.excess {
            self.report(.limits, at: now, [host.id], excess)
        }
    }

    private mutating func trusts(
        _ record: RelationRecord?, _ host: SimulatedHost, at now: Instant
    ) {
        guard let meeting = record?.keys?.meeting, let cluster = record?.cluster else { return }
        if !self.meetings.contains(meeting) {
            self.report(.trustNeedsAMeeting, at: now, [host.id], "nobody scanned both codes")
        }
        if let former = self.clusters.updateValue(cluster, forKey: meeting), former != cluster {
            self.report(
                .trustNeedsAMeeting, at: now, [host.id], "two clusters of one meeting")
        }
    }
}
