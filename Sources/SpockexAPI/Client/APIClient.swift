// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHTTP1
import NIOPosix

/// Talks to a running node through the socket in its home; one connection a request.
public struct APIClient: Sendable {
    /// The path of the socket.
    public let socketPath: String

    /// Most bytes of a socket's path that the operating system takes (`sun_path`).
    public static let pathByteCountLimit = Self.isLinux ? 107 : 103
    /// Most bytes of one answer.
    static let answerByteCountLimit = 8 << 20
    /// How long to wait for the connection.
    static let connectLimit: TimeAmount = .seconds(5)
    /// How long to wait, once connected, until a stream of events begins.
    static let streamLimit: TimeAmount = .seconds(10)

    /// A client of the node whose socket is there; throws if the path is too long for a socket.
    public init(socketPath: String) throws(APIError) {
        guard socketPath.utf8.count <= Self.pathByteCountLimit else {
            throw APIError(
                .usage, "The path of the home folder is too long for a socket in it.",
                hint: "Choose a folder with a shorter path with --home, at most "
                    + "\(Self.pathByteCountLimit - "/api.sock".utf8.count) bytes.")
        }
        self.socketPath = socketPath
    }

    #if os(Linux)
        private static let isLinux = true
    #else
        private static let isLinux = false
    #endif

    /// Asks with GET.
    public func get<Answer: Decodable & Sendable>(
        _ path: String, as type: Answer.Type
    ) async throws(APIError) -> Answer {
        try await self.send(.GET, path, body: nil, limit: .seconds(10))
    }

    /// Asks with POST; the limit is the longest wait for the whole answer.
    public func post<Answer: Decodable & Sendable>(
        _ path: String, _ body: some Encodable, as type: Answer.Type,
        limit: Duration = .seconds(30)
    ) async throws(APIError) -> Answer {
        try await self.send(.POST, path, body: try JSONLine.text(body), limit: limit)
    }

    /// Asks with DELETE.
    public func delete<Answer: Decodable & Sendable>(
        _ path: String, as type: Answer.Type
    ) async throws(APIError) -> Answer {
        try await self.send(.DELETE, path, body: nil, limit: .seconds(30))
    }

    /// The newest events of the past, oldest first.
    public func pastEvents(limit: Int) async throws(APIError) -> [EventRow] {
        let (status, bytes) = try await self.translated {
            try await Self.within(.seconds(10)) {
                try await self.exchange(.GET, "/v1/events?limit=\(limit)", body: nil)
            }
        }
        guard status == 200 else { throw try JSONLine.value(APIError.self, from: bytes) }
        var events: [EventRow] = []
        for line in bytes.split(separator: 0x0a) {
            events.append(try JSONLine.value(EventRow.self, from: line))
        }
        return events
    }

    /// Follows the node's events until a closure returns false, or the node ends the stream.
    ///
    /// First come up to `limit` events of the past, oldest first. `opened` is called as soon as
    /// no later event can be missed; what is asked there is newer than the subscription. A node
    /// that does not begin to answer within ten seconds is `overloaded`.
    public func follow(
        limit: Int, opened: () async throws(APIError) -> Bool,
        event: (EventRow) async throws(APIError) -> Bool
    ) async throws(APIError) {
        try await self.translated {
            let head = self.head(.GET, "/v1/events?follow=true&limit=\(limit)", byteCount: 0)
            let connection = try await self.connect()
            let limit = AnswerLimit(Self.streamLimit, for: connection.channel)
            do {
                try await connection.executeThenClose { inbound, outbound in
                    try await outbound.write(contentsOf: [.head(head), .end(nil)])
                    try await Self.read(inbound, begun: limit.end, opened: opened, event: event)
                }
            } catch {
                throw limit.isOver ? Self.late : error
            }
        }
    }

    private func send<Answer: Decodable & Sendable>(
        _ method: HTTPMethod, _ path: String, body: String?, limit: Duration
    ) async throws(APIError) -> Answer {
        let (status, bytes) = try await self.translated {
            try await Self.within(limit) {
                try await self.exchange(method, path, body: body)
            }
        }
        guard (200..<300).contains(status) else {
            throw try JSONLine.value(APIError.self, from: bytes)
        }
        return try JSONLine.value(Answer.self, from: bytes)
    }

    private func exchange(
        _ method: HTTPMethod, _ path: String, body: String?
    ) async throws -> (status: UInt, bytes: [UInt8]) {
        var parts: [HTTPClientRequestPart] = [
            .head(self.head(method, path, byteCount: body?.utf8.count ?? 0))
        ]
        if let body { parts.append(.body(.byteBuffer(ByteBuffer(string: body)))) }
        parts.append(.end(nil))
        return try await self.connect().executeThenClose { inbound, outbound in
            // In one go: a quick node has answered and closed before a separate end is written.
            try await outbound.write(contentsOf: parts)
            var status: UInt = 0
            var bytes: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let head): status = head.status.code
                case .body(let buffer):
                    guard bytes.count + buffer.readableBytes <= Self.answerByteCountLimit else {
                        throw APIError(
                            .internalError, "The node's answer is too long.",
                            hint: "Start the command again.")
                    }
                    bytes += buffer.readableBytesView
                case .end: return (status, bytes)
                }
            }
            throw Self.gone
        }
    }

    private func head(_ method: HTTPMethod, _ path: String, byteCount: Int) -> HTTPRequestHead {
        var headers = HTTPHeaders([("Host", "localhost"), ("Connection", "close")])
        if method == .POST {
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: String(byteCount))
        }
        return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
    }

    private func connect() async throws -> NIOAsyncChannel<
        HTTPClientResponsePart, HTTPClientRequestPart
    > {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(Self.connectLimit)
            .connect(unixDomainSocketPath: self.socketPath) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }
}
