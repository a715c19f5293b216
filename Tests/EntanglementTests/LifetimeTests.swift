// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// How long the own router remembers, measured with a peer's help (PROTOCOL.md §7.5).
@Suite struct LifetimeTests {
    /// Alice measures; the two trust each other, and her first question is on its way.
    private struct Trial {
        var pair: Pair
        /// What left by the socket that is there for measuring.
        var asked: [Host.Sent] = []

        static let alice = Endpoint(address: Pair.aliceEndpoint.address, port: Host.asidePort)

        init() throws {
            self.pair = Pair(configure: { $0.measuresLifetime = $0.name == "Alice" })
            try #require(self.pair.meet() != nil)
            self.run(for: .seconds(42))
            try #require(self.asked.count >= 1)
        }

        /// Lets time pass; what comes to the measuring socket is delivered while the router remembers.
        mutating func run(for span: Duration, isOpen: Bool = true) {
            let end = self.pair.now.instant + span
            while self.pair.now.instant < end {
                let logged = self.pair.log.count
                self.pair.run(for: .milliseconds(100))
                for sent in self.pair.log[logged...] {
                    if sent.from == Self.alice { self.asked.append(sent) }
                    guard sent.to == Self.alice, isOpen else { continue }
                    self.pair.act(.alice) {
                        $0.receive(
                            sent.bytes, from: sent.from, via: .aside(0), now: $1, sent: &$2)
                    }
                }
            }
        }

        var finding: MappingLifetime? {
            self.pair.alice.node.status(now: self.pair.now).network.lifetimes.first
        }

        var rest: Upkeep? { self.pair.alice.node.relations.values.first?.upkeep }
    }

    @Test func allFourRestsAreTestedUntilOneIsNotOutlasted() {
        func known(_ outlasted: Int64?, _ ended: Int64?) -> MappingLifetime {
            MappingLifetime(
                address: .v4(0x0102_0304), outlasted: outlasted.map { .seconds($0) },
                endedWithin: ended.map { .seconds($0) })
        }
        let cases: [(MappingLifetime?, next: Int64?, rest: Int64?)] = [
            (nil, 30, nil), (known(30, nil), 60, 27), (known(60, nil), 120, 55),
            (known(120, nil), nil, 110), (known(60, 120), nil, 55), (known(30, 60), nil, 27),
            (known(nil, 30), 10, 9), (known(nil, 10), nil, 9), (known(10, 30), nil, 9),
        ]
        for (known, next, rest) in cases {
            #expect(MappingLifetime.next(after: known) == next.map { .seconds($0) })
            #expect(known?.rest == rest.map { .seconds($0) })
        }
    }

    @Test func aQuestionIsAsLongAsAllThatIsSentBecauseOfIt() {
        let question = Frame.rest(token: 1, rest: .seconds(30), ordinal: 0)
        let answer = Frame.restAnswer(
            token: 1, ordinal: 0, late: 3, echo: Endpoint(address: .v6(1, 2), port: 3))
        let seal = Constants.packetHeaderByteCount + Constants.tagByteCount
        let answers = 1 + Constants.restLateSends.count
        #expect(question.bytes.count + seal == answers * (answer.bytes.count + seal))
        for frame in [question, answer] { #expect(Frame(frame.bytes) == frame) }
        for count in 0..<question.bytes.count {
            #expect(Frame(Array(question.bytes.prefix(count))) == nil)
        }
        var padded = question.bytes
        padded[padded.count - 1] = 1
        #expect(Frame(padded) == nil)
    }

    @Test func aPathRestsJustInsideOfWhatWasOutlasted() throws {
        var trial = try Trial()
        #expect(trial.rest == .pings(after: .seconds(15)))
        trial.run(for: .seconds(34))
        #expect(trial.finding?.outlasted == .seconds(30))
        #expect(trial.rest == .pings(after: .seconds(27)))
        trial.run(for: .seconds(66))
        #expect(trial.rest == .pings(after: .seconds(55)))
        trial.run(for: .seconds(126))
        #expect(trial.finding?.outlasted == .seconds(120))
        #expect(trial.finding?.endedWithin == nil)
        #expect(trial.rest == .pings(after: .seconds(110)))
        // Two questions for each rest, and then nothing more for a day.
        #expect(trial.asked.count == 6)
        trial.run(for: .seconds(900))
        #expect(trial.asked.count == 6)
    }

    @Test func noLateAnswerEndsTheMeasurement() throws {
        var trial = try Trial()
        // To rest for less than half a minute takes two trials in vain.
        var settledTokens: Set<UInt64> = []
        for _ in 0..<900 where trial.finding == nil {
            let running = trial.pair.alice.node.lifetimes[0].trial
            let isSettled = running?.isSettled ?? false
            if isSettled, let running { settledTokens.insert(running.token) }
            trial.run(for: .milliseconds(100), isOpen: !isSettled)
        }
        #expect(settledTokens.count == 2)
        #expect(trial.finding?.endedWithin == .seconds(30))
        #expect(trial.rest == .pings(after: .seconds(9)))
        trial.run(for: .seconds(20))
        #expect(trial.finding?.outlasted == .seconds(10))
        #expect(trial.rest == .pings(after: .seconds(9)))
        let count = trial.asked.count
        trial.run(for: .seconds(900))
        #expect(trial.asked.count == count)
    }

    @Test func whoLetsNobodyInHelpsNobody() throws {
        var trial = try Trial()
        // Nothing of the peer's arrives: three questions, and an hour of peace.
        trial.pair = Pair(configure: { $0.measuresLifetime = $0.name == "Alice" })
        trial.asked = []
        try #require(trial.pair.meet() != nil)
        trial.run(for: .seconds(3_000), isOpen: false)
        #expect(trial.asked.count == 3)
        #expect(trial.finding == nil)
        #expect(trial.rest == .pings(after: .seconds(15)))
    }

    @Test func aMeasurementEndsWithTheNetworkAndIsForgotten() throws {
        var trial = try Trial()
        trial.run(for: .seconds(34))
        #expect(trial.rest == .pings(after: .seconds(27)))
        let outputs = trial.pair.act(.alice) { host, now, sent -> [Output] in
            host.handle(.networkChanged, now: now, sent: &sent)
            return host.lastOutputs
        }
        let closings = outputs.filter {
            if case .closeAside(socket: 0) = $0 { true } else { false }
        }
        #expect(closings.count == 1)
        #expect(trial.finding == nil)
        #expect(trial.rest == .pings(after: .seconds(15)))
    }

    // MARK: The answers

    /// Bytes that the other side of Alice's session seals, as if they came to the measuring socket.
    private func deliver(_ frame: Frame, in trial: inout Trial) {
        var made: [Host.Sent] = []
        let now = trial.pair.now
        let relation = trial.pair.bob.node.relations.values.first
        let session = relation?.sendingSession(now.instant)?.index ?? 0
        trial.pair.bob.carryOut(
            .sendSealed(session: session, .frame, frame.bytes, to: Trial.alice), now, &made)
        #expect(made.count == 1)
        for sent in made {
            trial.pair.act(.alice) {
                $0.receive(sent.bytes, from: sent.from, via: .aside(0), now: $1, sent: &$2)
            }
        }
    }

    @Test(arguments: [5, 20, 28])
    func aLateAnswerThatIsTooEarlyChangesNothing(after seconds: Int64) throws {
        var trial = try Trial()
        trial.run(for: .seconds(6))
        let running = try #require(trial.pair.alice.node.lifetimes[0].trial)
        let last = try #require(running.sentAt.last)
        #expect(running.isSettled)
        trial.run(for: last + .seconds(seconds) - trial.pair.now.instant)
        self.deliver(
            .restAnswer(
                token: running.token, ordinal: UInt8(running.sentAt.count - 1), late: 1,
                echo: Trial.alice),
            in: &trial)
        #expect(trial.pair.alice.node.lifetimes[0].trial == nil)
        trial.run(for: .seconds(600))
        #expect(trial.finding == nil)
        #expect(trial.rest == .pings(after: .seconds(15)))
    }

    @Test func anotherTokenOrdinalOrTimeOfAnAnswerIsNothing() throws {
        var trial = try Trial()
        trial.run(for: .seconds(6))
        let before = trial.pair.alice.node.lifetimes
        let running = try #require(before[0].trial)
        for frame in [
            Frame.restAnswer(token: ~running.token, ordinal: 1, late: 1, echo: Trial.alice),
            .restAnswer(token: running.token, ordinal: 0, late: 1, echo: Trial.alice),
            .restAnswer(token: running.token, ordinal: 9, late: 0, echo: Trial.alice),
            .challenge(1, echo: Trial.alice), .ping(token: 1, echo: Trial.alice),
        ] {
            self.deliver(frame, in: &trial)
            #expect(trial.pair.alice.node.lifetimes == before)
            #expect(trial.pair.alice.lastOutputs.isEmpty)
        }
    }

    // MARK: The side that answers

    /// What Bob sends because of a question from there, in one call.
    private func answers(
        to frame: Frame, from source: Endpoint, _ pair: inout Pair
    ) -> [Output] {
        var made: [Host.Sent] = []
        let relation = pair.alice.node.relations.values.first
        let session = relation?.sendingSession(pair.now.instant)?.index ?? 0
        pair.alice.carryOut(
            .sendAside(session: session, frame.bytes, to: Pair.bobEndpoint, socket: 0), pair.now,
            &made)
        guard let question = made.first else { return [] }
        return pair.act(.bob) { host, now, sent in
            host.receive(question.bytes, from: source, now: now, sent: &sent)
            return host.lastOutputs
        }
    }

    private func isAnswer(_ output: Output, late: UInt8) -> Bool {
        guard case .sendSealed(_, .frame, let bytes, let target) = output else { return false }
        return target == Trial.alice
            && Frame(bytes)
                == .restAnswer(token: 7, ordinal: 0, late: late, echo: Trial.alice)
    }

    @Test func aPeerAnswersAtOnceAndThreeTimesAfterTheRest() throws {
        var pair = try Pair.trusted()
        let path = pair.bob.node.relations.values.first?.path
        let question = Frame.rest(token: 7, rest: .seconds(30), ordinal: 0)
        let outputs = self.answers(to: question, from: Trial.alice, &pair)
        #expect(outputs.count == 1)
        #expect(outputs.first.map { self.isAnswer($0, late: 0) } ?? false)
        var lateAfter: [Duration] = []
        let asked = pair.now.instant
        for _ in 0..<400 {
            let count = pair.log.count
            pair.run(for: .milliseconds(100))
            let late = pair.log[count...].count { $0.to == Trial.alice }
            for _ in 0..<late { lateAfter.append(pair.now.instant - asked) }
        }
        #expect(lateAfter == [.milliseconds(30_000), .milliseconds(30_200), .milliseconds(30_600)])
        #expect(pair.bob.node.relations.values.first?.path == path)
        #expect(pair.bob.node.relations.values.first?.challenges.isEmpty == true)
        #expect(pair.bob.node.relations.values.first?.rests.isEmpty == true)
    }

    @Test func nobodyElseIsAnswered() throws {
        var pair = try Pair.trusted()
        let question = Frame.rest(token: 7, rest: .seconds(30), ordinal: 0)
        let elsewhere = Endpoint(address: .v4(0xcb00_7109), port: 7)
        #expect(self.answers(to: question, from: elsewhere, &pair).isEmpty)
        let tooLong = Frame.rest(token: 7, rest: .seconds(121), ordinal: 0)
        #expect(self.answers(to: tooLong, from: Trial.alice, &pair).isEmpty)
        let none = Frame.rest(token: 7, rest: .zero, ordinal: 0)
        #expect(self.answers(to: none, from: Trial.alice, &pair).isEmpty)
        #expect(pair.bob.node.relations.values.first?.rests.isEmpty == true)
    }

    @Test func twoRestsAreRememberedAtMost() throws {
        var pair = try Pair.trusted()
        for token in UInt64(1)...9 {
            let question = Frame.rest(token: token, rest: .seconds(120), ordinal: 0)
            _ = self.answers(to: question, from: Trial.alice, &pair)
        }
        let rests = pair.bob.node.relations.values.first?.rests.map(\.token)
        #expect(rests == [8, 9])
    }
}
