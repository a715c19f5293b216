// SPDX-License-Identifier: Apache-2.0

/// The counter that a datagram uses up, for checking that none is used twice (test kit alone).
package struct DatagramUses: Sendable {
    /// What the counter belongs to: the receiver's session index, or a hash of its `pid`.
    package let scope: UInt64
    /// Whether it is the `n` of a message 1.
    package let isQuestion: Bool
    /// The counter.
    package let counter: UInt64

    /// The use of a counter by this datagram; nil when it uses none.
    package init?(of datagram: [UInt8]) {
        let found = datagram.withUnsafeBytes { raw -> (UInt64, Bool, UInt64)? in
            guard raw.first == Constants.jsonType else {
                guard raw.first == Constants.packetType,
                    raw.count >= Constants.packetHeaderByteCount
                else { return nil }
                let index = raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                let counter = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                return (UInt64(UInt32(bigEndian: index)), false, UInt64(bigEndian: counter))
            }
            guard let envelope = Envelope(scanning: raw) else { return nil }
            switch envelope.kind {
            case .opening(_, let n):
                return envelope.pid.map { ($0.high ^ $0.low, true, n) }
            case .founding(let to, let counter), .foundingAnswer(let to, let counter):
                return (UInt64(to), false, counter)
            case .response, .refusal, .resync, .gone: return nil
            }
        }
        guard let found else { return nil }
        (self.scope, self.isQuestion, self.counter) = found
    }
}

extension Node {
    /// Which table is longer than its limit, in words; nil: none.
    package var excess: String? {
        for position in self.ids.indices {
            if let excess = self.relations.excess(at: position) { return excess }
        }
        if self.common.table.isExcessive(relationCount: self.ids.count) {
            return "too much of whom peers seek"
        }
        if let excess = self.clusterExcess { return excess }
        return self.ids.count > Limits.relationCountMax ? "\(self.ids.count) relations" : nil
    }
}

extension RelationTable {
    /// Field by field, so that no relation is copied for a look at it after every step.
    fileprivate func excess(at position: Int) -> String? {
        func words(_ count: Int?, _ countMax: Int, _ what: String) -> String? {
            count.flatMap { $0 > countMax ? "\($0) \(what)" : nil }
        }
        return words(self[position]?.attempts.count, Constants.attemptCountMax, "attempts")
            ?? words(self[position]?.slots.count, Constants.slotCountMax, "slots")
            ?? words(self[position]?.sessions.count, Limits.sessionCountMax, "sessions")
            ?? words(self[position]?.record.endpoints.count, Limits.endpointCountMax, "endpoints")
            ?? words(
                self[position]?.heardEndpoints.count, Limits.endpointCountMax,
                "endpoints that were heard")
            ?? words(self[position]?.challenges.count, Limits.challengeCountMax, "challenges")
            ?? words(self[position]?.seeking.relays.count, Limits.relayCountMax, "relayed ways")
            ?? words(
                self[position]?.seeking.vouched.count, Limits.endpointCountMax,
                "places that were vouched for")
            ?? words(
                self[position]?.waitingPings.count, Limits.waitingPingCountMax, "pings that wait")
    }
}

extension Node {
    /// Where attempts to reach a peer go (test kit and simulator alone).
    package func knownEndpoints(of id: RelationID) -> [Endpoint] {
        guard let relation = self.relations[id] else { return [] }
        var seen: [Endpoint] = []
        for endpoint in [relation.path].compactMap({ $0 }) + relation.record.endpoints
            + relation.heardEndpoints
        where !seen.contains(endpoint) && !endpoint.isRelay {
            seen.append(endpoint)
        }
        return Array(seen.prefix(Limits.endpointCountMax))
    }
}

extension Event {
    /// A number for each kind of event, for the trace of a run.
    package var kindNumber: Int {
        switch self {
        case .pairingStarted: 1
        case .trying: 2
        case .pairingPhase: 3
        case .pairingProblem: 4
        case .trusted: 5
        case .pairingEnded: 6
        case .peerConnected: 7
        case .peerUnreachable: 8
        case .peerMoved: 9
        case .peerForgotten: 10
        case .ownAddresses: 11
        case .peerRelayed: 12
        case .clusterJoined: 13
        case .clusterLost: 14
        case .memberJoined: 15
        case .memberGone: 16
        case .memberMet: 17
        case .removalProposed: 18
        case .memberBlocked: 19
        case .epochBegan: 20
        case .memberEquivocated: 21
        case .memberCloned: 22
        case .bridgeMade: 23
        case .bridgeOpened: 24
        case .bridgeClosed: 25
        case .cardSeen: 26
        case .cardGone: 27
        case .bridgeVoted: 28
        case .bridgePolicyChanged: 29
        case .removalVoted: 30
        case .memberAdmitted: 31
        case .memberWaits: 32
        case .memberReturned: 33
        }
    }
}

extension Gate {
    /// Whether it holds more than the node's relations may have, in words; nil: no.
    package func excess(relationCount: Int) -> String? {
        if self.relations.count > relationCount {
            return "\(self.relations.count) pids for \(relationCount) relations"
        }
        return self.sessions.count > relationCount * Limits.sessionCountMax
            ? "\(self.sessions.count) sessions in the gate" : nil
    }

    /// Whether a JSON message names a relation that this gate admits.
    package func admitsPID(named datagram: [UInt8]) -> Bool {
        let pid = datagram.withUnsafeBytes { Envelope(scanning: $0)?.pid }
        return pid.map { self.relations[$0] != nil } ?? false
    }
}
