// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What the local API does with requests that our own client would not send.
@Suite(.serialized) struct RequestFormTests {
    /// Sends bytes to the node's socket and returns all that comes back until it closes.
    private func send(_ text: String, to node: TestNode) throws -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = node.folder.home + "/api.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        try handle.write(contentsOf: Data(text.utf8))
        return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    }

    private func status(
        _ method: String, _ path: String, host: String? = "localhost", type: String? = nil,
        body: String = "", to node: TestNode
    ) throws -> Int? {
        let fields = [
            "\(method) \(path) HTTP/1.1", host.map { "Host: \($0)" },
            type.map { "Content-Type: \($0)" }, "Connection: close",
            "Content-Length: \(body.utf8.count)", "", body,
        ]
        let answer = try self.send(fields.compactMap(\.self).joined(separator: "\r\n"), to: node)
        return answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    @Test func requestsOfTheWrongFormAreRefusedAndHarmNothing() throws {
        let node = try TestNode(name: "anna")
        let json = "application/json"
        #expect(try self.status("GET", "/v1/status", to: node) == 200)
        #expect(try self.status("GET", "/v1/status", host: "evil.example", to: node) == 421)
        #expect(try self.status("GET", "/v1/status", host: nil, to: node) == 421)
        #expect(try self.status("GET", "/v1/nothing", to: node) == 404)
        #expect(try self.status("PUT", "/v1/status", to: node) == 404)
        #expect(try self.status("POST", "/v1/stop", body: "{}", to: node) == 415)
        #expect(
            try self.status("POST", "/v1/stop", type: "text/plain", body: "{}", to: node) == 415)
        #expect(try self.status("POST", "/v1/offers", type: json, body: "{", to: node) == 400)
        #expect(
            try self.status(
                "POST", "/v1/offers", type: json,
                body: String(repeating: "x", count: 16_385), to: node) == 413)
        #expect(try self.status("GET", "/v1/pairings/x", to: node) == 404)
        let unknown = "00000000-0000-8000-8000-000000000000"
        for id in ["x", unknown] {
            #expect(try self.status("GET", "/v1/clusters/\(id)", to: node) == 404)
            for what in ["leave", "members/\(id)/remove", "members/\(id)/block"] {
                #expect(
                    try self.status(
                        "POST", "/v1/clusters/\(id)/\(what)", type: json, body: "{}", to: node)
                        == 404)
            }
        }
        let wish = #"{"intent":"private","cluster":"\#(unknown)","lifeSeconds":600}"#
        #expect(try self.status("POST", "/v1/offers", type: json, body: wish, to: node) == 400)
        #expect(try self.status("GET", "/v1/events?limit=1001", to: node) == 400)
        #expect(try self.send("nonsense\r\n\r\n", to: node).hasPrefix("HTTP/1.1 400 "))
        #expect(try node.run("status").code == 0)
    }
}
