// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

@Suite struct HTTPTests {
    private static func response(_ text: String, isClosed: Bool = true) throws -> HTTPResponse {
        try HTTPResponse(parsing: Array(text.utf8), isClosed: isClosed)
    }

    @Test func aRequestIsTheBytesOfTheStandard() throws {
        let location = try #require(HTTPLocation("http://192.168.1.1:5000/a?b"))
        #expect(
            String(decoding: HTTPRequest(.get, path: "/a?b").encoded(for: location), as: UTF8.self)
                == "GET /a?b HTTP/1.1\r\nHost: 192.168.1.1:5000\r\nConnection: close\r\n\r\n")
        let post = HTTPRequest(
            .post, path: "/", fields: [HTTPField("A", "b")], body: Array("xyz".utf8))
        let bytes = post.encoded(for: location)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "POST / HTTP/1.1\r\nHost: 192.168.1.1:5000\r\nConnection: close\r\nA: b\r\n"
                + "Content-Length: 3\r\n\r\nxyz")
        let read = try HTTPRequest(parsing: bytes)
        #expect(read.method == .post && read.body == post.body && read.value("a") == "b")
        for count in bytes.indices {
            #expect(throws: HTTPError.self) { try HTTPRequest(parsing: Array(bytes.prefix(count))) }
        }
    }

    @Test func bodiesEndByLengthByChunksOrWithTheConnection() throws {
        let body = Array("abc".utf8)
        let length = try Self.response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        #expect(length.status == 200 && length.body == body)
        let chunked = try Self.response(
            "HTTP/1.1 500 X\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n"
        )
        #expect(chunked.status == 500 && chunked.body == body)
        let closed = "HTTP/1.0 200\r\nServer:\t x y \r\n\r\nabc"
        #expect(try Self.response(closed).body == body)
        #expect(try Self.response(closed).fields == [HTTPField("server", "x y")])
        #expect(throws: HTTPError.truncated) { try Self.response(closed, isClosed: false) }
        let response = HTTPResponse(status: 200, body: body)
        #expect(try HTTPResponse(parsing: response.encoded, isClosed: false).body == body)
    }

    private static let refused: [(String, HTTPError)] = [
        ("", .truncated), ("HTTP/1.1 200 OK", .truncated), ("HTTP/1.1 200 OK\r\n", .truncated),
        ("HTTP/1.1 200 OK\n\nabc", .truncated), ("\r\n\r\n", .badStartLine),
        ("HTTP/2 200 OK\r\n\r\n", .badStartLine), ("HTTP/1.1 20 OK\r\n\r\n", .badStartLine),
        ("HTTP/1.1 100 Go on\r\n\r\n", .badStartLine), ("HTTP/1.1 600 X\r\n\r\n", .badStartLine),
        ("HTTP/1.1 +20 X\r\n\r\n", .badStartLine), ("ICY 200 OK\r\n\r\n", .badStartLine),
        ("NOTIFY * HTTP/1.1\r\n\r\n", .badStartLine), ("HTTP/1.1\u{0} 200\r\n\r\n", .badStartLine),
        ("HTTP/1.1 200 OK\r\nA\r\n\r\n", .badField), ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nA: b\u{1}\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", .badField),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", .truncated),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0x3\r\n\r\nabc", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nabc", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", .badLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", .tooLong),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .badChunk),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", .badChunk),
    ]

    @Test(arguments: refused)
    func whatIsNotAWholeAnswerIsRefused(text: String, error: HTTPError) {
        #expect(throws: error) { try Self.response(text) }
    }

    private static let refusedChunks: [(String, HTTPError)] = [
        ("", .truncated), ("1\r\n", .truncated), ("1\r\na", .truncated), ("1\r\na\r\n", .truncated),
        ("1\r\na\r\n0\r\n", .truncated), ("g\r\na\r\n", .badChunk), ("\r\na\r\n", .badChunk),
        ("-1\r\na\r\n", .badChunk), ("+1\r\na\r\n0\r\n\r\n", .badChunk),
        ("1\r\nab\r\n0\r\n\r\n", .badChunk), ("fffffff\r\n", .badChunk),
        ("ffffff\r\n", .truncated), ("0\r\nA: b\r\n\r\n", .badChunk),
        ("0\r\n\r\nx", .badChunk), ("1;\(String(repeating: "x", count: 300))\r\na", .badChunk),
    ]

    @Test(arguments: refusedChunks)
    func brokenChunksAreRefused(text: String, error: HTTPError) {
        #expect(throws: error) {
            try Self.response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text)
        }
    }

    @Test func sizesAndCountsAreLimited() {
        let head = "HTTP/1.1 200 OK\r\n"
        func fields(_ count: Int) -> String {
            head + String(repeating: "A: b\r\n", count: count) + "\r\n"
        }
        #expect(throws: Never.self) { try Self.response(fields(64)) }
        #expect(throws: HTTPError.badField) { try Self.response(fields(65)) }
        let long = head + "A: " + String(repeating: "x", count: 8192) + "\r\n\r\n"
        #expect(throws: HTTPError.tooLong) { try Self.response(long) }
        #expect(throws: HTTPError.tooLong) {
            try Self.response(head + String(repeating: "x", count: 9000))
        }
        let endless = head + "\r\n" + String(repeating: "x", count: 65_536)
        #expect(throws: HTTPError.tooLong) { try Self.response(endless) }
        let chunks = String(repeating: "1\r\na\r\n", count: 20_000)
        #expect(throws: HTTPError.tooLong) {
            try Self.response(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
        }
    }

    @Test func requestsOfTheSimulatedRouterAreReadStrictly() {
        for line in [
            "GET /", "PUT / HTTP/1.1", "GET a HTTP/1.1", "GET / HTTP/2", "GET  / HTTP/1.1",
        ] {
            #expect(throws: HTTPError.badStartLine) {
                try HTTPRequest(parsing: Array((line + "\r\n\r\n").utf8))
            }
        }
    }

    // MARK: Locations

    @Test(arguments: [
        ("http://192.168.1.1/", "192.168.1.1:80", "/"),
        ("http://192.168.1.1", "192.168.1.1:80", "/"),
        ("HTTP://192.168.1.1:5000/a.xml?b=c", "192.168.1.1:5000", "/a.xml?b=c"),
    ])
    func locationsOfIPv4LiteralsAreRead(text: String, endpoint: String, path: String) throws {
        let location = try #require(HTTPLocation(text))
        #expect(location.endpoint.description == endpoint && location.path == path)
    }

    @Test(arguments: [
        "", "http://", "https://192.168.1.1/", "ftp://192.168.1.1/", "//192.168.1.1/", "/a",
        "http://router/", "http://192.168.1.1.evil.example/", "http://192.168.1/",
        "http://0300.0.0.1/", "http://192.168.1.1:0/", "http://192.168.1.1:65536/",
        "http://192.168.1.1:/", "http://192.168.1.1:080/", "http://192.168.1.1:1:2/",
        "http://u@192.168.1.1/", "http://192.168.1.1@198.51.100.7/", "http://[::1]/",
        "http://[fe80::1]:80/", "http://192.168.1.1/a b", "http://192.168.1.1/a\r\nX: y",
        "http://192.168.1.1/#a", "http://192.168.1.1?a", " http://192.168.1.1/",
        "http://192.168.1.1/\u{e9}", "http://3232235777/", "http://0xc0a80101/",
        "http://192.168.1.1/" + String(repeating: "a", count: 600),
    ])
    func otherLocationsAreRefused(text: String) {
        #expect(HTTPLocation(text) == nil)
    }

    @Test(arguments: [
        ("/c", "/c"), ("c", "/a/c"), ("c?d=e", "/a/c?d=e"), ("http://192.168.1.1:9/z", "/z"),
    ])
    func textsOfADocumentAreResolvedOnItsHost(text: String, path: String) throws {
        let base = try #require(HTTPLocation("http://192.168.1.1:5000/a/b.xml?x=/y/"))
        let resolved = try #require(base.resolve(text))
        #expect(resolved.path == path && resolved.endpoint.address == base.endpoint.address)
    }

    @Test(arguments: [
        "", "http://198.51.100.7/c", "https://192.168.1.1/c", "//198.51.100.7\r\n/", "a b",
        "c#d", "file:///c", "/\u{0}",
    ])
    func textsThatLeadElsewhereAreRefused(text: String) throws {
        let base = try #require(HTTPLocation("http://192.168.1.1:5000/a/b.xml"))
        #expect(base.resolve(text) == nil)
    }
}
