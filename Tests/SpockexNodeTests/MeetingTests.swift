// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexNode
import Testing

/// Two whole nodes on loopback, with their stores and sockets.
@Suite(.timeLimit(.minutes(10)))
struct MeetingTests {
    private let homes = (TestHome(), TestHome())

    /// Lets two running nodes scan each other's codes; the two relations.
    private func meet(
        _ one: NodeDriver, _ other: NodeDriver
    ) async throws -> (RelationID, RelationID) {
        let (oneEvents, otherEvents) = (try await one.events(), try await other.events())
        guard
            case .offered(let first, let offer, _) = try await one.perform(
                .offer(MeetingOptions())),
            case .answered(let second, let answer, let isLate) = try await other.perform(
                .answer(offer, MeetingOptions())),
            case .accepted(first) = try await one.perform(.accept(answer))
        else { throw NodeError.stopping }
        #expect(!isLate)
        let trust: @Sendable (Event) -> ClusterID? = { event in
            if case .trusted(_, let cluster) = event { return cluster }
            return nil
        }
        let clusters = (await oneEvents.until(trust), await otherEvents.until(trust))
        #expect(clusters.0 != nil)
        #expect(clusters.0 == clusters.1)
        return (first, second)
    }

    @Test func offerAnswerAcceptMakesTwoPeersOfOneCluster() async throws {
        let one = try await self.homes.0.node(name: "one")
        let other = try await self.homes.1.node(name: "other")
        try await running(one, other) {
            let (first, second) = try await self.meet(one, other)
            let reports = (await one.status(), await other.status())
            let peers = (reports.0.status.peers, reports.1.status.peers)
            #expect(peers.0.map(\.id) == [first])
            #expect(peers.1.map(\.id) == [second])
            #expect(peers.0.map(\.name) == ["other"])
            #expect(peers.1.map(\.name) == ["one"])
            #expect(peers.0.map(\.safetyNumber) == peers.1.map(\.safetyNumber))
            #expect(peers.0.first?.safetyNumber.isEmpty == false)
            #expect(peers.0.map(\.path) == [reports.1.listen[0]])
            #expect(peers.0.map(\.echo) == [reports.0.listen[0]])
            #expect(reports.0.status.clusters.map(\.members) == [2])
            #expect(reports.0.status.pairings.isEmpty && reports.1.status.pairings.isEmpty)
            guard case .pong(first, _, let path) = try await one.perform(.ping(first)) else {
                Issue.record("no round trip")
                return
            }
            #expect(path == .direct(reports.1.listen[0]))
        }
    }

    @Test(arguments: [true, false])
    func aNodeThatRestartsOnAnotherPortIsFoundAgain(offering: Bool) async throws {
        let one = try await self.homes.0.node()
        let other = try await self.homes.1.node()
        let steady = offering ? other : one
        try await running(steady) {
            let moving = offering ? one : other
            let (first, second) = try await running(moving) { try await self.meet(one, other) }
            let events = try await steady.events()
            let before = await moving.status().listen
            // The old port stays taken, so that the node cannot come back to it.
            let holder = try await TestHome().node(listen: before)
            let again = try await (offering ? self.homes.0 : self.homes.1).node()
            try await running(again) {
                let listen = await again.status().listen[0]
                #expect(listen != before[0])
                let id = offering ? second : first
                let found = await events.until { event in
                    switch event {
                    case .peerConnected(id, listen), .peerMoved(id, _, listen): true
                    default: Bool?.none
                    }
                }
                #expect(found == true)
                let reply = try await steady.perform(.ping(id))
                guard case .pong(id, _, .direct(listen)) = reply else {
                    Issue.record("no round trip: \(reply)")
                    return
                }
            }
            await holder.stop()
        }
    }

    @Test func aCancelledOfferIsGoneOnBothSides() async throws {
        let one = try await self.homes.0.node()
        let other = try await self.homes.1.node()
        try await running(one, other) {
            let events = try await other.events()
            guard
                case .offered(let first, let offer, _) = try await one.perform(
                    .offer(MeetingOptions())),
                case .answered(let second, _, _) = try await other.perform(
                    .answer(offer, MeetingOptions())),
                case .done = try await one.perform(.cancel(first))
            else { throw NodeError.stopping }
            let end = await events.until { event in
                if case .pairingEnded(second, let end) = event { return end }
                return nil
            }
            #expect(end == .cancelledByPeer)
            #expect(await one.status().status.pairings.isEmpty)
            #expect(await other.status().status.pairings.isEmpty)
        }
    }
}
