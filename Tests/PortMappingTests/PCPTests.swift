// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

@Suite struct PCPTests {
    private static func mapping(_ external: String = "0.0.0.0:4242") throws -> PCPMapping {
        PCPMapping(
            nonce: try #require(PCPNonce(bytes: [UInt8](1...12))), internalPort: 4242,
            external: try #require(Endpoint(external)))
    }

    private static func response(_ external: String = "192.0.2.1:4242") throws -> PCPResponse {
        PCPResponse(lifetime: 7200, epoch: 9, content: .map(try Self.mapping(external)))
    }

    @Test func aMapRequestIsTheBytesOfTheStandard() throws {
        let request = PCPRequest(
            lifetime: 7200, client: try #require(IPAddress("192.168.1.2")),
            content: .map(try Self.mapping()))
        let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        let head: [UInt8] = [2, 1, 0, 0, 0, 0, 0x1c, 0x20] + mapped + [192, 168, 1, 2]
        let body: [UInt8] = [UInt8](1...12) + [17, 0, 0, 0, 0x10, 0x92, 0x10, 0x92] + mapped
        #expect(request.encoded == head + body + [0, 0, 0, 0])
    }

    @Test(arguments: ["192.0.2.1:4242", "[2001:db8::1]:65535", "[::]:0", "0.0.0.0:0"])
    func messagesComeBackAsTheyWereAndNotCut(external: String) throws {
        let remote = try #require(Endpoint("[2001:db8::9]:9"))
        let options: [PCPOption] = [
            .thirdParty(.v4(7)), .preferFailure, .filter(prefixLength: 128, remote: remote),
            .filter(prefixLength: 0, remote: remote),
        ]
        let contents: [PCPContent] = [
            .map(try Self.mapping(external)), .peer(try Self.mapping(external), remote: remote),
        ]
        for content in contents {
            let request = PCPRequest(
                lifetime: .max, client: remote.address, content: content, options: options)
            let response = PCPResponse(
                result: .noResources, lifetime: 1, epoch: .max, content: content,
                options: options)
            #expect(try PCPRequest(parsing: request.encoded) == request)
            #expect(try PCPResponse(parsing: response.encoded) == response)
            let least = content.opcode == 1 ? 60 : 80
            for count in 0..<least {
                #expect(throws: PCPError.self) {
                    try PCPRequest(parsing: Array(request.encoded.prefix(count)))
                }
                #expect(throws: PCPError.self) {
                    try PCPResponse(parsing: Array(response.encoded.prefix(count)))
                }
            }
            #expect(throws: PCPError.wrongDirection) {
                try PCPResponse(parsing: request.encoded)
            }
            #expect(throws: PCPError.wrongDirection) {
                try PCPRequest(parsing: response.encoded)
            }
        }
    }

    @Test func anAnnouncementIsItsHeader() throws {
        let announcement = PCPResponse(lifetime: 0, epoch: 258, content: .announce)
        #expect(
            announcement.encoded
                == [2, 128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2] + [UInt8](repeating: 0, count: 12))
        #expect(try PCPResponse(parsing: announcement.encoded) == announcement)
        let asked = PCPRequest(lifetime: 0, client: .v4(1), content: .announce)
        #expect(try PCPRequest(parsing: asked.encoded) == asked)
    }

    @Test(arguments: [UInt8(0), 4, 127])
    func anUnknownOptionThatMustBeUnderstoodIsAnError(code: UInt8) throws {
        let bytes = try Self.response().encoded + [code, 0, 0, 0]
        #expect(throws: PCPError.unknownOption(code)) { try PCPResponse(parsing: bytes) }
        // A failure carries back what the request had.
        var failure = bytes
        failure[3] = PCPResultCode.unsupportedOption.rawValue
        #expect(try PCPResponse(parsing: failure).result == .unsupportedOption)
    }

    @Test(arguments: [UInt8(128), 255])
    func anUnknownOptionThatMayBePassedOverIsIgnored(code: UInt8) throws {
        let response = try Self.response()
        let bytes = response.encoded + [code, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0]
        #expect(try PCPResponse(parsing: bytes) == response)
    }

    private static let malformed: [[UInt8]] = [
        [2, 0, 0, 4, 0, 0, 0, 0], [1, 0, 0, 4, 1, 2, 3, 4], [3, 0, 0, 0], [128, 0, 0, 4],
        [2, 0, 0, 0, 2, 0, 0, 0], [128, 0, 0, 1, 7, 0, 0, 1], [2, 0, 255, 255],
    ]

    @Test(arguments: malformed)
    func aMalformedOptionIsAnError(option: [UInt8]) throws {
        let bytes = try Self.response().encoded + option
        #expect(throws: PCPError.malformedOption(option[0])) { try PCPResponse(parsing: bytes) }
    }

    @Test func headersAreReadStrictly() throws {
        let bytes = try Self.response().encoded
        var other = bytes
        other[0] = 1
        #expect(throws: PCPError.badVersion(1)) { try PCPResponse(parsing: other) }
        other = bytes
        other[1] = 0x83
        #expect(throws: PCPError.badOpcode(3)) { try PCPResponse(parsing: other) }
        #expect(throws: PCPError.badByteCount(61)) { try PCPResponse(parsing: bytes + [0]) }
        let long = bytes + [UInt8](repeating: 0, count: 1044)
        #expect(throws: PCPError.badByteCount(1104)) { try PCPResponse(parsing: long) }
        other = bytes
        other[2] = 0xff
        other[12] = 0xff
        #expect(try PCPResponse(parsing: other) == Self.response())
    }

    @Test func anythingMayBeReadWithoutTrap() throws {
        var generator = SeededGenerator(seed: 12)
        let good = try Self.response().encoded + [3, 0, 0, 20] + [UInt8](repeating: 0, count: 20)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: bytes.indices, using: &generator)
                bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            if let response = try? PCPResponse(parsing: bytes) {
                #expect(try PCPResponse(parsing: response.encoded) == response)
            }
            _ = try? PCPRequest(parsing: bytes)
        }
    }
}
