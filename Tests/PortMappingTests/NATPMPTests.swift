// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

@Suite struct NATPMPTests {
    private static let mapping = NATPMP.Mapping(
        internalPort: 4242, externalPort: 0, lifetime: 7200)

    @Test func requestsAreTheBytesOfTheStandard() {
        #expect(NATPMPRequest.externalAddress.encoded == [0, 0])
        #expect(
            NATPMPRequest.map(Self.mapping).encoded
                == [0, 1, 0, 0, 0x10, 0x92, 0, 0, 0, 0, 0x1c, 0x20])
    }

    @Test(arguments: [
        NATPMPResponse(epoch: 1, content: .externalAddress(.v4(0x0102_0304))),
        NATPMPResponse(epoch: .max, content: .mapped(Self.mapping)),
        NATPMPResponse(epoch: 0, content: .failure(opcode: 1, .notAuthorized, mapping: nil)),
        NATPMPResponse(
            epoch: 0, content: .failure(opcode: 1, .outOfResources, mapping: Self.mapping)),
        NATPMPResponse(
            epoch: 0, content: .failure(opcode: 9, .unsupportedOpcode, mapping: nil)),
    ])
    func responsesComeBackAsTheyWere(response: NATPMPResponse) throws {
        let bytes = response.encoded
        #expect(try NATPMPResponse(parsing: bytes) == response)
        for count in bytes.indices where count != 8 || bytes[3] == 0 {
            #expect(throws: NATPMPError.self, "\(count)") {
                try NATPMPResponse(parsing: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: NATPMPError.badByteCount(bytes.count + 1)) {
            try NATPMPResponse(parsing: bytes + [0])
        }
    }

    @Test func requestsAreReadStrictly() throws {
        let bytes = NATPMPRequest.map(Self.mapping).encoded
        #expect(try NATPMPRequest(parsing: bytes) == .map(Self.mapping))
        for count in bytes.indices {
            #expect(throws: NATPMPError.self) {
                try NATPMPRequest(parsing: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: NATPMPError.badByteCount(13)) { try NATPMPRequest(parsing: bytes + [0]) }
        #expect(throws: NATPMPError.badByteCount(3)) { try NATPMPRequest(parsing: [0, 0, 0]) }
        #expect(throws: NATPMPError.badVersion(2)) { try NATPMPRequest(parsing: [2, 0]) }
        #expect(throws: NATPMPError.badOpcode(3)) { try NATPMPRequest(parsing: [0, 3]) }
        #expect(throws: NATPMPError.badOpcode(128)) { try NATPMPRequest(parsing: [0, 128]) }
    }

    @Test func theReservedBytesMeanNothing() throws {
        var bytes = NATPMPRequest.map(Self.mapping).encoded
        bytes[2] = 0xff
        #expect(try NATPMPRequest(parsing: bytes) == .map(Self.mapping))
    }

    @Test func anythingMayBeReadWithoutTrap() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...20, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if count > 1 {
                bytes[0] = 0
                bytes[1] = [0, 1, 2, 128, 129, 130][Int.random(in: 0..<6, using: &generator)]
            }
            if let response = try? NATPMPResponse(parsing: bytes) {
                #expect(try NATPMPResponse(parsing: response.encoded) == response)
            }
            _ = try? NATPMPRequest(parsing: bytes)
        }
    }
}
