// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexTransport

struct SocketAddressBytesTests {
    @Test(arguments: [
        "192.0.2.1:41414", "127.0.0.1:1", "255.255.255.255:65535", "[::1]:41414",
        "[2001:db8:1:2:3:4:5:6]:65535",
    ])
    func anEndpointSurvivesTheSystemsForm(text: String) throws {
        let endpoint = try #require(Endpoint(text))
        let back = SocketAddressBytes.with(endpoint) { address, byteCount in
            SocketAddressBytes.endpoint(
                UnsafeRawBufferPointer(start: address, count: Int(byteCount)))
        }
        #expect(back == endpoint)
    }

    @Test func everyShorterFormIsRefused() throws {
        let endpoint = try #require(Endpoint("[2001:db8::1]:41414"))
        let results = SocketAddressBytes.with(endpoint) { address, byteCount in
            (0..<24).map { count in
                SocketAddressBytes.endpoint(UnsafeRawBufferPointer(start: address, count: count))
            }
        }
        #expect(results.allSatisfy { $0 == nil })
    }

    @Test func anotherFamilyIsRefused() {
        let bytes = [UInt8](repeating: 1, count: 28)
        #expect(bytes.withUnsafeBytes { SocketAddressBytes.endpoint($0) } == nil)
    }
}
