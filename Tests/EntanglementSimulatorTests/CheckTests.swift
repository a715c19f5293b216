// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@testable import EntanglementSimulator

/// The checks by themselves, and the disk that they look at.
@Suite struct CheckTests {
    private let host = HostID(number: 3)
    private let start = Instant(nanoseconds: 0)

    @Test func aNonceCountsOnceUnderOneKey() {
        let ledger = NonceLedger()
        let watched = WatchedPrimitives(
            base: StandInPrimitives(), ledger: ledger, opened: nil, computed: ComputedBefore(),
            host: self.host)
        let (one, other) = (Secret([UInt8](repeating: 1, count: 32)), Secret([2]))
        for nonce in UInt64(0)...9 {
            _ = watched.seal([1, 2], key: one, nonce: nonce, associated: [])
            _ = watched.seal([1, 2], key: other, nonce: nonce, associated: [])
        }
        #expect(ledger.takeReuse() == nil)
        _ = watched.seal([3], key: one, nonce: 9, associated: [])
        #expect(ledger.takeReuse()?.host == self.host)
        #expect(ledger.takeReuse() == nil)
        _ = watched.seal([3], key: other, nonce: 4, associated: [])
        #expect(ledger.takeReuse()?.nonce == 4)
    }

    @Test func answersMayComeOnlySoOften() {
        var rates = Rates()
        var subject = TraceHash()
        subject.absorb(7)
        func gone(_ milliseconds: Int) -> Bool {
            rates.isHasty(
                gone: subject, self.host, incarnation: 1,
                at: self.start + .milliseconds(milliseconds))
        }
        // The three of a Cancel, to two places each; then one in ten seconds.
        #expect([0, 0, 500, 500, 1_000, 1_000].map(gone) == Array(repeating: false, count: 6))
        #expect([3_000, 12_999, 13_000, 23_000].map(gone) == [false, true, true, false])
        func resync(_ seconds: Int) -> Bool {
            rates.isHasty(
                resync: subject, self.host, incarnation: 1, at: self.start + .seconds(seconds))
        }
        #expect([0, 30, 59, 90].map(resync) == [false, false, true, false])
    }

    @Test func aPathThatComesBackAgainAndAgainIsRestless() throws {
        let relation = Checker.RelationKey(host: self.host, relation: try self.relation())
        func endpoint(_ port: Int) -> Endpoint {
            Endpoint(address: .v4(0x0102_0304), port: UInt16(port))
        }
        func firstRestless(
            _ count: Int, every step: Duration, of places: Int, isCalm: Bool, isLate: Bool = false
        ) -> Int? {
            var rates = Rates()
            return (0..<count).first { number in
                rates.isRestless(
                    relation, at: endpoint(number % places), isCalm: isCalm,
                    isLate: isLate, at: self.start + step * number)
            }
        }
        // The first visits of two places are none, and 60 within a minute are borne.
        #expect(firstRestless(200, every: .milliseconds(500), of: 2, isCalm: false) == 62)
        #expect(
            firstRestless(200, every: .milliseconds(250), of: 2, isCalm: false, isLate: true)
                == 122)
        #expect(firstRestless(200, every: .seconds(2), of: 2, isCalm: false) == nil)
        #expect(firstRestless(200, every: .seconds(20), of: 2, isCalm: true) == 8)
        #expect(firstRestless(200, every: .seconds(130), of: 2, isCalm: true) == nil)
        // A router that gives new ports.
        #expect(firstRestless(200, every: .milliseconds(500), of: 200, isCalm: true) == nil)
    }

    private func relation() throws -> RelationID {
        var pair = Pair()
        try #require(pair.meet() != nil)
        return try #require(pair.relation(.alice)?.id)
    }

    /// Also one that was relayed or carried, inside another packet.
    @Test func aQuestionIsAcceptedOnce() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        let question = try #require(
            pair.log.first { $0.bytes.starts(with: "{\"request\":110".utf8) })
        let outer = Packet(
            number: 1, bytes: [0x81, 0, 0, 0], source: question.from, destination: question.to,
            origin: nil, digest: TraceHash())
        var effects = SimulatedHost.Effects()
        effects.installed = [Uses.SessionName(own: 1, remote: 2)]
        effects.datagramsInside = [question.bytes]
        var checker = Checker()
        checker.accepts(outer, self.host, effects, at: self.start)
        #expect(checker.violations.isEmpty)
        checker.accepts(outer, HostID(number: 4), effects, at: self.start)
        #expect(checker.violations.isEmpty)
        checker.accepts(outer, self.host, effects, at: self.start)
        #expect(checker.violations.map(\.promise) == [.questionUsedOnce])
    }

    /// Two peers of one host may draw the same index of 32 bits (seed 2028 of `cluster`).
    @Test func oneIndexMayNameTwoSessions() {
        func packet(_ last: UInt8) -> [UInt8] {
            [0x81, 0, 0, 0, 0, 0, 0, 9] + [UInt8](repeating: 0, count: 8)
                + [UInt8](repeating: last, count: 32)
        }
        var checker = Checker()
        let target = Endpoint(address: .v4(0x0102_0304), port: 1)
        func send(_ last: UInt8) {
            var digest = TraceHash()
            digest.absorb(UInt64(last))
            checker.sends(
                packet(last), digest: digest, to: target, isFresh: false, self.host,
                incarnation: 1, at: self.start)
        }
        checker.uses.install([Uses.SessionName(own: 5, remote: 9)], at: self.host)
        send(1)
        checker.uses.install([Uses.SessionName(own: 6, remote: 9)], at: self.host)
        send(2)
        #expect(checker.violations.isEmpty)
        send(3)
        #expect(checker.violations.map(\.promise) == [.counterUsedOnce])
    }

    @Test func everyDefectHasABitAndANameOfItsOwn() {
        let named = Defects.named
        #expect(named.count >= 30)
        #expect(Set(named.map(\.name)).count == named.count)
        #expect(Set(named.map(\.defect)).count == named.count)
        #expect(named.allSatisfy { $0.defect.rawValue.nonzeroBitCount == 1 })
    }

    private let names = ["one", "two"].map { Change.nodeName($0) }

    @Test func aTornTransactionIsNotThere() {
        var disk = SimulatedDisk()
        let isFirst = disk.commit([self.names[0]])
        #expect(isFirst)
        disk.tears = true
        let isTorn = disk.commit([.nodeName("half"), self.names[1]])
        #expect(!isTorn)
        disk.losePower()
        #expect(disk.store.state.nodeName == "one")
        let isSecond = disk.commit([self.names[1]])
        #expect(isSecond)
        #expect(disk.store.state.nodeName == "two")
        var torn = SimulatedDisk(defects: .tornCommit)
        torn.tears = true
        let isHalf = torn.commit([.nodeName("half"), self.names[1]])
        #expect(!isHalf)
        #expect(torn.store.state.nodeName == "half")
    }

    @Test func onlyALazyDiskForgetsWhatWasCommitted() {
        for defects in [Defects(), .lazyDisk] {
            var disk = SimulatedDisk(defects: defects)
            let isStored = disk.commit([self.names[0]])
            #expect(isStored)
            disk.losePower()
            #expect(disk.store.state.nodeName == (defects.isEmpty ? "one" : ""))
        }
    }

    @Test func aFullDiskStoresNothing() {
        var disk = SimulatedDisk()
        disk.isFull = true
        let isStoredFull = disk.commit(self.names)
        #expect(!isStoredFull)
        #expect(disk.store.state.nodeName.isEmpty)
        disk.isFull = false
        let isStoredThen = disk.commit(self.names)
        #expect(isStoredThen)
    }

    @Test func aBackupComesBackAsItWas() {
        var disk = SimulatedDisk()
        var generator = SeededGenerator(seed: 1)
        let isThere = disk.restore(using: &generator)
        #expect(!isThere)
        let isKept = disk.commit([self.names[0]])
        #expect(isKept)
        disk.backUp()
        let isNewer = disk.commit([self.names[1]])
        #expect(isNewer)
        let isBack = disk.restore(using: &generator)
        #expect(isBack)
        #expect(disk.store.state.nodeName == "one")
    }
}
