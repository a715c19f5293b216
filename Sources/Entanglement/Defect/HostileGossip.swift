// SPDX-License-Identifier: Apache-2.0

/// What a member does to its cluster that means harm (simulator alone).
package enum HostileGossip: Sendable {
    /// Takes somebody in twice from one meeting, with other keys for each half of the others.
    case equivocates
    /// Writes as many records as it can.
    case inundates
    /// Sends endpoint records of others that are not the newest.
    case outdates([[UInt8]])
    /// Sends secrets that belong to no epoch.
    case miskeys
    /// Sends frames about the cluster with nonsense in them.
    case babbles
}

/// A frame of a hostile member, and by which session it goes where.
package struct HostileSend: Sendable {
    package let session: UInt32
    package let path: Endpoint
    package let bytes: [UInt8]
}

extension Node {
    /// Frames of a hostile member for all members who are connected directly.
    package mutating func hostile(
        _ manner: HostileGossip, now: Moment, using generator: inout some RandomNumberGenerator
    ) -> [HostileSend] {
        var sends: [HostileSend] = []
        for index in self.live.indices {
            let cluster = self.live[index].id
            guard let own = self.clusters.first(where: { $0.id == cluster })?.membership else {
                continue
            }
            let sessions = self.sessions(of: cluster, now.instant)
            let made = self.hostileBodies(manner, index, own, using: &generator)
            guard !made.isEmpty else { continue }
            for (number, session) in sessions.enumerated() {
                // Each half of the others is told another half of it.
                let isHalved = if case .equivocates = manner { true } else { false }
                for (position, bytes) in made.enumerated()
                where !isHalved || position % 2 == number % 2 {
                    sends.append(
                        HostileSend(session: session.index, path: session.path, bytes: bytes))
                }
            }
        }
        return sends
    }

    private func sessions(
        of cluster: ClusterID, _ now: Instant
    ) -> [(index: UInt32, path: Endpoint)] {
        self.ids.compactMap { id in
            guard let relation = self.relations[id], relation.record.cluster == cluster,
                let session = relation.sendingSession(now), let path = relation.path, !path.isRelay
            else { return nil }
            return (session.index, path)
        }
    }

    private mutating func hostileBodies(
        _ manner: HostileGossip, _ index: Int, _ own: Membership,
        using generator: inout some RandomNumberGenerator
    ) -> [[UInt8]] {
        let cluster = self.live[index].id
        func frame(_ body: GossipFrame.Body) -> [UInt8] {
            Frame.gossip(GossipFrame(cluster: cluster, body: body)).bytes
        }
        switch manner {
        case .equivocates:
            return self.twins(index, own, using: &generator).map { frame(.record($0.bytes)) }
        case .inundates:
            return self.flood(index, own).map { frame(.record($0.bytes)) }
        case .outdates(let old): return old.map { frame(.record($0)) }
        case .miskeys:
            let newest = self.clusters.first { $0.id == cluster }?.epochs.last
            let other = RecordID(bytes: Self.bytes(32, using: &generator))
            return [(newest?.number ?? 0, newest?.record), ((newest?.number ?? 0) + 1, other)]
                .map { number, record in
                    let secret = Secret(byteCount: 32, using: &generator)
                    return frame(
                        .welcome(
                            GossipFrame.Welcome(
                                number: number, record: record, secret: secret, name: "")))
                }
        case .babbles:
            return (0..<4).map { _ in
                let count = Int.random(in: 0...300, using: &generator)
                return [UInt8.random(in: 20...27, using: &generator)] + cluster.bytes
                    + Self.bytes(count, using: &generator)
            }
        }
    }

    /// Two records of one place that take in two strangers from one meeting.
    private func twins(
        _ index: Int, _ own: Membership, using generator: inout some RandomNumberGenerator
    ) -> [Record] {
        let cluster = self.live[index].id
        guard let (_, signing) = own.keys(self.primitives), let set = self.live[index].set,
            let place = set.nextPlace(of: own.member)
        else { return [] }
        let meeting = Self.bytes(32, using: &generator)
        return (0..<2).compactMap { _ in
            let stranger = Membership(
                member: own.member, signingKey: Secret(byteCount: 32, using: &generator),
                agreementKey: Secret(byteCount: 32, using: &generator))
            guard let (keys, strange) = stranger.keys(self.primitives),
                let draft = try? RecordDraft(.add(keys, meeting: meeting), at: place)
            else { return nil }
            let statement = JoinStatement(
                cluster: cluster, sponsor: own.member, meeting: meeting, newcomer: keys)
            let signatures = [
                self.primitives.sign(draft.signedBytes(in: cluster), with: signing),
                self.primitives.sign(statement.signedBytes, with: strange),
            ]
            return Record(draft, signatures: signatures, self.primitives)
        }
    }

    /// Blocks and unblocks somebody, one record after the other.
    private mutating func flood(_ index: Int, _ own: Membership) -> [Record] {
        let cluster = self.live[index].id
        guard let (_, signing) = own.keys(self.primitives),
            let other = self.live[index].roster?.present.first(where: { $0.id != own.member })
        else { return [] }
        var made: [Record] = []
        for number in 0..<10 {
            guard let place = self.live[index].set?.nextPlace(of: own.member),
                let draft = try? RecordDraft(
                    .block(other.id, isOn: number.isMultiple(of: 2)), at: place)
            else { break }
            let record = Record(
                draft,
                signatures: [self.primitives.sign(draft.signedBytes(in: cluster), with: signing)],
                self.primitives)
            _ = self.live[index].take(
                record, from: nil, now: Instant(nanoseconds: 0), isCatchingUp: true,
                self.primitives)
            made.append(record)
        }
        return made
    }

    private static func bytes(
        _ count: Int, using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

extension HostileFrame {
    /// Whether it answers, asks or passes something on about a cluster.
    package static func passesOn(_ bytes: [UInt8]) -> Bool {
        bytes.first.map { (21...25).contains($0) } ?? false
    }
}
