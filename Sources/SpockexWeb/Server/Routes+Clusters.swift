// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Hummingbird
import SpockexAPI
import SpockexNode

extension Routes {
    /// The requests about clusters and their members.
    func addClusters(_ group: RouterGroup<BasicRequestContext>) {
        group.get("clusters/{id}") { request, context in
            let id = try Self.cluster(context)
            if request.uri.queryParameters["links"] == "true" { try await self.hearLinks(of: id) }
            guard let report = ClusterReport(id, in: await self.node.status().status) else {
                throw APIError.nothingThere
            }
            return try Self.answer(report)
        }
        group.post("clusters/{id}/name") { request, context in
            let id = try Self.cluster(context)
            let name = try await request.value(NameRequest.self).name
            _ = try await self.perform(.renameCluster(id, name))
            let cluster = try await self.cluster(id)
            return try Self.answer(ClusterRenameReport(cluster: ClusterName(cluster)))
        }
        group.post("clusters/{id}/leave") { request, context in
            _ = try await request.value(EmptyRequest.self)
            return try Self.answer(try await self.leave(try Self.cluster(context)))
        }
        group.post("clusters/{id}/members/{member}/remove") { request, context in
            let wish = try await request.value(RemovalRequest.self)
            return try Self.answer(
                try await self.remove(
                    try Self.member(context), withGuests: wish.withGuests ?? false,
                    from: try Self.cluster(context)))
        }
        group.post("clusters/{id}/members/{member}/block") { request, context in
            _ = try await request.value(EmptyRequest.self)
            return try Self.answer(
                try await self.block(
                    try Self.member(context), in: try Self.cluster(context), isOn: true))
        }
        group.post("clusters/{id}/members/{member}/unblock") { request, context in
            _ = try await request.value(EmptyRequest.self)
            return try Self.answer(
                try await self.block(
                    try Self.member(context), in: try Self.cluster(context), isOn: false))
        }
    }

    /// Asks who is connected to whom, until all who are connected have answered, or for a second.
    private func hearLinks(of id: ClusterID) async throws {
        _ = try await self.perform(.askLinks(id))
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            let cluster = await self.node.status().status.clusters.first { $0.id == id }
            let isWhole = cluster?.roster.allSatisfy { !$0.isConnected || $0.links != nil }
            guard isWhole == false else { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func cluster(_ context: BasicRequestContext) throws(APIError) -> ClusterID {
        guard let id = context.parameters.get("id").flatMap({ ClusterID($0) }) else {
            throw .nothingThere
        }
        return id
    }

    private static func member(_ context: BasicRequestContext) throws(APIError) -> MemberID {
        guard let id = context.parameters.get("member").flatMap({ MemberID($0) }) else {
            throw .nothingThere
        }
        return id
    }

    /// The cluster of that id.
    private func cluster(_ id: ClusterID) async throws(APIError) -> NodeStatus.Cluster {
        let clusters = await self.node.status().status.clusters
        guard let cluster = clusters.first(where: { $0.id == id }) else { throw .nothingThere }
        return cluster
    }

    /// A cluster with one of its members.
    private func cluster(
        _ id: ClusterID, with member: MemberID
    ) async throws(APIError) -> (NodeStatus.Cluster, NodeStatus.Member) {
        let cluster = try await self.cluster(id)
        guard let member = cluster.member(member) else { throw .nothingThere }
        return (cluster, member)
    }

    private func leave(_ id: ClusterID) async throws -> ClusterLeaveReport {
        let before = try await self.cluster(id)
        _ = try await self.perform(.leave(id))
        let isThere = await self.node.status().status.clusters.contains { $0.id == id }
        return ClusterLeaveReport(
            cluster: ClusterName(before), state: isThere ? "leaving" : "left")
    }

    private func remove(
        _ member: MemberID, withGuests: Bool, from id: ClusterID
    ) async throws -> MemberRemovalReport {
        let before = try await self.cluster(id)
        _ = try await self.perform(.removeMember(id, member, withGuests: withGuests))
        let (cluster, row) = try await self.cluster(id, with: member)
        // Of several proposals against one member the one that this node is for.
        let own = cluster.removals.filter {
            $0.accused == member && $0.supporters.contains(cluster.own)
        }
        let isNew = { (removal: NodeStatus.Removal) in
            !before.removals.contains {
                $0.id == removal.id && $0.supporters.contains(cluster.own)
            }
        }
        guard
            let removal = own.first(where: isNew)
                ?? own.first(where: { $0.outcome != .void }) ?? own.first
        else {
            throw APIError.unexpectedReply
        }
        let known = before.removals.first { $0.id == removal.id }
        let did =
            known.map { $0.supporters.contains(cluster.own) ? "nothing" : "voted" } ?? "proposed"
        return MemberRemovalReport(
            cluster: ClusterName(cluster), member: MemberName(row), did: did,
            removal: RemovalRow(removal, of: cluster))
    }

    private func block(
        _ member: MemberID, in id: ClusterID, isOn: Bool
    ) async throws -> MemberBlockReport {
        _ = try await self.perform(.block(id, member, isOn: isOn))
        let (cluster, row) = try await self.cluster(id, with: member)
        return MemberBlockReport(
            cluster: ClusterName(cluster), member: MemberName(row), blocked: row.isBlocked)
    }
}
