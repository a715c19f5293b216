// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// After the faults: who must be connected again, and whether everybody is.
extension Simulation {
    /// Whether two hosts that trust each other can find each other without anybody's help.
    ///
    /// True when one of them still knows an endpoint of the other at which a packet reaches it, or when both
    /// know where the other's router would let an answer in while both send. False (and stated so in
    /// docs/SIMULATION.md) when both are behind routers and each has moved, or when a router gives
    /// another port for each destination: then only a common peer or another meeting helps.
    ///
    /// A mapping that lives no longer than the pause between two attempts does not count: it is open
    /// at some moments, and whether the other tries then is luck (RFC 4787 REQ-5 asks for two minutes).
    func isRecoverable(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        self.reaches(one, other, meeting) || self.reaches(other, one, meeting)
            || self.opensBothWays(one, other, meeting)
    }

    /// Whether a packet of the first arrives at the second, at one of the endpoints that the first knows,
    /// and the answer comes back.
    ///
    /// The answer may leave by another port or another interface than the one that was asked, and the
    /// first one's router then takes it for a stranger's.
    func reaches(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        self.known(to: one, meeting).contains { endpoint in
            // With the mappings that end soon and without them: their ports may be somebody else's then.
            [false, true].allSatisfy { isLater in
                var copy = self
                if isLater { copy.forgetShortLived() }
                return copy.converse(one, other, at: endpoint)
            }
        }
    }

    /// Whether a packet of the first to that endpoint reaches the second, and an answer the first.
    private mutating func converse(
        _ one: HostID, _ other: HostID, at endpoint: Endpoint
    ) -> Bool {
        guard let asked = self.probe(from: one, to: endpoint), asked.host == other else {
            return false
        }
        return self.probe(from: other, to: asked.source)?.host == one
    }

    private mutating func forgetShortLived() {
        self.network.forgetMappings(
            livingAtMost: Constants.timedOutInterval + Constants.attemptJitterMax)
    }

    private func known(to host: HostID, _ meeting: Meeting) -> [Endpoint] {
        guard let relation = meeting.relation(of: host) else { return [] }
        return self.hosts[host.number].node?.knownEndpoints(of: relation) ?? []
    }

    /// Whether both routers open for each other while both send.
    private func opensBothWays(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        for toOther in self.known(to: one, meeting) {
            for toOne in self.known(to: other, meeting) {
                let isOpen = [false, true].allSatisfy { isLater in
                    var copy = self
                    _ = copy.probe(from: one, to: toOther)
                    if isLater { copy.forgetShortLived() }
                    return copy.converse(other, one, at: toOne)
                }
                if isOpen { return true }
            }
        }
        return false
    }

    /// Sends an empty packet through the network as it is now: who would get it, and from where.
    private mutating func probe(
        from host: HostID, to endpoint: Endpoint
    ) -> (host: HostID, source: Endpoint)? {
        let sender = self.hosts[host.number]
        guard let interface = sender.interface(toward: endpoint.address) else { return nil }
        let packet = Packet(
            number: 0, bytes: [], source: Endpoint(address: interface.address, port: sender.port),
            destination: endpoint, origin: host)
        let outward = self.network.goOut(
            packet, from: interface.network, now: self.now, using: &self.generator)
        guard case .reached(var network, var packet, _) = outward else { return nil }
        while true {
            switch self.network.comeIn(packet, at: network, now: self.now) {
            case .entered(let inner, let entering): (network, packet) = (inner, entering)
            case .host(let found, let arrived): return (found, arrived.source)
            case .group, .server, .router, .ended: return nil
            }
        }
    }

    /// What is wrong after the calm: every meeting must be agreed on, every reachable peer connected.
    mutating func checkRecovery() {
        for (number, meeting) in self.people.meetings.enumerated() {
            guard !self.restored.contains(meeting.offering),
                !self.restored.contains(meeting.answering)
            else { continue }
            self.checkAgreement(number, meeting)
        }
    }

    private mutating func checkAgreement(_ number: Int, _ meeting: Meeting) {
        guard let offering = meeting.offeringRelation, let answering = meeting.answeringRelation
        else { return }
        let (one, other) = (meeting.offering, meeting.answering)
        let phases = (self.phase(of: offering, at: one), self.phase(of: answering, at: other))
        let words = "meeting \(number): \(String(describing: phases))"
        switch phases {
        case (.trusted, .trusted):
            guard self.isRecoverable(one, other, meeting) else { return }
            let isBack = [(one, offering), (other, answering)].allSatisfy { host, relation in
                self.peer(relation, at: host)?.isConnected ?? false
            }
            if !isBack {
                self.checker.report(
                    .foundAgain, at: self.now, [one, other],
                    "\(words), \(self.places[one.number]) and \(self.places[other.number])")
            }
        case (.trusted, nil), (nil, .trusted):
            // Whoever was cancelled says so when asked; nobody asks through closed routers.
            let isAsked =
                phases.0 == nil
                ? self.reaches(other, one, meeting) : self.reaches(one, other, meeting)
            guard isAsked || !meeting.isOver else { return }
            self.checker.report(.agreement, at: self.now, [one, other], words)
        case (nil, _) where self.reaches(other, one, meeting),
            (_, nil) where self.reaches(one, other, meeting):
            if phases.0 != nil || phases.1 != nil, meeting.isOver || phases.0 != .offered {
                self.checker.report(.agreement, at: self.now, [one, other], words)
            }
        default: break
        }
    }

    private func peer(_ relation: RelationID, at host: HostID) -> NodeStatus.Peer? {
        let host = self.hosts[host.number]
        return host.node?.status(now: host.clock.moment(at: self.now)).peers.first {
            $0.id == relation
        }
    }
}
