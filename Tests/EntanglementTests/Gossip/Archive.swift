// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Anna, who holds many records of a cluster, and Ben, who holds some of them, as if they had been
/// running for years: both start from what their stores hold.
struct Archive {
    static let (anna, ben) = (0, 1)
    static let secret = EpochSecret(
        number: 0, record: nil, secret: Secret([UInt8](repeating: 0x55, count: 32)),
        since: WallTime(seconds: 1_795_000_000))

    let maker: ClusterMaker
    /// All records, parents first, the founding's first of all.
    let records: [Record]
    private let memberships: [Membership]
    private let keys: [MemberKeys]

    /// Anna wrote so many records since the founding.
    init(recordCount: Int, seed: UInt64 = 1) {
        let seeds = (0..<2).map { Secret(noise(32, seed: seed &* 8 &+ UInt64($0))) }
        let agreements = (2..<4).map { Secret(noise(32, seed: seed &* 8 &+ UInt64($0))) }
        let maker = ClusterMaker(
            seeds: seeds, agreementSeeds: agreements, meeting: noise(32, seed: seed),
            SeededGenerator(seed: seed), StandInPrimitives())
        var view = ClusterView(maker.emptySet())
        for _ in 0..<recordCount {
            view.write(.block(maker.ben.id, isOn: false), by: maker.anna, maker)
        }
        self.maker = maker
        self.records = view.set.records
        self.keys = [maker.anna.keys, maker.ben.keys]
        self.memberships = [maker.anna.id, maker.ben.id].enumerated().map { number, id in
            Membership(
                member: id, signingKey: seeds[number], agreementKey: agreements[number])
        }
    }

    var cluster: ClusterID { self.maker.cluster }

    /// Both running: Anna with everything, Ben with so many records; without any he is a newcomer.
    func circle(held count: Int) throws -> Circle {
        var circle = Circle(["Anna", "Ben"])
        for number in [Self.anna, Self.ben] {
            let held = number == Self.anna ? self.records.count : count
            let store = MemoryStore(
                DurableState(
                    relations: [try self.relation(of: number)],
                    clusters: [
                        ClusterRecord(
                            id: self.cluster, name: "Home", createdAt: circle.now.wall,
                            standing: held == 0 ? .joining : .member,
                            membership: self.memberships[number],
                            epochs: held == 0 ? [] : [Self.secret])
                    ],
                    records: self.records.prefix(held).map {
                        StoredRecord(cluster: self.cluster, bytes: $0.bytes)
                    }))
            circle.act(number) { host, now, sent in
                host = Host(
                    number == Self.anna ? "Anna" : "Ben", at: Circle.endpoint(of: number),
                    store: store, primitives: StandInPrimitives(), seed: UInt64(number), now: now,
                    sent: &sent)
            }
        }
        return circle
    }

    /// As after a meeting: keys that only the two have.
    private func relation(of number: Int) throws -> RelationRecord {
        let membership = self.memberships[number]
        let other = RosterMember(
            id: self.memberships[1 - number].member, keys: self.keys[1 - number],
            origin: .founder(.offering), status: .present, isVoter: true, metBy: [])
        let introduction = try #require(
            Introduction(
                cluster: self.cluster, membership, other, Self.secret, self.maker.primitives))
        var record = introduction.record(membership, at: WallTime(seconds: 1_795_000_000))
        record.epoch = nil
        record.endpoints = [Circle.endpoint(of: 1 - number)]
        return record
    }
}

extension Circle {
    /// How many records of its first cluster a host holds.
    func recordCount(_ number: Int) -> Int {
        self.hosts[number].node.live.first?.set?.count ?? 0
    }
}
