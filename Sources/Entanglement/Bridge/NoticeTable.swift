// SPDX-License-Identifier: Apache-2.0

/// The newest notice of each author, kind and subject; of two with one sequence that with the smaller bytes.
struct NoticeTable: Sendable {
    /// Ordered by key.
    private(set) var notices: [Notice] = []
    /// How much each author may still say; looked up and never gone through.
    private var buckets: [Purse: TokenBucket] = [:]

    /// Bridges and votes have one of their own: cards that come and go must not keep a closing waiting.
    private struct Purse: Hashable {
        let author: MemberID
        let isAboutCards: Bool
    }

    enum Intake: Equatable {
        /// It is newer than what was held.
        case taken
        /// It is held, or a newer one.
        case known
        /// It has no place, or comes too fast.
        case refused
    }

    func notice(_ key: NoticeKey) -> Notice? {
        let index = self.index(of: key)
        guard index < self.notices.count, self.notices[index].key == key else { return nil }
        return self.notices[index]
    }

    /// Whether it would replace what is held.
    func isNews(_ notice: Notice) -> Bool {
        guard let held = self.notice(notice.key) else { return true }
        if held.sequence != notice.sequence { return held.sequence < notice.sequence }
        return notice.bytes.lexicographicallyPrecedes(held.bytes)
    }

    /// Takes what was verified.
    mutating func take(_ notice: Notice, now: Instant, isOwn: Bool) -> Intake {
        guard self.isNews(notice) else { return .known }
        let key = notice.key
        let index = self.index(of: key)
        let isThere = index < self.notices.count && self.notices[index].key == key
        if !isThere, !self.hasRoom(for: key) { return .refused }
        if !isOwn {
            let purse = Purse(author: notice.author, isAboutCards: key.kind > 2)
            var bucket =
                self.buckets[purse]
                ?? TokenBucket(
                    burst: BridgeLimits.noticeBurst, interval: BridgeLimits.noticeInterval,
                    now: now)
            guard bucket.hasToken(now: now) else { return .refused }
            bucket.take()
            self.buckets[purse] = bucket
        }
        if isThere { self.notices[index] = notice } else { self.notices.insert(notice, at: index) }
        return .taken
    }

    private func hasRoom(for key: NoticeKey) -> Bool {
        let limit =
            switch key.kind {
            case 1: BridgeLimits.bridgeCountMax
            case 2: BridgeLimits.voteCountMax
            case 3: BridgeLimits.ownCardCountMax
            default: BridgeLimits.foreignCardCountMax
            }
        let isFull = self.notices.count >= BridgeLimits.noticeCountMax
        // Others together must not keep anybody from saying which bridges there are to be.
        guard !isFull || key.kind <= 2 else { return false }
        let own = self.notices.filter { $0.author == key.author }
        return own.count { $0.key.kind == key.kind } < limit
            && (!isFull || own.count { $0.key.kind <= 2 } < BridgeLimits.reservedNoticeCount)
    }

    /// Whether its author is to say it again: a vote or a card only while a bridge that it is about is open, or
    /// may be.
    ///
    /// Who was away has not heard of a bridge since.
    func isStillMeant(_ notice: Notice, at now: UInt64) -> Bool {
        guard notice.isMeant else { return false }
        let bridges: [BridgeID]
        switch notice.body {
        case .vote(.all, _), .bridge, .foreign: return true
        case .vote(let bridge, _): bridges = [bridge]
        case .card(_, let own): bridges = own?.bridges ?? []
        }
        let (late, isOver) = notice.end.addingReportingOverflow(BridgeLimits.validitySeconds)
        return bridges.contains { self.isOpen($0) ?? (isOver || now < late) }
    }

    /// Whether somebody says that a bridge is open; nil: nobody says anything of it.
    private func isOpen(_ bridge: BridgeID) -> Bool? {
        var isKnown = false
        for case .bridge(bridge, let held) in self.notices.lazy.map(\.body) {
            if held.isOpen { return true }
            isKnown = true
        }
        return isKnown ? false : nil
    }

    /// Drops what is not wanted any more; the keys of what went.
    mutating func drop(where isUnwanted: (Notice) -> Bool) -> [NoticeKey] {
        let gone = self.notices.filter(isUnwanted).map(\.key)
        guard !gone.isEmpty else { return [] }
        self.notices.removeAll(where: isUnwanted)
        return gone
    }

    private func index(of key: NoticeKey) -> Int {
        var (low, high) = (0, self.notices.count)
        while low < high {
            let middle = (low + high) / 2
            if self.notices[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// What the two sides of an exchange compare (PROTOCOL.md §14.2): names of 16 bytes, with sequences.
extension NoticeTable {
    /// The hash of everything held, 16 bytes.
    func hash(_ primitives: any Primitives) -> [UInt8] {
        var writer = ByteWriter(text: "spockex/1 notices")
        for notice in self.notices { writer.put(primitives.hash(notice.bytes)) }
        return Array(primitives.hash(writer.bytes).prefix(16))
    }

    /// The names of what is held, in order, with sequences and places in ``notices``.
    func entries(_ primitives: any Primitives) -> [NoticeEntry] {
        self.notices.enumerated().map { index, notice in
            func number(_ bytes: [UInt8]) -> UInt64 {
                primitives.hash(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            }
            let key = number(Array("spockex/1 notice key".utf8) + notice.key.bytes)
            return NoticeEntry(
                name: MemberID(high: key, low: number(notice.bytes)), sequence: notice.sequence,
                index: index)
        }.sorted { $0.name < $1.name }
    }
}

/// A notice in a list: a name of 16 bytes, which fits the lists of frame 25.
struct NoticeEntry: Equatable {
    /// Eight bytes for the key, and eight for what the notice says.
    let name: MemberID
    let sequence: UInt64
    let index: Int

    /// Whether both are about one author, kind and subject.
    func concerns(_ other: GossipFrame.PlaceSequence) -> Bool {
        self.name.high == other.member.high
    }

    /// Whether another one is newer, or as new and says something else.
    func differs(from other: GossipFrame.PlaceSequence) -> Bool {
        self.sequence == other.sequence && self.name != other.member
    }
}
