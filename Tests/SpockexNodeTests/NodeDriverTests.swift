// SPDX-License-Identifier: Apache-2.0
import Entanglement
import ServiceLifecycle
import SpockexNode
import SpockexStore
import SpockexTransport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct NodeDriverTests {
    private let home = TestHome()

    private func offer(_ node: NodeDriver, hosts: [Endpoint]? = nil) async throws -> String {
        let reply = try await node.perform(.offer(MeetingOptions(hosts: hosts)))
        guard case .offered(_, let text, _) = reply else {
            throw Unexpected(reply: reply)
        }
        return text
    }

    @Test func statusTellsWhereItReallyListens() async throws {
        let node = try await self.home.node(name: "desk")
        try await running(node) {
            _ = try await node.perform(.offer(MeetingOptions()))
            let report = await node.status()
            #expect(report.listen.count == 1)
            #expect(report.listen[0].port != 0)
            #expect(report.listen[0].address == Loopback.ipv4.address)
            #expect(report.status.name == "desk")
            #expect(
                report.status.addresses.map(\.candidate)
                    == [Candidate(endpoint: report.listen[0], kind: .lan)])
            #expect(report.status.pairings.count == 1)
            #expect(report.ipgetterQueries == 0)
            #expect(report.counters.contains { $0.name == "datagramsSent" })
            #expect(Set(report.counters.map(\.name)).count == report.counters.count)
        }
        #expect(node.socketPath == self.home.path + "/api.sock")
        #expect(self.home.mode(of: "spockex.sqlite") == 0o600)
    }

    @Test func aHomeHasOneNode() async throws {
        let node = try await self.home.node()
        await #expect(throws: NodeError.self) { try await self.home.node() }
        do {
            _ = try await self.home.node()
        } catch NodeError.homeLocked(let process) {
            #expect(process != nil)
        }
        await node.stop()
    }

    @Test func aHoldKeepsTheHomeLockedAfterTheEnd() async throws {
        let node = try await self.home.node()
        let hold = try node.holdHome()
        try await running(node) { _ = try await self.offer(node) }
        await #expect(throws: NodeError.self) { try await self.home.node() }
        hold.release()
        hold.release()
        let again = try await self.home.node()
        #expect(throws: NodeError.stopping) { try node.holdHome() }
        await again.stop()
    }

    /// Also when an earlier start made the home and failed before it could store a name.
    @Test func aNodeWithoutANameGetsOneAndKeepsIt() async throws {
        var names: [String] = []
        for name in ["", "desk", "other"] {
            var settings = self.home.settings()
            settings.firstName = name
            let node = try await NodeDriver(settings: settings, logger: .quiet)
            try await running(node) { _ = try await self.offer(node) }
            names.append(await node.status().status.name)
        }
        #expect(names == ["", "desk", "desk"])
    }

    @Test func aPortInUseIsToldAndLeavesTheHomeFree() async throws {
        let node = try await self.home.node()
        let listen = await node.status().listen
        let other = TestHome()
        await #expect(throws: NodeError.portInUse(listen[0])) {
            try await other.node(listen: listen)
        }
        let second = try await other.node()
        await second.stop()
        await node.stop()
    }

    @Test(arguments: [
        (NodeSettings(home: "", listen: []), NodeError.wrongListenCount(limit: 16)),
        (NodeSettings(home: "", stunServers: ["nowhere"]), .badServer(limit: 8)),
        (
            NodeSettings(
                home: "", external: [Endpoint(address: .v4(0xe000_0001), port: 1)]),
            .unusableExternal(Endpoint(address: .v4(0xe000_0001), port: 1))
        ),
        (NodeSettings(home: ""), .homeUnusable(code: 2)),
    ])
    func wrongSettingsAreRefused(settings: NodeSettings, error: NodeError) async {
        await #expect(throws: error) {
            try await NodeDriver(settings: settings, logger: .quiet)
        }
    }

    /// The contract: what could not be stored was never said.
    @Test(arguments: [true, false])
    func aFailedCommitSendsNothing(fails: Bool) async throws {
        let (probe, arrivals) = try await self.probe()
        let offering = try await self.home.node()
        let text = try await running(offering) {
            try await self.offer(offering, hosts: probe.bound)
        }
        let storage = FakeStorage(fails: fails)
        let answering = try await NodeDriver(
            settings: TestHome().settings(), logger: .quiet
        ) { _ throws(NodeError) in storage }
        let commitsAtFirstArrival = await withTaskGroup(of: Int?.self) { group in
            group.addTask {
                let arrival = await arrivals.first { _ in true }
                return arrival?.count == 1 ? nil : storage.committed.count
            }
            group.addTask {
                let outcome = await self.outcome(of: answering, answering: text)
                #expect(outcome == (fails ? .storeFailed(code: 13) : nil))
                // Whatever the node sent is in the probe's buffer before this.
                probe.send([0], to: probe.bound[0])
                return nil
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        #expect((commitsAtFirstArrival == nil) == fails)
        #expect((commitsAtFirstArrival ?? 1) >= 1)
        await probe.close()
    }

    /// Runs a node for one request and ends it; the error, if there was one.
    private func outcome(of node: NodeDriver, answering text: String) async -> NodeError? {
        do {
            try await running(node) {
                _ = try await node.perform(.answer(text, MeetingOptions()))
            }
            return nil
        } catch {
            return error as? NodeError
        }
    }

    private func probe() async throws -> (DatagramSockets, AsyncStream<[UInt8]>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(64))
        let sockets = try await DatagramSockets(listen: [Loopback.ipv4]) { bytes, _, _ in
            continuation.yield(Array(bytes))
            return .stranger
        }
        return (sockets, stream)
    }

    @Test func whatWasRepliedBeforeStopIsStored() async throws {
        let node = try await self.home.node()
        let repliedCount = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await node.run()
                return false
            }
            for index in 0..<32 {
                group.addTask {
                    if index == 16 { await node.stop() }
                    do {
                        return try await !self.offer(node).isEmpty
                    } catch NodeError.stopping {
                        return false
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let again = try await self.home.node()
        #expect(await again.status().status.pairings.count == repliedCount)
        await again.stop()
    }

    @Test func afterTheEndHomeAndPortAreFree() async throws {
        let node = try await self.home.node()
        let listen = await node.status().listen
        try await running(node) { _ = try await self.offer(node) }
        await #expect(throws: NodeError.stopping) { try await node.perform(.accept("")) }
        await #expect(throws: NodeError.stopping) { try await node.history(limit: 1) }
        await #expect(throws: NodeError.stopping) { try await node.run() }
        let again = try await self.home.node(listen: listen)
        #expect(await again.status().listen == listen)
        await again.stop()
    }

    @Test func liveEventsAreThoseOfTheLog() async throws {
        let node = try await self.home.node()
        let live = try await node.events()
        try await running(node) {
            _ = try await self.offer(node)
            let history = try await node.history(limit: 100)
            #expect(!history.isEmpty)
            #expect(zip(history, history.dropFirst()).allSatisfy { $0.id < $1.id })
            var logged: [LoggedEvent] = []
            for await event in live.filter({ $0.id != 0 }).prefix(history.count) {
                logged.append(event)
            }
            #expect(logged == history)
            #expect(try await node.history(limit: 1) == history.suffix(1))
        }
    }

    /// A number is never given again, also when the newest events went with their relation.
    @Test func liveEventsAreThoseOfTheLogAfterTheNewestWereDeleted() async throws {
        let node = try await self.home.node()
        try await running(node) { _ = try await self.offer(node) }
        let store = try NodeStore(home: self.home.path)
        let relation = try #require(try store.load().relations.first?.id)
        let newest = try #require(try store.events(limit: 1).first?.id)
        try store.commit([.deleteRelation(relation)])
        #expect(try store.events(limit: 1).first?.id != newest)
        try store.close()
        let again = try await self.home.node()
        let live = try await again.events()
        try await running(again) {
            _ = try await self.offer(again)
            let logged = try #require(try await again.history(limit: 1).first)
            #expect(logged.id > newest)
            #expect(await live.first { $0.event == logged.event } == logged)
        }
    }

    @Test func cancellingEndsWell() async throws {
        let node = try await self.home.node()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            _ = try await self.offer(node)
            group.cancelAll()
            try await group.waitForAll()
        }
        let again = try await self.home.node()
        #expect(await again.status().status.pairings.count == 1)
        await again.stop()
    }

    @Test func aServiceGroupEndsItGracefully() async throws {
        let node = try await self.home.node()
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [node], logger: .quiet))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            _ = try await self.offer(node)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
        let again = try await self.home.node()
        #expect(await again.status().status.pairings.count == 1)
        await again.stop()
    }
}

/// A reply that a test did not expect.
struct Unexpected: Error {
    let reply: Reply
}
