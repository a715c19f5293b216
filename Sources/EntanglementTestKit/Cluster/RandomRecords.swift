// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A random set of validly signed records of one cluster: honest lives, quarrels and lies.
///
/// Authors fork their own history, backdate, vote for both sides, remove each other, add two
/// people in one meeting, and go on after they left or were removed. A quarter of the clusters is so
/// small that some wait for a place.
public struct RandomRecords: Sendable {
    /// Made the people and signed the records.
    public private(set) var maker: ClusterMaker
    /// All records but the genesis, each after its parents.
    public private(set) var records: [Record] = []
    /// All of them in one set.
    public private(set) var view: ClusterView
    /// How much each node takes in.
    public private(set) var limits = ClusterLimits()
    private var people: [ClusterMaker.Person]
    private var meetings: [(sponsor: Int, meeting: [UInt8])] = []
    private var proposals: [Record] = []
    private var generator: SeededGenerator

    /// The set of that seed.
    public init(seed: UInt64) {
        let maker = ClusterMaker(seed: seed)
        self.maker = maker
        self.view = ClusterView(maker.emptySet())
        self.people = [maker.anna, maker.ben]
        self.generator = SeededGenerator(seed: ~seed)
        for _ in 0..<self.number(0...3) { self.makeVoter() }
        for _ in 0..<self.number(2...8) { self.act() }
        // Last, so that those of the other seeds do not depend on it.
        if self.happens(25) { self.crowd() }
    }

    /// The records in another order.
    public mutating func inAnotherOrder() -> [Record] {
        self.records.shuffled(using: &self.generator)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self.generator)
    }

    private mutating func happens(_ percent: Int) -> Bool { self.number(1...100) <= percent }

    private mutating func someone() -> Int { self.number(0...self.people.count - 1) }

    private mutating func other(than one: Int) -> Int {
        let other = self.number(0...self.people.count - 2)
        return other >= one ? other + 1 : other
    }

    private mutating func makeVoter() {
        let sponsor = self.someone()
        let witness = self.other(than: sponsor)
        self.add(by: sponsor, isHonest: true)
        self.confirm(witness, self.people.count - 1, isHonest: true)
    }

    /// There are few places, and some more come who want one.
    private mutating func crowd() {
        self.limits.memberCountMax = self.number(3...6)
        self.view.set.limits = self.limits
        for _ in 0..<self.number(1...5) { self.add(by: self.someone(), isHonest: false) }
    }

    private mutating func act() {
        switch self.number(1...100) {
        case ...12: self.add(by: self.someone(), isHonest: false)
        case ...27:
            let one = self.someone()
            self.confirm(one, self.other(than: one), isHonest: false)
        case ...33: self.write(.leave, by: self.someone())
        case ...70: self.quarrel()
        case ...84:
            guard let proposal = self.proposals.randomElement(using: &self.generator) else {
                return
            }
            self.write(.vote(proposal.id), by: self.someone())
        case ...90:
            let one = self.someone()
            let isOn = self.happens(70)
            self.write(.block(self.people[self.other(than: one)].id, isOn: isOn), by: one)
        default: self.beginEpoch()
        }
    }

    /// Somebody proposes to remove somebody, and some vote for it.
    private mutating func quarrel() {
        let author = self.someone()
        let accused = self.other(than: author)
        let kept = self.happens(75) ? Removal.keepsAll : UInt32(self.number(0...3))
        let removal = Removal(accused: self.people[accused].id, kept: kept)
        guard let proposal = self.write(.remove(removal), by: author) else { return }
        self.proposals.append(proposal)
        for voter in self.people.indices where voter != author && self.happens(60) {
            self.write(.vote(proposal.id), by: voter)
        }
    }

    private mutating func beginEpoch() {
        let author = self.someone()
        guard let place = self.place(of: author, isHonest: self.happens(60)),
            let number = self.view.set.nextEpoch(at: place)
        else { return }
        let gone =
            self.happens(70) ? self.view.state(self.maker).goneHash : self.maker.bytes(32)
        self.append(
            self.maker.record(
                .epoch(Epoch(number: number, gone: gone, secretHash: self.maker.bytes(32))),
                by: self.people[author], at: place))
    }

    private mutating func add(by sponsor: Int, isHonest: Bool) {
        guard let place = self.place(of: sponsor, isHonest: isHonest || self.happens(50)) else {
            return
        }
        var meeting: [UInt8]?
        if !isHonest, self.happens(30) {
            meeting = self.meetings.first { $0.sponsor == sponsor }?.meeting
        }
        let used = meeting ?? self.maker.bytes(32)
        self.meetings.append((sponsor, used))
        let (person, record) = self.maker.newcomer(
            of: self.people[sponsor], at: place, meeting: used)
        if self.append(record) { self.people.append(person) }
    }

    private mutating func confirm(_ one: Int, _ other: Int, isHonest: Bool) {
        guard let place = self.place(of: one, isHonest: isHonest || self.happens(50)) else {
            return
        }
        let meeting = self.maker.bytes(32)
        self.append(
            self.maker.record(
                .confirm(self.people[other].id, meeting: meeting), by: self.people[one],
                at: place, with: self.people[other]))
    }

    @discardableResult
    private mutating func write(_ body: RecordBody, by author: Int) -> Record? {
        let isHonest = self.happens(55)
        guard let place = self.place(of: author, isHonest: isHonest) else { return nil }
        let record = self.maker.record(body, by: self.people[author], at: place)
        return self.append(record) ? record : nil
    }

    @discardableResult
    private mutating func append(_ record: Record) -> Bool {
        let count = self.view.set.count
        self.view.take([record], self.maker)
        guard self.view.set.count > count else { return false }
        self.records.append(record)
        return true
    }

    /// After all there is, or after some of it, or as if nothing had happened since.
    private mutating func place(of author: Int, isHonest: Bool) -> RecordPlace? {
        let id = self.people[author].id
        guard let honest = self.view.set.nextPlace(of: id), !isHonest else {
            return self.view.set.nextPlace(of: id)
        }
        var (previous, position) = (honest.previous, honest.position)
        for _ in 0..<self.number(0...2) where position > 1 {
            guard let place = self.view.set.record(previous)?.place else { break }
            (previous, position) = (place.previous, place.position)
        }
        var parents: [RecordID] = []
        for _ in 0..<self.number(0...2) {
            guard let parent = self.records.randomElement(using: &self.generator) else { break }
            if parent.id != previous, !parents.contains(parent.id) { parents.append(parent.id) }
        }
        return RecordPlace(
            author: id, position: position, previous: previous, parents: parents.sorted())
    }
}
