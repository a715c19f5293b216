// SPDX-License-Identifier: Apache-2.0

/// A request of HTTP/1.1 as a whole; the connection is closed after its answer.
public struct HTTPRequest: Sendable, Equatable {
    /// What is asked.
    public enum Method: String, Sendable, Equatable {
        /// A document is wanted.
        case get = "GET"
        /// A SOAP call is sent.
        case post = "POST"
    }

    /// What is asked.
    public var method: Method
    /// The path with query.
    public var path: String
    /// The fields, without Host, Connection and Content-Length when it is made here.
    public var fields: [HTTPField]
    /// The body; empty for ``Method/get``.
    public var body: [UInt8]

    /// A request of those parts.
    public init(
        _ method: Method, path: String, fields: [HTTPField] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.fields = fields
        self.body = body
    }

    /// The bytes to send to that host.
    public func encoded(for location: HTTPLocation) -> [UInt8] {
        precondition(HTTPLocation.isPath(self.path), "a path starts with a slash, has no spaces")
        var head = "\(self.method.rawValue) \(self.path) HTTP/1.1\r\n"
        head += "Host: \(location.endpoint)\r\nConnection: close\r\n"
        for field in self.fields { head += "\(field.name): \(field.value)\r\n" }
        if self.method == .post { head += "Content-Length: \(self.body.count)\r\n" }
        return Array(head.utf8) + Array("\r\n".utf8) + self.body
    }

    /// Reads a whole request, as the simulated router does.
    public init(parsing bytes: [UInt8]) throws(HTTPError) {
        let head = try HTTPHead(parsing: bytes)
        let parts = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, let method = Method(rawValue: String(parts[0])),
            parts[1].utf8.count <= UPnPLimits.locationByteCount,
            HTTPLocation.isPath(String(parts[1])),
            parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0"
        else { throw .badStartLine }
        self.method = method
        self.path = String(parts[1])
        self.fields = head.fields
        self.body = try head.body(of: bytes, isClosed: true, needsLength: true)
    }

    /// The first value of a field, its name in small letters.
    public func value(_ name: String) -> String? {
        self.fields.first { $0.name == name }?.value
    }
}
