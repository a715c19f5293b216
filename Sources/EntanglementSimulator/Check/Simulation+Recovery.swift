// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// After the faults: who must be connected again, and whether everybody is.
extension Simulation {
    /// Whether two hosts that trust each other can find each other without anybody's help.
    ///
    /// True when both are in one LAN; or when one of them still knows an endpoint of the other at which a packet reaches it, or when both
    /// know where the other's router would let an answer in while both send. False (and stated so in
    /// docs/SIMULATION.md) when both are behind routers and each has moved, or when a router gives
    /// another port for each destination: then only a common peer or another meeting helps.
    ///
    /// A mapping that lives no longer than the pause between two attempts does not count: it is open
    /// at some moments, and whether the other tries then is luck (RFC 4787 REQ-5 asks for two minutes).
    func isRecoverable(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        self.wayBack(one, other, meeting) != nil
    }

    /// Why two hosts can find each other without anybody's help, in words; nil: they cannot.
    func wayBack(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> String? {
        if self.shareLAN(one, other) { return "in one LAN" }
        if let endpoint = self.reachingEndpoint(one, other, meeting) {
            return "host \(one.number) reaches \(endpoint)"
        }
        if let endpoint = self.reachingEndpoint(other, one, meeting) {
            return "host \(other.number) reaches \(endpoint)"
        }
        return self.opensBothWays(one, other, meeting).map {
            "host \(one.number) opens for \($0.toOther) and host \(other.number) for \($0.toOne)"
        }
    }

    /// Whether a packet of the first arrives at the second, at one of the endpoints that the first knows,
    /// and the answer comes back.
    func reaches(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        self.reachingEndpoint(one, other, meeting) != nil
    }

    /// The answer may leave by another port or another interface than the one that was asked, and the
    /// first one's router then takes it for a stranger's.
    private func reachingEndpoint(
        _ one: HostID, _ other: HostID, _ meeting: Meeting
    ) -> Endpoint? {
        let (first, second) = (self.hosts[one.number], self.hosts[other.number])
        return self.known(to: one, meeting).first { endpoint in
            Probe.variants(self).allSatisfy { variant in
                var probe = variant
                return probe.converse(first, second, at: endpoint)
            }
        }
    }

    private func known(to host: HostID, _ meeting: Meeting) -> [Endpoint] {
        guard let relation = meeting.relation(of: host) else { return [] }
        return self.hosts[host.number].node?.knownEndpoints(of: relation) ?? []
    }

    /// Where both send while both routers open for each other.
    private func opensBothWays(
        _ one: HostID, _ other: HostID, _ meeting: Meeting
    ) -> (toOther: Endpoint, toOne: Endpoint)? {
        let (first, second) = (self.hosts[one.number], self.hosts[other.number])
        for toOther in self.known(to: one, meeting) {
            for toOne in self.known(to: other, meeting) {
                let isOpen = Probe.variants(self, after: { _ = $0.send(from: first, to: toOther) })
                    .allSatisfy { variant in
                        var probe = variant
                        return probe.converse(second, first, at: toOne)
                    }
                if isOpen { return (toOther, toOne) }
            }
        }
        return nil
    }

    // MARK: The end

    /// The last path that was told of a peer is among the endpoints that are stored.
    private mutating func checkMemory(of host: HostID, _ record: RelationRecord?) {
        guard let record,
            let path = self.checker.paths[
                Checker.RelationKey(host: host, relation: record.id)],
            !record.endpoints.contains(path)
        else { return }
        self.checker.report(.announcedIsDurable, at: self.now, [host], "\(path) is forgotten")
    }

    /// What is wrong after the calm: every meeting must be agreed on, every reachable peer connected.
    mutating func checkRecovery() {
        if self.story != nil { self.checkClusterRecovery() }
        self.checkRests()
        for host in self.hosts.map(\.id)
        where self.hosts[host.number].power != .running && !self.retired.contains(host) {
            self.checker.report(.foundAgain, at: self.now, [host], "the program does not run")
        }
        for (number, meeting) in self.people.meetings.enumerated() {
            guard let offering = meeting.offeringRelation,
                let answering = meeting.answeringRelation
            else { continue }
            if self.wasSettled(meeting) { continue }
            self.check(
                meeting, named: "meeting \(number)",
                self.phase(of: offering, at: meeting.offering),
                self.phase(of: answering, at: meeting.answering))
        }
    }

    /// Whether one side is gone for good, or trusted once and has no such relation any more: the records
    /// of the cluster say why.
    private func wasSettled(_ meeting: Meeting) -> Bool {
        guard let story = self.story else { return false }
        if self.retired.contains(meeting.offering) || self.retired.contains(meeting.answering) {
            return true
        }
        return [meeting.offering, meeting.answering].contains { host in
            guard let relation = meeting.relation(of: host) else { return false }
            return self.phase(of: relation, at: host) == nil
                && story.trusted.contains(Checker.RelationKey(host: host, relation: relation))
        }
    }

    private mutating func check(
        _ meeting: Meeting, named name: String, _ offering: RelationPhase?,
        _ answering: RelationPhase?
    ) {
        let (one, other) = (meeting.offering, meeting.answering)
        let words = "\(name): \(String(describing: (offering, answering)))"
        // What an old copy of a disk says of a meeting may differ; peers that it knows must be found.
        let isRestored = self.restored.contains(one) || self.restored.contains(other)
        if isRestored, offering != .trusted || answering != .trusted { return }
        switch (offering, answering) {
        case (.trusted, .trusted):
            if self.isOneSided(one, other) { return }
            self.checkConnection(meeting, words)
        case (nil, _) where self.isTooEarly(one, meeting),
            (_, nil) where self.isTooEarly(other, meeting):
            break
        case (.trusted, nil), (nil, .trusted):
            if self.isOneSided(one, other) { return }
            // Whoever was cancelled says so when asked; nobody asks through closed routers.
            let isAsked =
                offering == nil
                ? self.reaches(other, one, meeting) : self.reaches(one, other, meeting)
            // In a cluster the program itself ends meetings that others have outdone.
            guard isAsked || !meeting.isOver && self.story == nil else { return }
            self.checker.report(.agreement, at: self.now, [one, other], words)
        case (.forgetting, .some), (.forgetting, nil):
            if self.reaches(one, other, meeting), answering != nil {
                self.checker.report(.agreement, at: self.now, [one, other], words)
            }
        case (.some, .forgetting), (nil, .forgetting):
            if self.reaches(other, one, meeting), offering != nil {
                self.checker.report(.agreement, at: self.now, [one, other], words)
            }
        case (nil, _) where self.reaches(other, one, meeting),
            (_, nil) where self.reaches(one, other, meeting):
            let isHalf =
                offering != nil && offering != .forgotten
                || answering != nil
                    && answering != .forgotten
            if isHalf, meeting.isOver || offering != .offered {
                self.checker.report(.agreement, at: self.now, [one, other], words)
            }
        case (.some(let offering), .some(let answering)):
            self.checkSuccess(meeting, words, [offering, answering])
        default: break
        }
    }

    /// Whether a relation ended so late at that host that the other may not have asked since (who asks
    /// does so about once a minute, and may find that somebody else was just answered), or at one of
    /// two copies of a home (the other copy is never told, for the peer has forgotten the keys).
    private func isTooEarly(_ host: HostID, _ meeting: Meeting) -> Bool {
        guard let relation = meeting.relation(of: host) else { return false }
        let isCopied = [meeting.offering, meeting.answering].contains {
            self.copies.values.contains($0)
        }
        let key = Checker.RelationKey(host: host, relation: relation)
        // After so long, by the clock of that host, the tombstone is gone, and nobody answers.
        let wall = self.hosts[host.number].clock.moment(at: self.now).wall
        return isCopied
            || self.checker.endedAt[key].map {
                self.now - $0.instant < .seconds(200)
                    || max(self.now - $0.instant, wall - $0.wall) > Constants.pairingLife
            } ?? false
    }

    /// The answer was accepted, nobody cancelled, a packet reaches: then it cannot stay unfinished.
    private mutating func checkSuccess(
        _ meeting: Meeting, _ words: String, _ phases: [RelationPhase]
    ) {
        let (one, other) = (meeting.offering, meeting.answering)
        let isUnfinished = phases.contains { $0 == .connecting || $0 == .timedOut }
        guard let acceptedAt = meeting.acceptedAt, self.now - acceptedAt > .seconds(200),
            !meeting.isOver, isUnfinished, !self.hasProblem(meeting), !self.isMoot(meeting),
            self.shareLAN(one, other) || self.reaches(one, other, meeting)
                || self.reaches(other, one, meeting) || self.haveHelper(one, other)
        else { return }
        self.checker.report(.meetingSucceeds, at: self.now, [one, other], words)
    }

    /// Whether people must decide something first: clusters that cannot be merged yet, other wishes.
    private func hasProblem(_ meeting: Meeting) -> Bool {
        [meeting.offering, meeting.answering].contains { host in
            let record = self.hosts[host.number].disk.store.state.relations.first {
                $0.id == meeting.relation(of: host)
            }
            return [.undecided, .intentConflict, .clusterFull].contains(record?.problem)
        }
    }

    private mutating func checkConnection(_ meeting: Meeting, _ words: String) {
        let (one, other) = (meeting.offering, meeting.answering)
        for host in [one, other] where !self.restored.contains(host) {
            self.checkMemory(
                of: host,
                self.hosts[host.number].disk.store.state.relations.first {
                    $0.id == meeting.relation(of: host)
                })
        }
        let way = self.wayBack(one, other, meeting)
        guard way != nil || self.haveHelper(one, other) else { return }
        let peers = [one, other].map { self.peer(meeting.relation(of: $0), at: $0) }
        guard peers.allSatisfy({ $0?.isConnected ?? false }) else {
            let places = "\(self.places[one.number]) and \(self.places[other.number])"
            self.checker.report(
                .foundAgain, at: self.now, [one, other],
                "\(words), \(places), \(way ?? "by a common peer")")
            return
        }
        if let way, peers.contains(where: { $0?.via != nil }) {
            let places = "\(self.places[one.number]) and \(self.places[other.number])"
            self.checker.report(
                .directAgain, at: self.now, [one, other],
                "\(words), \(places), \(way)")
        }
        guard !self.restored.contains(one), !self.restored.contains(other) else { return }
        for host in [one, other] {
            let record = self.hosts[host.number].disk.store.state.relations.first {
                $0.id == meeting.relation(of: host)
            }
            if record?.cancelTokens != nil {
                self.checker.report(.secretsAreErased, at: self.now, [host], "cancel tokens")
            }
        }
        self.checkAddresses(of: other, knownTo: one, meeting)
        self.checkAddresses(of: one, knownTo: other, meeting)
    }

    /// The addresses of a host's interfaces, and what it publishes, are stored by the peer that it is
    /// connected to, if they are not brand-new. (A copy of a home may have told others since, and what one
    /// copy has acknowledged is not told the other.)
    private mutating func checkAddresses(
        of host: HostID, knownTo peer: HostID, _ meeting: Meeting
    ) {
        guard let node = self.hosts[host.number].node,
            let changedAt = self.checker.addressesChangedAt[host],
            self.now - changedAt > .seconds(60), !self.isCopied(host), !self.isCopied(peer),
            node.publishedEndpoints.count < 7
        else { return }
        let record = self.hosts[peer.number].disk.store.state.relations.first {
            $0.id == meeting.relation(of: peer)
        }
        let published = node.publishedEndpoints + self.hosts[host.number].candidates.map(\.endpoint)
        let missing = published.filter { record?.endpoints.contains($0) == false }
        guard !missing.isEmpty else { return }
        self.checker.report(
            .addressesAreTold, at: self.now, [peer, host],
            "host \(peer.number) does not know \(missing.map { "\($0)" }.joined(separator: ", "))")
    }

    /// Whether one of two hosts runs a copy of the other's home.
    private func isCopied(_ host: HostID) -> Bool {
        self.copies.keys.contains(host) || self.copies.values.contains(host)
    }

    private func peer(_ relation: RelationID?, at host: HostID) -> NodeStatus.Peer? {
        let host = self.hosts[host.number]
        return host.node?.status(now: host.clock.moment(at: self.now)).peers.first {
            $0.id == relation
        }
    }
}
