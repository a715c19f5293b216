// SPDX-License-Identifier: Apache-2.0

/// Why a record is not taken in, for good.
public enum RecordRefusal: Sendable, Equatable {
    /// A genesis record of another cluster, or none of this one.
    case otherCluster
    /// A signature is wrong.
    case badSignature
    /// Author, position and previous record do not fit together.
    case badPlace
    /// It names a record or member of the wrong kind.
    case badReference
    /// An epoch whose number does not follow the highest before it.
    case badNumber
    /// The cluster has as many records as it may have.
    case full
    /// An endpoint record that is older than the one held.
    case outdated
}

/// What became of a record that was offered to a set.
public enum RecordIntake: Sendable, Equatable {
    /// These are new and verified, parents before children: the one offered, and what waited for
    /// it.
    case added([Record])
    /// It is held already.
    case known
    /// Something that it names is not held; it waits in memory.
    case waiting
    /// Its author writes too fast; whoever has it will offer it again.
    case later
    /// It is refused.
    case refused(RecordRefusal)
}

/// All records of one cluster that a node holds, each verified, none without its ancestors.
///
/// Records may come in any order. What is held in the end depends only on which came, not on the
/// order, as long as no limit is reached; a limit refuses or delays a record and changes nothing
/// else.
public struct RecordSet: Sendable {
    /// The cluster.
    public let cluster: ClusterID
    /// How much is taken in.
    public package(set) var limits: ClusterLimits

    /// The records of the roster, parents before children; the genesis is the first.
    private(set) var entries: [RecordEntry]
    /// Everybody who was ever taken in, by whoever; the two founders first.
    private(set) var members: [MemberEntry]
    private var numbers: [RecordID: Int]
    private var memberNumbers: [MemberID: Int]
    /// The newest endpoint record of each member, and where two copies were noticed.
    private(set) var endpoints = EndpointTable()
    private var pen = OrphanPen()
    private var accounts: RecordAccounts

    /// The set that holds only the record of the founding; nil: that is none, or its signatures are
    /// wrong.
    public init?(
        genesis: Record, limits: ClusterLimits = ClusterLimits(), _ primitives: any Primitives
    ) {
        guard case .genesis(let founding) = genesis.body else { return nil }
        let cluster = ClusterID(hash: genesis.id.bytes)
        let signed = genesis.signedBytes(in: cluster)
        let founders = [founding.offering, founding.answering]
        for (keys, signature) in zip(founders, genesis.signatures) {
            guard primitives.isValid(signature, of: signed, by: keys.signingKey) else {
                return nil
            }
        }
        self.cluster = cluster
        self.limits = limits
        self.entries = [RecordEntry(genesis: genesis)]
        self.members = founders.map { keys in
            MemberEntry(
                id: MemberID(founder: keys, of: cluster, primitives), keys: keys, admission: 0)
        }
        self.accounts = RecordAccounts(self.entries, self.members)
        self.numbers = [genesis.id: 0]
        self.memberNumbers = [self.members[0].id: 0, self.members[1].id: 1]
    }

    /// How many records of the roster are held.
    public var count: Int { self.entries.count }

    /// The records of the roster, parents before children, without endpoint records.
    public var records: [Record] { self.entries.map(\.record) }

    /// The record with that id.
    public func record(_ id: RecordID) -> Record? {
        self.numbers[id].map { self.entries[$0].record }
    }

    /// The keys of a member, whatever became of it.
    public func keys(of member: MemberID) -> MemberKeys? {
        self.memberNumbers[member].map { self.members[$0].keys }
    }

    func number(of record: RecordID) -> Int? { self.numbers[record] }

    func number(of member: MemberID) -> Int? { self.memberNumbers[member] }

    /// How many records wait for others.
    public var waitingCount: Int { self.pen.count }

    /// The ids that waiting records name and that are not held, in ascending order.
    public var wanted: [RecordID] { self.pen.wanted }

    /// Takes in a record that `peer` offered; nil: an own one.
    ///
    /// `isCatchingUp`: the first exchange of a newcomer with its sponsor, whose pace does not count.
    public mutating func take(
        _ record: Record, from peer: MemberID?, now: Instant, isCatchingUp: Bool = false,
        _ primitives: any Primitives
    ) -> RecordIntake {
        guard self.numbers[record.id] == nil else { return .known }
        guard record.kind != .genesis, let author = record.author else {
            return .refused(.otherCluster)
        }
        guard self.hasRoom(for: record, isTrusting: isCatchingUp) else { return .refused(.full) }
        // Whoever repeats what is held must not use up its author's pace.
        switch self.endpoints.knows(record) {
        case .known: return .known
        case .outdated: return .refused(.outdated)
        case .unknown: break
        }
        guard !self.pen.holds(record) else { return .waiting }
        if let number = self.memberNumbers[author] {
            let keys = self.members[number].keys
            guard self.isSigned(record, by: keys, primitives) else {
                return .refused(.badSignature)
            }
            if !isCatchingUp,
                !self.accounts.allows(record.kind, by: number, self.limits, now: now)
            {
                return .later
            }
        }
        if let need = self.missing(record) {
            let isPaid = isCatchingUp || self.memberNumbers[author] != nil
            self.pen.put(record, waitingFor: need, from: peer, isPaid: isPaid, self.limits)
            return .waiting
        }
        if let refusal = self.admit(record, primitives) { return .refused(refusal) }
        let rest = self.release(
            after: record, now: now, isCatchingUp: isCatchingUp, primitives)
        return .added([record] + rest)
    }

    /// Whether there is a place for the record, as far as its author is known.
    ///
    /// `isTrusting`: it comes from the own store, or from a newcomer's sponsor.
    func hasRoom(for record: Record, isTrusting: Bool = false) -> Bool {
        guard record.kind != .endpoint else { return true }
        guard let author = record.author.flatMap({ self.memberNumbers[$0] }) else {
            return self.entries.count < self.limits.recordCountMax
        }
        return self.accounts.hasRoom(
            record.kind, by: author, isTrusting: isTrusting, self.limits)
    }

    /// Whether a member could write one more record of that kind.
    func hasRoom(_ kind: RecordKind, by author: MemberID) -> Bool {
        guard let author = self.memberNumbers[author] else { return false }
        return self.accounts.hasRoom(kind, by: author, isTrusting: false, self.limits)
    }

    /// Takes over from a fold who the voters are: they answer for their guests.
    mutating func note(_ roster: RosterState) {
        self.accounts = RecordAccounts(
            self.entries, self.members, after: self.accounts, roster, self.limits)
    }

    private func isSigned(
        _ record: Record, by keys: MemberKeys, _ primitives: any Primitives
    ) -> Bool {
        primitives.isValid(
            record.signatures[0], of: record.signedBytes(in: self.cluster), by: keys.signingKey)
    }

    /// Something that the record names and that is not held.
    private func missing(_ record: Record) -> RecordNeed? {
        if let place = record.place {
            for id in [place.previous] + place.parents where self.numbers[id] == nil {
                return .record(id)
            }
        }
        switch record.body {
        case .vote(let proposal):
            if self.numbers[proposal] == nil { return .record(proposal) }
        case .confirm(let member, _), .block(let member, _):
            if self.memberNumbers[member] == nil { return .member(member) }
        case .remove(let removal):
            if self.memberNumbers[removal.accused] == nil { return .member(removal.accused) }
        case .endpoint:
            if let member = record.author, self.memberNumbers[member] == nil {
                return .member(member)
            }
        case .genesis, .add, .leave, .epoch:
            break
        }
        return nil
    }

    /// Takes in what waited for this record, and what waited for that.
    private mutating func release(
        after record: Record, now: Instant, isCatchingUp: Bool, _ primitives: any Primitives
    ) -> [Record] {
        var released: [Record] = []
        var news = self.news(of: record)
        while !news.isEmpty {
            let need = news.removeFirst()
            for waiting in self.pen.take(waitingFor: need) {
                if let next = self.missing(waiting.record) {
                    self.pen.putBack(waiting, waitingFor: next)
                    continue
                }
                guard self.numbers[waiting.record.id] == nil,
                    self.hasRoom(for: waiting.record, isTrusting: isCatchingUp),
                    let author = waiting.record.author.flatMap({ self.memberNumbers[$0] }),
                    self.isSigned(waiting.record, by: self.members[author].keys, primitives)
                else { continue }
                if !waiting.isPaid {
                    self.accounts.charge(
                        waiting.record.kind, by: author, self.limits, now: now)
                }
                guard self.admit(waiting.record, primitives) == nil else { continue }
                released.append(waiting.record)
                news += self.news(of: waiting.record)
            }
        }
        return released
    }

    private func news(of record: Record) -> [RecordNeed] {
        guard let number = self.numbers[record.id] else { return [] }
        let newcomer = self.entries[number].newcomer.map { RecordNeed.member(self.members[$0].id) }
        return [.record(record.id)] + (newcomer.map { [$0] } ?? [])
    }
}

extension RecordSet {
    /// Adds a record whose author's signature was checked, or says why not.
    ///
    /// Whether it is refused depends on the record and its ancestors alone (endpoint records
    /// apart).
    private mutating func admit(
        _ record: Record, _ primitives: any Primitives
    ) -> RecordRefusal? {
        if case .endpoint(let whereabouts) = record.body {
            return self.endpoints.take(record, whereabouts) ? nil : .outdated
        }
        guard let place = record.place, let author = self.memberNumbers[place.author],
            let previous = self.numbers[place.previous],
            let root = self.root(of: place, author: author, previous: previous)
        else { return .badPlace }
        var parents = [previous] + place.parents.compactMap { self.numbers[$0] }
        switch record.body {
        case .vote(let proposal):
            guard let number = self.numbers[proposal],
                self.entries[number].record.kind == .remove
            else { return .badReference }
            parents.append(number)
        case .remove(let removal):
            guard removal.accused != place.author else { return .badReference }
        case .epoch(let epoch):
            let highest = parents.map { self.entries[$0].epoch }.max() ?? 0
            guard UInt64(epoch.number) == UInt64(highest) + 1 else { return .badNumber }
        case .confirm(let member, let meeting):
            guard member != place.author, let keys = self.keys(of: member) else {
                return .badReference
            }
            let statement = MetStatement(
                cluster: self.cluster, place.author, member, meeting: meeting)
            guard
                primitives.isValid(
                    record.signatures[1], of: statement.signedBytes, by: keys.signingKey)
            else { return .badSignature }
        case .add, .genesis, .leave, .block, .endpoint:
            break
        }
        var newcomer: Int?
        if case .add(let keys, let meeting) = record.body {
            let statement = JoinStatement(
                cluster: self.cluster, sponsor: place.author, meeting: meeting, newcomer: keys)
            guard
                primitives.isValid(
                    record.signatures[1], of: statement.signedBytes, by: keys.signingKey)
            else { return .badSignature }
            newcomer = self.admit(
                statement.newcomer(primitives), keys, by: self.entries.count)
        }
        self.insert(
            RecordEntry(
                record, author: author, parents: parents, root: root, newcomer: newcomer,
                among: self.entries))
        return nil
    }

    /// The record by which the author had become a member, if the place is one.
    private func root(of place: RecordPlace, author: Int, previous: Int) -> Int? {
        let before = self.entries[previous]
        if place.position == 1 {
            let isAdmission = previous == 0 ? author < 2 : before.newcomer == author
            return isAdmission ? previous : nil
        }
        guard before.author == author, before.position == place.position - 1 else { return nil }
        return before.root
    }

    private mutating func admit(_ id: MemberID, _ keys: MemberKeys, by record: Int) -> Int {
        if let number = self.memberNumbers[id] {
            self.members[number].admissions.append(record)
            return number
        }
        let number = self.members.count
        self.members.append(MemberEntry(id: id, keys: keys, admission: record))
        self.memberNumbers[id] = number
        return number
    }

    private mutating func insert(_ entry: RecordEntry) {
        let number = self.entries.count
        for parent in entry.parents { self.entries[parent].isHead = false }
        self.entries.append(entry)
        self.numbers[entry.record.id] = number
        self.accounts.note(entry, newcomerOf: self.members.count, self.limits)
        if let tip = self.members[entry.author].tip, !self.entries[tip].isBefore(entry) { return }
        self.members[entry.author].tip = number
    }
}

extension RecordSet {
    /// A deliberate defect's: takes an endpoint record whatever its sequence is.
    mutating func replacePlace(by record: Record) { self.endpoints.replace(by: record) }
}
