// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import SpockexTransport
import Testing

@testable import SpockexNode

struct IPgetterTests {
    private let server = Endpoint(address: .v4(0xc000_0201), port: 3478)
    private let own = Endpoint(address: .v4(0xc633_6407), port: 41_414)
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func ipgetter(isAllowed: Bool = true) throws -> IPgetter {
        try IPgetter(
            settings: NodeSettings(
                home: "", stunServers: ["stun.example.org:3478"], usesIPgetter: isAllowed))
    }

    /// The server's answer to the one request among the steps.
    private func answer(to steps: [IPgetter.Step], telling endpoint: Endpoint) throws -> [UInt8] {
        let bytes = steps.compactMap { step -> [UInt8]? in
            if case .send(let bytes, self.server) = step { return bytes }
            return nil
        }
        let request = try STUNMessage(parsing: try #require(bytes.first))
        #expect(bytes.count == 1)
        return STUNMessage(
            .success, transaction: request.transaction, attributes: [.xorMappedAddress(endpoint)]
        ).encoded()
    }

    @Test func withoutServersNobodyIsAsked() throws {
        var none = try IPgetter(settings: NodeSettings(home: ""))
        var forbidden = try self.ipgetter(isAllowed: false)
        let steps = (none.gather(now: self.start), forbidden.gather(now: self.start))
        #expect(steps.0 == [.told(.unclear)])
        #expect(steps.1 == [.told(.unclear)])
        #expect(!none.mayAsk && !forbidden.mayAsk)
    }

    @Test func namesAreLookedUpOnceSomebodyWantsToKnow() throws {
        var ipgetter = try self.ipgetter()
        let first = ipgetter.gather(now: self.start)
        let second = ipgetter.gather(now: self.start)
        #expect(first == [.lookUp([try #require(HostPort("stun.example.org:3478"))])])
        #expect(second.isEmpty)
        #expect(ipgetter.queryCount == 0)
        let nothing = ipgetter.found([], now: self.start)
        #expect(nothing == [.told(.unclear)])
        let again = ipgetter.gather(now: self.start)
        #expect(again == first)
    }

    @Test func theAnswerIsToldAndTheQuestionClosed() throws {
        var ipgetter = try self.ipgetter()
        _ = ipgetter.gather(now: self.start)
        #expect(!ipgetter.question.isOpen)
        let sent = ipgetter.found([self.server], now: self.start)
        #expect(ipgetter.question.isOpen)
        #expect(ipgetter.queryCount == 1)
        let answer = try self.answer(to: sent, telling: self.own)
        let stranger = ipgetter.receive(answer, from: self.own, now: self.start)
        let told = ipgetter.receive(answer, from: self.server, now: self.start)
        #expect(stranger.isEmpty)
        #expect(told == [.told(.seen(self.own, by: 1))])
        #expect(!ipgetter.question.isOpen)
        let paused = ipgetter.gather(now: self.start + .seconds(1))
        #expect(paused == [.told(.unclear)])
        #expect(ipgetter.queryCount == 1)
    }

    @Test func silenceIsToldInTheEnd() throws {
        var ipgetter = try self.ipgetter()
        _ = ipgetter.gather(now: self.start)
        _ = ipgetter.found([self.server], now: self.start)
        var told: [IPgetter.Step] = []
        var rounds = 0
        while told.isEmpty, let deadline = ipgetter.deadline, rounds < 100 {
            told = ipgetter.tick(now: deadline) { false }.filter { $0 == .told(.nothing) }
            rounds += 1
        }
        #expect(told == [.told(.nothing)])
        #expect(!ipgetter.question.isOpen)
        #expect(ipgetter.deadline == nil)
    }

    @Test func anotherNetworkEndsTheQuestion() throws {
        var ipgetter = try self.ipgetter()
        _ = ipgetter.gather(now: self.start)
        let sent = ipgetter.found([self.server], now: self.start)
        let told = ipgetter.networkChanged(now: self.start) { false }
        let late = ipgetter.receive(
            try self.answer(to: sent, telling: self.own), from: self.server, now: self.start)
        let idle = ipgetter.networkChanged(now: self.start) { false }
        #expect(told == [.told(.unclear)])
        #expect(late.isEmpty)
        #expect(idle.isEmpty)
        #expect(!ipgetter.question.isOpen)
    }

    @Test func theMappingIsKeptWhileACodeIsShown() throws {
        var ipgetter = try self.ipgetter()
        _ = ipgetter.gather(now: self.start)
        let sent = ipgetter.found([self.server], now: self.start)
        _ = ipgetter.receive(
            try self.answer(to: sent, telling: self.own), from: self.server, now: self.start)
        let due = self.start + .seconds(20)
        #expect(ipgetter.deadline == due)
        let early = ipgetter.tick(now: self.start + .seconds(19)) { true }
        let kept = ipgetter.tick(now: due) { true }
        #expect(early.isEmpty)
        #expect(kept.count == 1)
        #expect(ipgetter.keepAliveCount == 1)
        #expect(ipgetter.deadline == due + .seconds(20))
        let over = ipgetter.tick(now: due + .seconds(20)) { false }
        #expect(over == [.lapsed])
        #expect(ipgetter.deadline == nil)
        // The next code asks again, and its mapping is kept too.
        let asked = ipgetter.gather(now: due + .seconds(21))
        _ = ipgetter.receive(
            try self.answer(to: asked, telling: self.own), from: self.server,
            now: due + .seconds(21))
        #expect(ipgetter.queryCount == 2)
        #expect(ipgetter.deadline == due + .seconds(41))
    }

    /// An IPgetter that has learned the endpoint from a server found by its name.
    private func learned() throws -> IPgetter {
        var ipgetter = try self.ipgetter()
        _ = ipgetter.gather(now: self.start)
        let sent = ipgetter.found([self.server], now: self.start)
        _ = ipgetter.receive(
            try self.answer(to: sent, telling: self.own), from: self.server, now: self.start)
        return ipgetter
    }

    /// A code shows the endpoint: after another network, or a moment without one, it is asked for anew.
    @Test func aShownEndpointIsAskedForAgainInAnotherNetwork() throws {
        var ipgetter = try self.learned()
        let steps = ipgetter.networkChanged(now: self.start + .seconds(5)) { true }
        #expect(steps == [.lookUp([try #require(HostPort("stun.example.org:3478"))])])
        let sent = ipgetter.found([self.server], now: self.start + .seconds(5))
        let told = ipgetter.receive(
            try self.answer(to: sent, telling: self.own), from: self.server,
            now: self.start + .seconds(5))
        #expect(told == [.told(.seen(self.own, by: 1))])
        #expect(ipgetter.deadline == self.start + .seconds(25))
        #expect(ipgetter.queryCount == 2)
        var unseen = try self.learned()
        #expect(unseen.networkChanged(now: self.start + .seconds(5)) { false }.isEmpty)
        #expect(unseen.deadline == nil)
    }

    /// A name may lead elsewhere in another network, or after a failure.
    @Test func namesAreLookedUpAgainWhereTheyMayLeadElsewhere() throws {
        var ipgetter = try self.learned()
        _ = ipgetter.networkChanged(now: self.start) { false }
        let again = ipgetter.gather(now: self.start + .seconds(1))
        #expect(again == [.lookUp([try #require(HostPort("stun.example.org:3478"))])])
        let other = Endpoint(address: .v4(0xc000_0202), port: 3478)
        let sent = ipgetter.found([other], now: self.start + .seconds(1))
        #expect(sent.count == 1)
        if case .send(_, let server)? = sent.first { #expect(server == other) }
        #expect(ipgetter.queryCount == 2)
        var rounds = 0
        while let deadline = ipgetter.deadline, rounds < 100 {
            _ = ipgetter.tick(now: deadline) { false }
            rounds += 1
        }
        // Within the pause after a failure nobody is asked, nor any name looked up.
        let early = ipgetter.gather(now: self.start + .seconds(15))
        #expect(early == [.told(.unclear)])
        let late = ipgetter.gather(now: self.start + .seconds(90))
        #expect(late == again)
        #expect(ipgetter.found([other], now: self.start + .seconds(90)).count == 1)
        #expect(ipgetter.queryCount == 3)
    }

    /// What was looked up in the former network is no answer to a question of now.
    @Test func aLookUpOfTheFormerNetworkIsDoneAgain() throws {
        var ipgetter = try self.ipgetter()
        let first = ipgetter.gather(now: self.start)
        #expect(ipgetter.networkChanged(now: self.start) { true }.isEmpty)
        let again = ipgetter.found([self.own], now: self.start)
        #expect(again == first)
        #expect(ipgetter.found([self.server], now: self.start).count == 1)
        #expect(ipgetter.queryCount == 1)
    }

    /// A switch comes in steps: no network, then IPv4, then IPv6.
    @Test func aShownEndpointIsAskedForUntilItIsToldAgain() throws {
        let names = IPgetter.Step.lookUp([try #require(HostPort("stun.example.org:3478"))])
        var ipgetter = try self.learned()
        #expect(ipgetter.networkChanged(now: self.start) { true } == [names])
        #expect(ipgetter.found([], now: self.start) == [.told(.unclear)])
        #expect(ipgetter.networkChanged(now: self.start) { true } == [names])
        #expect(ipgetter.found([self.server], now: self.start).count == 1)
        #expect(ipgetter.networkChanged(now: self.start) { true } == [.told(.unclear), names])
        #expect(ipgetter.found([self.server], now: self.start).count == 1)
        // Nobody is shown it any more.
        #expect(ipgetter.networkChanged(now: self.start) { false } == [.told(.unclear)])
        #expect(ipgetter.networkChanged(now: self.start) { true }.isEmpty)
    }

    /// Names that lead elsewhere each time do not make the pause after a failure short.
    @Test func thePauseGrowsWithFailuresWhereverNamesLead() throws {
        var ipgetter = try self.ipgetter()
        var now = self.start
        var asked: [Instant] = []
        for number in UInt32(0)..<2_000 {
            if case .lookUp? = ipgetter.gather(now: now).first {
                let server = Endpoint(address: .v4(0xc000_0201 + number), port: 3478)
                if ipgetter.found([server], now: now).count == 1 { asked.append(now) }
                while let deadline = ipgetter.deadline {
                    now = deadline
                    _ = ipgetter.tick(now: now) { false }
                }
            }
            now = now + .seconds(5)
        }
        #expect(asked.count < 12)
        #expect(ipgetter.queryCount == UInt64(asked.count))
    }
}
