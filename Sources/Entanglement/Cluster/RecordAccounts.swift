// SPDX-License-Identifier: Apache-2.0

/// Who has written how much, and how fast, by the clock of the node that receives (PROTOCOL.md §11.6).
///
/// Everybody has an account; all guests who came by one voter have a second one together, so that
/// nobody gets more by taking in others. Voters are those of the last fold: what stands here decides
/// when a record is taken in, never what it means.
struct RecordAccounts: Sendable {
    /// Whether a member answers for those whom it takes in, by its number.
    private var isPayer: [Bool] = []
    private var isVoter: [Bool] = []
    /// Who answers for a member: itself, or the first above it who does.
    private var payers: [Int] = []
    /// Records in places for everybody: of each author, and of all guests of each payer.
    private var ownCounts: [Int] = []
    private var guestCounts: [Int] = []
    /// Records of each author beyond these.
    private var reserveCounts: [Int] = []
    private var count = 0
    private var ownPaces: [TokenBucket?] = []
    private var guestPaces: [TokenBucket?] = []

    init(_ entries: [RecordEntry], _ members: [MemberEntry]) {
        self.init(entries, members, after: nil, nil, ClusterLimits())
    }

    /// The same accounts by what the records say now; paces go on.
    init(
        _ entries: [RecordEntry], _ members: [MemberEntry], after former: RecordAccounts?,
        _ roster: RosterState?, _ limits: ClusterLimits
    ) {
        var accused: [MemberID] = []
        for removal in roster?.removals ?? [] where removal.outcome == .inEffect {
            accused.append(removal.accused)
        }
        for (number, member) in members.enumerated() {
            let isVoter = roster.map { $0.member(member.id)?.isVoter ?? false } ?? (number < 2)
            self.add(
                sponsor: entries[member.admissions[0]].author, isVoter: isVoter,
                isPayer: isVoter || number < 2 || accused.contains(member.id))
        }
        if let former {
            for number in former.ownPaces.indices where number < self.ownPaces.count {
                self.ownPaces[number] = former.ownPaces[number]
                self.guestPaces[number] = former.guestPaces[number]
            }
        }
        for entry in entries { self.note(entry, limits) }
    }

    private mutating func add(sponsor: Int, isVoter: Bool, isPayer: Bool) {
        let number = self.payers.count
        self.isVoter.append(isVoter)
        self.isPayer.append(isPayer)
        self.payers.append(isPayer || sponsor < 0 ? number : self.payers[sponsor])
        for counts in [\RecordAccounts.ownCounts, \.guestCounts, \.reserveCounts] {
            self[keyPath: counts].append(0)
        }
        self.ownPaces.append(nil)
        self.guestPaces.append(nil)
    }

    /// Counts a record that was taken in, and knows whom it took in.
    mutating func note(_ entry: RecordEntry, newcomerOf members: Int, _ limits: ClusterLimits) {
        if members > self.payers.count {
            self.add(sponsor: entry.author, isVoter: false, isPayer: false)
        }
        self.note(entry, limits)
    }

    private mutating func note(_ entry: RecordEntry, _ limits: ClusterLimits) {
        defer { self.count += 1 }
        guard entry.author >= 0 else { return }
        guard self.hasShare(entry.author, limits) else {
            self.reserveCounts[entry.author] += 1
            return
        }
        self.ownCounts[entry.author] += 1
        let payer = self.payers[entry.author]
        if payer != entry.author { self.guestCounts[payer] += 1 }
    }

    /// Whether one more record of that author and kind may be held.
    ///
    /// `isTrusting`: what a newcomer's sponsor or the own store holds was looked at before.
    func hasRoom(
        _ kind: RecordKind, by author: Int, isTrusting: Bool, _ limits: ClusterLimits
    ) -> Bool {
        guard self.count < limits.recordCountMax else { return false }
        let isLast = self.count >= limits.commonCountMax
        if isTrusting { return !isLast || kind.isReserved }
        if self.hasShare(author, limits) { return true }
        guard kind.isReserved, self.isVoter[author] else { return false }
        let voterCount = self.isVoter.count { $0 }
        return self.reserveCounts[author] < max(1, limits.reserveCount / max(1, voterCount))
    }

    /// Whether there is one of the places that are for everybody, and the author may have it.
    private func hasShare(_ author: Int, _ limits: ClusterLimits) -> Bool {
        guard self.count < limits.commonCountMax,
            self.ownCounts[author] < limits.shareCountMax
        else { return false }
        let payer = self.payers[author]
        return payer == author || self.guestCounts[payer] < limits.shareCountMax
    }

    // MARK: Pace

    /// Whether the author may write one more of that kind now; if so it is counted.
    ///
    mutating func allows(
        _ kind: RecordKind, by author: Int, _ limits: ClusterLimits, now: Instant
    ) -> Bool {
        let payer = self.payer(of: kind, by: author)
        var own = self.ownPaces[author] ?? limits.pace(now: now)
        let isOwnOpen = own.hasToken(now: now)
        self.ownPaces[author] = own
        guard payer != author else {
            if isOwnOpen { self.ownPaces[author]?.take() }
            return isOwnOpen
        }
        var guests =
            self.guestPaces[payer] ?? limits.pace(times: limits.guestsPaceFactor, now: now)
        let isOpen = guests.hasToken(now: now)
        self.guestPaces[payer] = guests
        guard isOpen, isOwnOpen else { return false }
        self.ownPaces[author]?.take()
        self.guestPaces[payer]?.take()
        return true
    }

    /// Who is charged.
    ///
    /// Of endpoint records one of each member is held, and nobody leaves twice: they are the author's own
    /// matter.
    private func payer(of kind: RecordKind, by author: Int) -> Int {
        kind == .endpoint || kind == .leave ? author : self.payers[author]
    }

    /// Counts a record that waited until its author was known; it may be more than is allowed.
    mutating func charge(
        _ kind: RecordKind, by author: Int, _ limits: ClusterLimits, now: Instant
    ) {
        guard !self.allows(kind, by: author, limits, now: now) else { return }
        self.ownPaces[author]?.take()
        let payer = self.payer(of: kind, by: author)
        if payer != author { self.guestPaces[payer]?.take() }
    }
}

extension ClusterLimits {
    /// The last places, for removals, votes, leaves and epochs of voters: a tenth.
    var reserveCount: Int { self.recordCountMax / 10 }

    /// The places for everybody.
    var commonCountMax: Int { self.recordCountMax - self.reserveCount }

    /// How many of them one author has at most, and all guests of a voter together: a quarter.
    var shareCountMax: Int { (self.commonCountMax + 3) / 4 }

    /// What comes this early is held by everybody who is up to date, even where the last ones differ.
    var settledCount: Int { self.commonCountMax - self.reserveCount }

    /// All guests of a voter together write as fast as so many others.
    var guestsPaceFactor: Int { 4 }

    func pace(times factor: Int = 1, now: Instant) -> TokenBucket {
        TokenBucket(
            burst: factor * self.authorBurst, perSecond: factor * self.recordsPerSecond, now: now)
    }
}

extension RecordKind {
    /// Whether voters may write it while there is no place for anything else.
    var isReserved: Bool {
        switch self {
        case .remove, .vote, .leave, .epoch: true
        case .genesis, .add, .confirm, .block, .endpoint: false
        }
    }
}
