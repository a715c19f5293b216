// SPDX-License-Identifier: Apache-2.0

/// Whom a member of a large cluster stays connected with (PROTOCOL.md §12.7).
///
/// In the order of their ids the members are a ring; each has those at the distances 1, 2, 4, 8, ... on
/// both sides. Both ends of each pair come to the same end from the same records, nobody has more than twice
/// the logarithm of the number of members, and any two are joined by a few steps.
struct Neighbors {
    let own: MemberID
    private let ids: [MemberID]
    private let position: Int?

    /// The members who are present, ordered by id, and the own id.
    init(of own: MemberID, among ids: [MemberID]) {
        self.own = own
        self.ids = ids
        self.position = Self.position(of: own, in: ids)
    }

    /// Whether the two stay connected.
    func includes(_ member: MemberID) -> Bool {
        guard self.ids.count > Constants.meshCountMax, let position = self.position,
            let other = Self.position(of: member, in: self.ids)
        else { return true }
        return Self.isStep(self.distance(position, other))
    }

    /// Whether somebody is among the members.
    func contains(_ member: MemberID) -> Bool { Self.position(of: member, in: self.ids) != nil }

    /// How far apart two members are, the shorter way round; nil: one is no member.
    func distance(_ one: MemberID, _ other: MemberID) -> Int? {
        guard let one = Self.position(of: one, in: self.ids),
            let other = Self.position(of: other, in: self.ids)
        else { return nil }
        return self.distance(one, other)
    }

    /// With whom a member of a large cluster stays connected.
    func neighbors(of member: MemberID) -> [MemberID] {
        guard let position = Self.position(of: member, in: self.ids) else { return [] }
        var neighbors: [Int] = []
        var step = 1
        while step <= self.ids.count / 2 {
            neighbors.append((position + step) % self.ids.count)
            neighbors.append((position - step + self.ids.count) % self.ids.count)
            step *= 2
        }
        return Set(neighbors).sorted().map { self.ids[$0] }
    }

    /// Over about how many connections one leads to the other; of who is no member: none.
    func stepCount(_ one: MemberID, _ other: MemberID) -> Int {
        var rest = self.distance(one, other) ?? 0
        var count = 0
        while rest > 0 {
            var step = 1
            while step * 2 <= rest { step *= 2 }
            rest = min(rest - step, step * 2 - rest)
            count += 1
        }
        return count
    }

    private func distance(_ position: Int, _ other: Int) -> Int {
        let distance = position < other ? other - position : position - other
        return min(distance, self.ids.count - distance)
    }

    private static func isStep(_ distance: Int) -> Bool { distance & (distance - 1) == 0 }

    private static func position(of member: MemberID, in ids: [MemberID]) -> Int? {
        let position = ids.sortedPosition(of: member)
        return position < ids.count && ids[position] == member ? position : nil
    }
}

extension Node {
    /// In a large cluster most relations with people whom nobody of the two met rest.
    mutating func chooseNeighbors(_ index: Int, _ turn: inout Turn) {
        guard let roster = self.live[index].roster,
            let own = turn.membership(of: self.live[index].id)?.member
        else { return }
        let neighbors = Neighbors(of: own, among: roster.present.map(\.id))
        let partners = self.live[index].bridges.partners(of: own)
        // Those who met stay connected, with whatever keys.
        let met = Set(
            self.live[index].peers.compactMap { id in
                self.relations[id].flatMap { $0.record.epoch == nil ? $0.record.member : nil }
            })
        for id in self.live[index].peers {
            guard let record = self.relations[id]?.record, let member = record.member,
                record.epoch != nil
            else { continue }
            let rests =
                !neighbors.includes(member) && !met.contains(member)
                && !partners.contains(member)
            guard self.relations[id]?.isResting != rests else { continue }
            self.update(id, &turn) { $0.setResting(rests, &$1) }
        }
        if self.live[index].lonelyAt == nil, roster.present.count > Constants.meshCountMax {
            self.live[index].lonelyAt = turn.instant + Constants.lonelyInterval
        }
    }

    /// Whoever of a large cluster is connected with a few alone calls some more for a while.
    mutating func callOthers(_ index: Int, _ turn: inout Turn) {
        self.live[index].lonelyAt = turn.instant + Constants.lonelyInterval
        guard self.connectedPeers(of: index).count < Constants.lonelyCountMax else { return }
        var resting = self.live[index].peers.filter { self.relations[$0]?.isResting ?? false }
        for _ in 0..<min(Constants.lonelyCallCount, resting.count) {
            let id = resting.remove(at: Int(turn.random() % UInt64(resting.count)))
            self.update(id, &turn) { $0.want(&$1) }
        }
    }
}

extension Relation {
    /// Whether nothing is sent of its own accord: it is only there to be used or called.
    func isAtRest(_ now: Instant) -> Bool {
        self.isResting && !(self.wantedUntil.map { $0 > now } ?? false)
    }

    /// When a connection that nobody keeps up is none any more: nothing was heard, or the session is too old.
    var restingEnd: Instant? {
        guard self.isConnected, self.isResting, self.wantedUntil == nil, self.probe == nil,
            let heard = self.lastHeard
        else { return nil }
        let silent = heard + Constants.connectedSpan
        let session = self.sessions.filter(\.isConfirmed).map(\.createdAt).max()
        return session.map { min(silent, $0 + Constants.rejectAfter) } ?? silent
    }

    mutating func setResting(_ rests: Bool, _ turn: inout Turn) {
        self.isResting = rests
        guard !rests, !self.isConnected else { return }
        self.search(&turn)
    }

    /// Somebody wants to talk by it now: this node's person or another member, or the other, who has called.
    mutating func want(isCalled: Bool = false, _ turn: inout Turn) {
        guard self.isResting else { return }
        // Two who call must not keep each other awake for ever.
        if isCalled, self.wantedUntil != nil {
            if !self.isConnected, !self.isEager(turn) { self.search(&turn) }
            return
        }
        self.isCalled = isCalled
        self.wantedUntil = turn.instant + Constants.wantedLife
        guard !self.isConnected else { return }
        self.search(&turn)
        if !isCalled { turn.wanted.append((self.id, isAgain: false)) }
    }
}
