// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// What a router says by UPnP, and what it is asked.
extension MapperBench {
    static let location = HTTPLocation(
        endpoint: Endpoint(address: Self.gateway, port: 5000), path: "/root.xml")
    static let control = HTTPLocation(
        endpoint: Self.location.endpoint, path: "/control")

    static func description(_ kinds: [UPnPService.Kind]) -> [UInt8] {
        UPnPService.description(of: kinds.map { UPnPService($0, control: Self.control) })
    }

    /// A router was found that has those services, and is asked for its address.
    static func found(_ kinds: [UPnPService.Kind]) throws -> MapperBench {
        var bench = MapperBench()
        _ = bench.join()
        _ = bench.timer()
        _ = bench.answerSearch()
        _ = try bench.describe(kinds)
        return bench
    }

    mutating func answerSearch(path: String = "/root.xml") -> [PortMapper.Output] {
        let location = HTTPLocation(endpoint: Self.location.endpoint, path: path)
        return self.datagram(
            SSDPAnswer(.gateway1, location: location).encoded,
            from: Endpoint(address: Self.gateway, port: 1900))
    }

    mutating func describe(
        _ kinds: [UPnPService.Kind]
    ) throws -> [PortMapper.Output] {
        let response = HTTPResponse(
            status: 200, body: Self.description(kinds))
        let id = try #require(self.request?.id)
        return self.handle(.httpResponse(id, response.encoded))
    }

    mutating func answer(address: String) throws -> [PortMapper.Output] {
        try self.answer(SOAPArgument("NewExternalIPAddress", address))
    }

    mutating func answer(_ results: SOAPArgument...) throws -> [PortMapper.Output] {
        try self.answer(results)
    }

    mutating func answer(_ results: [SOAPArgument]) throws -> [PortMapper.Output] {
        let bytes = SOAPAnswer.success(results).encoded(to: try self.sentCall())
        return self.handle(.httpResponse(try #require(self.request?.id), bytes))
    }

    mutating func fail(_ code: UPnPErrorCode) throws -> [PortMapper.Output] {
        let bytes = SOAPAnswer.failure(code).encoded(to: try self.sentCall())
        return self.handle(.httpResponse(try #require(self.request?.id), bytes))
    }

    /// The call that was made last.
    func sentCall() throws -> SOAPCall {
        let bytes = try #require(self.request?.bytes)
        return try SOAPCall(parsing: HTTPRequest(parsing: bytes))
    }

    /// That call, as the request that was made last.
    func call(_ call: SOAPCall) throws -> PortMapper.Output {
        let id = try #require(self.request?.id)
        return .http(
            id, to: Self.control.endpoint, from: Self.inner.address,
            call.encoded(for: Self.control))
    }

    /// The fetching of a document, as the request that was made last.
    func get(_ path: String) throws -> PortMapper.Output {
        let id = try #require(self.request?.id)
        let bytes = HTTPRequest(.get, path: path).encoded(for: Self.location)
        return .http(id, to: Self.location.endpoint, from: Self.inner.address, bytes)
    }
}

extension SOAPCall {
    /// The call for our port.
    static func map(
        any: Bool, lease: UInt32 = 7200, at service: UPnPService.Kind
    ) -> SOAPCall {
        .map(MapperBench.inner, externalPort: 4242, lease: lease, any: any, at: service)
    }
}

extension PortMapper.Output {
    /// Whether it is a request by TCP.
    var isHTTP: Bool {
        if case .http = self { true } else { false }
    }
}
