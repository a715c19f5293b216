// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

@Suite struct STUNClientTests {
    @Test func twoServersThatAgreeTeachTheEndpoint() throws {
        var bench = try Bench()
        let asked = bench.handle(.ask)
        #expect(asked.requests.map(\.server) == bench.order)
        #expect(asked.count == 2)
        let seen = try #require(Endpoint("198.51.100.7:40000"))
        #expect(bench.answer(0, with: seen) == [])
        #expect(bench.answer(1, with: seen) == [.learned(seen, confirmedBy: 2)])
        #expect(bench.client.deadline == nil)
        #expect(bench.client.questionCount == 1)
    }

    @Test func otherPortsMeanMappingPerDestination() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        let (one, other) = (
            try #require(Endpoint("198.51.100.7:1")), try #require(Endpoint("198.51.100.7:2"))
        )
        #expect(bench.answer(0, with: one) == [])
        #expect(bench.answer(1, with: other) == [.mapsPerDestination([one, other])])
    }

    @Test func otherAddressesAreNotBelieved() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        #expect(bench.answer(0, with: try #require(Endpoint("198.51.100.7:1"))) == [])
        #expect(
            bench.answer(1, with: try #require(Endpoint("198.51.100.8:1"))) == [.disagreement])
    }

    @Test func aSingleServerTeachesWithOneVoice() throws {
        var bench = try Bench(servers: ["192.0.2.1:3478"])
        #expect(bench.handle(.ask).count == 1)
        let seen = try #require(Endpoint("198.51.100.7:1"))
        #expect(bench.answer(0, with: seen) == [.learned(seen, confirmedBy: 1)])
    }

    @Test func oneSilentServerLeavesOneVoice() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        let seen = try #require(Endpoint("198.51.100.7:1"))
        #expect(bench.answer(1, with: seen) == [])
        let outputs = bench.runTimers()
        #expect(outputs.requests.map(\.server) == Array(repeating: bench.order[0], count: 3))
        #expect(outputs.last == .learned(seen, confirmedBy: 1))
        #expect(outputs.count == 4)
    }

    @Test func requestsAreRepeatedThreeTimesAndThenFail() throws {
        var bench = try Bench()
        var outputs = bench.handle(.ask)
        var times: [Int64] = [0]
        while let deadline = bench.client.deadline {
            bench.now = deadline
            let more = bench.handle(.timer)
            if !more.requests.isEmpty { times.append(deadline.nanoseconds / 1_000_000) }
            outputs += more
        }
        #expect(times == [0, 500, 1500, 3500])
        #expect(bench.now.nanoseconds / 1_000_000 == 7500)
        #expect(outputs.requests.count == 8)
        #expect(outputs.last == .failed)
        #expect(outputs.filter { $0 == .failed }.count == 1)
        let repeated = outputs.requests.filter { $0.server == bench.order[0] }.map(\.bytes)
        #expect(Set(repeated).count == 1)
    }

    @Test func anEarlyTimerSendsNothing() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        bench.now = bench.now + .milliseconds(499)
        #expect(bench.handle(.timer) == [])
    }

    @Test func onlyTheServerAskedCounts() throws {
        var bench = try Bench()
        let asked = bench.handle(.ask)
        let seen = try #require(Endpoint("198.51.100.7:1"))
        let right = try bench.response(to: asked.requests[0].bytes, seen: seen)
        let other = try #require(Endpoint("203.0.113.9:3478"))
        for source in [other, bench.order[1]] {
            #expect(!bench.client.isOwnTransaction(right, from: source))
            #expect(bench.handle(.datagram(right, from: source)) == [])
        }
        for index in 4..<20 {
            var changed = right
            changed[index] ^= 1
            #expect(!bench.client.isOwnTransaction(changed, from: bench.order[0]))
            #expect(bench.handle(.datagram(changed, from: bench.order[0])) == [])
        }
        for count in right.indices {
            let cut = Array(right.prefix(count))
            #expect(bench.handle(.datagram(cut, from: bench.order[0])) == [])
        }
        #expect(bench.client.isOwnTransaction(right, from: bench.order[0]))
        _ = bench.handle(.datagram(right, from: bench.order[0]))
        #expect(!bench.client.isOwnTransaction(right, from: bench.order[0]))
        #expect(bench.handle(.datagram(right, from: bench.order[0])) == [])
        #expect(bench.answer(1, with: seen) == [.learned(seen, confirmedBy: 2)])
    }

    @Test func ourOwnRequestSentBackIsNoAnswer() throws {
        var bench = try Bench()
        let asked = bench.handle(.ask)
        #expect(bench.handle(.datagram(asked.requests[0].bytes, from: bench.order[0])) == [])
        #expect(bench.client.isOwnTransaction(asked.requests[0].bytes, from: bench.order[0]))
    }

    @Test(arguments: [
        STUNAttribute.errorCode(500, reason: []), .other(type: 0x8022, value: [1]),
        .other(type: 0x7fff, value: []),
    ])
    func anAnswerWithoutUsableEndpointIsAFailure(attribute: STUNAttribute) throws {
        var bench = try Bench(servers: ["192.0.2.1:3478"])
        let asked = bench.handle(.ask)
        let request = try STUNMessage(parsing: asked.requests[0].bytes)
        var answer = STUNMessage(
            .success, transaction: request.transaction, attributes: [attribute])
        switch attribute {
        case .errorCode: answer.messageClass = .failure
        case .other(0x7fff, _):
            answer.attributes.append(
                .xorMappedAddress(try #require(Endpoint("198.51.100.7:1"))))
        case .other, .mappedAddress, .xorMappedAddress, .messageIntegrity: break
        }
        let outputs = bench.handle(.datagram(answer.encoded(), from: bench.order[0]))
        #expect(outputs == [.failed])
    }

    @Test(arguments: ["0.0.0.0:1", "224.0.0.1:1", "198.51.100.7:0", "169.254.1.1:1"])
    func anEndpointWhereNobodyCanSendIsAFailure(text: String) throws {
        var bench = try Bench(servers: ["192.0.2.1:3478"])
        _ = bench.handle(.ask)
        #expect(bench.answer(0, with: try #require(Endpoint(text))) == [.failed])
    }

    @Test func pausesDoubleWithEveryFailureAndEndWithSuccess() throws {
        var bench = try Bench()
        var pauses: [Int64] = []
        for _ in 0..<10 {
            let start = bench.now
            #expect(bench.handle(.ask).count == 2)
            #expect(bench.runTimers().last == .failed)
            let pauseEnd = try #require(bench.client.pauseEnd)
            pauses.append((pauseEnd - start).components.seconds)
            bench.now = Instant(nanoseconds: pauseEnd.nanoseconds - 1)
            #expect(bench.handle(.ask) == [])
            bench.now = pauseEnd
        }
        #expect(pauses == [20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600])
        #expect(bench.client.questionCount == 10)
        _ = bench.handle(.ask)
        let seen = try #require(Endpoint("198.51.100.7:1"))
        _ = bench.answer(0, with: seen)
        _ = bench.answer(1, with: seen)
        #expect(bench.client.pauseEnd == bench.now + .seconds(20))
    }

    @Test func askingTwiceIsAskingOnce() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        bench.now = bench.now + .seconds(60)
        #expect(bench.handle(.ask) == [])
        #expect(bench.client.questionCount == 1)
    }

    @Test func everyQuestionHasNewTransactionsAndTheNextServers() throws {
        var bench = try Bench(servers: (1...3).map { "192.0.2.\($0):3478" })
        let first = bench.handle(.ask).requests
        _ = bench.runTimers()
        bench.now = try #require(bench.client.pauseEnd)
        let second = bench.handle(.ask).requests
        #expect(Set((first + second).map(\.bytes)).count == 4)
        #expect(Set((first + second).map(\.server)).count == 3)
        #expect(first[1].server != second[0].server && second[0].server != second[1].server)
    }

    @Test func twoPortsOfOneServerAreOneVoice() throws {
        var bench = try Bench(servers: ["192.0.2.1:3478", "192.0.2.1:3479"])
        #expect(bench.handle(.ask).count == 1)
    }

    @Test func iPv4ServersAreAskedIfThereAreAny() throws {
        var both = try Bench(servers: ["[2001:db8::1]:3478", "192.0.2.1:3478", "[2001:db8::2]:1"])
        #expect(both.handle(.ask).requests.map(\.server.description) == ["192.0.2.1:3478"])
        var six = try Bench(servers: ["[2001:db8::1]:3478", "[2001:db8::2]:3478"])
        #expect(six.handle(.ask).count == 2)
    }

    @Test func withoutServersAQuestionFailsAtOnce() throws {
        var bench = try Bench(servers: [])
        #expect(bench.handle(.ask) == [.failed])
        #expect(bench.handle(.keepAlive) == [])
        #expect(bench.client.questionCount == 0)
        #expect(bench.client.deadline == nil)
    }

    @Test func nothingIsSentUnasked() throws {
        var bench = try Bench()
        #expect(bench.client.deadline == nil)
        for input in [STUNClient.Input.timer, .keepAlive, .networkChanged] {
            #expect(bench.handle(input) == [])
        }
        #expect(bench.handle(.datagram([0, 1], from: bench.order[0])) == [])
    }

    @Test func aKeepAliveIsAnIndicationAndNoQuestion() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        let seen = try #require(Endpoint("198.51.100.7:1"))
        _ = bench.answer(0, with: seen)
        _ = bench.answer(1, with: seen)
        let sent = bench.handle(.keepAlive).requests
        #expect(sent.count == 1)
        #expect(try STUNMessage(parsing: sent[0].bytes).messageClass == .indication)
        #expect(bench.client.questionCount == 1)
        #expect(bench.client.deadline == nil)
    }

    @Test func anotherNetworkEndsTheQuestion() throws {
        var bench = try Bench()
        _ = bench.handle(.ask)
        let seen = try #require(Endpoint("198.51.100.7:1"))
        _ = bench.answer(0, with: seen)
        #expect(bench.handle(.networkChanged) == [])
        #expect(bench.client.deadline == nil)
        #expect(bench.answer(1, with: seen) == [])
        // It is asked anew at once, and what the old network's servers told is not kept alive.
        #expect(bench.handle(.keepAlive) == [])
        #expect(bench.handle(.ask).count == 2)
    }

    @Test func oneSeedGivesOneConversation() throws {
        var (one, same) = (try Bench(), try Bench())
        #expect(one.handle(.ask) == same.handle(.ask))
        #expect(one.runTimers() == same.runTimers())
    }
}

/// A client, its clock, and servers that answer when told to.
private struct Bench {
    var client: STUNClient
    var now = Instant(nanoseconds: 0)
    private var generator = SeededGenerator(seed: 7)
    private var asked: [(server: Endpoint, bytes: [UInt8])] = []

    init(servers: [String] = ["192.0.2.1:3478", "192.0.2.2:3478"]) throws {
        let endpoints = try servers.map { try #require(Endpoint($0)) }
        self.client = STUNClient(servers: endpoints, using: &self.generator)
    }

    /// The servers in the order in which they were asked first.
    var order: [Endpoint] {
        self.asked.isEmpty
            ? [Endpoint(address: .v4(1), port: 1)] : self.asked.map(\.server)
    }

    mutating func handle(_ input: STUNClient.Input) -> [STUNClient.Output] {
        var outputs: [STUNClient.Output] = []
        self.client.handle(input, now: self.now, using: &self.generator, into: &outputs)
        if input == .ask, !outputs.requests.isEmpty { self.asked = outputs.requests }
        return outputs
    }

    /// The answer of the server that was asked as number `index`.
    mutating func answer(_ index: Int, with endpoint: Endpoint) -> [STUNClient.Output] {
        let (server, request) = self.asked[index]
        guard let response = try? self.response(to: request, seen: endpoint) else { return [] }
        return self.handle(.datagram(response, from: server))
    }

    func response(to request: [UInt8], seen: Endpoint) throws -> [UInt8] {
        let request = try STUNMessage(parsing: request, demandsFingerprint: true)
        return STUNMessage(
            .success, transaction: request.transaction, attributes: [.xorMappedAddress(seen)]
        ).encoded()
    }

    /// Lets time pass until nothing is due.
    mutating func runTimers() -> [STUNClient.Output] {
        var outputs: [STUNClient.Output] = []
        while let deadline = self.client.deadline {
            self.now = deadline
            outputs += self.handle(.timer)
        }
        return outputs
    }
}

extension [STUNClient.Output] {
    /// The datagrams among the outputs.
    fileprivate var requests: [(server: Endpoint, bytes: [UInt8])] {
        self.compactMap { output in
            if case .send(let bytes, let server) = output { return (server, bytes) }
            return nil
        }
    }
}
