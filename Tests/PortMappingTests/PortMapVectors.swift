// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import PortMapping
import Testing

/// The NAT-PMP and PCP packets of all vector files: read and written as published, and the broken
/// ones refused.
///
/// Files are found as those of STUN: `SPOCKEX_VECTORS=DIR` alone, else the copied ones and
/// `../shared/vectors` beside the repository.
@Suite struct PortMapVectors {
    static let files = PortMapVectorFile.all

    @Test(.enabled(if: !files.isEmpty, "skipped: no file of packets"), arguments: files)
    func everyPacketIsReadAndWrittenAsPublished(file: PortMapVectorFile) throws {
        let packets = try file.content().packets
        #expect(!packets.isEmpty, "a file without packets")
        for (number, packet) in packets.enumerated() {
            let bytes = try #require(byteString(hex: packet.packet))
            let name = Comment(rawValue: "\(number): \(packet.name)")
            if packet.protocol == "natpmp" || packet.natpmpVersion != nil {
                try Self.checkNATPMP(packet, bytes, name)
            } else {
                try Self.checkPCP(packet, bytes, name)
            }
        }
    }

    @Test(.enabled(if: !files.isEmpty, "skipped: no file of packets"), arguments: files)
    func everyBrokenPacketIsRefused(file: PortMapVectorFile) throws {
        let broken = try file.content().refuse
        #expect(!broken.isEmpty, "a file without broken packets")
        for (number, one) in broken.enumerated() {
            let bytes = try #require(byteString(hex: one.packet))
            let name = Comment(rawValue: "\(number): \(one.why)")
            if let asked = one.requestNonce {
                // Well-formed, but not an answer to the request: the reader sees it by the nonce.
                let response = try PCPResponse(parsing: bytes)
                guard case .map(let mapping) = response.content else {
                    Issue.record(name)
                    continue
                }
                let nonce = try #require(byteString(hex: asked))
                #expect(mapping.nonce.bytes != nonce, name)
                continue
            }
            #expect(throws: PCPError.self, name) { try PCPResponse(parsing: bytes) }
            #expect(throws: NATPMPError.self, name) { try NATPMPResponse(parsing: bytes) }
            #expect(throws: NATPMPError.self, name) { try NATPMPRequest(parsing: bytes) }
            if !one.why.hasPrefix("R bit") {
                #expect(throws: PCPError.self, name) { try PCPRequest(parsing: bytes) }
            }
        }
    }

    private static func checkNATPMP(
        _ packet: PortMapVectorFile.Packet, _ bytes: [UInt8], _ name: Comment
    ) throws {
        if packet.natpmpVersion == nil, try #require(packet.opcode) < 128 {
            let request = try NATPMPRequest(parsing: bytes)
            let expected: NATPMPRequest =
                packet.opcode == 0 ? .externalAddress : .map(try packet.natpmpMapping())
            #expect(request == expected, name)
            #expect(request.encoded == bytes, name)
            return
        }
        let response = try NATPMPResponse(parsing: bytes)
        #expect(response.encoded == bytes, name)
        if let epoch = packet.epoch { #expect(response.epoch == epoch, name) }
        let result = NATPMP.ResultCode(rawValue: try #require(packet.result))
        switch response.content {
        case .externalAddress(let address):
            #expect(result == .success && packet.opcode == 128, name)
            #expect(address == packet.address.flatMap { IPAddress($0) }, name)
        case .mapped(let mapping):
            #expect(result == .success, name)
            #expect(try mapping == packet.natpmpMapping(), name)
        case .failure(_, let why, let mapping):
            #expect(why == result, name)
            if packet.natpmpVersion == nil {
                #expect(try mapping == packet.natpmpMapping(), name)
            } else {
                #expect(why == .unsupportedVersion && mapping == nil, name)
            }
        }
    }

    private static func checkPCP(
        _ packet: PortMapVectorFile.Packet, _ bytes: [UInt8], _ name: Comment
    ) throws {
        let opcode = try #require(packet.opcode)
        let content: PCPContent
        if opcode < 128 {
            let request = try PCPRequest(parsing: bytes)
            #expect(request.encoded == bytes, name)
            #expect(request.lifetime == packet.lifetime, name)
            #expect(request.options == (packet.options == [2] ? [.preferFailure] : []), name)
            if let client = packet.client {
                #expect(request.client == PortMapVectorFile.address(client), name)
            }
            content = request.content
        } else {
            let response = try PCPResponse(parsing: bytes)
            #expect(response.encoded == bytes, name)
            #expect(response.epoch == packet.epoch, name)
            #expect(response.result.rawValue == packet.result.map { UInt8($0) }, name)
            if let lifetime = packet.lifetime { #expect(response.lifetime == lifetime, name) }
            content = response.content
        }
        #expect(content.opcode == opcode & 127, name)
        switch content {
        case .announce: #expect(packet.nonce == nil, name)
        case .map(let mapping): try packet.check(mapping, name)
        case .peer(let mapping, let remote):
            try packet.check(mapping, name)
            #expect(remote.port == packet.remotePort, name)
            #expect(remote.address == packet.remote.flatMap { PortMapVectorFile.address($0) }, name)
        }
    }
}

/// One file of NAT-PMP and PCP packets.
struct PortMapVectorFile: Sendable, CustomTestStringConvertible {
    struct Content: Decodable {
        let packets: [Packet]
        let refuse: [Broken]
    }

    struct Packet: Decodable {
        let `protocol`: String
        let name: String
        let packet: String
        let opcode: UInt8?
        let result: UInt16?
        let epoch: UInt32?
        let address: String?
        let `internal`: UInt16?
        let external: UInt16?
        let lifetime: UInt32?
        let client: String?
        let nonce: String?
        let transport: UInt8?
        let externalIp: String?
        let options: [UInt8]?
        let remote: String?
        let remotePort: UInt16?
        let natpmpVersion: UInt8?

        func natpmpMapping() throws -> NATPMP.Mapping {
            let opcode = try #require(self.opcode)
            return NATPMP.Mapping(
                transport: try #require(NATPMP.Transport(rawValue: opcode & 127)),
                internalPort: try #require(self.internal),
                externalPort: try #require(self.external),
                lifetime: try #require(self.lifetime))
        }

        func check(_ mapping: PCPMapping, _ name: Comment) throws {
            #expect(mapping.nonce.bytes == self.nonce.flatMap { byteString(hex: $0) }, name)
            #expect(mapping.transport == self.transport, name)
            #expect(mapping.internalPort == self.internal, name)
            #expect(mapping.external.port == self.external, name)
            let address = self.externalIp.flatMap { PortMapVectorFile.address($0) }
            #expect(mapping.external.address == address, name)
        }
    }

    struct Broken: Decodable {
        let `protocol`: String
        let why: String
        let packet: String
        let requestNonce: String?
    }

    let url: URL

    var testDescription: String { "portmap/\(self.url.lastPathComponent)" }

    func content() throws -> Content {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Content.self, from: Data(contentsOf: self.url))
    }

    /// An address as Python writes it: IPv4 in IPv6 comes as `::ffff:c000:201`.
    static func address(_ text: String) -> IPAddress? {
        guard text.hasPrefix("::ffff:") else { return IPAddress(text) }
        let groups = text.dropFirst(7).split(separator: ":").compactMap { UInt32($0, radix: 16) }
        return groups.count == 2 ? .v4(groups[0] << 16 | groups[1]) : IPAddress(text)
    }

    static let all: [PortMapVectorFile] = {
        var found: [PortMapVectorFile] = []
        for directory in Self.directories {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".json") {
                let file = PortMapVectorFile(url: directory.appendingPathComponent(name))
                if !found.contains(where: { $0.testDescription == file.testDescription }) {
                    found.append(file)
                }
            }
        }
        return found
    }()

    private static let directories: [URL] = {
        if let other = ProcessInfo.processInfo.environment["SPOCKEX_VECTORS"] {
            return [URL(fileURLWithPath: other).appendingPathComponent("portmap")]
        }
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let repository = tests.deletingLastPathComponent().deletingLastPathComponent()
        return [
            tests.appendingPathComponent("Vectors/portmap"),
            repository.deletingLastPathComponent().appendingPathComponent("shared/vectors/portmap"),
        ]
    }()
}
