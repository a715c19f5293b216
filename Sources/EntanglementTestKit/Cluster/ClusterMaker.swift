// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Makes people and validly signed records of one cluster, honest or not.
public struct ClusterMaker: Sendable {
    /// Somebody with the keys of one membership.
    public struct Person: Sendable, Equatable {
        /// The member's id.
        public let id: MemberID
        /// Both public keys.
        public let keys: MemberKeys
        /// What it signs with.
        public let signing: SigningKey

        /// Somebody with these keys.
        public init(id: MemberID, keys: MemberKeys, signing: SigningKey) {
            self.id = id
            self.keys = keys
            self.signing = signing
        }
    }

    /// The cryptography of all records.
    public let primitives: any Primitives
    /// The cluster.
    public let cluster: ClusterID
    /// The record that founded it.
    public let genesis: Record
    /// Who showed the offer.
    public let anna: Person
    /// Who showed the answer.
    public let ben: Person
    /// Decides keys and meetings.
    public var generator: SeededGenerator

    /// A new cluster of two.
    public init(seed: UInt64, primitives: any Primitives = StandInPrimitives()) {
        var generator = SeededGenerator(seed: seed)
        let seeds = (0..<2).map { _ in Secret(byteCount: 32, using: &generator) }
        let agreements = (0..<2).map { _ in Secret(byteCount: 32, using: &generator) }
        let meeting = Self.bytes(32, &generator)
        self.init(
            seeds: seeds, agreementSeeds: agreements, meeting: meeting, generator, primitives)
    }

    /// The cluster of two with these keys, founded in that meeting.
    public init(
        seeds: [Secret], agreementSeeds: [Secret], meeting: [UInt8], _ generator: SeededGenerator,
        _ primitives: any Primitives
    ) {
        self.primitives = primitives
        self.generator = generator
        let pairs = zip(seeds, agreementSeeds).map { Self.pair($0, $1, primitives) }
        let founding = Founding(meeting: meeting, offering: pairs[0].keys, answering: pairs[1].keys)
        guard let draft = try? RecordDraft(founding) else {
            preconditionFailure("two different pairs found a cluster")
        }
        let cluster = ClusterID(hash: primitives.hash(draft.content))
        self.cluster = cluster
        self.genesis = Record(
            draft,
            signatures: pairs.map { primitives.sign(draft.signedBytes(in: cluster), with: $0.1) },
            primitives)
        let founders = pairs.map { keys, signing in
            Person(
                id: MemberID(founder: keys, of: cluster, primitives), keys: keys, signing: signing)
        }
        (self.anna, self.ben) = (founders[0], founders[1])
    }

    /// A set that holds the genesis alone.
    public func emptySet(_ limits: ClusterLimits = ClusterLimits()) -> RecordSet {
        guard let set = RecordSet(genesis: self.genesis, limits: limits, self.primitives) else {
            preconditionFailure("the genesis is signed by both")
        }
        return set
    }

    /// So many random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] { Self.bytes(count, &self.generator) }

    private static func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private static func pair(
        _ seed: Secret, _ agreementSeed: Secret, _ primitives: any Primitives
    ) -> (keys: MemberKeys, SigningKey) {
        guard let signing = primitives.signingKey(from: seed),
            let agreement = primitives.agreementKey(from: agreementSeed)
        else { preconditionFailure("32 bytes are a key") }
        return (
            MemberKeys(signingKey: signing.publicKey, agreementKey: agreement.publicKey), signing
        )
    }

    /// A record of that person at that place; `other` signs what two must sign.
    public func record(
        _ body: RecordBody, by person: Person, at place: RecordPlace, with other: Person? = nil
    ) -> Record {
        guard let draft = try? RecordDraft(body, at: place) else {
            preconditionFailure("a body that records may have")
        }
        let signed = draft.signedBytes(in: self.cluster)
        var signatures = [self.primitives.sign(signed, with: person.signing)]
        switch body {
        case .add(let keys, let meeting):
            let statement = JoinStatement(
                cluster: self.cluster, sponsor: place.author, meeting: meeting, newcomer: keys)
            signatures.append(
                self.primitives.sign(
                    statement.signedBytes, with: other?.signing ?? person.signing))
        case .confirm(let member, let meeting):
            let statement = MetStatement(
                cluster: self.cluster, place.author, member, meeting: meeting)
            signatures.append(
                self.primitives.sign(
                    statement.signedBytes, with: other?.signing ?? person.signing))
        case .genesis, .leave, .remove, .vote, .block, .epoch, .endpoint: break
        }
        return Record(draft, signatures: signatures, self.primitives)
    }

    /// An endpoint record of that person.
    public func record(_ whereabouts: Whereabouts, of person: Person) -> Record {
        guard let draft = try? RecordDraft(whereabouts, of: person.id) else {
            preconditionFailure("whereabouts that records may have")
        }
        let signed = draft.signedBytes(in: self.cluster)
        return Record(
            draft, signatures: [self.primitives.sign(signed, with: person.signing)],
            self.primitives)
    }

    /// A newcomer whom this sponsor met, with keys of its own, and the record that takes it in.
    public mutating func newcomer(
        of sponsor: Person, at place: RecordPlace, meeting: [UInt8]? = nil
    ) -> (person: Person, record: Record) {
        let meeting = meeting ?? self.bytes(32)
        let seed = Secret(byteCount: 32, using: &self.generator)
        let agreement = Secret(byteCount: 32, using: &self.generator)
        let (keys, signing) = Self.pair(seed, agreement, self.primitives)
        let statement = JoinStatement(
            cluster: self.cluster, sponsor: sponsor.id, meeting: meeting, newcomer: keys)
        let person = Person(id: statement.newcomer(self.primitives), keys: keys, signing: signing)
        return (
            person,
            self.record(.add(keys, meeting: meeting), by: sponsor, at: place, with: person)
        )
    }
}

/// What one node knows of a cluster; copies go different ways.
public struct ClusterView: Sendable {
    /// The records that it holds.
    public var set: RecordSet

    /// A view of these records.
    public init(_ set: RecordSet) {
        self.set = set
    }

    /// Writes a record after all that this view holds.
    @discardableResult
    public mutating func write(
        _ body: RecordBody, by person: ClusterMaker.Person, with other: ClusterMaker.Person? = nil,
        _ maker: ClusterMaker
    ) -> Record {
        guard let place = self.set.nextPlace(of: person.id) else {
            preconditionFailure("somebody who was taken in")
        }
        let record = maker.record(body, by: person, at: place, with: other)
        self.take([record], maker)
        return record
    }

    /// Takes a newcomer in.
    public mutating func add(
        by sponsor: ClusterMaker.Person, meeting: [UInt8]? = nil, _ maker: inout ClusterMaker
    ) -> ClusterMaker.Person {
        guard let place = self.set.nextPlace(of: sponsor.id) else {
            preconditionFailure("somebody who was taken in")
        }
        let (person, record) = maker.newcomer(of: sponsor, at: place, meeting: meeting)
        self.take([record], maker)
        return person
    }

    /// Takes records in, whatever becomes of them.
    public mutating func take(_ records: [Record], _ maker: ClusterMaker) {
        for record in records {
            _ = self.set.take(
                record, from: nil, now: Instant(nanoseconds: 0), isCatchingUp: true,
                maker.primitives)
        }
    }

    /// Two people meet in person.
    public mutating func confirm(
        _ one: ClusterMaker.Person, _ other: ClusterMaker.Person, _ maker: inout ClusterMaker
    ) {
        let meeting = maker.bytes(32)
        self.write(.confirm(other.id, meeting: meeting), by: one, with: other, maker)
    }

    /// A voter: met by two.
    public mutating func voter(
        metBy one: ClusterMaker.Person, _ other: ClusterMaker.Person, _ maker: inout ClusterMaker
    ) -> ClusterMaker.Person {
        let person = self.add(by: one, &maker)
        self.confirm(other, person, &maker)
        return person
    }

    /// Everything that this view says.
    package func state(_ maker: ClusterMaker, defects: RosterDefects = []) -> RosterState {
        RosterState(of: self.set, defects: defects, maker.primitives)
    }
}
