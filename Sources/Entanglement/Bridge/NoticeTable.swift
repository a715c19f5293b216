// SPDX-License-Identifier: Apache-2.0

/// The newest notice of each author, kind and subject; of two with one sequence that with the smaller bytes.
struct NoticeTable: Sendable {
    /// Ordered by key.
    private(set) var notices: [Notice] = []
    /// What a list says of each, in the same order.
    private var entries: [NoticeList.Entry] = []
    /// SHA-256 of each.
    private var digests: [[UInt8]] = []
    /// The hash of all, and from when until when it is that one, in seconds since 1970.
    private var total: (bytes: [UInt8], from: UInt64, until: UInt64)?
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
        // A bridge is one meeting: what its end closed never opens again.
        if notice.key.kind == 1, held.isMeant != notice.isMeant { return held.isMeant }
        if held.sequence != notice.sequence { return held.sequence < notice.sequence }
        return notice.bytes.lexicographicallyPrecedes(held.bytes)
    }

    /// Takes what was verified.
    mutating func take(
        _ notice: Notice, now: Instant, isOwn: Bool, _ primitives: any Primitives
    ) -> Intake {
        guard self.isNews(notice) else { return .known }
        let key = notice.key
        if self.notice(key) == nil, !self.hasRoom(for: key) { return .refused }
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
        self.put(notice, primitives)
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
        // Others together must not keep anybody from saying which bridges there are to be, nor all of its cards
        // away.
        let reserve =
            key.kind == 4 ? BridgeLimits.reservedForeignCount : BridgeLimits.reservedNoticeCount
        let count = self.notices.count { $0.author == key.author && $0.key.kind == key.kind }
        return count < (isFull ? reserve : limit)
    }

    /// Takes back what was stored, for which there was room once.
    mutating func load(_ notice: Notice, _ primitives: any Primitives) {
        if self.isNews(notice) { self.put(notice, primitives) }
    }

    /// In its place, or in that of the one with its key.
    private mutating func put(_ notice: Notice, _ primitives: any Primitives) {
        let index = self.index(of: notice.key)
        let isThere = index < self.notices.count && self.notices[index].key == notice.key
        let digest = primitives.hash(notice.bytes)
        let name =
            isThere
            ? self.entries[index].name
            : MemberID(
                hash: primitives.hash(Array("spockex/1 notice key".utf8) + notice.key.bytes))
        let entry = NoticeList.Entry(
            name: name, sequence: notice.sequence,
            content: Array(digest.prefix(NoticeList.contentByteCount)))
        self.total = nil
        if isThere {
            self.notices[index] = notice
            self.entries[index] = entry
            self.digests[index] = digest
        } else {
            self.notices.insert(notice, at: index)
            self.entries.insert(entry, at: index)
            self.digests.insert(digest, at: index)
        }
    }

    /// Whether its author is to say it again: a vote or a card only while a bridge that it is about is open.
    func isStillMeant(_ notice: Notice) -> Bool {
        guard notice.isMeant else { return false }
        return self.bridges(of: notice)?.contains { self.isOpen($0) ?? false } ?? true
    }

    /// Whether its author keeps it although it is over: who was away has not heard of its bridges since.
    func mayBeMeant(_ notice: Notice, at now: UInt64) -> Bool {
        let (late, isOver) = notice.end.addingReportingOverflow(BridgeLimits.validitySeconds)
        guard notice.isMeant, let bridges = self.bridges(of: notice), isOver || now < late else {
            return self.isStillMeant(notice)
        }
        return bridges.contains { self.isOpen($0) ?? true }
    }

    /// The bridges that a vote or a card is about; nil: it is about none.
    private func bridges(of notice: Notice) -> [BridgeID]? {
        switch notice.body {
        case .vote(.all, _), .bridge, .foreign: nil
        case .vote(let bridge, _): [bridge]
        case .card(_, let own): own?.bridges ?? []
        }
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
        let kept = self.notices.indices.filter { !isUnwanted(self.notices[$0]) }
        guard kept.count < self.notices.count else { return [] }
        let keys = Set(kept.map { self.notices[$0].key })
        let gone = self.notices.map(\.key).filter { !keys.contains($0) }
        self.notices = kept.map { self.notices[$0] }
        self.entries = kept.map { self.entries[$0] }
        self.digests = kept.map { self.digests[$0] }
        self.total = nil
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

// What the two sides of an exchange compare (PROTOCOL.md §14.2): what is not over.
extension NoticeTable {
    /// The hash of everything held, 16 bytes.
    mutating func hash(at now: UInt64, _ primitives: any Primitives) -> [UInt8] {
        if let total, total.from <= now, now < total.until { return total.bytes }
        var writer = ByteWriter(text: "spockex/1 notices")
        var until = UInt64.max
        for (notice, digest) in zip(self.notices, self.digests) where notice.end > now {
            writer.put(digest)
            until = min(until, notice.end)
        }
        let bytes = Array(primitives.hash(writer.bytes).prefix(16))
        self.total = (bytes, now, until)
        return bytes
    }

    /// What is held, ordered by name, with its place in ``notices``.
    func entries(at now: UInt64) -> [(entry: NoticeList.Entry, index: Int)] {
        self.notices.indices.filter { self.notices[$0].end > now }
            .map { (self.entries[$0], $0) }
            .sorted { $0.entry.name < $1.entry.name }
    }
}
