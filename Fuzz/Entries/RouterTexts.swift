// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping

/// What is read as a PCP message is the same message when it is written and read again.
func fuzzPCP(_ input: [UInt8]) {
    if let response = try? PCPResponse(parsing: input) {
        let again = try? PCPResponse(parsing: response.encoded)
        precondition(again == response, "reads its own writing")
    }
    if let request = try? PCPRequest(parsing: input) {
        let again = try? PCPRequest(parsing: request.encoded)
        precondition(again == request, "reads its own writing")
    }
}

/// What is read as a NAT-PMP message is the same message when it is written and read again.
func fuzzNATPMP(_ input: [UInt8]) {
    if let response = try? NATPMPResponse(parsing: input) {
        let again = try? NATPMPResponse(parsing: response.encoded)
        precondition(again == response, "reads its own writing")
    }
    if let request = try? NATPMPRequest(parsing: input) {
        let again = try? NATPMPRequest(parsing: request.encoded)
        precondition(again == request, "reads its own writing")
    }
}

/// A router's answer by SSDP leads to the router and nowhere else.
func fuzzSSDP(_ input: [UInt8]) {
    // A search begins with an M and an answer does not: neither is worth two readings.
    if input.first != 0x4d {
        guard let answer = try? SSDPAnswer(parsing: input, from: RouterHarness.gateway) else {
            return
        }
        precondition(answer.location.endpoint.address == RouterHarness.gateway)
        let again = try? SSDPAnswer(parsing: answer.encoded, from: RouterHarness.gateway)
        precondition(again == answer, "reads its own writing")
    } else if let search = try? SSDPSearch(parsing: input) {
        let again = try? SSDPSearch(parsing: search.encoded)
        precondition(again == search, "reads its own writing")
    }
}

/// HTTP around XML around SOAP, and the XML alone.
func fuzzHTTP(_ input: [UInt8]) {
    guard let response = try? HTTPResponse(parsing: input) else {
        _ = try? HTTPRequest(parsing: input)
        _ = fuzzXML(input)
        return
    }
    precondition(response.body.count <= input.count)
    if let whole = try? HTTPResponse(parsing: input, isClosed: false) {
        precondition(whole == response, "one meaning")
    }
    let again = try? HTTPResponse(
        parsing: HTTPResponse(status: response.status, body: response.body).encoded)
    precondition(again?.body == response.body, "reads its own writing")
    guard fuzzXML(response.body) else { return }
    for action in ["AddAnyPortMapping", "GetExternalIPAddress", "AddPinhole"] {
        guard case .success(let results)? = try? SOAPAnswer(parsing: response, to: action)
        else { continue }
        precondition(results.count <= UPnPLimits.argumentCount)
    }
}

/// Whether it is a document.
private func fuzzXML(_ input: [UInt8]) -> Bool {
    guard let element = try? XMLElement(parsing: input) else { return false }
    precondition(element.name.utf8.count <= UPnPLimits.xmlNameByteCount)
    let services = (try? UPnPService.all(in: input, from: RouterHarness.location)) ?? []
    precondition(services.count <= UPnPLimits.serviceCount)
    for service in services {
        precondition(service.control.endpoint.address == RouterHarness.gateway)
    }
    return true
}

/// A port mapper between a router that says anything and a clock that goes on.
///
/// The input is a list of events: a byte for the kind, one for the length, and so many bytes. The
/// nonce of PCP is put right, so that what comes behind it is reached.
enum RouterHarness {
    static let gateway = IPAddress.v4(0xc0a8_0101)
    static let inner = Endpoint(address: .v4(0xc0a8_0102), port: 4242)
    /// More would only make inputs slow.
    private static let eventCountMax = 48
    static let location = HTTPLocation(
        endpoint: Endpoint(address: Self.gateway, port: 5000), path: "/root.xml")

    static func run(_ input: [UInt8]) {
        var mapper = PortMapper()
        var generator = SeededGenerator(seed: 1)
        var now = Instant(nanoseconds: 0)
        var nonce: [UInt8] = []
        var request: PortMapper.RequestID?
        var next: PortMapper.Input? = .networkChanged(
            LocalNetwork(gateway: Self.gateway, inner: Self.inner))
        var rest = input[...]
        var eventCount = 0
        while let event = next, eventCount < Self.eventCountMax {
            eventCount += 1
            var outputs: [PortMapper.Output] = []
            mapper.handle(event, now: now, using: &generator, into: &outputs)
            precondition(outputs.count <= 32, "an event has bounded effects")
            for output in outputs {
                Self.check(output)
                switch output {
                case .send(let bytes, _, _) where bytes.count == 60:
                    nonce = Array(bytes[24..<36])
                case .http(let id, _, _, _): request = id
                case .send, .mapped, .lost, .secondNAT, .unavailable: break
                }
            }
            next = Self.event(&rest, nonce, request, mapper.deadline, &now)
        }
    }

    private static func check(_ output: PortMapper.Output) {
        switch output {
        case .send(_, let target, let own):
            precondition(own == Self.inner.address)
            precondition(target.address == Self.gateway || target == SSDP.group)
        case .http(_, let target, let own, _):
            precondition(target.address == Self.gateway && own == Self.inner.address)
        case .mapped(let external, _, let lifetime):
            precondition(external.address.isPublic && external.port != 0)
            precondition(lifetime >= .seconds(30) && lifetime <= .seconds(86_400))
        case .secondNAT(let address): precondition(!address.isPublic)
        case .lost, .unavailable: break
        }
    }

    private static func event(
        _ rest: inout ArraySlice<UInt8>, _ nonce: [UInt8], _ request: PortMapper.RequestID?,
        _ deadline: Instant?, _ now: inout Instant
    ) -> PortMapper.Input? {
        guard let kind = rest.popFirst() else { return nil }
        let count = Int(rest.popFirst() ?? 0) * (kind & 0x80 == 0 ? 1 : 8)
        var bytes = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        switch kind & 7 {
        case 0:
            now = deadline.map { max($0, now) } ?? now
            return .timer
        case 1, 2:
            if bytes.count >= 60, nonce.count == 12 { bytes.replaceSubrange(24..<36, with: nonce) }
            return .datagram(bytes, from: Endpoint(address: Self.gateway, port: 5351))
        case 3: return .datagram(bytes, from: Endpoint(address: Self.gateway, port: 1900))
        case 4: return request.map { .httpResponse($0, bytes) } ?? .refresh
        case 5: return request.map { .httpFailed($0) } ?? .refresh
        case 6: return .stop
        default:
            return .networkChanged(LocalNetwork(gateway: Self.gateway, inner: Self.inner))
        }
    }

    static func event(_ kind: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let isLong = bytes.count > 255
        let padded = isLong ? bytes + [UInt8](repeating: 0x20, count: -bytes.count & 7) : bytes
        return [isLong ? kind | 0x80 : kind, UInt8(isLong ? padded.count / 8 : padded.count)]
            + padded
    }
}

var pcpSeeds: [[UInt8]] {
    var generator = SeededGenerator(seed: 1)
    let external = Endpoint(address: .v4(0xc633_6407), port: 4242)
    let map = PCPMapping(
        nonce: PCPNonce(using: &generator), internalPort: 4242, external: external)
    return [
        PCPResponse(lifetime: 7200, epoch: 9, content: .map(map)).encoded,
        PCPResponse(result: .noResources, lifetime: 30, epoch: 9, content: .map(map)).encoded,
        PCPResponse(lifetime: 0, epoch: 9, content: .announce).encoded,
        PCPResponse(lifetime: 9, epoch: 9, content: .peer(map, remote: external)).encoded,
        PCPRequest(
            lifetime: 7200, client: RouterHarness.inner.address, content: .map(map)
        ).encoded,
    ]
}

var natpmpSeeds: [[UInt8]] {
    let mapping = NATPMP.Mapping(internalPort: 4242, externalPort: 4242, lifetime: 7200)
    let contents: [NATPMPResponse.Content] = [
        .externalAddress(.v4(0xc633_6407)), .mapped(mapping),
        .failure(opcode: 1, .networkFailure, mapping: mapping),
        .failure(opcode: 0, .unsupportedVersion, mapping: nil),
    ]
    return contents.map { NATPMPResponse(epoch: 9, content: $0).encoded }
        + [NATPMPRequest.externalAddress.encoded, NATPMPRequest.map(mapping).encoded]
}

var ssdpSeeds: [[UInt8]] {
    SSDP.Target.allCases.flatMap {
        [SSDPSearch($0).encoded, SSDPAnswer($0, location: RouterHarness.location).encoded]
    }
}

var httpSeeds: [[UInt8]] {
    let control = HTTPLocation(endpoint: RouterHarness.location.endpoint, path: "/control")
    let description = UPnPService.description(
        of: UPnPService.Kind.allCases.map { UPnPService($0, control: control) })
    let call = SOAPCall.externalAddress(of: .connection1)
    let told = SOAPAnswer.success([SOAPArgument("NewExternalIPAddress", "198.51.100.7")])
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3\r\n<a>\r\n4\r\n</a>\r\n0\r\n\r\n"
    return [
        HTTPResponse(status: 200, body: description).encoded, description,
        told.encoded(to: call), SOAPAnswer.failure(.conflict).encoded(to: call),
        call.encoded(for: control), Array(chunked.utf8),
    ]
}

var routerSeeds: [[UInt8]] {
    let (map, refusal, announcement) = (pcpSeeds[0], pcpSeeds[1], pcpSeeds[2])
    let timer = RouterHarness.event(0, [])
    let upnp =
        [timer, timer, timer]
        + [RouterHarness.event(3, ssdpSeeds[1]), RouterHarness.event(4, httpSeeds[0])]
        + [RouterHarness.event(4, httpSeeds[2]), RouterHarness.event(6, [])]
    return [
        RouterHarness.event(1, map) + RouterHarness.event(2, announcement)
            + RouterHarness.event(6, []),
        RouterHarness.event(1, refusal) + timer + timer,
        natpmpSeeds[0...1].flatMap { RouterHarness.event(1, $0) + timer }
            + RouterHarness.event(6, []),
        upnp.flatMap { $0 },
    ]
}
