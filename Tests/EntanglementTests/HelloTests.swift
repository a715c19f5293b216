// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// The bytes of a hello, and who can read what in them (PROTOCOL.md §8.10).
@Suite struct HelloTests {
    private let primitives = CryptoPrimitives()

    private var hello: Hello {
        Hello(
            nonce: Array(1...16), ports: HelloPorts(ipv4: 41_414, ipv6: 7),
            tags: (0..<64).map { UInt64($0) << 56 | 0xff })
    }

    private var keys: RelationKeys {
        RelationKeys(
            peerPID: PeerID(bytes: noise(16, seed: 1)) ?? self.noPID, peerKey: publicKey(9),
            meeting: noise(32, seed: 2), psk: Secret(noise(32, seed: 3)),
            sendMAC: Secret([UInt8](repeating: 1, count: 32)),
            receiveMAC: Secret([UInt8](repeating: 2, count: 32)))
    }

    private var noPID: PeerID { preconditionFailure("16 bytes are a pid") }

    @Test func theBytesStandWhereThePageSays() {
        let bytes = self.hello.bytes
        #expect(bytes.count == Hello.byteCount && bytes.count == 540)
        #expect(Array(bytes[..<8]) == Array("spockex".utf8) + [1])
        #expect(Array(bytes[8..<24]) == Array(1...16))
        #expect(Array(bytes[24..<28]) == [0xa1, 0xc6, 0, 7])
        #expect(Array(bytes[36..<44]) == [1, 0, 0, 0, 0, 0, 0, 0xff])
        #expect(Hello(bytes) == self.hello)
    }

    @Test func everyOtherLengthMagicAndVersionIsRefused() {
        let bytes = self.hello.bytes
        for count in 0..<bytes.count { #expect(Hello(Array(bytes.prefix(count))) == nil) }
        #expect(Hello(bytes + [0]) == nil)
        for position in 0..<8 {
            var changed = bytes
            changed[position] ^= 1
            #expect(Hello(changed) == nil)
        }
    }

    @Test func theGroupsStayOnTheLinkAndTheFirstByteIsNobodyElses() {
        #expect("\(Hello.groupIPv4)" == "239.255.83.88")
        #expect("\(Hello.groupIPv6)" == "ff12::b39d:5358")
        #expect(!Hello.groupIPv4.isUnicast && !Hello.groupIPv6.isUnicast)
        #expect(Hello.magic[0] != Constants.jsonType && Hello.magic[0] != Constants.packetType)
    }

    /// Computed with another implementation of HKDF and HMAC; the page shows it too.
    @Test func aTagIsWhatThePageComputes() {
        let keys = HelloKeys(self.keys, self.primitives)
        #expect(keys.own.exposedBytes() == self.expectedOwnKey)
        #expect(self.hello.tag(keys.own, self.primitives) == self.expectedTag)
    }

    private var expectedOwnKey: [UInt8] {
        hex("723be7db8add2fe735cf6a15fcf696941353b1d9952756f811d28a435ff81abd")
    }

    private var expectedTag: UInt64 { 0x809a5e871ddfee6c }

    @Test func aTagHangsOnDirectionNonceAndPorts() {
        let keys = HelloKeys(self.keys, self.primitives)
        var others = [self.hello, self.hello, self.hello]
        others[0].nonce[3] ^= 1
        others[1].ports.ipv4 ^= 1
        others[2].ports.ipv6 ^= 1
        let tag = self.hello.tag(keys.own, self.primitives)
        #expect(tag != self.hello.tag(keys.peer, self.primitives))
        for other in others { #expect(other.tag(keys.own, self.primitives) != tag) }
    }

    @Test func theSenderIsWhereItsHelloCameFrom() {
        let ports = HelloPorts(ipv4: 41_414, ipv6: 0)
        #expect(ports.endpoint(of: at("192.168.1.7:29414")) == at("192.168.1.7:41414"))
        #expect(ports.endpoint(of: at("[fe80::7]:29414")) == nil)
    }
}
