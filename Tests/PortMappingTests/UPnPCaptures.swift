// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import PortMapping
import Testing

/// What miniupnpd 2.3.1 said to this machine in a network of namespaces, byte by byte but for the
/// name of its host.
@Suite struct UPnPCaptures {
    private static func capture(_ name: String) throws -> [UInt8] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Vectors/upnp/\(name).txt")
        return try Array(Data(contentsOf: file))
    }

    @Test func theAnswerToTheSearchIsRead() throws {
        let router = IPAddress.v4(0xc0a8_4d01)
        let answer = try SSDPAnswer(parsing: Self.capture("search-answer"), from: router)
        let location = try #require(HTTPLocation("http://192.168.77.1:5000/rootDesc.xml"))
        #expect(answer == SSDPAnswer(.gateway1, location: location))
    }

    @Test func theDescriptionIsRead() throws {
        let bytes = try Self.capture("description")
        let location = try #require(HTTPLocation("http://192.168.77.1:5000/rootDesc.xml"))
        let response = try HTTPResponse(parsing: bytes, isClosed: false)
        let services = try UPnPService.all(in: response.body, from: location)
        #expect(services.map(\.kind) == [.connection2, .firewall6])
        #expect(services.map(\.control.path) == ["/ctl/IPConn", "/ctl/IP6FCtl"])
        // Cut anywhere it is no answer; with any one byte turned nothing traps.
        for count in bytes.indices {
            #expect(throws: HTTPError.truncated) {
                try HTTPResponse(parsing: Array(bytes.prefix(count)), isClosed: false)
            }
        }
        for index in response.body.indices {
            var body = response.body
            body[index] ^= 1 << (index % 8)
            let found = try? UPnPService.all(in: body, from: location)
            #expect(found?.allSatisfy { $0.control.endpoint.address == .v4(0xc0a8_4d01) } ?? true)
        }
    }

    @Test func theAnswersToCallsAreRead() throws {
        let address = try SOAPAnswer(
            parsing: HTTPResponse(parsing: Self.capture("address-answer")),
            to: "GetExternalIPAddress")
        #expect(address.externalAddress == .v4(0x2d2d_2d01))
        let mapping = try SOAPAnswer(
            parsing: HTTPResponse(parsing: Self.capture("mapping-answer")),
            to: "AddAnyPortMapping")
        #expect(mapping.reservedPort == 41_414)
    }
}
