// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Hummingbird
import SpockexAPI
import SpockexNode

extension APIError {
    /// The core replied something that does not belong to the request.
    static let unexpectedReply = APIError(
        .internalError, "The node gave an answer that does not fit the request.",
        hint: "This is a fault of the program; please report it.")

    /// The id in the address of a request names nothing.
    static let nothingThere = APIError(Refusal.notFound)
}

extension Routes {
    /// A value as the answer to a request.
    static func answer(_ value: some Encodable) throws(APIError) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: try JSONLine.text(value))))
    }

    /// The relation that the address of a request names.
    static func relation(_ context: BasicRequestContext) throws(APIError) -> RelationID {
        guard let text = context.parameters.get("id"), let id = RelationID(text) else {
            throw .nothingThere
        }
        return id
    }

    /// The same, of a request whose body says nothing.
    static func relation(
        _ request: Request, _ context: BasicRequestContext
    ) async throws -> RelationID {
        _ = try await request.value(EmptyRequest.self)
        return try self.relation(context)
    }

    /// What the core replies; throws what it refuses.
    func perform(_ request: Entanglement.Request) async throws -> Reply {
        let reply = try await self.node.perform(request)
        guard case .refused(let refusal) = reply else { return reply }
        throw APIError(refusal, clusters: await self.node.status().status.clusters)
    }

    /// A new code, made by an offer or by an answer.
    func code(_ request: Entanglement.Request) async throws -> CodeMade {
        switch try await self.perform(request) {
        case .offered(let id, let text, let expiresAt):
            return CodeMade(
                pairing: id.description, text: text, expires: Timestamp(expiresAt), late: false)
        case .answered(let id, let text, let isLate):
            let pairings = await self.node.status().status.pairings
            guard let pairing = pairings.first(where: { $0.id == id }) else {
                throw APIError.nothingThere
            }
            return CodeMade(
                pairing: id.description, text: text, expires: Timestamp(pairing.expiresAt),
                late: isLate)
        case .accepted, .done, .pong, .noAnswer, .refused:
            throw APIError.unexpectedReply
        }
    }

    /// How far a relation is; `trusted` once it is a peer, `cancelled` once it is gone.
    func state(of id: RelationID) async -> String {
        let status = await self.node.status().status
        if let pairing = status.pairings.first(where: { $0.id == id }) {
            return pairing.phase.rawValue
        }
        return status.peers.contains { $0.id == id } ? "trusted" : "cancelled"
    }

    /// The peer of that id.
    func peer(_ id: RelationID) async throws(APIError) -> NodeStatus.Peer {
        let peers = await self.node.status().status.peers
        guard let peer = peers.first(where: { $0.id == id }) else { throw .nothingThere }
        return peer
    }

    /// The digits to compare with a peer.
    func verify(_ id: RelationID) async throws(APIError) -> VerifyReport {
        let peer = try await self.peer(id)
        return VerifyReport(
            peer: id.description, safetyNumber: peer.safetyNumber,
            matchedAt: peer.matchedAt.map { Timestamp($0) })
    }
}

extension MeetingOptions {
    /// What a wish means to the core.
    init(_ wish: MeetingWish) throws(APIError) {
        let intent = try Intent(wished: wish.intent)
        let cluster = try wish.cluster.map { text throws(APIError) in
            try ClusterID(wished: text, by: intent)
        }
        guard Limits.lifeSeconds.contains(wish.lifeSeconds) else {
            throw APIError(Refusal.badLife)
        }
        var hosts: [Endpoint]?
        if let texts = wish.hosts {
            let parsed = texts.compactMap { Endpoint($0) }
            guard parsed.count == texts.count, parsed.count <= Limits.hostCountMax else {
                throw APIError(Refusal.badHost)
            }
            hosts = parsed
        }
        self.init(
            intent: intent, hosts: hosts, life: .seconds(wish.lifeSeconds), cluster: cluster)
    }
}

extension Intent {
    /// What a wish is called.
    init(wished text: String) throws(APIError) {
        guard let intent = Intent.allCases.first(where: { $0.word == text }), intent != .repair
        else {
            throw APIError(
                .badRequest, "The intent of the meeting is none of those that there are.",
                hint: "Use auto, cluster, join, bridge or private.")
        }
        self = intent
    }
}

extension Intent {
    /// What it is called in requests and rows.
    var word: String {
        switch self {
        case .auto: "auto"
        case .cluster: "cluster"
        case .join: "join"
        case .bridge: "bridge"
        case .private: "private"
        case .repair: "repair"
        }
    }
}

extension ClusterID {
    /// The cluster that a wish names.
    fileprivate init(wished text: String, by intent: Intent) throws(APIError) {
        guard intent == .auto || intent == .cluster || intent == .bridge else {
            throw APIError(
                .badRequest, "A cluster is named, and the intent takes nobody into one.",
                hint: "Name it with the intents auto, cluster and bridge alone.")
        }
        guard let id = ClusterID(text) else { throw .nothingThere }
        self = id
    }
}
