// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct RecordDigestTests {
    private func exchange(
        _ one: inout ClusterView, _ other: inout ClusterView, _ maker: ClusterMaker
    ) {
        let primitives = maker.primitives
        let buckets = one.set.digest(primitives).differing(from: other.set.digest(primitives))
        let forOther = one.set.missing(from: other.set.ids(inBuckets: buckets), inBuckets: buckets)
        let forOne = other.set.missing(from: one.set.ids(inBuckets: buckets), inBuckets: buckets)
        other.take(forOther, maker)
        one.take(forOne, maker)
    }

    /// Each record came to one of the two alone, in any order, so most of them wait for others.
    @Test func twoSetsBecomeEqualByExchanging() {
        for seed in UInt64(1)...40 {
            var random = RandomRecords(seed: seed)
            let maker = random.maker
            var one = ClusterView(maker.emptySet())
            var other = one
            for (index, record) in random.inAnotherOrder().enumerated() {
                if index.isMultiple(of: 2) {
                    one.take([record], maker)
                } else {
                    other.take([record], maker)
                }
            }
            for _ in random.records { self.exchange(&one, &other, maker) }
            let heads = random.view.set.headsHash(maker.primitives)
            #expect(one.set.headsHash(maker.primitives) == heads)
            #expect(other.set.headsHash(maker.primitives) == heads)
        }
    }

    @Test func whoToldItsHeadsGetsWhatItLacksParentsFirst() {
        var maker = ClusterMaker(seed: 4)
        var all = ClusterView(maker.emptySet())
        let guest = all.add(by: maker.anna, &maker)
        let old = all
        all.confirm(maker.ben, guest, &maker)
        all.write(.leave, by: guest, maker)
        var away = old
        away.write(.block(guest.id, isOn: true), by: maker.ben, maker)
        #expect(
            all.set.missing(fromHeads: old.set.heads) == Array(all.set.records.suffix(2)))
        #expect(all.set.missing(fromHeads: all.set.heads).isEmpty)
        #expect(all.set.missing(fromHeads: away.set.heads) == all.set.records)
        #expect(all.set.missing(fromHeads: []) == all.set.records)
    }

    /// What somebody is shown who is not known as a member: enough to take it in, and no more.
    @Test func howOneBecameAMemberStandsInFewRecords() {
        var maker = ClusterMaker(seed: 4)
        var view = ClusterView(maker.emptySet())
        let guest = view.add(by: maker.anna, &maker)
        let needed = view.set.records
        var elsewhere = ClusterView(maker.emptySet())
        let other = elsewhere.add(by: maker.ben, &maker)
        view.take(elsewhere.set.records, maker)
        view.confirm(maker.ben, guest, &maker)
        let records = view.set.records
        let shown = { (member: MemberID) in
            zip(records, view.set.credentials(of: member)).filter(\.1).map(\.0)
        }
        #expect(shown(guest.id) == needed)
        #expect(shown(other.id) == elsewhere.set.records)
        #expect(shown(maker.anna.id) == [maker.genesis])
        let last = view.add(by: maker.ben, &maker)
        #expect(view.set.credentials(of: last.id) == records.map { _ in true } + [true])
        #expect(view.set.credentials(of: MemberID(high: 1, low: 1)).allSatisfy { !$0 })
    }

    @Test func aDigestHas1024BytesAndDiffersWhereTheSetsDo() throws {
        var maker = ClusterMaker(seed: 4)
        var view = ClusterView(maker.emptySet())
        let before = view.set.digest(maker.primitives)
        _ = view.add(by: maker.anna, &maker)
        let after = view.set.digest(maker.primitives)
        #expect(after.bytes.count == 1_024)
        #expect(RecordDigest(bytes: after.bytes) == after)
        #expect(RecordDigest(bytes: [1]) == nil)
        let buckets = before.differing(from: after)
        #expect(buckets == [Int(view.set.records[1].id.bytes[0] >> 2)])
        #expect(after.differing(from: after).isEmpty)
    }
}

@Suite struct EndpointRecordTests {
    private let maker = ClusterMaker(seed: 31)

    private func record(_ sequence: UInt64, incarnation: UInt64 = 1) -> Record {
        self.maker.record(
            Whereabouts(
                incarnation: incarnation, sequence: sequence, issuedAt: 5, validitySeconds: 60,
                addresses: []), of: self.maker.anna)
    }

    private func take(_ record: Record, into set: inout RecordSet) -> RecordIntake {
        set.take(
            record, from: nil, now: Instant(nanoseconds: 0), isCatchingUp: true,
            self.maker.primitives)
    }

    @Test func onlyTheNewestIsKept() {
        var set = self.maker.emptySet()
        let (two, three) = (self.record(2), self.record(3, incarnation: 9))
        #expect(self.take(two, into: &set) == .added([two]))
        #expect(self.take(self.record(1), into: &set) == .refused(.outdated))
        #expect(self.take(three, into: &set) == .added([three]))
        #expect(self.take(three, into: &set) == .known)
        #expect(set.endpointRecords == [three])
        #expect(set.whereabouts(of: self.maker.anna.id)?.sequence == 3)
        #expect(set.whereabouts(of: self.maker.ben.id) == nil)
        #expect(set.cloneAlarms.isEmpty)
        #expect(set.count == 1 && set.heads == [self.maker.genesis.id])
    }

    /// Whoever repeats what its author said must not keep the author from saying more.
    @Test func repetitionsUseUpNothingOfTheAuthorsPace() {
        var set = self.maker.emptySet()
        let (one, two) = (self.record(1), self.record(2))
        for record in [one, two] { _ = self.take(record, into: &set) }
        for _ in 0..<500 {
            for record in [one, two] {
                _ = set.take(
                    record, from: nil, now: Instant(nanoseconds: 0), self.maker.primitives)
            }
        }
        let three = self.record(3)
        let intake = set.take(
            three, from: nil, now: Instant(nanoseconds: 0), self.maker.primitives)
        #expect(intake == .added([three]))
    }

    @Test func oneSequenceWithTwoContentsIsACloneAlarmWithItsProof() {
        let records = [self.record(2), self.record(2, incarnation: 2)].sorted { $0.id < $1.id }
        for order in [records, records.reversed()] {
            var set = self.maker.emptySet()
            for record in order { _ = self.take(record, into: &set) }
            #expect(
                set.cloneAlarms == [
                    CloneAlarm(
                        member: self.maker.anna.id, first: records[0], second: records[1])
                ])
            #expect(set.endpointRecords == [records[0]])
            _ = self.take(self.record(3), into: &set)
            #expect(set.cloneAlarms.count == 1)
        }
    }

    /// Two copies whose sequences never meet: each goes on from the other's.
    @Test func copiesThatPublishInTurnsAreACloneAlarm() {
        var set = self.maker.emptySet()
        for sequence in UInt64(1)...4 {
            _ = self.take(self.record(sequence, incarnation: sequence % 2), into: &set)
        }
        #expect(set.cloneAlarms.isEmpty)
        _ = self.take(self.record(5, incarnation: 1), into: &set)
        #expect(set.cloneAlarms.map(\.member) == [self.maker.anna.id])
    }

    /// Starts one after the other, and what comes late from before a backup was restored, are no copies.
    @Test func startsAndBackupsAreNoCloneAlarm() {
        var set = self.maker.emptySet()
        let incarnations: [UInt64] = [1, 1, 2, 2, 3, 2, 3, 3, 4, 5, 5, 4, 5, 6, 7]
        for (position, incarnation) in incarnations.enumerated() {
            _ = self.take(
                self.record(UInt64(position + 1), incarnation: incarnation), into: &set)
        }
        #expect(set.cloneAlarms.isEmpty)
    }

    @Test func strangersAndForgedOnesAreNotKept() throws {
        var set = self.maker.emptySet()
        let stranger = ClusterMaker(seed: 32)
        let record = stranger.record(
            Whereabouts(
                incarnation: 1, sequence: 1, issuedAt: 1, validitySeconds: 1, addresses: []),
            of: stranger.anna)
        #expect(self.take(record, into: &set) == .waiting)
        var bytes = self.record(1).bytes
        bytes[bytes.count - 1] ^= 1
        let forged = try Record(bytes: bytes, self.maker.primitives)
        #expect(self.take(forged, into: &set) == .refused(.badSignature))
        #expect(set.endpointRecords.isEmpty)
    }

    @Test func onlyNewerOnesAreSent() {
        var set = self.maker.emptySet()
        let record = self.record(5)
        _ = self.take(record, into: &set)
        #expect(set.newerEndpoints(than: []) == [record])
        #expect(set.newerEndpoints(than: [(self.maker.anna.id, 4)]) == [record])
        #expect(set.newerEndpoints(than: [(self.maker.anna.id, 5)]).isEmpty)
    }
}
