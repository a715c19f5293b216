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
    func isRecoverable(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        self.reaches(one, other, meeting) || self.reaches(other, one, meeting)
            || self.opensBothWays(one, other, meeting)
    }

    /// Whether a packet of the first arrives at the second, at one of the endpoints that the first knows.
    func reaches(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        self.known(to: one, meeting).contains { endpoint in
            var copy = self
            return copy.probe(from: one, to: endpoint) == other
        }
    }

    private func known(to host: HostID, _ meeting: Meeting) -> [Endpoint] {
        guard let relation = meeting.relation(of: host) else { return [] }
        return self.hosts[host.number].node?.knownEndpoints(of: relation) ?? []
    }

    /// Whether both routers open for each other while both send.
    private func opensBothWays(_ one: HostID, _ other: HostID, _ meeting: Meeting) -> Bool {
        for toOther in self.known(to: one, meeting) {
            for toOne in self.known(to: other, meeting) {
                var copy = self
                _ = copy.probe(from: one, to: toOther)
                if copy.probe(from: other, to: toOne) == one { return true }
            }
        }
        return false
    }

    /// Sends an empty packet through the network as it is now; who would get it.
    private mutating func probe(from host: HostID, to endpoint: Endpoint) -> HostID? {
        let sender = self.hosts[host.number]
        let isIPv6 = endpoint.address.isIPv6
        guard let interface = sender.interfaces.first(where: { $0.address.isIPv6 == isIPv6 })
        else { return nil }
        let packet = Packet(
            number: 0, bytes: [], source: Endpoint(address: interface.address, port: sender.port),
            destination: endpoint, origin: host)
        guard
            case .reached(let network, let out) = self.network.goOut(
                packet, from: interface.network, now: self.now, using: &self.generator),
            case .host(let found, _) = self.network.comeIn(out, at: network, now: self.now)
        else { return nil }
        return found
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
