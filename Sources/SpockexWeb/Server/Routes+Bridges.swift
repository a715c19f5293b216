// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Hummingbird
import SpockexAPI
import SpockexNode

extension Routes {
    /// The requests about bridges and cards.
    func addBridges(_ group: RouterGroup<BasicRequestContext>) {
        group.get("bridges/{id}") { _, context in
            try Self.answer(try await self.report(try Self.bridge(context)))
        }
        group.post("bridges/{id}/policy") { request, context in
            let id = try Self.bridge(context)
            let wish = try await request.value(PolicyRequest.self)
            let policy = try BridgePolicy(wish.level, addresses: wish.addresses)
            _ = try await self.perform(.setBridge(id, policy, name: wish.name))
            return try Self.answer(try await self.report(id))
        }
        group.post("bridges/{id}/close") { request, context in
            _ = try await request.value(EmptyRequest.self)
            let id = try Self.bridge(context)
            let isOwn = try await self.report(id).bridge.own
            _ = try await self.perform(.closeBridge(id))
            return try Self.answer(
                BridgeCloseReport(bridge: id.description, did: isOwn ? "closed" : "voted"))
        }
        group.post("bridges/{id}/card") { request, context in
            let id = try Self.bridge(context)
            let wish = try await request.value(CardRequest.self)
            let bridges = await self.node.status().status.bridges
            guard let bridge = bridges.first(where: { $0.id == id }) else {
                throw APIError.nothingThere
            }
            let policy = try wish.level.map { level throws(APIError) in
                try BridgePolicy(level, addresses: wish.addresses)
            }
            _ = try await self.perform(
                .giveCard(
                    bridge.cluster, for: bridge.alias, over: id, policy, name: wish.name))
            return try Self.answer(try await self.report(id))
        }
        group.post("clusters/{id}/bridges") { request, context in
            guard let id = context.parameters.get("id").flatMap({ ClusterID($0) }) else {
                throw APIError.nothingThere
            }
            let wish = try await request.value(ForbidRequest.self)
            _ = try await self.perform(.forbidBridges(id, isOn: wish.forbidden))
            return try Self.answer(wish)
        }
    }

    private static func bridge(_ context: BasicRequestContext) throws(APIError) -> BridgeID {
        guard let id = context.parameters.get("id").flatMap({ BridgeID($0) }) else {
            throw .nothingThere
        }
        return id
    }

    private func report(_ id: BridgeID) async throws(APIError) -> BridgeReport {
        guard let report = BridgeReport(id, in: await self.node.status().status) else {
            throw .nothingThere
        }
        return report
    }
}

extension BridgePolicy {
    /// The policy that a request names.
    fileprivate init(_ name: String, addresses: Bool) throws(APIError) {
        guard let level = BridgeLevel(name: name), !addresses || level >= .messages else {
            throw APIError(
                .badRequest, "There is no such policy.",
                hint: "Use nothing, cards, messages or relaying; addresses go with the last two.")
        }
        self.init(level, addresses: addresses)
    }
}
