// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        "0.0.0.0", "1.2.3.4", "255.255.255.255", "::", "::1", "1::", "2001:db8::1",
        "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "2001:db8::1:0:0:1", "fe80::1", "1:2:3:4:5:6:7:8",
        "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6::", "ff02::fb",
        "::fffe:102:304",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ])
    func canonicalTextIsReadAndWrittenUnchanged(text: String) {
        #expect(IPAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4",
        "1.2.3.04", "+1.2.3.4", "-1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "0x1.2.3.4",
        "1.2.3.１",
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8",
        "1::2::3", "::1::", "1:2:3:4:5:6:7::8", "::2:3:4:5:6:7:8", "12345::", "::G", "::-1", "::+1",
        "2001:DB8::1",
        "2001:db8:0::1", "2001:0db8::1", "::01", "2001:db8:0:0:1::1", "2001::1:0:0:1:0:0",
        "fe80::1%eth0", "::ffff:1.2.3.4", "::ffff:102:304", "::1.2.3.4", "[::1]", "0::",
        "0:0:0:0:0:0:0:0",
        "2001:db8::0:1", "1:0:0:2:0:0:0:3",
    ])
    func everyOtherTextIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func ofTwoEqualRunsTheFirstIsShortened() {
        let address = IPAddress(bytes: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1])
        #expect(address?.description == "2001:db8::1:0:0:1")
    }

    @Test func theLongerRunIsShortened() {
        let address = IPAddress(bytes: [0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(address?.description == "2001:0:0:1::1")
    }

    @Test func mappedBytesBecomeIPv4() {
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]
        #expect(IPAddress(bytes: bytes) == .v4(0xc000_0201))
        #expect(IPAddress(bytes: bytes.dropLast()) == nil)
        #expect(IPAddress(bytes: [UInt8]()) == nil)
    }

    @Test(arguments: 1...200)
    func whatIsWrittenIsReadAgain(seed: UInt64) {
        for count in [4, 16] {
            var bytes = noise(count, seed: seed)
            // Many zero groups, so that runs of all lengths and places come up.
            for index in stride(from: 0, to: count, by: 2)
            where noise(1, seed: seed ^ UInt64(index) << 8)[0] < 140 {
                bytes[index] = 0
                bytes[index + 1] = 0
            }
            let address = IPAddress(bytes: bytes)
            #expect(address != nil)
            #expect(address.flatMap { IPAddress($0.description) } == address)
            if address?.isIPv6 == (count == 16) { #expect(address?.bytes == bytes) }
        }
    }

    @Test(arguments: [
        ("9.255.255.255", false), ("10.0.0.0", true), ("10.255.255.255", true), ("11.0.0.0", false),
        ("172.15.255.255", false), ("172.16.0.0", true), ("172.31.255.255", true),
        ("172.32.0.0", false), ("192.167.255.255", false), ("192.168.0.0", true),
        ("192.168.255.255", true), ("192.169.0.0", false), ("100.63.255.255", false),
        ("100.64.0.0", true), ("100.127.255.255", true), ("100.128.0.0", false),
        ("fbff::", false), ("fc00::", true), ("fdff:ffff::1", true), ("fe00::", false),
        ("192.0.2.1", false), ("198.51.100.2", false), ("203.0.113.9", false),
        ("2001:db8::1", false),
    ])
    func privateRangesHaveExactEdges(text: String, isPrivate: Bool) {
        #expect(IPAddress(text)?.isPrivate == isPrivate)
        #expect(IPAddress(text)?.isPublic == !isPrivate)
    }

    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255",
        "::", "ff00::", "ff02::1",
    ])
    func whatIsNotUnicastIsNeverUsable(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!address.isUnicast)
        #expect(!address.isPublic)
        #expect(!Endpoint(address: address, port: 1).isUsable)
    }

    @Test(arguments: ["169.254.0.0", "169.254.255.255", "fe80::", "febf::1"])
    func linkLocalIsNeverUsable(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isLinkLocal)
        #expect(!Endpoint(address: address, port: 1).isUsable)
    }

    @Test func oneVoiceIsA16OrA32() throws {
        func voice(_ text: String) throws -> UInt64 { try #require(IPAddress(text)).votingNetwork }
        #expect(try voice("198.51.0.1") == voice("198.51.255.9"))
        #expect(try voice("198.51.0.1") != voice("198.52.0.1"))
        #expect(try voice("2001:db8:1::") == voice("2001:db8:ffff::9"))
        #expect(try voice("2001:db8::") != voice("2001:db9::"))
        #expect(try voice("0.1.0.0") != voice("0:1::"))
    }
}

@Suite struct EndpointTests {
    @Test(arguments: [
        "192.0.2.1:1", "192.0.2.1:65535", "[2001:db8::1]:41414", "[::]:0", "0.0.0.0:0",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
    ])
    func canonicalTextIsReadAndWrittenUnchanged(text: String) {
        #expect(Endpoint(text)?.description == text)
        #expect(text.utf8.count <= 47)
    }

    @Test(arguments: [
        "", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:01", "192.0.2.1:+1",
        "192.0.2.1:-1", "192.0.2.1: 1", "192.0.2.1:1 ", " 192.0.2.1:1", "[192.0.2.1]:1",
        "2001:db8::1:41414", "[2001:db8::1]", "[2001:db8::1]41414", "[2001:db8::1:41414",
        "2001:db8::1]:41414", "[]:1", "[[::1]]:1", "[::1%lo]:1", "[::ffff:1.2.3.4]:1",
        "localhost:1", "192.0.2.1:1:1", "192.0.2.1:１", "192.0.2.1:99999999999999999999",
        "[2001:DB8::1]:1", "[0:0:0:0:0:0:0:1]:1",
    ])
    func everyOtherTextIsRefused(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test func portZeroIsNotUsable() {
        #expect(!Endpoint(address: .v4(0xc000_0201), port: 0).isUsable)
        #expect(Endpoint(address: .v4(0xc000_0201), port: 1).isUsable)
    }
}
