// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Hummingbird
import SpockexAPI
import SpockexNode

/// Which request does what; every one goes to the node's driver.
struct Routes: Sendable {
    let node: NodeDriver
    let stop: @Sendable () async -> Void

    /// The table of requests.
    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: Guard())
        let version = router.group("v1")
        self.addReading(version)
        self.addMeetings(version)
        self.addPeers(version)
        self.addClusters(version)
        self.addBridges(version)
        version.get("events") { request, _ in try await self.events(request) }
        version.post("stop") { request, _ in
            _ = try await request.value(EmptyRequest.self)
            await self.stop()
            return try Self.answer(StopReport(state: "stopping"))
        }
        return router
    }

    private func addReading(_ group: RouterGroup<BasicRequestContext>) {
        group.get("status") { _, _ in
            try Self.answer(StatusReport(await self.node.status()))
        }
        group.get("netcheck") { _, _ in
            try Self.answer(NetworkReport(await self.node.status()))
        }
        group.get("pairings/{id}") { _, context in
            let id = try Self.relation(context)
            guard let report = PairingReport(id, in: await self.node.status().status) else {
                throw APIError.nothingThere
            }
            return try Self.answer(report)
        }
        group.get("peers/{id}/safety-number") { _, context in
            try Self.answer(try await self.verify(Self.relation(context)))
        }
    }

    private func addMeetings(_ group: RouterGroup<BasicRequestContext>) {
        group.post("offers") { request, _ in
            let options = try MeetingOptions(try await request.value(MeetingWish.self))
            return try Self.answer(try await self.code(.offer(options)))
        }
        group.post("answers") { request, _ in
            let value = try await request.value(AnswerRequest.self)
            let options = try MeetingOptions(value.wish)
            return try Self.answer(try await self.code(.answer(value.text, options)))
        }
        group.post("acceptances") { request, _ in
            let value = try await request.value(AcceptRequest.self)
            let cluster = try value.cluster.map { text throws(APIError) in
                guard let id = ClusterID(text) else { throw .nothingThere }
                return id
            }
            let intent = try value.intent.map { text throws(APIError) in
                try Intent(wished: text)
            }
            guard
                case .accepted(let id) = try await self.perform(
                    .accept(value.text, into: cluster, intent: intent))
            else { throw APIError.unexpectedReply }
            return try Self.answer(
                PairingState(pairing: id.description, state: await self.state(of: id)))
        }
        group.post("pairings/{id}/retry") { request, context in
            let id = try await Self.relation(request, context)
            _ = try await self.perform(.retry(id))
            return try Self.answer(
                PairingState(pairing: id.description, state: await self.state(of: id)))
        }
        group.post("pairings/{id}/cancel") { request, context in
            let id = try await Self.relation(request, context)
            _ = try await self.perform(.cancel(id))
            return try Self.answer(PairingState(pairing: id.description, state: "cancelled"))
        }
    }

    private func addPeers(_ group: RouterGroup<BasicRequestContext>) {
        group.delete("peers/{id}") { _, context in
            let id = try Self.relation(context)
            _ = try await self.perform(.forget(id))
            return try Self.answer(ForgetReport(peer: id.description))
        }
        group.post("peers/{id}/name") { request, context in
            let id = try Self.relation(context)
            let name = try await request.value(NameRequest.self).name
            _ = try await self.perform(.rename(id, name))
            let peer = try await self.peer(id)
            return try Self.answer(RenameReport(peer: id.description, name: peer.name))
        }
        group.post("peers/{id}/matched") { request, context in
            let id = try await Self.relation(request, context)
            _ = try await self.perform(.matched(id))
            return try Self.answer(try await self.verify(id))
        }
        group.post("peers/{id}/ping") { request, context in
            let id = try await Self.relation(request, context)
            guard case .pong(_, let roundTrip, let path) = try await self.perform(.ping(id)) else {
                throw APIError(
                    .unreachable, "The peer did not answer.",
                    hint: "The node goes on looking for it; try again later.")
            }
            let status = await self.node.status().status
            return try Self.answer(
                PingReport(
                    peer: id.description, path: PathRow(path, in: status),
                    rttMilliseconds: roundTrip.milliseconds))
        }
    }
}
