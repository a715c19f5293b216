// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct RecordSetTests {
    private var maker = ClusterMaker(seed: 21)
    private let start = Instant(nanoseconds: 0)

    private func take(
        _ record: Record, into set: inout RecordSet, from peer: MemberID? = nil,
        at seconds: Int64 = 0
    ) -> RecordIntake {
        set.take(
            record, from: peer, now: self.start + .seconds(seconds), self.maker.primitives)
    }

    /// A changed copy: a signature with one bit more or less.
    private func spoiled(_ record: Record, signature: Int) throws -> Record {
        var bytes = record.bytes
        bytes[bytes.count - 64 * (record.signatures.count - signature)] ^= 1
        return try Record(bytes: bytes, self.maker.primitives)
    }

    /// `count` records of Anna, one after the other.
    private func chain(_ count: Int) -> [Record] {
        var view = ClusterView(self.maker.emptySet())
        return (0..<count).map {
            view.write(
                .block(self.maker.ben.id, isOn: $0.isMultiple(of: 2)), by: self.maker.anna,
                self.maker)
        }
    }

    @Test func aGenesisWithAWrongSignatureMakesNoSet() throws {
        for signature in 0..<2 {
            let genesis = try self.spoiled(self.maker.genesis, signature: signature)
            #expect(RecordSet(genesis: genesis, self.maker.primitives) == nil)
        }
        let other = ClusterMaker(seed: 22).genesis
        var set = self.maker.emptySet()
        #expect(self.take(other, into: &set) == .refused(.otherCluster))
        #expect(self.take(self.maker.genesis, into: &set) == .known)
    }

    @Test mutating func nothingIsKeptWhoseSignaturesAreWrong() throws {
        var view = ClusterView(self.maker.emptySet())
        let guest = view.add(by: self.maker.anna, &self.maker)
        view.confirm(self.maker.ben, guest, &self.maker)
        view.write(.leave, by: guest, self.maker)
        let records = Array(view.set.records.dropFirst())
        var set = self.maker.emptySet()
        for record in records {
            for signature in record.signatures.indices {
                let bad = try self.spoiled(record, signature: signature)
                #expect(self.take(bad, into: &set) == .refused(.badSignature))
            }
            #expect(self.take(record, into: &set) == .added([record]))
        }
        #expect(set.count == 4 && set.waitingCount == 0)
    }

    @Test mutating func aWaitingRecordIsCheckedWhenItsAuthorIsKnown() throws {
        var view = ClusterView(self.maker.emptySet())
        let guest = view.add(by: self.maker.anna, &self.maker)
        let leave = view.write(.leave, by: guest, self.maker)
        let add = view.set.records[1]
        var set = self.maker.emptySet()
        let forged = try self.spoiled(leave, signature: 0)
        #expect(self.take(forged, into: &set) == .waiting)
        #expect(self.take(leave, into: &set) == .waiting)
        #expect(self.take(add, into: &set) == .added([add, leave]))
        #expect(set.count == 3 && set.waitingCount == 0)
    }

    @Test func childrenWaitForTheirParents() {
        let records = self.chain(4)
        var set = self.maker.emptySet()
        for record in records.dropFirst().reversed() {
            #expect(self.take(record, into: &set) == .waiting)
            #expect(self.take(record, into: &set) == .waiting)
        }
        #expect(set.waitingCount == 3)
        #expect(set.wanted == [records[0].id])
        #expect(self.take(records[0], into: &set) == .added(records))
        #expect(self.take(records[2], into: &set) == .known)
        #expect(set.records == [self.maker.genesis] + records)
        #expect(set.wanted.isEmpty)
    }

    @Test func eachPeerHasRoomForSoManyOrphansAndTheOldestGo() {
        let limits = ClusterLimits(orphanCountMax: 3, orphanCountMaxOfAll: 5)
        var set = self.maker.emptySet(limits)
        let records = self.chain(9)
        let (one, other) = (self.maker.anna.id, self.maker.ben.id)
        for record in records[1...4] { _ = self.take(record, into: &set, from: one) }
        #expect(set.waitingCount == 3)
        for record in records[5...7] { _ = self.take(record, into: &set, from: other) }
        #expect(set.waitingCount == 5)
        #expect(self.take(records[0], into: &set) == .added([records[0]]))
        #expect(self.take(records[1], into: &set) == .added([records[1]]))
        #expect(self.take(records[2], into: &set) == .added(Array(records[2...7])))
    }

    @Test func anAuthorsPaceIsLimitedAndOnlyDelays() {
        var set = self.maker.emptySet(ClusterLimits(authorBurst: 3, recordsPerSecond: 1))
        let records = self.chain(6)
        for record in records[..<3] { #expect(self.take(record, into: &set) == .added([record])) }
        #expect(self.take(records[3], into: &set) == .later)
        #expect(self.take(records[3], into: &set, at: 1) == .added([records[3]]))
        #expect(self.take(records[4], into: &set, at: 1) == .later)
        let rest = records[4...].map { record in
            set.take(
                record, from: nil, now: self.start + .seconds(1), isCatchingUp: true,
                self.maker.primitives)
        }
        #expect(rest == records[4...].map { .added([$0]) })
    }

    /// Guests have one account together, which is four times as large as anybody's.
    @Test mutating func guestsOfGuestsShareThePaceOfFew() throws {
        var view = ClusterView(self.maker.emptySet())
        let guest = view.add(by: self.maker.anna, &self.maker)
        var chain = [guest]
        for _ in 0..<18 {
            chain.append(view.add(by: try #require(chain.last), &self.maker))
        }
        let records = Array(view.set.records.dropFirst())
        var set = self.maker.emptySet(ClusterLimits(authorBurst: 3, recordsPerSecond: 1))
        let taken = records[..<13].map { self.take($0, into: &set) }
        #expect(taken == records[..<13].map { .added([$0]) })
        #expect(self.take(records[13], into: &set) == .later)
        // The voters have accounts of their own, and everybody has for saying where it is.
        let own = view.write(
            .block(guest.id, isOn: true), by: self.maker.anna, self.maker)
        let place = self.maker.record(
            Whereabouts(
                incarnation: 1, sequence: 1, issuedAt: 1, validitySeconds: 1, addresses: []),
            of: guest)
        #expect(self.take(place, into: &set) == .added([place]))
        for record in records[13..<17] {
            #expect(self.take(record, into: &set, at: 1) == .added([record]))
        }
        #expect(self.take(records[17], into: &set, at: 1) == .later)
        for record in records[17...] {
            #expect(self.take(record, into: &set, at: 2) == .added([record]))
        }
        #expect(self.take(own, into: &set, at: 2) == .added([own]))
    }

    /// What waited for its author is paid for when it is taken in.
    @Test mutating func whatWaitedIsPaidFor() {
        var view = ClusterView(self.maker.emptySet())
        let guest = view.add(by: self.maker.anna, &self.maker)
        for number in 0..<6 {
            view.write(
                .block(self.maker.ben.id, isOn: number.isMultiple(of: 2)), by: guest, self.maker)
        }
        let records = Array(view.set.records.dropFirst())
        var set = self.maker.emptySet(ClusterLimits(authorBurst: 3, recordsPerSecond: 1))
        for record in records[1...4] { #expect(self.take(record, into: &set) == .waiting) }
        #expect(self.take(records[0], into: &set) == .added(Array(records[...4])))
        // Four of them, where three are allowed at once.
        #expect(self.take(records[5], into: &set, at: 1) == .later)
        #expect(self.take(records[5], into: &set, at: 2) == .added([records[5]]))
    }

    @Test func aForgedRecordUsesUpNothingOfItsAuthorsPace() throws {
        var set = self.maker.emptySet(ClusterLimits(authorBurst: 1, recordsPerSecond: 1))
        let record = self.chain(1)[0]
        for _ in 0..<5 {
            let bad = try self.spoiled(record, signature: 0)
            #expect(self.take(bad, into: &set) == .refused(.badSignature))
        }
        #expect(self.take(record, into: &set) == .added([record]))
    }

    /// A quarter of eight is two.
    @Test func aFullSetTakesNothingMore() {
        var set = self.maker.emptySet(ClusterLimits(recordCountMax: 8))
        let records = self.chain(3)
        #expect(self.take(records[2], into: &set) == .waiting)
        #expect(self.take(records[1], into: &set) == .waiting)
        #expect(self.take(records[0], into: &set) == .added([records[0], records[1]]))
        #expect(self.take(records[2], into: &set) == .refused(.full))
    }

    @Test mutating func aPlaceMustFit() throws {
        var view = ClusterView(self.maker.emptySet())
        let guest = view.add(by: self.maker.anna, &self.maker)
        let leave = view.write(.leave, by: guest, self.maker)
        let block = view.write(
            .block(guest.id, isOn: true), by: self.maker.anna, self.maker)
        let (anna, ben) = (self.maker.anna, self.maker.ben)
        let add = view.set.records[1]
        let wrong: [(ClusterMaker.Person, UInt32, RecordID)] = [
            (anna, 2, self.maker.genesis.id), (anna, 1, add.id), (ben, 2, add.id),
            (anna, 2, block.id), (anna, 4, block.id), (guest, 1, self.maker.genesis.id),
            (guest, 2, add.id), (ben, 1, add.id), (anna, 2, leave.id), (ben, 1, block.id),
        ]
        for (person, position, previous) in wrong {
            let place = RecordPlace(
                author: person.id, position: position, previous: previous, parents: [])
            let record = self.maker.record(.block(ben.id, isOn: true), by: person, at: place)
            #expect(
                self.take(record, into: &view.set) == .refused(.badPlace),
                "\(position) after \(previous)")
        }
    }

    @Test func whatARecordNamesMustBeOfTheRightKind() throws {
        var view = ClusterView(self.maker.emptySet())
        let block = view.write(
            .block(self.maker.ben.id, isOn: true), by: self.maker.anna, self.maker)
        let place = try #require(view.set.nextPlace(of: self.maker.ben.id))
        let meeting = [UInt8](repeating: 1, count: 32)
        let ben = self.maker.ben
        for body in [
            RecordBody.vote(block.id), .vote(self.maker.genesis.id),
            .confirm(ben.id, meeting: meeting), .remove(Removal(accused: ben.id)),
        ] {
            let record = self.maker.record(body, by: ben, at: place)
            #expect(self.take(record, into: &view.set) == .refused(.badReference))
        }
        for number in [UInt32(2), .max] {
            let epoch = Epoch(number: number, gone: meeting, secretHash: meeting)
            let record = self.maker.record(.epoch(epoch), by: ben, at: place)
            #expect(self.take(record, into: &view.set) == .refused(.badNumber))
        }
    }

    @Test func nextPlaceNamesAllHeadsAsFarAsItMay() throws {
        var all = ClusterView(self.maker.emptySet())
        let fork = try #require(all.set.nextPlace(of: self.maker.anna.id))
        let ids = (UInt8(0)..<9).map { number in
            let epoch = Epoch(
                number: 1, gone: [UInt8](repeating: number, count: 32),
                secretHash: [UInt8](repeating: 0, count: 32))
            let record = self.maker.record(.epoch(epoch), by: self.maker.anna, at: fork)
            all.take([record], self.maker)
            return record.id
        }
        #expect(all.set.heads == ids.sorted())
        let place = try #require(all.set.nextPlace(of: self.maker.anna.id))
        #expect(place.position == 2 && place.previous == ids.min())
        #expect(place.parents == Array(ids.sorted()[1...7]))
        let other = try #require(all.set.nextPlace(of: self.maker.ben.id))
        #expect(other.position == 1 && other.previous == self.maker.genesis.id)
        #expect(other.parents == Array(ids.sorted()[..<7]))
        #expect(all.set.nextEpoch(at: place) == 2)
        #expect(all.set.nextPlace(of: MemberID(high: 0, low: 0)) == nil)
    }
}
