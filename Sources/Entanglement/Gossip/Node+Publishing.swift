// SPDX-License-Identifier: Apache-2.0

// Endpoint records: where members say that they may be reached (PROTOCOL.md §12.5).
extension Node {
    /// The own addresses changed: every cluster is told at once, once a member had time to say which record of
    /// this node it holds.
    mutating func publishSoon(_ turn: Turn) {
        for index in self.live.indices where self.live[index].set != nil {
            guard let earliest = self.live[index].mayPublishAt else { continue }
            self.live[index].publishAt = max(turn.instant, earliest)
        }
    }

    /// A member is connected, who says now what it holds of this node's.
    mutating func publishHeard(_ index: Int, _ turn: Turn) {
        let earliest =
            self.live[index].mayPublishAt ?? turn.instant + Constants.publishPatience
        self.live[index].mayPublishAt = earliest
        guard self.live[index].publishAt == nil else { return }
        self.live[index].publishAt = turn.instant + Constants.publishPatience
    }

    /// Makes a new endpoint record if the last one does not say what is true now.
    mutating func publish(_ index: Int, _ turn: inout Turn) {
        self.live[index].publishAt = nil
        let cluster = self.live[index].id
        guard let membership = turn.membership(of: cluster), let set = self.live[index].set,
            set.keys(of: membership.member) != nil,
            let (_, signingKey) = membership.keys(self.primitives)
        else { return }
        let held = set.whereabouts(of: membership.member)
        let sequence =
            turn.has(.sequenceNotRecovered)
            ? self.live[index].sequence : max(self.live[index].sequence, held?.sequence ?? 0)
        guard sequence < .max else { return }
        let now = UInt64(max(0, turn.wall.seconds))
        // Above all that this disk may have written before a backup was restored, if the clock is right.
        let next = turn.has(.sequenceNotRecovered) ? sequence + 1 : max(sequence + 1, now)
        let news = Whereabouts(
            incarnation: self.live[index].incarnation, sequence: next, issuedAt: now,
            validitySeconds: ClusterLimits.validitySecondsMax, addresses: self.publicAddresses,
            nat: self.own.hint, name: self.name)
        self.live[index].publishAt = turn.instant + Constants.publishInterval
        if let held, held.sequence == sequence, held.says(news),
            now < held.issuedAt.addingWithoutOverflow(Constants.publishSeconds),
            now + 600 > held.issuedAt
        {
            return
        }
        self.live[index].sequence = next
        guard let draft = try? RecordDraft(news, of: membership.member) else { return }
        let signature = self.primitives.sign(draft.signedBytes(in: cluster), with: signingKey)
        _ = self.takeOwn(
            Record(draft, signatures: [signature], self.primitives), index, &turn)
    }

    /// What everybody in a cluster may know: addresses that are reached from elsewhere.
    var publicAddresses: [PublishedAddress] {
        let published = self.published
        return self.own.known.filter {
            ($0.candidate.endpoint.address.isPublic
                && published.contains($0.candidate.endpoint))
                || self.configuration.mutation.isActive(.localAddressesPublished)
        }.prefix(ClusterLimits.addressCountMax).map {
            PublishedAddress(
                endpoint: $0.candidate.endpoint, kind: $0.candidate.kind,
                confirmedBy: UInt8(clamping: $0.confirmedBy))
        }
    }

    /// An own record that is newer than all that this start made: one from before a backup was restored,
    /// or of a copy that runs somewhere.
    mutating func hearOwn(_ whereabouts: Whereabouts, _ index: Int, _ turn: inout Turn) {
        guard whereabouts.incarnation != self.live[index].incarnation,
            !turn.has(.sequenceNotRecovered)
        else { return }
        self.live[index].sequence = max(self.live[index].sequence, whereabouts.sequence)
        let own = turn.membership(of: self.live[index].id)?.member
        let isCloned = self.live[index].set?.cloneAlarms.contains { $0.member == own } ?? false
        // Two copies would outdo each other without end.
        self.live[index].publishAt =
            turn.instant + (isCloned ? Constants.clonePause : Constants.gossipSpacing)
    }

    // MARK: What others hold

    /// Tells which endpoint records are held, all of them in ranges.
    mutating func tellPlaces(_ index: Int, to id: RelationID, _ turn: inout Turn) {
        let isRecent =
            self.live[index].links[id]?.placesToldAt.map {
                turn.instant - $0 < Constants.gossipSpacing
            } ?? false
        guard let set = self.live[index].set, !isRecent, self.mayLearn(id, index) else { return }
        self.live[index].links[id]?.placesToldAt = turn.instant
        var sequences = set.placeSequences[...]
        var first = MemberID(high: 0, low: 0)
        repeat {
            let part = Array(sequences.prefix(GossipFrame.placeCountMax))
            sequences = sequences.dropFirst(part.count)
            let last =
                sequences.isEmpty
                ? MemberID(high: .max, low: .max) : (part.last?.member ?? first)
            self.send(
                .places(GossipFrame.PlaceList(first: first, last: last, sequences: part)),
                of: self.live[index].id, to: id, &turn)
            first = last.next
        } while !sequences.isEmpty
    }

    /// What was sent to the former place of a peer that moved may be lost, be it a moment ago.
    mutating func tellPlaces(to id: RelationID, _ turn: inout Turn) {
        guard let cluster = self.relations[id]?.record.cluster, self.isPeer(id, in: cluster),
            let index = self.liveIndex(of: cluster),
            self.live[index].mayAsk(id, cost: 1, now: turn.instant)
        else { return }
        self.live[index].links[id]?.placesToldAt = nil
        self.tellPlaces(index, to: id, &turn)
    }

    /// Sends what the other lacks, and tells what is held here if the other has newer ones.
    mutating func receive(
        _ list: GossipFrame.PlaceList, _ index: Int, from id: RelationID, _ turn: inout Turn
    ) {
        guard let set = self.live[index].set, self.mayLearn(id, index) else { return }
        var isBehind = false
        for place in list.sequences
        where (set.whereabouts(of: place.member)?.sequence).map({ $0 < place.sequence }) ?? true {
            isBehind = true
        }
        for record in set.endpointRecords {
            guard let member = record.author, member >= list.first, member <= list.last,
                case .endpoint(let whereabouts) = record.body
            else { continue }
            let theirs = list.sequences.first { $0.member == member }?.sequence
            guard theirs.map({ $0 < whereabouts.sequence }) ?? true,
                self.live[index].mayAsk(id, cost: 1, now: turn.instant)
            else { continue }
            self.send(.record(record.bytes), of: self.live[index].id, to: id, &turn)
        }
        if isBehind { self.tellPlaces(index, to: id, &turn) }
    }
}

extension Whereabouts {
    /// Whether it is still to be believed at that time.
    func isValid(at now: WallTime) -> Bool {
        let end = self.issuedAt.addingWithoutOverflow(UInt64(self.validitySeconds))
        return UInt64(max(0, now.seconds)) <= end
    }

    /// Whether it says the same as another, whenever that was.
    func says(_ other: Whereabouts) -> Bool {
        self.addresses == other.addresses && self.nat == other.nat && self.name == other.name
    }
}

extension MemberID {
    /// The next id in order; the last one's is itself.
    var next: MemberID {
        if self.low < .max { return MemberID(high: self.high, low: self.low + 1) }
        return self.high < .max ? MemberID(high: self.high + 1, low: 0) : self
    }
}

extension UInt64 {
    fileprivate func addingWithoutOverflow(_ other: UInt64) -> UInt64 {
        let (sum, isOver) = self.addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}
