// SPDX-License-Identifier: Apache-2.0

/// An answer of HTTP/1.0 or 1.1 as a whole, at most ``UPnPLimits/httpByteCount`` bytes.
public struct HTTPResponse: Sendable, Equatable {
    /// 200 to 599.
    public var status: Int
    /// The fields in order.
    public var fields: [HTTPField]
    /// The body, chunks put together.
    public var body: [UInt8]

    /// An answer of those parts.
    public init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Reads an answer; ``HTTPError/truncated`` asks for more bytes.
    ///
    /// `isClosed`: whether no more bytes can come. Only then an answer without length ends.
    public init(parsing bytes: [UInt8], isClosed: Bool = true) throws(HTTPError) {
        let head = try HTTPHead(parsing: bytes)
        self.status = try Self.status(of: head)
        self.fields = head.fields
        self.body = try head.body(of: bytes, isClosed: isClosed, needsLength: false)
    }

    /// The bytes to send.
    public var encoded: [UInt8] {
        var head = "HTTP/1.1 \(self.status) \(self.status == 200 ? "OK" : "Error")\r\n"
        for field in self.fields { head += "\(field.name): \(field.value)\r\n" }
        head += "Content-Length: \(self.body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + self.body
    }

    /// The status of `HTTP/1.1 200 …`; also the first line of an SSDP answer.
    static func status(of head: HTTPHead) throws(HTTPError) -> Int {
        let parts = head.startLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0",
            parts[1].utf8.count == 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let status = Int(parts[1]), (200...599).contains(status)
        else { throw .badStartLine }
        return status
    }
}
