// SPDX-License-Identifier: Apache-2.0

/// What both sides of a meeting sign in messages 3 and 4, given what it is for (PROTOCOL.md §5.6).
struct Covenant {
    /// The bytes that both sign.
    let signedBytes: [UInt8]
    /// The own keys in the cluster.
    let ownKeys: MemberKeys
    /// Signs for this side.
    let signingKey: SigningKey
    /// Who this side is in the cluster; nil: it is none of its members yet.
    let reference: ClusterReference?
    /// Who the other is, or will be.
    let peer: MemberID
    /// Who this side is, or will be.
    let own: MemberID
    /// The cluster.
    let cluster: ClusterID
    /// The record of a founding, before it is signed.
    let genesis: Genesis?
}

extension Relation {
    /// The own keys for a meeting of that purpose: a newcomer's and a founder's are made for it, a
    /// member has some.
    func memberKeys(for bond: MeetingBond, _ turn: Turn) -> (MemberKeys, SigningKey)? {
        let cluster: ClusterID
        switch bond {
        case .founding, .joining, .bridging, .crossing:
            return (self.memberKeys, self.memberSigningKey)
        case .sponsoring(let own): cluster = own
        case .confirming(let own, _): cluster = own
        }
        return turn.membership(of: cluster).flatMap { $0.keys(turn.primitives) }
    }

    /// What is to be signed with somebody who has these keys; nil: that cannot be.
    func covenant(_ bond: MeetingBond, peer keys: MemberKeys, _ turn: Turn) -> Covenant? {
        guard let meeting = self.record.keys?.meeting,
            let (ownKeys, signingKey) = self.memberKeys(for: bond, turn)
        else { return nil }
        let primitives = turn.primitives
        switch bond {
        case .crossing: return nil
        case .bridging(let cluster, let alias):
            guard turn.membership(of: cluster) != nil else { return nil }
            let own = ClusterAlias(of: cluster, primitives)
            guard
                let statement = BridgeStatement(
                    meeting: meeting, role: self.record.role, own: (own, ownKeys),
                    peer: (alias, keys))
            else { return nil }
            let nobody = MemberID(high: 0, low: 0)
            return Covenant(
                signedBytes: statement.signedBytes, ownKeys: ownKeys, signingKey: signingKey,
                reference: ClusterReference(alias: own), peer: nobody, own: nobody,
                cluster: cluster, genesis: nil)
        case .founding:
            let isOffering = self.record.role == .offering
            guard keys.signingKey != ownKeys.signingKey else { return nil }
            let genesis = Genesis(
                meeting: meeting, offering: isOffering ? ownKeys : keys,
                answering: isOffering ? keys : ownKeys, primitives)
            let id = genesis.cluster
            return Covenant(
                signedBytes: genesis.signedBytes, ownKeys: ownKeys, signingKey: signingKey,
                reference: nil, peer: MemberID(founder: keys, of: id, primitives),
                own: MemberID(founder: ownKeys, of: id, primitives), cluster: id,
                genesis: genesis)
        case .sponsoring(let cluster):
            guard let own = turn.membership(of: cluster)?.member else { return nil }
            let statement = JoinStatement(
                cluster: cluster, sponsor: own, meeting: meeting, newcomer: keys)
            return Covenant(
                signedBytes: statement.signedBytes, ownKeys: ownKeys, signingKey: signingKey,
                reference: ClusterReference(cluster: cluster, member: own),
                peer: statement.newcomer(primitives), own: own, cluster: cluster, genesis: nil)
        case .joining(let cluster, let sponsor):
            let statement = JoinStatement(
                cluster: cluster, sponsor: sponsor, meeting: meeting, newcomer: ownKeys)
            return Covenant(
                signedBytes: statement.signedBytes, ownKeys: ownKeys, signingKey: signingKey,
                reference: nil, peer: sponsor, own: statement.newcomer(primitives),
                cluster: cluster, genesis: nil)
        case .confirming(let cluster, let member):
            guard let own = turn.membership(of: cluster)?.member, own != member else {
                return nil
            }
            let statement = MetStatement(cluster: cluster, own, member, meeting: meeting)
            return Covenant(
                signedBytes: statement.signedBytes, ownKeys: ownKeys, signingKey: signingKey,
                reference: ClusterReference(cluster: cluster, member: own), peer: member,
                own: own, cluster: cluster, genesis: nil)
        }
    }

    /// The bond of a meeting of that purpose with somebody who is that member; nil: they do not fit.
    func bond(
        for purpose: MeetingPurpose, _ reference: ClusterReference?, _ turn: Turn
    ) -> MeetingBond? {
        switch purpose {
        case .founding: return reference == nil ? .founding : nil
        case .sponsoring:
            guard reference == nil, let cluster = self.record.sponsors,
                turn.membership(of: cluster) != nil
            else { return nil }
            return .sponsoring(cluster)
        case .joining:
            // Who is a member already, or is about to leave, does not join.
            guard let reference, !turn.clusters.contains(where: { $0.id == reference.cluster })
            else { return nil }
            return .joining(reference.cluster, sponsor: reference.member)
        case .confirming:
            guard let reference, turn.membership(of: reference.cluster) != nil else { return nil }
            return .confirming(reference.cluster, reference.member)
        case .bridging:
            guard let alias = reference?.alias, let own = self.record.sponsors,
                turn.membership(of: own) != nil, ClusterAlias(of: own, turn.primitives) != alias
            else { return nil }
            return .bridging(own, alias)
        }
    }

    /// The purpose that a bond has.
    static func purpose(of bond: MeetingBond) -> MeetingPurpose? {
        switch bond {
        case .founding: .founding
        case .sponsoring: .sponsoring
        case .joining: .joining
        case .confirming: .confirming
        case .bridging: .bridging
        case .crossing: nil
        }
    }

    /// The own side's keys and reference for message 2, before the other is known.
    func introduction(
        _ purpose: MeetingPurpose?, matches: [UInt64], _ turn: Turn
    ) -> (MemberKeys, ClusterReference?) {
        let cluster: ClusterID?
        switch (purpose, self.record.bond) {
        case (.founding, _), (.joining, _), (nil, _): cluster = nil
        case (.sponsoring, _): cluster = self.record.sponsors
        case (.bridging, _):
            let own = self.record.sponsors.map { ClusterAlias(of: $0, turn.primitives) }
            return (self.memberKeys, own.map { ClusterReference(alias: $0) })
        case (.confirming, .confirming(let agreed, _)?): cluster = agreed
        case (.confirming, _): cluster = self.sharedCluster(matches, turn)
        }
        guard let cluster, let membership = turn.membership(of: cluster),
            let (keys, _) = membership.keys(turn.primitives)
        else { return (self.memberKeys, nil) }
        return (keys, ClusterReference(cluster: cluster, member: membership.member))
    }

    /// What the meeting is for, or why it does not go on; for two who trust each other neither matters.
    func agreement(
        peerIntent: Intent, matches: [UInt64], isPeerFull: Bool, _ turn: Turn
    ) -> (purpose: MeetingPurpose?, problem: PairingProblem?) {
        do throws(MeetingDisagreement) {
            let purpose = try self.purpose(peerIntent: peerIntent, matches: matches, turn)
            // What was signed once stands.
            guard self.record.bond == nil else { return (purpose, nil) }
            switch purpose {
            case .founding, .confirming: return (purpose, nil)
            case .bridging:
                // Nobody has said which cluster is to be linked.
                return self.record.sponsors == nil ? (nil, .intentConflict) : (purpose, nil)
            case .joining: return isPeerFull ? (nil, .clusterFull) : (purpose, nil)
            case .sponsoring:
                // Nobody has said into which cluster.
                guard self.record.sponsors != nil else { return (nil, .intentConflict) }
                return self.isFull(turn) ? (nil, .clusterFull) : (purpose, nil)
            }
        } catch {
            return (nil, error.problem)
        }
    }

    /// Whether the other is to be taken into a cluster that has no place for it.
    func isFull(_ turn: Turn) -> Bool {
        guard !self.isTrusted, self.record.bond == nil, let cluster = self.record.sponsors else {
            return false
        }
        return turn.fullClusters.contains(cluster)
    }

    /// What the meeting is for, given what the other wants; a bond that was signed stands.
    private func purpose(
        peerIntent: Intent, matches: [UInt64], _ turn: Turn
    ) throws(MeetingDisagreement) -> MeetingPurpose {
        if let bond = self.record.bond, let agreed = Self.purpose(of: bond) { return agreed }
        let totals = self.totalPeers
        return try MeetingTerms(
            own: MeetingWish(intent: self.record.intent, totalPeers: totals.own),
            peer: MeetingWish(intent: peerIntent, totalPeers: totals.peer),
            sharesCluster: self.sharedCluster(matches, turn) != nil
        ).purpose()
    }

    /// How many peers the two codes named.
    private var totalPeers: (own: UInt64, peer: UInt64) {
        func count(_ bytes: [UInt8]?) -> UInt64 {
            switch bytes.flatMap({ try? CodeText(scanned: $0) }) {
            case .offer(let offer): offer.code.totalPeers
            case .answer(let answer): answer.code.totalPeers
            case .refusal, nil: 0
            }
        }
        let (offer, answer) = (
            count(self.record.codes?.offer), count(self.record.codes?.answer)
        )
        return self.record.role == .offering ? (offer, answer) : (answer, offer)
    }
}

extension Membership {
    /// The public keys, and the key that signs.
    func keys(_ primitives: any Primitives) -> (MemberKeys, SigningKey)? {
        guard let signing = primitives.signingKey(from: self.signingKey),
            let agreement = primitives.agreementKey(from: self.agreementKey)
        else { return nil }
        return (
            MemberKeys(signingKey: signing.publicKey, agreementKey: agreement.publicKey), signing
        )
    }
}

extension Turn {
    /// This node as a member of that cluster; nil: it is none.
    func membership(of cluster: ClusterID) -> Membership? {
        self.clusters.first { $0.id == cluster && $0.standing != .leaving }?.membership
    }
}
