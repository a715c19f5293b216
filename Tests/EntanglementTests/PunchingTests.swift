// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Routers with another port for each destination (PROTOCOL.md §8.8).
@Suite struct PunchingTests {
    private let aliceOutside = at("192.0.2.1:41414")
    private let bobSeen = [at("198.51.100.2:5000"), at("198.51.100.2:9000")]

    /// Two behind routers: the servers saw Alice and Bob so.
    private func pair(alice: IPgetterAnswer, bob: IPgetterAnswer) -> Pair {
        var pair = Pair(seed: 3)
        for (side, answer) in [(Pair.Side.alice, alice), (.bob, bob)] {
            pair.act(side) { host, now, sent in
                let lan = Candidate(endpoint: at("192.168.1.2:41414"), kind: .lan)
                host.handle(.ownCandidates([lan]), now: now, sent: &sent)
                host.handle(.ipgetter(answer), now: now, sent: &sent)
            }
        }
        return pair
    }

    private var hard: Pair {
        self.pair(
            alice: .seen(self.aliceOutside, by: 2), bob: .perDestination(self.bobSeen))
    }

    private func probes(_ recorded: [Recorded]) -> [Recorded] {
        recorded.filter {
            $0.sent.from == Pair.aliceEndpoint && $0.sent.to.address == self.bobSeen[0].address
                && !self.bobSeen.contains($0.sent.to)
        }
    }

    @Test func theLetterStandsInTheCode() throws {
        var pair = self.hard
        let met = pair.meet()
        let codes = try #require(met)
        #expect(codes.offer.contains("\"nat\":\"e\""))
        #expect(codes.answer.contains("\"nat\":\"d\""))
        #expect(pair.relation(.alice)?.peerNAT == .addressAndPortDependent)
        #expect(pair.relation(.alice)?.toldNAT == .endpointIndependent)
        #expect(pair.relation(.bob)?.peerNAT == .endpointIndependent)
    }

    @Test func aRoundHasThousandDistinctPortsAndAPause() throws {
        var pair = self.hard
        try #require(pair.meet() != nil)
        let recorded = pair.record(for: .seconds(60))
        let probes = self.probes(recorded)
        let first = probes.filter { $0.time < .seconds(30) }
        #expect(first.count == 1_024)
        #expect(Set(probes.map(\.sent.to)).count == probes.count)
        #expect(first.first?.time == .milliseconds(500))
        #expect(first.last?.time == .milliseconds(500 + 1_023 * 20))
        #expect(probes.allSatisfy { $0.sent.to.port >= 1_024 })
        let second = probes.first { $0.time > .seconds(30) }
        #expect(second.map { $0.time - .milliseconds(20_980) > .seconds(20) } ?? false)
        // Each is the newest message 1.
        #expect(first.allSatisfy { $0.sent.bytes.starts(with: "{\"request\":110".utf8) })
    }

    /// A computer may sleep in the middle of a round: then another's may begin, and the first one waits.
    @Test func oneRoundAtATimeAlsoAfterASleep() throws {
        let pair = try Pair.trusted()
        let (one, other) = (
            try #require(pair.relation(.alice)?.id), try #require(pair.relation(.bob)?.id)
        )
        let (start, span) = (pair.now.instant, Duration.seconds(20))
        var punching = PunchingTurn()
        #expect(punching.take(one, for: span, now: start) == nil)
        let awake = start + .seconds(100)
        #expect(punching.take(other, for: span, now: awake) == nil)
        #expect(punching.owner == other)
        punching.giveBack(one, now: awake)
        #expect(punching.owner == other)
        punching.giveBack(other, now: awake + .seconds(90))
        #expect(
            punching.take(one, for: span, now: awake + .seconds(90))
                == awake + .seconds(90) + Constants.birthdayPause)
    }

    /// A short sleep lengthens a round: the next one begins a pause after its end all the same.
    @Test func aRoundThatSleptKeepsItsPause() throws {
        let pair = try Pair.trusted()
        let (one, other) = (
            try #require(pair.relation(.alice)?.id), try #require(pair.relation(.bob)?.id)
        )
        var relation = try #require(pair.alice.node.relations[one])
        var turn = pair.alice.node.turn(pair.now)
        let span = Constants.birthdaySpacing * Constants.probeCountMax
        let began = turn.instant + .seconds(-30)
        #expect(turn.punching.take(one, for: span, now: began) == nil)
        relation.birthday = Birthday(
            role: .prober, scan: PortScan(using: &turn.generator), doneCount: 100,
            dueAt: turn.instant)
        relation.startAttempt(&turn)
        relation.tickPunching(&turn)
        let done = try #require(relation.birthday?.doneCount)
        let end = turn.instant + Constants.birthdaySpacing * (Constants.probeCountMax - done)
        #expect(
            turn.punching.take(other, for: span, now: turn.instant + .seconds(15))
                == end + Constants.birthdayPause)
    }

    /// Who finds that the turn is another's since begins its round anew, later.
    @Test func aRoundThatLostItsTurnWaits() throws {
        let pair = try Pair.trusted()
        let (id, other) = (
            try #require(pair.relation(.alice)?.id), try #require(pair.relation(.bob)?.id)
        )
        var relation = try #require(pair.alice.node.relations[id])
        var turn = pair.alice.node.turn(pair.now)
        #expect(turn.punching.take(other, for: .seconds(20), now: turn.instant) == nil)
        relation.birthday = Birthday(
            role: .prober, scan: PortScan(using: &turn.generator), doneCount: 92,
            dueAt: turn.instant)
        relation.tickPunching(&turn)
        #expect(relation.birthday?.doneCount == nil)
        #expect(
            relation.birthday?.dueAt
                == turn.instant + .seconds(20) + Constants.birthdayPause)
        var outputs: [Output] = []
        turn.takeOutputs(into: &outputs)
        #expect(outputs.isEmpty)
    }

    @Test func theOtherSideSendsFromManySockets() throws {
        var pair = self.hard
        try #require(pair.meet() != nil)
        let recorded = pair.record(for: .seconds(20))
        let fresh = recorded.filter { $0.sent.from.port >= 50_000 }
        #expect(fresh.count == 384)
        #expect(Set(fresh.map(\.sent.from)).count == 384)
        #expect(Set(fresh.map(\.sent.to)) == [self.aliceOutside])
        #expect(fresh.last?.time == .milliseconds(500 + 383 * 20))
    }

    @Test func afterTheOnlineStepItIsExplained() throws {
        var pair = self.hard
        try #require(pair.meet() != nil)
        _ = pair.record(for: .seconds(80))
        #expect(pair.pairing(.alice)?.obstacle == .searching)
        _ = pair.record(for: .seconds(20))
        #expect(pair.pairing(.alice)?.phase == .timedOut)
        #expect(pair.pairing(.alice)?.obstacle == .randomPorts)
        let silent = pair.record(for: .seconds(60))
        #expect(self.probes(silent).isEmpty)
        let id = try #require(pair.relation(.alice)?.id)
        #expect(pair.request(.alice, .retry(id)) == .done)
        let again = pair.record(for: .seconds(5))
        #expect(!self.probes(again).isEmpty)
    }

    @Test func whoShowsAnAnswerGoesOn() throws {
        var pair = self.pair(
            alice: .perDestination(self.bobSeen), bob: .seen(Pair.bobEndpoint, by: 2))
        guard case .offered(_, let offer, _) = pair.request(.alice, .offer(MeetingOptions())),
            case .answered = pair.request(.bob, .answer(offer, MeetingOptions()))
        else { return #expect(Bool(false)) }
        let recorded = pair.record(for: .seconds(300)).filter {
            $0.sent.to.address == self.bobSeen[0].address && !self.bobSeen.contains($0.sent.to)
        }
        // Three rounds with 20 s between them, then a minute.
        #expect(recorded.count == 5 * 1_024)
        #expect(Set(recorded.map(\.sent.to)).count == recorded.count)
    }

    @Test func twoRandomRoutersProbeNothing() throws {
        var pair = self.pair(
            alice: .perDestination([at("192.0.2.1:5000"), at("192.0.2.1:9000")]),
            bob: .perDestination(self.bobSeen))
        try #require(pair.meet() != nil)
        let recorded = pair.record(for: .seconds(60))
        #expect(self.probes(recorded).isEmpty)
        #expect(!recorded.contains { $0.sent.from.port >= 50_000 })
        #expect(pair.pairing(.alice)?.obstacle == .bothRandom)
        #expect(pair.pairing(.bob)?.obstacle == .bothRandom)
    }

    @Test func portsThatFollowEachOtherAreTried() throws {
        var pair = self.pair(
            alice: .seen(self.aliceOutside, by: 2),
            bob: .perDestination([at("198.51.100.2:5000"), at("198.51.100.2:5001")]))
        try #require(pair.meet() != nil)
        let first = pair.record(for: .milliseconds(100)).filter {
            $0.sent.from == Pair.aliceEndpoint && $0.sent.to.address == self.bobSeen[0].address
        }
        #expect(first.map(\.sent.to.port) == [5_001] + Array(5_002...5_017))
        // Birthday probing waits until that was in vain.
        let later = pair.record(for: .milliseconds(5_850))
        #expect(!later.contains { $0.sent.to.port > 5_017 && $0.sent.to.port != 41_414 })
    }

    /// A question that comes in at a fresh socket is answered there, and the others are closed once the
    /// session stands.
    @Test func theSocketThatOpenedThePathIsKept() throws {
        var pair = self.hard
        try #require(pair.meet() != nil)
        _ = pair.record(for: .seconds(3))
        let question = try #require(
            pair.sent("{\"request\":110").last { $0.from == Pair.aliceEndpoint })
        let fresh = SocketID(SocketID.firstFresh + 7)
        pair.act(.bob) { host, now, sent in
            host.handle(
                .datagram(question.bytes, from: self.aliceOutside, via: fresh), now: now,
                sent: &sent)
        }
        let outputs = pair.bob.lastOutputs
        let bound = outputs.firstIndex {
            if case .bind(self.aliceOutside, fresh) = $0 { true } else { false }
        }
        let answered = outputs.firstIndex {
            if case .send(let bytes, self.aliceOutside) = $0 {
                bytes.starts(with: "{\"response\":200".utf8)
            } else {
                false
            }
        }
        #expect(try #require(bound) < #require(answered))
        #expect(pair.bob.node.relations[try #require(pair.relation(.bob)).id]?.birthday != nil)
    }

    /// A fresh socket was the way to an endpoint once, for this relation or another one: what comes from there
    /// to the main socket is answered by that (seeds 30703, 42706 of `cluster`).
    @Test func anEndpointThatCallsTheMainSocketIsAnsweredThere() throws {
        var pair = self.hard
        try #require(pair.meet() != nil)
        _ = pair.record(for: .seconds(3))
        let fresh = SocketID(SocketID.firstFresh + 7)
        let id = try #require(pair.relation(.bob)).id
        for socket in [fresh, SocketID(0)] {
            let question = try #require(
                pair.sent("{\"request\":110").last { $0.from == Pair.aliceEndpoint })
            pair.act(.bob) { host, now, sent in
                host.handle(
                    .datagram(question.bytes, from: self.aliceOutside, via: socket), now: now,
                    sent: &sent)
            }
            let outputs = pair.bob.lastOutputs
            #expect(
                outputs.contains {
                    if case .bind(self.aliceOutside, socket) = $0 { true } else { false }
                })
            // The path has led elsewhere since.
            pair.bob.node.relations[id]?.freshEndpoint = nil
            _ = pair.record(for: .seconds(10))
        }
    }

    @Test func aPeerHearsOfAnotherRouter() throws {
        var pair = try Pair.trusted(seed: 5)
        #expect(pair.relation(.alice)?.peerNAT == .open)
        pair.act(.bob) { host, now, sent in
            let lan = Candidate(endpoint: Pair.bobEndpoint, kind: .observed)
            host.handle(.ownCandidates([lan]), now: now, sent: &sent)
            host.handle(.ipgetter(.perDestination(self.bobSeen)), now: now, sent: &sent)
        }
        pair.run(for: .seconds(1))
        #expect(pair.relation(.alice)?.peerNAT == .addressAndPortDependent)
        #expect(pair.relation(.bob)?.toldNAT == .addressAndPortDependent)
        pair.act(.bob) { host, now, sent in
            let lan = Candidate(endpoint: Pair.bobEndpoint, kind: .lan)
            host.handle(.ownCandidates([lan]), now: now, sent: &sent)
        }
        pair.run(for: .seconds(1))
        #expect(pair.relation(.alice)?.peerNAT == .open)
    }

    @Test func theLetterIsRepeatedUntilAcknowledged() throws {
        var pair = try Pair.trusted(seed: 6)
        pair.act(.bob) { host, now, sent in
            let lan = Candidate(endpoint: Pair.bobEndpoint, kind: .observed)
            host.handle(.ownCandidates([lan]), now: now, sent: &sent)
            host.handle(.ipgetter(.perDestination(self.bobSeen)), now: now, sent: &sent)
        }
        pair.inFlight = []
        #expect(pair.relation(.alice)?.peerNAT == .open)
        pair.run(for: .seconds(60))
        #expect(pair.relation(.alice)?.peerNAT == .addressAndPortDependent)
    }

    @Test(arguments: [
        Frame.natHint(sequence: 7, .sequential), .natHint(sequence: 7, nil),
        .natHintAnswer(sequence: 9),
    ])
    func framesAreReadAsWritten(frame: Frame) {
        #expect(Frame(frame.bytes) == frame)
        #expect(Frame(frame.bytes + [0]) == nil)
        #expect(Frame(Array(frame.bytes.dropLast())) == nil)
    }

    @Test func theBytesOfTheLetter() {
        #expect(Frame.natHint(sequence: 1, .sequential).bytes == [9, 0, 0, 0, 1, 0x73])
        #expect(Frame([9, 0, 0, 0, 1, 0x7a]) == .natHint(sequence: 1, nil))
        #expect(Frame.natHintAnswer(sequence: 1).bytes == [10, 0, 0, 0, 1])
    }
}

/// A router that gives another port now and then.
@Suite struct ChangingPortTests {
    @Test func oldPortsOfOneAddressDoNotFillTheList() throws {
        var pair = try Pair.trusted(seed: 8)
        let lan = at("192.168.7.7:41414")
        pair.act(.bob) { host, now, sent in
            let candidates = [Pair.bobEndpoint, lan].map { Candidate(endpoint: $0, kind: .lan) }
            host.handle(.ownCandidates(candidates), now: now, sent: &sent)
        }
        pair.run(for: .seconds(1))
        #expect(pair.relation(.alice)?.endpoints.contains(lan) == true)
        for port in UInt16(50_001)...50_012 {
            pair.bob.endpoint = Endpoint(address: Pair.bobEndpoint.address, port: port)
            let id = try #require(pair.relation(.bob)?.id)
            pair.request(.bob, .ping(id))
            pair.run(for: .seconds(6))
            #expect(pair.peer(.alice)?.path == pair.bob.endpoint)
        }
        let known = try #require(pair.relation(.alice)?.endpoints)
        #expect(known.contains(lan) && known.contains(Pair.bobEndpoint))
        #expect(known.first == pair.bob.endpoint)
    }
}
