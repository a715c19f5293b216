// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import PortMapping

extension RouterService {
    static let httpPort: UInt16 = 5_000
    private static let leaseMax: UInt32 = 86_400
    private static let descriptionPath = "/root.xml"

    /// Takes a datagram from the inner link: to its port 5351, or a search by SSDP.
    public mutating func receive(
        datagram bytes: [UInt8], from source: Endpoint, now: Instant
    ) -> [Sent] {
        guard self.manner != .silent, let version = bytes.first else { return [] }
        let answer: [UInt8]?
        switch version {
        case 0: answer = self.answerNATPMP(bytes, from: source, now: now)
        case 2: answer = self.answerPCP(bytes, from: source, now: now)
        default: answer = self.answerSearch(bytes)
        }
        return answer.map { [($0, source)] } ?? []
    }

    // MARK: NAT-PMP

    private mutating func answerNATPMP(
        _ bytes: [UInt8], from source: Endpoint, now: Instant
    ) -> [UInt8]? {
        guard self.protocols.contains(.natpmp) else {
            guard self.protocols.contains(.pcp) else { return nil }
            return PCPResponse(
                result: .unsupportedVersion, lifetime: 0, epoch: self.epoch(now),
                content: .announce
            ).encoded
        }
        guard let request = try? NATPMPRequest(parsing: bytes) else { return nil }
        let content: NATPMPResponse.Content
        switch request {
        case .externalAddress:
            guard !self.told.isIPv6 else { return nil }
            content = .externalAddress(self.told)
        case .map(let mapping):
            content = self.map(mapping, for: source.address, now: now)
        }
        return NATPMPResponse(epoch: self.epoch(now), content: content).encoded
    }

    private mutating func map(
        _ mapping: NATPMP.Mapping, for host: IPAddress, now: Instant
    ) -> NATPMPResponse.Content {
        let opcode = mapping.transport.rawValue
        guard mapping.transport == .udp else {
            return .failure(opcode: opcode, .notAuthorized, mapping: mapping)
        }
        var mapping = mapping
        if mapping.lifetime == 0 {
            self.close {
                $0.inner.address == host && $0.nonce == nil
                    && (mapping.internalPort == 0 || $0.inner.port == mapping.internalPort)
            }
            mapping.externalPort = 0
            return .mapped(mapping)
        }
        mapping.lifetime = min(mapping.lifetime, Self.leaseMax)
        do {
            mapping.externalPort = try self.open(
                Endpoint(address: host, port: mapping.internalPort), wish: mapping.externalPort,
                seconds: mapping.lifetime, now: now)
            return .mapped(mapping)
        } catch {
            mapping.lifetime = 0
            let why: NATPMP.ResultCode =
                switch error {
                case .notAuthorized: .notAuthorized
                case .portTaken, .full: .outOfResources
                }
            return .failure(opcode: opcode, why, mapping: mapping)
        }
    }

    // MARK: PCP

    private mutating func answerPCP(
        _ bytes: [UInt8], from source: Endpoint, now: Instant
    ) -> [UInt8]? {
        guard self.protocols.contains(.pcp) else {
            guard self.protocols.contains(.natpmp), bytes.count > 1 else { return nil }
            return NATPMPResponse(
                epoch: self.epoch(now),
                content: .failure(opcode: bytes[1] & 0x7f, .unsupportedVersion, mapping: nil)
            ).encoded
        }
        guard let request = try? PCPRequest(parsing: bytes) else { return nil }
        var response = PCPResponse(
            lifetime: min(request.lifetime, Self.leaseMax), epoch: self.epoch(now),
            content: request.content)
        switch request.content {
        case .announce: response.lifetime = 0
        case .peer: response.result = .unsupportedOpcode
        case .map(let mapping):
            if request.client != source.address {
                response.result = .addressMismatch
            } else if mapping.transport != PCPMapping.udp {
                response.result = .unsupportedProtocol
            } else {
                self.map(mapping, for: source.address, in: &response, now: now)
            }
        }
        return response.encoded
    }

    private mutating func map(
        _ mapping: PCPMapping, for host: IPAddress, in response: inout PCPResponse, now: Instant
    ) {
        var mapping = mapping
        let inner = Endpoint(address: host, port: mapping.internalPort)
        if response.lifetime == 0 {
            self.close { $0.inner == inner && $0.nonce == mapping.nonce }
            self.closePinholes { $0.inner == inner }
            return
        }
        do {
            if host.isIPv6 {
                _ = try self.openPinhole(inner, seconds: response.lifetime, now: now)
                mapping.external = inner
            } else {
                let port = try self.open(
                    inner, wish: mapping.external.port, seconds: response.lifetime,
                    nonce: mapping.nonce, now: now)
                mapping.external = Endpoint(address: self.told, port: port)
            }
            response.content = .map(mapping)
        } catch {
            response.lifetime = 30
            switch error {
            case .notAuthorized: response.result = .notAuthorized
            case .portTaken: response.result = .cannotProvideExternal
            case .full: response.result = .noResources
            }
        }
    }

    // MARK: UPnP

    private func answerSearch(_ bytes: [UInt8]) -> [UInt8]? {
        guard self.protocols.contains(.upnp), let search = try? SSDPSearch(parsing: bytes) else {
            return nil
        }
        let isSecond = self.services.contains { $0.kind == .connection2 }
        guard search.target == .gateway1 || isSecond else { return nil }
        let location = HTTPLocation(
            endpoint: Endpoint(address: self.inner, port: Self.httpPort),
            path: Self.descriptionPath)
        return SSDPAnswer(search.target, location: location).encoded
    }

    /// Takes a whole HTTP request from a host of the inner link; without bytes back: no answer.
    public mutating func receive(
        httpRequest bytes: [UInt8], from host: IPAddress, now: Instant
    ) -> [UInt8] {
        guard self.manner != .silent, self.protocols.contains(.upnp) else { return [] }
        guard let request = try? HTTPRequest(parsing: bytes) else {
            return HTTPResponse(status: 400).encoded
        }
        switch (request.method, request.path) {
        case (.get, Self.descriptionPath):
            return HTTPResponse(
                status: 200, fields: [HTTPField("Content-Type", "text/xml")],
                body: UPnPService.description(of: self.services)
            ).encoded
        case (.post, "/control"):
            guard let call = try? SOAPCall(parsing: request),
                self.services.contains(where: { $0.kind == call.service })
            else { return HTTPResponse(status: 400).encoded }
            return self.answer(call, from: host, now: now).encoded(to: call)
        case (.get, _), (.post, _):
            return HTTPResponse(status: 404).encoded
        }
    }

    private mutating func answer(
        _ call: SOAPCall, from host: IPAddress, now: Instant
    ) -> SOAPAnswer {
        let externalPort = call.value("NewExternalPort").flatMap { UInt16($0) }
        switch call.action {
        case "GetExternalIPAddress":
            return .success([SOAPArgument("NewExternalIPAddress", "\(self.told)")])
        case "AddPortMapping",
            "AddAnyPortMapping" where call.service == .connection2:
            return self.map(call, from: host, now: now)
        case "DeletePortMapping":
            let isClosed = self.close {
                $0.externalPort == externalPort && $0.inner.address == host
            }
            return isClosed ? .success([]) : .failure(.noSuchEntry)
        case "GetSpecificPortMappingEntry":
            guard let inner = externalPort.flatMap({ self.inner(of: $0, now: now) }) else {
                return .failure(.noSuchEntry)
            }
            return .success([
                SOAPArgument("NewInternalPort", "\(inner.port)"),
                SOAPArgument("NewInternalClient", "\(inner.address)"),
                SOAPArgument("NewEnabled", "1"),
            ])
        case "AddPinhole":
            return self.openPinhole(call, from: host, now: now)
        case "DeletePinhole":
            let number = call.value("UniqueID").flatMap { UInt16($0) }
            let isClosed = self.closePinholes { $0.externalPort == number }
            return isClosed ? .success([]) : .failure(.noSuchPinhole)
        default: return .failure(.invalidAction)
        }
    }

    private mutating func map(
        _ call: SOAPCall, from host: IPAddress, now: Instant
    ) -> SOAPAnswer {
        guard let wish = call.value("NewExternalPort").flatMap({ UInt16($0) }),
            let port = call.value("NewInternalPort").flatMap({ UInt16($0) }),
            let client = call.value("NewInternalClient").flatMap({ IPAddress($0) }),
            let lease = call.value("NewLeaseDuration").flatMap({ UInt32($0) }),
            call.value("NewProtocol") == "UDP"
        else { return .failure(.invalidArguments) }
        guard client == host else { return .failure(.notAuthorized) }
        if self.onlyPermanentLeases, lease != 0 { return .failure(.onlyPermanentLeases) }
        let isAny = call.action == "AddAnyPortMapping"
        do {
            let granted = try self.open(
                Endpoint(address: client, port: port), wish: wish,
                seconds: min(lease, Self.leaseMax), insists: !isAny, now: now)
            return .success(isAny ? [SOAPArgument("NewReservedPort", "\(granted)")] : [])
        } catch {
            return .failure(Self.code(of: error))
        }
    }

    private mutating func openPinhole(
        _ call: SOAPCall, from host: IPAddress, now: Instant
    ) -> SOAPAnswer {
        guard let client = call.value("InternalClient").flatMap({ IPAddress($0) }),
            let port = call.value("InternalPort").flatMap({ UInt16($0) }),
            let lease = call.value("LeaseTime").flatMap({ UInt32($0) }), lease > 0,
            client.isIPv6
        else { return .failure(.invalidArguments) }
        // miniupnpd does so: nobody opens a way to somebody else.
        guard client == host else { return .failure(.notAuthorized) }
        do {
            let number = try self.openPinhole(
                Endpoint(address: client, port: port), seconds: min(lease, Self.leaseMax),
                now: now)
            return .success([SOAPArgument("UniqueID", "\(number)")])
        } catch {
            return .failure(Self.code(of: error))
        }
    }

    private static func code(of refusal: Refusal) -> UPnPErrorCode {
        switch refusal {
        case .notAuthorized: .notAuthorized
        case .portTaken: .conflict
        case .full: .noMappingsAvailable
        }
    }
}
