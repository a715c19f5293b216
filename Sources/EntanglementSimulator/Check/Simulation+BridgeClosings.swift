// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Closing a bridge cuts everything within two seconds, for all who can hear of it.
extension Simulation {
    /// Whether, at the moment of closing, all ends can hear of it: from each other, and of votes from those
    /// who give them.
    func areEndsConnected(closers: [HostID]) -> Bool {
        self.hosts.map(\.id).allSatisfy { id in
            guard let status = self.status(of: id) else { return false }
            let own = status.bridges.filter { $0.isOwn && $0.isOpen }
            guard own.allSatisfy({ self.reachesOtherEnd(of: $0.id, from: id) }) else {
                return false
            }
            guard !own.isEmpty, !closers.contains(id), let story = self.bridges,
                story.closers.contains(story.side(of: id))
            else { return true }
            return self.isWellConnected(id) && self.areReachedDirectly(from: id)
        }
    }

    /// Two seconds after closing, and at every later look, nobody who is connected has anything across.
    mutating func expectClosed() {
        let isLate = self.bridges?.closedAt.map { self.now - $0 > .seconds(2) } ?? true
        for id in self.hosts.map(\.id) where !self.checker.villains.contains(id) {
            guard let story = self.bridges, let status = self.status(of: id), self.isHealed,
                self.isWellConnected(id), self.areReachedDirectly(from: id),
                story.closers.contains(story.side(of: id))
                    || story.wereEndsConnected && !self.isKeptOpen(on: story.side(of: id))
            else { continue }
            self.count(isLate ? .closingJudgedLate : .closingJudged)
            if !isLate, story.seenClosed.isEmpty { self.count(.closingSeen) }
            self.bridges?.seenClosed.insert(id)
            if status.bridges.contains(where: \.isOpen) || !status.foreignCards.isEmpty
                || !(self.hosts[id.number].node?.connectedAcross.isEmpty ?? true)
            {
                self.checker.report(
                    .closingIsQuick, at: self.now, [id], "something is left after 2 s")
            }
        }
    }

    /// Whether an end of that side that means harm has not listened to the other end, so that nobody of its
    /// cluster can know.
    private func isKeptOpen(on side: Int) -> Bool {
        self.checker.villains.contains { villain in
            self.bridges?.side(of: villain) == side
                && self.status(of: villain)?.bridges.contains { $0.isOwn && $0.isOpen } ?? false
        }
    }

    /// Whether an end reaches the other end of its own bridge, and not by way of the end of another bridge,
    /// who is lost with that.
    private func reachesOtherEnd(of bridge: BridgeID, from id: HostID) -> Bool {
        guard self.leads(id, to: bridge, asEnd: true), let status = self.status(of: id),
            let row = status.bridges.first(where: { $0.id == bridge }),
            let path = status.peers.first(where: { $0.id == row.relation })?.path
        else { return false }
        let other = self.hosts.first { host in
            host.id != id
                && self.status(of: host.id)?.bridges.contains { $0.isOwn && $0.id == bridge }
                    ?? false
        }
        return other.map { self.reaches($0, at: path, from: id) } ?? false
    }

    /// Whether a host and the other members reach each other, none by way of another peer, who may be the end of
    /// a bridge that is closed.
    private func areReachedDirectly(from id: HostID) -> Bool {
        guard let status = self.status(of: id) else { return false }
        let own = self.members(of: id)
        return status.peers.allSatisfy { $0.cluster == nil || self.reaches($0, from: id) }
            && self.hosts.map(\.id).allSatisfy { other in
                self.status(of: other)?.peers.allSatisfy { peer in
                    guard other != id, let member = peer.member, own.contains(member) else {
                        return true
                    }
                    return self.reaches(peer, from: other)
                } ?? true
            }
    }

    /// Whether a member that a host is connected with is where its path leads.
    private func reaches(_ peer: NodeStatus.Peer, from id: HostID) -> Bool {
        guard let path = peer.path else { return false }
        let other = self.hosts.first { host in
            peer.member.map(self.members(of: host.id).contains) ?? false
        }
        return other.map { self.reaches($0, at: path, from: id) } ?? true
    }

    /// Whether a packet to that place gets there and an answer comes back: a router may have given up what both
    /// still take for the path.
    private func reaches(_ other: SimulatedHost, at path: Endpoint, from id: HostID) -> Bool {
        guard var probe = Probe.variants(self).first else { return true }
        return probe.converse(self.hosts[id.number], other, at: path)
    }

    /// Who a host is in its clusters.
    private func members(of id: HostID) -> [MemberID] {
        self.hosts[id.number].disk.store.state.clusters.map(\.membership.member)
    }
}
