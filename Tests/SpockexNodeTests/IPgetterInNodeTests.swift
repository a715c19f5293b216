// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexNode
import Testing

@Suite(.timeLimit(.minutes(10)))
struct IPgetterInNodeTests {
    private let home = TestHome()

    private func node(asking servers: [String], isAllowed: Bool) async throws -> NodeDriver {
        var settings = self.home.settings()
        settings.stunServers = servers
        settings.usesIPgetter = isAllowed
        return try await NodeDriver(settings: settings, logger: .quiet)
    }

    @Test func theServerIsAskedForACodeAndNotBefore() async throws {
        let seen = Endpoint(address: .v4(0xc633_6407), port: 7_777)
        let server = try await STUNServer.start(telling: seen)
        let node = try await self.node(asking: [server.address], isAllowed: true)
        try await running(node) {
            // Any request and its reply: the node is up.
            _ = try await node.perform(.accept(""))
            #expect(await node.status().ipgetterQueries == 0)
            #expect(server.requestCount == 0)
            guard
                case .offered(_, let text, _) = try await node.perform(.offer(MeetingOptions()))
            else { throw NodeError.stopping }
            #expect(text.contains("198.51.100.7:7777"))
            let report = await node.status()
            #expect(report.ipgetterQueries == 1)
            #expect(
                report.status.addresses.map(\.candidate).contains(
                    Candidate(endpoint: seen, kind: .ipgetter)))
        }
        await server.stop()
    }

    @Test func aForbiddenServerIsNeverAsked() async throws {
        let server = try await STUNServer.start(telling: Loopback.ipv4)
        let node = try await self.node(asking: [server.address], isAllowed: false)
        try await running(node) {
            _ = try await node.perform(.offer(MeetingOptions()))
            #expect(await node.status().ipgetterQueries == 0)
        }
        #expect(server.requestCount == 0)
        await server.stop()
    }

    @Test func aSilentServerDoesNotHoldTheCodeUpForLong() async throws {
        let server = try await STUNServer.start(telling: nil)
        let node = try await self.node(asking: [server.address], isAllowed: true)
        try await running(node) {
            let reply = try await node.perform(.offer(MeetingOptions()))
            guard case .offered = reply else {
                Issue.record("no code: \(reply)")
                return
            }
        }
        #expect(server.requestCount >= 1)
        await server.stop()
    }
}
