// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import ServiceLifecycle
import SpockexAPI
import SpockexNode

extension Routes {
    /// `GET /v1/events`: past events as JSON lines, or with `follow=true` as server-sent events
    /// that go on with those to come.
    func events(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        let limit = parameters["limit"].map { Int($0) ?? -1 } ?? Limits.historyCountDefault
        guard (0...Limits.historyCountMax).contains(limit) else {
            throw HTTPRefusal(.badRequest, "The limit of events is 0 to \(Limits.historyCountMax).")
        }
        guard parameters["follow"] == "true" else {
            let names = EventNames(await self.node.status().status)
            let lines = try await self.node.history(limit: limit).map { logged in
                try JSONLine.text(EventRow(logged, names)) + "\n"
            }
            return Response(
                status: .ok,
                headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
        }
        // Subscribed before the history is read and before the answer's head is sent, so nothing
        // is missed in between; what is in both is sent once.
        let live = try await self.node.events()
        let past = limit == 0 ? [] : try await self.node.history(limit: limit)
        let names = EventNames(await self.node.status().status)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await self.write(past: past, live: live, names, to: &writer)
                }
                try await writer.finish(nil)
            })
    }

    @concurrent private func write(
        past: [LoggedEvent], live: AsyncStream<LoggedEvent>, _ names: EventNames,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        var names = names
        try await writer.write(ByteBuffer(string: ": events of this node\n\n"))
        for logged in past { try await writer.write(Self.message(logged, names)) }
        let newest = past.last?.id ?? 0
        for await logged in live.cancelOnGracefulShutdown()
        where logged.id == 0 || logged.id > newest {
            names.learn(await self.node.status().status)
            try await writer.write(Self.message(logged, names))
        }
    }

    private static func message(
        _ logged: LoggedEvent, _ names: EventNames
    ) throws(APIError) -> ByteBuffer {
        ByteBuffer(string: "data: \(try JSONLine.text(EventRow(logged, names)))\n\n")
    }
}
