// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Endpoint records (PROTOCOL.md §12.5).
@Suite struct PublishingTests {
    private func place(_ number: Int, of other: Int, _ circle: Circle, _ cluster: ClusterID) throws
        -> Whereabouts
    {
        let set = try #require(try circle.live(number, cluster).set)
        return try #require(set.whereabouts(of: try circle.member(other, cluster)))
    }

    private func bytes(_ number: Int, of other: Int, _ circle: Circle, _ cluster: ClusterID) throws
        -> [UInt8]
    {
        let member = try circle.member(other, cluster)
        let records = try #require(try circle.live(number, cluster).set).endpointRecords
        return try #require(records.first { $0.author == member }).bytes
    }

    /// A record of a host in the first one's name, as only it could have written it.
    private func forge(
        _ number: Int, _ circle: Circle, _ cluster: ClusterID,
        _ change: (inout Whereabouts) -> Void
    ) throws -> [UInt8] {
        let membership = try #require(circle.record(number, cluster)).membership
        let primitives = CryptoPrimitives()
        var whereabouts = try self.place(number, of: number, circle, cluster)
        change(&whereabouts)
        let draft = try RecordDraft(whereabouts, of: membership.member)
        let signing = try #require(membership.keys(primitives)).1
        let signature = primitives.sign(draft.signedBytes(in: cluster), with: signing)
        return Record(draft, signatures: [signature], primitives).bytes
    }

    @Test func everybodyKnowsWhereEverybodyIs() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let elsewhere = at("20.9.0.1:4000")
        circle.move(2, to: elsewhere)
        circle.run(for: .seconds(5))
        for number in 0..<3 {
            let place = try self.place(number, of: 2, circle, cluster)
            #expect(place.addresses.map(\.endpoint) == [elsewhere])
            #expect(place.name == "Cem")
        }
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// What only the own network knows is nobody else's business.
    @Test func localAddressesAreNotPublished() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let known = [
            Candidate(endpoint: at("192.168.1.7:41414"), kind: .lan),
            Candidate(endpoint: Circle.endpoint(of: 2), kind: .mapped),
        ]
        circle.act(2) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        circle.run(for: .seconds(20))
        for number in 0..<3 {
            let place = try self.place(number, of: 2, circle, cluster)
            #expect(place.addresses.map(\.endpoint) == [Circle.endpoint(of: 2)])
        }
        // Nor does a member whom it never met hear of it otherwise.
        #expect(
            try circle.relations(1, with: 2, cluster).allSatisfy {
                $0.endpoints.allSatisfy(\.address.isPublic)
            })
    }

    @Test func anOlderRecordNeverReplacesANewerOne() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let old = try self.bytes(0, of: 2, circle, cluster)
        circle.move(2, to: at("20.9.0.1:4000"))
        circle.run(for: .seconds(5))
        let new = try self.bytes(0, of: 2, circle, cluster)
        #expect(new != old)
        for _ in 0..<2 {
            try circle.hand(.record(old), of: cluster, to: 0, from: 1)
            #expect(try self.bytes(0, of: 2, circle, cluster) == new)
        }
        #expect(circle.hosts[0].store.state.endpointRecords.contains { $0.bytes == new })
        #expect(!circle.hosts[0].store.state.endpointRecords.contains { $0.bytes == old })
    }

    /// A backup from before: what was published since is newer than what the disk knows.
    @Test func theSequenceIsRecoveredAfterABackupWasRestored() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let backup = circle.hosts[2].store
        for port in UInt16(1)...5 {
            circle.move(2, to: Endpoint(address: Circle.endpoint(of: 2).address, port: port))
            circle.run(for: .seconds(5))
        }
        let before = try self.place(0, of: 2, circle, cluster)
        circle.act(2) { host, now, sent in
            host = Host(
                "Cem", at: Circle.endpoint(of: 2), store: backup, primitives: CryptoPrimitives(),
                seed: 99, now: now, sent: &sent)
        }
        circle.run(for: .seconds(30))
        for number in 0..<3 {
            let place = try self.place(number, of: 2, circle, cluster)
            #expect(place.sequence > before.sequence)
            #expect(place.incarnation != before.incarnation)
            #expect(place.addresses.map(\.endpoint) == [Circle.endpoint(of: 2)])
            let alarm = Event.memberCloned(cluster, try circle.member(2, cluster))
            #expect(circle.count(number, alarm) == 0)
        }
        try circle.expectOneCluster([0, 1, 2], cluster)
    }

    /// A backup from one record before, and a start at a third place that the router tells at once: the record
    /// that the others hold is outdone, and not met by another one of the same sequence.
    @Test(arguments: [(away: [Int](), isBehind: false), ([], true), ([0], true), ([1], false)])
    func aRestoredDiskWritesNothingBesideWhatOthersHold(away: [Int], isBehind: Bool) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        circle.run(for: .seconds(60))
        // Ada is away while the last record is written, and does not know it.
        circle.stopped = [0]
        circle.move(2, to: at("20.9.0.1:4000"))
        var backups: [UInt64: MemoryStore] = [:]
        for _ in 0..<600 {
            let sequence = try self.place(2, of: 2, circle, cluster).sequence
            backups[sequence] = circle.hosts[2].store
            circle.run(for: .milliseconds(100))
        }
        let before = try self.place(1, of: 2, circle, cluster)
        let sequence = try #require(backups.keys.filter { $0 < before.sequence }.max())
        let backup = try #require(backups[sequence])
        let third = at("20.9.0.2:4000")
        if isBehind { circle.turnBack(by: .seconds(3_600)) }
        circle.stopped = Set(away)
        circle.act(2) { host, now, sent in
            host = Host(
                "Cem", at: third, store: backup, primitives: CryptoPrimitives(), seed: 99,
                now: now, sent: &sent)
            let told = [Candidate(endpoint: third, kind: .mapped)]
            host.handle(.ownCandidates(told), now: now, sent: &sent)
        }
        circle.run(for: .seconds(60))
        circle.stopped = []
        circle.run(for: .seconds(120))
        let alarm = Event.memberCloned(cluster, try circle.member(2, cluster))
        let bytes = try (0..<3).map { try self.bytes($0, of: 2, circle, cluster) }
        #expect(Set(bytes).count == 1)
        for number in 0..<3 {
            let place = try self.place(number, of: 2, circle, cluster)
            #expect(place.sequence > before.sequence)
            #expect(place.addresses.map(\.endpoint) == [third])
            #expect(circle.count(number, alarm) == 0)
        }
    }

    /// Two records of one sequence that say different things: told once.
    @Test func aCloneIsToldOnce() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let alarm = Event.memberCloned(cluster, try circle.member(2, cluster))
        let twins = try [UInt64(1), 2, 3].map { incarnation in
            try self.forge(2, circle, cluster) {
                $0.sequence += 1
                $0.incarnation = incarnation
            }
        }
        for bytes in twins + twins {
            try circle.hand(.record(bytes), of: cluster, to: 0, from: 2)
        }
        #expect(circle.count(0, alarm) == 1)
        circle.run(for: .seconds(10))
        #expect(circle.count(0, alarm) == 1)
        let row = circle.hosts[0].node.status(now: circle.now).clusters.first { $0.id == cluster }
        let suspects = row?.roster.filter(\.isSuspect).map(\.name)
        #expect(suspects == ["Cem"])
    }

    /// Who names places of others causes few datagrams to them, however often the list changes.
    @Test func placesThatOnlyARecordNamesAreCalledSeldom() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        circle.stopped = [2]
        circle.run(for: .seconds(60))
        let victims = (0..<24).map { at("30.0.0.\(1 + $0 % 12):\(1_000 + $0)") }
        for round in 0..<60 {
            let bytes = try self.forge(2, circle, cluster) { whereabouts in
                whereabouts.sequence += UInt64(1 + round)
                whereabouts.addresses = (0..<8).map {
                    PublishedAddress(
                        endpoint: victims[(round + $0 * 3) % 24], kind: .observed, confirmedBy: 3)
                }
            }
            try circle.hand(.record(bytes), of: cluster, to: 0, from: 1)
            circle.run(for: .seconds(20))
        }
        let ada = Circle.endpoint(of: 0)
        for victim in victims {
            #expect(circle.log.count { $0.from == ada && $0.to == victim } <= 78, "\(victim)")
        }
        #expect(circle.log.count { $0.from == ada && victims.contains($0.to) } <= 312)
    }

    /// What is not valid any more is no place to call while there are others.
    @Test(arguments: [false, true])
    func whatIsNotValidAnyMoreIsNotCalled(isValid: Bool) throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let old = at("30.0.0.1:1000")
        circle.stopped = [2]
        circle.run(for: .seconds(60))
        let bytes = try self.forge(2, circle, cluster) { whereabouts in
            whereabouts.sequence += 1
            whereabouts.issuedAt = UInt64(circle.now.wall.seconds) - 7_200
            whereabouts.validitySeconds = isValid ? 7_300 : 3_600
            whereabouts.addresses = [
                PublishedAddress(endpoint: old, kind: .observed, confirmedBy: 3)
            ]
        }
        try circle.hand(.record(bytes), of: cluster, to: 0, from: 1)
        circle.run(for: .seconds(10))
        #expect(circle.log.contains { $0.to == old } == isValid)
    }
}
