// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// A packet from a new source does not move the peer (PROTOCOL.md §7.3).
@Suite struct PathTests {
    private let victim = at("203.0.113.200:53")

    /// A frame of Bob's, sealed as his next packet.
    ///
    /// `skipping` so many packets that were sealed before.
    private func packet(
        _ pair: inout Pair, _ frame: Frame, skipping count: Int = 0
    ) throws -> [UInt8] {
        var gate = pair.bob.gate
        let id = try #require(pair.relation(.bob)?.id)
        let view = try #require(pair.bob.node.relations[id]?.sendingSession(pair.now.instant))
        let output = Output.sendSealed(
            session: view.index, .frame, frame.bytes, to: Pair.aliceEndpoint)
        for _ in 0..<count { _ = gate.apply(output, now: pair.now.instant) }
        let sealed = gate.apply(output, now: pair.now.instant)
        return try #require(sealed)
    }

    static let frames: [Frame] =
        FrameTests.frames + [
            .addresses(sequence: 9, [at("203.0.113.200:53")]),
            .ping(token: 0, echo: at("9.9.9.9:9")),
        ]

    /// Whatever an authentic packet holds: a source that proved nothing gets no more than it sent.
    @Test(arguments: Self.frames)
    func anUnprovedSourceGetsNoMoreThanItSent(frame: Frame) throws {
        var pair = try Pair.trusted()
        let bytes = try self.packet(&pair, frame)
        let count = pair.log.count
        pair.deliver(Host.Sent(bytes: bytes, from: self.victim, to: Pair.aliceEndpoint))
        pair.run(for: .seconds(10)) { _ in true }
        let received = pair.log.dropFirst(count).filter { $0.to == self.victim }
        #expect(received.reduce(0) { $0 + $1.bytes.count } <= bytes.count)
        #expect(pair.peer(.alice).map { $0.path != self.victim } ?? true)
        #expect(pair.relation(.alice)?.endpoints.first != self.victim || frame == Self.frames[10])
    }

    /// What says where Bob is comes in the order of its sequences, or not at all.
    @Test func addressesThatComeLateReplaceNothing() throws {
        var pair = try Pair.trusted()
        let (old, new) = (at("203.0.113.70:7"), at("203.0.113.71:7"))
        let first = try self.packet(&pair, .addresses(sequence: 8, [old]))
        let second = try self.packet(&pair, .addresses(sequence: 9, [new]), skipping: 1)
        for bytes in [second, first] {
            pair.deliver(Host.Sent(bytes: bytes, from: Pair.bobEndpoint, to: Pair.aliceEndpoint))
        }
        #expect(pair.relation(.alice)?.endpoints.prefix(2) == [Pair.bobEndpoint, new])
        #expect(pair.relation(.alice)?.endpoints.contains(old) == false)
        // Both are acknowledged: one answer each. (The new place is called, too.)
        #expect(pair.inFlight.count { $0.to == Pair.bobEndpoint } == 2)
    }

    /// Who is always pinged first never pings: what is not acknowledged goes with the answers too.
    @Test func addressesAreRepeatedWithEachAnswer() throws {
        var pair = try Pair.trusted(sharesRecords: false)
        let opened = at("203.0.113.77:7")
        let known = [
            Candidate(endpoint: opened, kind: .mapped),
            Candidate(endpoint: Pair.aliceEndpoint, kind: .lan),
        ]
        pair.act(.alice) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        pair.inFlight = []
        let ping = try self.packet(&pair, .ping(token: 1, echo: Pair.aliceEndpoint))
        pair.deliver(Host.Sent(bytes: ping, from: Pair.bobEndpoint, to: Pair.aliceEndpoint))
        #expect(pair.inFlight.map(\.to) == [Pair.bobEndpoint, Pair.bobEndpoint])
        while pair.deliverNext() {}
        #expect(pair.relation(.bob)?.endpoints.contains(opened) == true)
    }

    /// A router gave a few packets another port, which lets nothing in any more: the known one still does.
    @Test func aNewPortThatFallsSilentIsLeftAgain() throws {
        var pair = try Pair.trusted()
        let beside = Endpoint(address: Pair.bobEndpoint.address, port: 50_001)
        let id = try #require(pair.relation(.alice)?.id)
        let ping = try self.packet(&pair, .ping(token: 1, echo: Pair.aliceEndpoint))
        pair.deliver(Host.Sent(bytes: ping, from: beside, to: Pair.aliceEndpoint))
        let challenge = try #require(pair.alice.node.relations[id]?.challenges.first)
        let answer = Frame.challengeAnswer(challenge.bytes, echo: Pair.aliceEndpoint)
        let bytes = try self.packet(&pair, answer, skipping: 1)
        pair.deliver(Host.Sent(bytes: bytes, from: beside, to: Pair.aliceEndpoint))
        #expect(pair.peer(.alice)?.path == beside)
        pair.inFlight = []
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        let events = pair.alice.events.count
        // Bob's next two packets are lost: their counters were used above.
        pair.run(for: .seconds(2)) { $0.to != beside }
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
        pair.run(for: .seconds(5)) { $0.to != beside }
        #expect(
            Array(pair.alice.events.dropFirst(events))
                == [.peerMoved(id, from: beside, to: Pair.bobEndpoint)])
        // Whoever has answered by the path is not called elsewhere any more.
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        pair.run(for: .seconds(1)) { $0.to != beside }
        #expect(pair.alice.node.relations[id]?.formerPath == nil)
    }

    /// The answer to a challenge that is also the first sign of life of a lost peer tells one path.
    @Test func whoIsFoundByAChallengeIsToldOfThere() throws {
        var pair = try Pair.trusted()
        let moved = at("203.0.113.78:7")
        let ping = try self.packet(&pair, .ping(token: 1, echo: Pair.aliceEndpoint))
        pair.deliver(Host.Sent(bytes: ping, from: moved, to: Pair.aliceEndpoint))
        let id = try #require(pair.relation(.alice)?.id)
        let challenge = try #require(pair.alice.node.relations[id]?.challenges.first)
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        pair.run(for: .seconds(4)) { _ in false }
        try #require(pair.alice.node.relations[id]?.isConnected == false)
        let answer = Frame.challengeAnswer(challenge.bytes, echo: Pair.aliceEndpoint)
        let bytes = try self.packet(&pair, answer, skipping: 1)
        let count = pair.alice.events.count
        pair.deliver(Host.Sent(bytes: bytes, from: moved, to: Pair.aliceEndpoint))
        #expect(Array(pair.alice.events.dropFirst(count)) == [.peerConnected(id, moved)])
    }

    /// News go with an answer once a second, and only to where the ping came from.
    @Test func whoDoesNotAcknowledgeGetsNoMoreForIt() throws {
        var pair = try Pair.trusted(sharesRecords: false)
        let known = [
            Candidate(endpoint: at("203.0.113.77:7"), kind: .mapped),
            Candidate(endpoint: Pair.aliceEndpoint, kind: .lan),
        ]
        pair.act(.alice) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        pair.inFlight = []
        let pings = try (0..<4).map { count in
            try self.packet(
                &pair, .ping(token: UInt64(count), echo: Pair.aliceEndpoint), skipping: count)
        }
        for (ping, source) in zip(
            pings, [Pair.bobEndpoint, Pair.bobEndpoint, at("203.0.113.9:9"), Pair.bobEndpoint])
        {
            pair.deliver(Host.Sent(bytes: ping, from: source, to: Pair.aliceEndpoint))
        }
        // Four answers, the list once, and a challenge.
        #expect(pair.inFlight.count == 6)
    }

    /// A question about rests is no sign of life for who is lost: the search goes on.
    @Test func aQuestionAboutARestEndsNoSearch() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        let question = Frame.rest(token: 5, rest: .seconds(30), ordinal: 0)
        let bytes = try self.packet(&pair, question)
        pair.act(.alice) { $0.handle(.networkChanged, now: $1, sent: &$2) }
        pair.run(for: .seconds(4)) { _ in false }
        let due = try #require(pair.alice.node.relations[id]?.nextAttemptAt)
        let beside = Endpoint(address: Pair.bobEndpoint.address, port: 50_001)
        pair.inFlight = []
        pair.deliver(Host.Sent(bytes: bytes, from: beside, to: Pair.aliceEndpoint))
        #expect(pair.alice.node.relations[id]?.nextAttemptAt == due)
        #expect(pair.alice.node.relations[id]?.isConnected == false)
        #expect(pair.inFlight.isEmpty)
    }

    /// A place that only a helper named moves the path when the path has not answered, and not before.
    @Test(arguments: [true, false])
    func aPlaceOnAHelpersWordWaitsForThePath(doesPathAnswer: Bool) throws {
        let pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        var relation = try #require(pair.alice.node.relations[id])
        var turn = pair.alice.node.turn(pair.now)
        let named = at("203.0.113.66:6")
        relation.probe = nil
        relation.doubt(&turn)
        relation.challenge(named, byteCountMax: .max, isVouched: true, &turn)
        let base = try #require(relation.probe?.base)
        let bytes = try #require(relation.challenges.first?.bytes)
        let view = try #require(relation.sendingSession(turn.instant))
        func receive(_ frame: Frame, from source: Endpoint) {
            relation.receive(
                OpenedPacket(
                    session: view.index, counter: 99, content: .frame, plaintext: frame.bytes,
                    source: source, via: SocketID(0), byteCount: 48), &turn)
        }
        receive(.challengeAnswer(bytes, echo: Pair.aliceEndpoint), from: named)
        #expect(relation.path == Pair.bobEndpoint)
        #expect(relation.heldMove?.endpoint == named)
        // The same again, as it may come by another port: no question by which the place would get around that.
        receive(.challengeAnswer(bytes, echo: Pair.aliceEndpoint), from: named)
        #expect(relation.challenges.isEmpty)
        if doesPathAnswer {
            receive(.pong(token: base, echo: Pair.aliceEndpoint), from: Pair.bobEndpoint)
            #expect(relation.heldMove == nil)
            #expect(relation.path == Pair.bobEndpoint)
        } else {
            let due = try #require(relation.heldMove?.dueAt)
            #expect(due - turn.instant <= .seconds(1))
            var later = pair.alice.node.turn(
                Moment(instant: due, wall: pair.now.wall + (due - pair.now.instant)))
            relation.tickHeldMove(&later)
            #expect(relation.path == named)
        }
    }

    /// An own address that changes between the handshake and the trust is told when there is trust.
    @Test func addressesThatChangeWhilePairingAreTold() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        let opened = at("203.0.113.77:7")
        pair.inFlight.removeAll { $0.from == Pair.bobEndpoint }
        while pair.phase(.alice) != .trusted || pair.phase(.bob) != .trusted {
            guard pair.deliverNext() else { break }
            guard pair.phase(.alice) != .trusted, pair.relation(.alice)?.hasSentFounding == true
            else { continue }
            let known = [
                Candidate(endpoint: opened, kind: .mapped),
                Candidate(endpoint: Pair.aliceEndpoint, kind: .lan),
            ]
            pair.act(.alice) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        }
        pair.run(for: .seconds(10))
        try #require(pair.isEntangled)
        #expect(pair.relation(.bob)?.endpoints.contains(opened) == true)
    }

    /// Two pairs of handshakes that crossed, with a restart between them: the second ones are newer,
    /// although the sequence has begun anew.
    @Test func whoRestartsIsBelievedAlsoWhereHandshakesCross() throws {
        var pair = try Pair.trusted()
        for side in Pair.Side.allCases {
            pair.act(side) { $0.handle(.resumed, now: $1, sent: &$2) }
        }
        pair.run(for: .seconds(3))
        for port in UInt16(1)...5 {
            let known = [
                Candidate(endpoint: at("203.0.113.9:\(port)"), kind: .mapped),
                Candidate(endpoint: Pair.bobEndpoint, kind: .lan),
            ]
            pair.act(.bob) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
            pair.run(for: .seconds(3))
        }
        pair.run(for: .seconds(40)) { _ in false }
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        let last = [
            Candidate(endpoint: at("203.0.113.10:1"), kind: .mapped),
            Candidate(endpoint: Pair.bobEndpoint, kind: .lan),
        ]
        pair.act(.bob) { $0.handle(.ownCandidates(last), now: $1, sent: &$2) }
        pair.run(for: .seconds(10))
        #expect(pair.relation(.alice)?.endpoints.contains(last[0].endpoint) == true)
    }

    /// Also within the ten seconds in which sessions may have crossed: the count goes on where it was.
    @Test func listsAreCountedOnAfterARestart() throws {
        var pair = try Pair.trusted()
        for port in UInt16(1)...4 {
            let known = [Candidate(endpoint: at("203.0.113.9:\(port)"), kind: .mapped)]
            pair.act(.bob) { $0.handle(.ownCandidates(known), now: $1, sent: &$2) }
        }
        let before = pair.bob.node.announcementSequence
        pair.run(for: .seconds(2))
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        #expect(pair.bob.node.announcementSequence >= before)
        let last = [Candidate(endpoint: at("203.0.113.10:1"), kind: .mapped)]
        pair.act(.bob) { $0.handle(.ownCandidates(last), now: $1, sent: &$2) }
        #expect(pair.bob.node.announcementSequence > before)
    }

    /// The word that a relation has ended outlives a clock that jumps by ten years, and a restart.
    @Test func aClockInTheFutureDoesNotEndAForget() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.alice)?.id)
        #expect(pair.request(.alice, .forget(id)) == .done)
        pair.run(for: .seconds(5)) { _ in false }
        pair.wallOffsets.alice = .seconds(315_360_000)
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        pair.run(for: .seconds(120))
        #expect(pair.phase(.bob) == .forgotten)
        #expect(pair.relation(.alice) == nil)
    }

    /// A session that crossed another minutes ago is not the rival of one that is made now.
    @Test(arguments: [(9, true), (11, false), (100, false)])
    func onlySessionsOfOneTimeAreRivals(seconds: Int, areRivals: Bool) throws {
        let pair = try Pair.trusted()
        let now = pair.now.instant
        var sendOnOld: [Bool] = []
        for side in Pair.Side.allCases {
            let id = try #require(pair.relation(side)?.id)
            var relation = try #require(pair[side].node.relations[id])
            relation.sessions = [true, false].map { isInitiator in
                SessionView(
                    index: isInitiator ? 1 : 2, isInitiator: isInitiator,
                    createdAt: isInitiator ? now + .seconds(-seconds) : now, isConfirmed: true,
                    isCrossed: true, purpose: .founding, provedEndpoint: Pair.aliceEndpoint)
            }
            sendOnOld.append(relation.sendingSession(now)?.index == 1)
        }
        // Of rivals the smaller key decides, which is one of the two sides.
        #expect(sendOnOld.filter { $0 }.count == (areRivals ? 1 : 0))
    }

    /// A sequence counts in one session: who restarts begins anew and is believed.
    @Test func whoRestartsIsBelievedAgain() throws {
        var pair = try Pair.trusted()
        for port in UInt16(1)...9 {
            let elsewhere = Endpoint(address: .v4(0xcb00_7109), port: port)
            pair.act(.bob) { $0.move(to: elsewhere, now: $1, sent: &$2) }
            pair.run(for: .seconds(3))
        }
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        pair.run(for: .seconds(3))
        let last = at("203.0.113.10:1")
        let named = [
            Candidate(endpoint: pair.bob.endpoint, kind: .lan),
            Candidate(endpoint: last, kind: .mapped),
        ]
        pair.act(.bob) { $0.handle(.ownCandidates(named), now: $1, sent: &$2) }
        pair.run(for: .seconds(3))
        #expect(pair.relation(.alice)?.endpoints.prefix(2).contains(last) == true)
    }

    /// After a restart there is no path: the place that message 2 went to becomes it, not a copy's source.
    @Test func theFirstPathIsWhereMessageTwoWent() throws {
        var pair = try Pair.trusted()
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        pair.inFlight = []
        pair.act(.alice) { $0.handle(.resumed, now: $1, sent: &$2) }
        pair.deliver { $0.bytes.first == Constants.jsonType && $0.to == Pair.bobEndpoint }
        let response = try #require(
            pair.log.last { $0.bytes.starts(with: Beginning.response.utf8) })
        pair.deliver(response)
        let ping = try #require(pair.inFlight.last { $0.to == Pair.bobEndpoint })
        try #require(ping.bytes.first == Constants.packetType)
        pair.inFlight = []
        let count = pair.log.count
        pair.deliver(Host.Sent(bytes: ping.bytes, from: self.victim, to: ping.to))
        #expect(pair.peer(.bob)?.path == Pair.aliceEndpoint)
        #expect(pair.relation(.bob)?.endpoints.contains(self.victim) == false)
        let toVictim = pair.log.dropFirst(count).filter { $0.to == self.victim }
        #expect(toVictim.reduce(0) { $0 + $1.bytes.count } <= ping.bytes.count)
    }

    /// A copy of message 1 that overtakes the original does not make its source the path.
    @Test func aCopyOfMessageOneIsNoPath() throws {
        var pair = try Pair.trusted()
        pair.act(.bob) { $0.restart(now: $1, sent: &$2) }
        pair.inFlight = []
        pair.act(.alice) { $0.handle(.resumed, now: $1, sent: &$2) }
        let opening = try #require(pair.inFlight.first { $0.to == Pair.bobEndpoint })
        pair.deliver(Host.Sent(bytes: opening.bytes, from: self.victim, to: opening.to))
        pair.deliver { $0.to != self.victim }
        #expect(pair.peer(.bob)?.path == Pair.aliceEndpoint)
        #expect(pair.relation(.bob)?.endpoints.contains(self.victim) == false)
    }

    /// Two new places that take turns are challenged both, and the one that answers is the path.
    @Test func twoNewPlacesDoNotVoidEachOther() throws {
        var pair = try Pair.trusted()
        let places = [at("203.0.113.9:1"), at("203.0.113.9:2")]
        for (number, place) in places.enumerated() {
            let bytes = try self.packet(
                &pair, .ping(token: 1, echo: Pair.aliceEndpoint), skipping: 5 + number)
            pair.deliver(Host.Sent(bytes: bytes, from: place, to: Pair.aliceEndpoint))
        }
        let challenge = try #require(pair.inFlight.first { $0.to == places[0] })
        pair.inFlight = []
        pair.bob.endpoint = places[0]
        pair.deliver(challenge)
        // The answer comes from a third place: what was challenged is the first.
        let answer = try #require(pair.inFlight.first { $0.to == Pair.aliceEndpoint })
        pair.deliver(Host.Sent(bytes: answer.bytes, from: at("203.0.113.9:3"), to: answer.to))
        #expect(pair.peer(.alice)?.path == places[0])
    }

    @Test func aReplayFromElsewhereMovesNothing() throws {
        var pair = try Pair.trusted()
        let recorded = pair.log.filter { $0.to == Pair.aliceEndpoint }
        let count = pair.log.count
        for sent in recorded {
            pair.deliver(Host.Sent(bytes: sent.bytes, from: self.victim, to: sent.to))
        }
        let answers = pair.log.dropFirst(count).filter { $0.bytes.first == Constants.packetType }
        #expect(answers.isEmpty)
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
    }

    /// The attacker's copy overtakes the original: a challenge, and the old path stays.
    @Test func aCopyThatComesFirstIsOnlyChallenged() throws {
        var pair = try Pair.trusted()
        let id = try #require(pair.relation(.bob)?.id)
        pair.run(for: .seconds(10))
        pair.request(.bob, .ping(id))
        let ping = try #require(pair.inFlight.first)
        pair.inFlight = []
        pair.deliver(Host.Sent(bytes: ping.bytes, from: self.victim, to: ping.to))
        let toVictim = pair.inFlight.filter { $0.to == self.victim }
        #expect(toVictim.count == 1)
        #expect(toVictim.allSatisfy { $0.bytes.count <= ping.bytes.count })
        #expect(pair.inFlight.contains { $0.to == Pair.bobEndpoint })
        pair.run(for: .seconds(60))
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
        #expect(!pair.alice.events.contains { if case .peerMoved = $0 { true } else { false } })
    }

    @Test func aChallengeAnsweredTooLateIsVoid() throws {
        var pair = try Pair.trusted()
        let elsewhere = at("203.0.113.9:1234")
        pair.act(.bob) { host, now, sent in
            host.endpoint = elsewhere
            host.handle(.networkChanged, now: now, sent: &sent)
        }
        var held: [Host.Sent] = []
        _ = pair.record(for: .seconds(2)) { sent in
            if sent.to == elsewhere { held.append(sent) }
            return sent.to != elsewhere
        }
        #expect(!held.isEmpty)
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
        pair.advance(to: pair.now.instant + .seconds(6))
        let challenge = try #require(held.last)
        pair.deliver(challenge)
        pair.deliver { $0.to == Pair.aliceEndpoint }
        #expect(pair.peer(.alice)?.path == Pair.bobEndpoint)
    }

    /// The way to the new place takes longer than challenges are apart.
    @Test(arguments: [40, 70, 80, 100, 300])
    func aSlowChallengeIsAnswered(milliseconds: Int) throws {
        var pair = try Pair.trusted()
        let elsewhere = at("203.0.113.9:1234")
        pair.act(.bob) { host, now, sent in
            host.endpoint = elsewhere
            host.handle(.networkChanged, now: now, sent: &sent)
        }
        for _ in 0..<9 {
            let flying = pair.inFlight
            pair.inFlight = []
            pair.advance(to: pair.now.instant + .milliseconds(milliseconds))
            let fresh = pair.inFlight
            pair.inFlight = []
            for sent in flying { pair.deliver(sent) }
            pair.inFlight += fresh
        }
        #expect(pair.peer(.alice)?.path == elsewhere)
    }

    @Test func onlyTheProvedPathIsRememberedInFront() throws {
        var pair = try Pair.trusted()
        let bytes = try self.packet(&pair, .ping(token: 1, echo: Pair.aliceEndpoint))
        let before = pair.relation(.alice)?.endpoints
        pair.deliver(Host.Sent(bytes: bytes, from: self.victim, to: Pair.aliceEndpoint))
        #expect(pair.relation(.alice)?.endpoints == before)
        #expect(pair.relation(.alice)?.endpoints.contains(self.victim) == false)
    }

    @Test func bothMoveAtOnceAndTheOneInSightIsFound() throws {
        var pair = try Pair.trusted()
        pair.run(for: .seconds(10))
        // Bob's new place is in his code's old router mapping: Alice still knows the old one.
        let first = at("203.0.113.9:1")
        pair.act(.bob) { $0.move(to: first, now: $1, sent: &$2) }
        pair.run(for: .seconds(5))
        #expect(pair.peer(.alice)?.path == first)
        pair.act(.bob) { $0.move(to: Pair.bobEndpoint, now: $1, sent: &$2) }
        let second = at("203.0.113.10:2")
        pair.act(.alice) { $0.move(to: second, now: $1, sent: &$2) }
        pair.run(for: .seconds(60))
        #expect(pair.isEntangled)
        #expect(pair.peer(.bob)?.path == second)
    }
}
