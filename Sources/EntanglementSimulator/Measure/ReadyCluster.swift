// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// A cluster that is founded already: what each of its members has stored.
///
/// The first one has taken in all but the second; the first five have votes. Each knows where each of the
/// others was last. Of a larger cluster some are never there: those who are follow each other in the order
/// of ids, so that the distances of the ring (PROTOCOL.md §12.7) are among them, or are anybody.
struct ReadyCluster {
    let cluster: ClusterID
    /// Those who are there, and what each has stored.
    private(set) var members: [MemberID] = []
    private(set) var states: [DurableState] = []

    private var maker: ClusterMaker
    private var people: [(person: ClusterMaker.Person, seed: Secret, agreement: Secret)] = []

    /// How much of a cluster so large is taken in.
    static func limits(memberCount: Int) -> ClusterLimits {
        var limits = ClusterLimits()
        limits.memberCountMax = max(limits.memberCountMax, memberCount)
        limits.recordCountMax = max(limits.recordCountMax, 2 * memberCount)
        return limits
    }

    /// The members live at these endpoints; those without, and so many more, are not known to be anywhere.
    init(
        _ endpoints: [Endpoint?], absentCount: Int = 0, isScattered: Bool = false, seed: UInt64
    ) {
        precondition(endpoints.count >= 2, "a cluster has at least two members")
        let count = endpoints.count + absentCount
        var generator = SeededGenerator(seed: seed)
        let primitives = StandInPrimitives()
        let seeds = (0..<count).map { _ in Secret(byteCount: 32, using: &generator) }
        let agreements = (0..<count).map { _ in Secret(byteCount: 32, using: &generator) }
        let meeting = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        self.maker = ClusterMaker(
            seeds: Array(seeds.prefix(2)), agreementSeeds: Array(agreements.prefix(2)),
            meeting: meeting, generator, primitives)
        self.cluster = self.maker.cluster
        self.people = [
            (self.maker.anna, seeds[0], agreements[0]), (self.maker.ben, seeds[1], agreements[1]),
        ]
        var view = ClusterView(self.maker.emptySet(Self.limits(memberCount: count)))
        for number in 2..<max(2, count) {
            self.take(seeds[number], agreements[number], &view)
        }
        for number in 2..<max(2, min(5, count)) {
            view.confirm(self.maker.ben, self.people[number].person, &self.maker)
        }
        if absentCount > 0 {
            if isScattered {
                self.people.shuffle(using: &generator)
                self.people.removeLast(absentCount)
            }
            self.people.sort { $0.person.id < $1.person.id }
            if !isScattered { self.people.removeLast(absentCount) }
        }
        self.members = self.people.map(\.person.id)
        self.makeStates(endpoints, view, &generator)
    }

    private mutating func take(_ seed: Secret, _ agreement: Secret, _ view: inout ClusterView) {
        let anna = self.maker.anna
        guard let signing = self.maker.primitives.signingKey(from: seed),
            let inner = self.maker.primitives.agreementKey(from: agreement)
        else { preconditionFailure("32 bytes are a key") }
        let keys = MemberKeys(signingKey: signing.publicKey, agreementKey: inner.publicKey)
        let meeting = self.maker.bytes(32)
        let statement = JoinStatement(
            cluster: self.cluster, sponsor: anna.id, meeting: meeting, newcomer: keys)
        let person = ClusterMaker.Person(
            id: statement.newcomer(self.maker.primitives), keys: keys, signing: signing)
        view.write(.add(keys, meeting: meeting), by: anna, with: person, self.maker)
        self.people.append((person, seed, agreement))
    }

    private mutating func makeStates(
        _ endpoints: [Endpoint?], _ view: ClusterView, _ generator: inout SeededGenerator
    ) {
        let secret = Secret(byteCount: 32, using: &generator)
        let records = view.set.records.map { StoredRecord(cluster: self.cluster, bytes: $0.bytes) }
        let places = self.places(endpoints)
        self.states = self.people.enumerated().map { number, one in
            DurableState(
                nodeName: "member \(number)",
                clusters: [
                    ClusterRecord(
                        id: self.cluster, name: "cluster", createdAt: HostClock.epoch,
                        membership: Membership(
                            member: one.person.id, signingKey: one.seed,
                            agreementKey: one.agreement),
                        epochs: [
                            EpochSecret(
                                number: 0, record: nil, secret: secret, since: HostClock.epoch)
                        ])
                ], records: records, endpointRecords: places)
        }
    }

    /// Where everybody was last, ordered by member.
    private func places(_ endpoints: [Endpoint?]) -> [StoredRecord] {
        let known = zip(self.people, endpoints).compactMap { one, endpoint in
            endpoint.map { (one.person, $0) }
        }
        return known.sorted { $0.0.id < $1.0.id }.map { person, endpoint in
            let whereabouts = Whereabouts(
                incarnation: 1, sequence: 1, issuedAt: UInt64(HostClock.epoch.seconds),
                validitySeconds: ClusterLimits.validitySecondsMax,
                addresses: [
                    PublishedAddress(endpoint: endpoint, kind: .observed, confirmedBy: 2)
                ])
            return StoredRecord(
                cluster: self.cluster, bytes: self.maker.record(whereabouts, of: person).bytes)
        }
    }
}
