// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Watches all hosts and knows what really happened: every promise is checked after every step.
struct Checker: Sendable {
    /// Everything that was found, oldest first.
    private(set) var violations: [Violation] = []
    /// Every key and nonce that sealed something.
    let ledger = NonceLedger()
    /// When hosts sent each datagram, by fingerprint.
    var sent: [TraceHash: (by: HostID, at: Instant)] = [:]
    /// What hosts have used up: counters, questions, packets.
    var uses = Uses()
    /// Answers that may come only so often.
    var rates = Rates()
    /// What each host called into its local networks last.
    var hellos: [HostID: SaidHellos] = [:]
    /// The cluster that each meeting founded.
    var clusters: [[UInt8]: ClusterID] = [:]
    /// Meetings of which a person scanned both codes.
    var meetings: Set<[UInt8]> = []
    var cancelled: Set<RelationKey> = []
    /// Hosts whose disk has been set back.
    var forgiven: Set<HostID> = []
    /// Hosts that mean harm: nothing is promised about them.
    var villains: Set<HostID> = []
    /// Where an adversary listens; it answers nothing.
    var adversaries: Set<Endpoint> = []
    /// Addresses that a peer made up.
    var lies: Set<Endpoint> = []
    /// The path to each peer that was told last.
    var paths: [RelationKey: Endpoint] = [:]
    /// Help between peers.
    var help = HelpRecord()
    /// Whether what hosts hold is not gone through after each step: it is too much in large measures.
    var isSparing = false
    /// Whether relations may end because records say so.
    var isAboutCluster = false
    /// When all faults had ended.
    var calmSince: Instant?
    /// Until when packets are on their way that are seconds late, and what they did a minute before counts.
    var lateUntil: Instant?
    /// Clusters.
    var clusterBook = ClusterBook()
    /// When each relation ended, on the side where it did.
    var endedAt: [RelationKey: Moment] = [:]
    /// When each host's own addresses changed last.
    var addressesChangedAt: [HostID: Instant] = [:]

    struct RelationKey: Hashable, Sendable {
        var host: HostID
        var relation: RelationID
    }

    mutating func report(
        _ promise: Violation.Promise, at now: Instant, _ hosts: [HostID], _ detail: String
    ) {
        guard self.violations.count < 16, !hosts.contains(where: self.villains.contains) else {
            return
        }
        self.violations.append(
            Violation(promise: promise, at: now, hosts: hosts, detail: detail))
    }

    // MARK: People

    /// Two people have scanned each other's codes.
    mutating func met(_ meeting: [UInt8]) { self.meetings.insert(meeting) }

    mutating func cancels(_ relation: RelationID, _ host: HostID) {
        self.cancelled.insert(RelationKey(host: host, relation: relation))
    }

    /// An old copy of the disk is back: what it says was cancelled later is there again, by right, and
    /// if the wall clock was set back too, an `n` may come again (no key hangs on it; the other side
    /// says 409).
    mutating func forgives(_ host: HostID) {
        self.cancelled = self.cancelled.filter { $0.host != host }
        self.forgiven.insert(host)
        self.forgivesClusters(host)
    }

    // MARK: States

    /// After a step: what is told is stored, who is trusted has met us, limits hold.
    mutating func looks(
        at host: inout SimulatedHost, _ effects: SimulatedHost.Effects, now: Instant
    ) {
        self.uses.install(effects.installed, at: host.id)
        for said in effects.saidInside {
            self.uses.say(said.plaintext, in: said.session, by: host.id)
        }
        if let reuse = self.ledger.takeReuse() {
            self.report(.nonceUsedOnce, at: now, [reuse.host], "nonce \(reuse.nonce)")
        }
        for event in effects.events { self.looks(at: event, of: host, now: now) }
        self.checkHelp(effects, of: host, at: now)
        if let stray = effects.strayAnswers.first {
            self.report(.restsStayHome, at: now, [host.id], "answered at \(stray)")
        }
        for (_, reply) in effects.replies { self.looks(at: reply, of: host, now: now) }
        guard !self.isSparing else { return }
        if effects.hasClusterNews {
            self.looks(at: host.disk.store.state.relations, of: host.id, now: now)
            self.looksAtClusters(of: &host, now: now)
        }
        let (excess, publishesLie) = host.inspect(self.lies)
        if let excess { self.report(.limits, at: now, [host.id], excess) }
        if publishesLie {
            self.report(.addressIsConfirmed, at: now, [host.id], "one peer's lie is published")
        }
    }

    private mutating func looks(
        at event: Entanglement.Event, of host: SimulatedHost, now: Instant
    ) {
        let state = host.disk.store.state
        switch event {
        case .trusted(let id, let cluster):
            let record = state.relations.first { $0.id == id }
            // In one step it may give way to a newer one, or to what the records say.
            if record == nil, self.isAboutCluster { return }
            guard record?.phase == .trusted, record?.cluster == cluster,
                state.clusters.contains(where: { $0.id == cluster })
            else {
                return self.report(.announcedIsDurable, at: now, [host.id], "trusted was told only")
            }
            self.trusts(record, host, at: now)
        case .ownAddresses: self.addressesChangedAt[host.id] = now
        case .peerMoved(let id, _, let path), .peerConnected(let id, let path):
            let key = RelationKey(host: host.id, relation: id)
            self.paths[key] = path
            if case .peerMoved = event,
                self.rates.isRestless(
                    key, at: path, isCalm: self.calmSince.map { now - $0 > .seconds(180) } ?? false,
                    isLate: self.lateUntil.map { now < $0 } ?? false, at: now)
            {
                self.report(.pathsSettle, at: now, [host.id], "the path swings")
            }
            let record = state.relations.first { $0.id == id }
            if record?.endpoints.contains(path) == false, !self.isNewNow(record, host, now) {
                self.report(.announcedIsDurable, at: now, [host.id], "a path was told only")
            }
        case .pairingEnded(let id, _), .peerForgotten(let id, _):
            self.endedAt[RelationKey(host: host.id, relation: id)] = Moment(
                instant: now, wall: host.clock.moment(at: now).wall)
        case .clusterLost(let cluster, _): self.forgets(cluster, at: host.id)
        case .pairingStarted, .trying, .pairingPhase, .pairingProblem, .peerUnreachable,
            .peerRelayed, .clusterJoined, .memberJoined, .memberGone, .memberMet,
            .removalProposed, .removalVoted, .memberAdmitted, .memberWaits, .memberReturned,
            .memberBlocked, .epochBegan,
            .memberEquivocated, .memberCloned,
            .bridgeMade, .bridgeOpened, .bridgeClosed, .bridgeVoted, .bridgePolicyChanged,
            .cardSeen, .cardGone:
            break
        }
    }

    /// Whether it is a relation with keys of the records that begins anew in this step, after it was connected:
    /// a packet says that this member is blocked, or an own card that was said by a clock far behind is over
    /// when the clock is right again, and is said anew in the same step.
    private func isNewNow(_ record: RelationRecord?, _ host: SimulatedHost, _ now: Instant) -> Bool
    {
        guard let record else { return false }
        var isAcross = false
        if case .crossing? = record.bond { isAcross = true }
        return (isAcross || record.epoch != nil)
            && record.createdAt == host.clock.moment(at: now).wall
    }

    private mutating func looks(at reply: Reply, of host: SimulatedHost, now: Instant) {
        switch reply {
        case .offered(let id, _, _), .answered(let id, _, _):
            if !host.disk.store.state.relations.contains(where: { $0.id == id }) {
                self.report(.announcedIsDurable, at: now, [host.id], "a code was shown only")
            }
        case .accepted, .done, .pong, .noAnswer, .refused: break
        }
    }

    /// By position, so that no record is copied for a look at it.
    private mutating func looks(
        at records: [RelationRecord], of host: HostID, now: Instant
    ) {
        for position in records.indices {
            if records[position].phase == .trusted, case .some = records[position].codes {
                self.report(.secretsAreErased, at: now, [host], "codes of a trusted relation")
            }
            guard !self.cancelled.isEmpty,
                self.cancelled.contains(
                    RelationKey(host: host, relation: records[position].id))
            else { continue }
            self.report(
                .cancelDeletes, at: now, [host], "\(records[position].phase) is back")
        }
    }

    private mutating func trusts(
        _ record: RelationRecord?, _ host: SimulatedHost, at now: Instant
    ) {
        guard let meeting = record?.keys?.meeting, let cluster = record?.cluster,
            !self.villains.contains(host.id)
        else { return }
        if !self.meetings.contains(meeting) {
            self.report(.trustNeedsAMeeting, at: now, [host.id], "nobody scanned both codes")
        }
        if let former = self.clusters.updateValue(cluster, forKey: meeting), former != cluster {
            self.report(.trustNeedsAMeeting, at: now, [host.id], "two clusters of one meeting")
        }
    }
}
