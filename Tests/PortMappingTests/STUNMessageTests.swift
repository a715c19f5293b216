// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

@Suite struct STUNMessageTests {
    private static let transaction = STUNTransaction(bytes: [UInt8](1...12))

    @Test func aRequestIsHeaderAndFingerprint() throws {
        let transaction = try #require(Self.transaction)
        let bytes = STUNMessage(.request, transaction: transaction).encoded()
        #expect(
            bytes.prefix(24) == [
                0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x80,
                0x28, 0, 4,
            ])
        #expect(bytes.count == 28)
    }

    @Test(arguments: ["192.0.2.1:1", "[2001:db8::1]:65535"], [true, false])
    func everyAttributeComesBackAsItWas(text: String, hasFingerprint: Bool) throws {
        let endpoint = try #require(Endpoint(text))
        let transaction = try #require(Self.transaction)
        for messageClass in [STUNMessage.Class.request, .indication, .success, .failure] {
            for method in [UInt16(1), 0x00f, 0x070, 0xf80, 0xfff] {
                let message = STUNMessage(
                    messageClass, method: method, transaction: transaction,
                    attributes: [
                        .mappedAddress(endpoint), .xorMappedAddress(endpoint),
                        .errorCode(699, reason: [1, 2, 3]), .other(type: 0x8022, value: []),
                        .other(type: 0x7777, value: [1]),
                        .messageIntegrity([UInt8](repeating: 7, count: 20)),
                    ])
                let bytes = message.encoded(hasFingerprint: hasFingerprint)
                #expect(try STUNMessage(parsing: bytes) == message)
                for count in bytes.indices {
                    #expect(throws: STUNError.self) {
                        try STUNMessage(parsing: Array(bytes.prefix(count)))
                    }
                }
            }
        }
    }

    @Test func anyFlippedBitIsRefusedWhenAFingerprintIsDemanded() throws {
        let message = STUNMessage(
            .success, transaction: try #require(Self.transaction),
            attributes: [.xorMappedAddress(try #require(Endpoint("192.0.2.1:4242")))])
        let bytes = message.encoded()
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(throws: STUNError.self) {
                    try STUNMessage(parsing: changed, demandsFingerprint: true)
                }
            }
        }
    }

    @Test func aFingerprintIsDemandedOnlyWhenAsked() throws {
        let transaction = try #require(Self.transaction)
        let bytes = STUNMessage(.request, transaction: transaction).encoded(hasFingerprint: false)
        #expect(throws: Never.self) { try STUNMessage(parsing: bytes) }
        #expect(throws: STUNError.badFingerprint) {
            try STUNMessage(parsing: bytes, demandsFingerprint: true)
        }
    }

    @Test func nothingMayFollowTheFingerprint() throws {
        let transaction = try #require(Self.transaction)
        var bytes = STUNMessage(.request, transaction: transaction).encoded()
        bytes += [0x80, 0x22, 0, 0]
        bytes[3] += 4
        #expect(throws: STUNError.badFingerprint) { try STUNMessage(parsing: bytes) }
    }

    @Test func attributesBehindTheIntegrityArePassedOver() throws {
        let (one, other) = (
            try #require(Endpoint("192.0.2.1:1")), try #require(Endpoint("192.0.2.2:2"))
        )
        let integrity = STUNAttribute.messageIntegrity([UInt8](repeating: 0, count: 20))
        var message = STUNMessage(
            .success, transaction: try #require(Self.transaction),
            attributes: [.mappedAddress(one), integrity, .xorMappedAddress(other)])
        let parsed = try STUNMessage(parsing: message.encoded())
        message.attributes.removeLast()
        #expect(parsed == message)
        #expect(parsed.reflexiveEndpoint == one)
    }

    @Test func theMaskedEndpointGoesBeforeThePlainOne() throws {
        let (one, other) = (
            try #require(Endpoint("192.0.2.1:1")), try #require(Endpoint("192.0.2.2:2"))
        )
        let message = STUNMessage(
            .success, transaction: try #require(Self.transaction),
            attributes: [.mappedAddress(one), .xorMappedAddress(other)])
        #expect(message.reflexiveEndpoint == other)
    }

    @Test(arguments: [
        (0x0020, [UInt8](repeating: 0, count: 8)), (0x0020, [0, 1, 0, 0, 1, 2, 3]),
        (0x0020, [0, 2, 0, 0, 1, 2, 3, 4]), (0x0001, [0, 1, 0, 0, 1, 2, 3, 4, 5]), (0x0001, []),
        (0x0009, [0, 0, 4]), (0x0009, [0, 0, 2, 0]), (0x0009, [0, 0, 7, 0]),
        (0x0009, [0, 0, 4, 100]), (0x0008, [UInt8](repeating: 0, count: 19)),
    ])
    func malformedAttributesAreRefused(type: Int, value: [UInt8]) throws {
        let type = UInt16(type)
        let message = STUNMessage(
            .success, transaction: try #require(Self.transaction),
            attributes: [.other(type: type, value: value)])
        #expect(throws: STUNError.badAttribute(type: type)) {
            try STUNMessage(parsing: message.encoded())
        }
    }

    @Test func noiseNeverTraps() throws {
        var generator = SeededGenerator(seed: 4)
        let base = STUNMessage(
            .success, transaction: try #require(Self.transaction),
            attributes: [
                .xorMappedAddress(try #require(Endpoint("[2001:db8::1]:1"))),
                .errorCode(400, reason: [1]),
            ]
        ).encoded(hasFingerprint: false)
        var readCount = 0
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) { bytes.removeLast(4) }
            if (try? STUNMessage(parsing: bytes)) != nil { readCount += 1 }
        }
        #expect(readCount > 0 && readCount < 20_000)
    }

    @Test func datagramsBeyondTheLimitAreRefusedUnread() {
        let count = STUNMessage.byteCountLimit + 1
        #expect(throws: STUNError.badByteCount(count)) {
            try STUNMessage(parsing: [UInt8](repeating: 0, count: count))
        }
    }
}

/// SplitMix64: one seed, one sequence.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var word = self.state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
