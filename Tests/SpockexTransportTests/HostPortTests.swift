// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport
import Testing

struct HostPortTests {
    @Test(arguments: [
        ("stun.example.org:3478", "stun.example.org", UInt16(3478)),
        ("192.0.2.1:1", "192.0.2.1", 1), ("[2001:db8::1]:65535", "2001:db8::1", 65535),
    ])
    func hostAndPortAreRead(text: String, host: String, port: UInt16) throws {
        let parsed = try #require(HostPort(text))
        #expect(parsed.host == host)
        #expect(parsed.port == port)
    }

    @Test(arguments: [
        "", ":", ":1", "host", "host:", "host:0", "host:65536", "host:x", "host:-1", "[]:1",
        "2001:db8::1:1", "[host]:1", "ho st:1", "h\u{f6}st:1", "a\u{0}b:1",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(HostPort(text) == nil)
    }

    @Test func anAddressNeedsNoLookUp() async throws {
        let literal = try #require(HostPort("[2001:db8::1]:3478"))
        #expect(await literal.resolve() == [Endpoint("[2001:db8::1]:3478")])
        let unusable = try #require(HostPort("224.0.0.1:3478"))
        #expect(await unusable.resolve() == [])
    }
}
