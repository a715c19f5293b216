// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import Testing

/// A port mapper on a hand-driven clock, and what a router could say to it.
struct MapperBench {
    var mapper = PortMapper()
    var now = Instant(nanoseconds: 0)
    private var generator: SeededGenerator
    /// What was sent last by PCP and by HTTP.
    private(set) var pcpRequest: PCPRequest?
    private(set) var request: (id: PortMapper.RequestID, to: Endpoint, bytes: [UInt8])?

    init(seed: UInt64 = 9) {
        self.generator = SeededGenerator(seed: seed)
    }

    static let gateway = IPAddress.v4(0xc0a8_0101)
    static let inner = Endpoint(address: .v4(0xc0a8_0102), port: 4242)
    static let external = Endpoint(address: .v4(0xc633_6407), port: 4242)
    static let router = Endpoint(address: Self.gateway, port: 5351)
    static let network = LocalNetwork(gateway: Self.gateway, inner: Self.inner)
    static let life: Duration = .seconds(7200)

    mutating func handle(_ input: PortMapper.Input) -> [PortMapper.Output] {
        var outputs: [PortMapper.Output] = []
        self.mapper.handle(input, now: self.now, using: &self.generator, into: &outputs)
        for output in outputs {
            switch output {
            case .send(let bytes, _, _):
                if let request = try? PCPRequest(parsing: bytes) { self.pcpRequest = request }
            case .http(let id, let to, _, let bytes): self.request = (id, to, bytes)
            case .mapped, .lost, .secondNAT, .unavailable: break
            }
        }
        return outputs
    }

    mutating func join() -> [PortMapper.Output] {
        self.handle(.networkChanged(Self.network))
    }

    // MARK: Time

    mutating func pass(_ duration: Duration) {
        self.now = self.now + duration
    }

    /// Goes to the deadline.
    mutating func timer() -> [PortMapper.Output] {
        self.now = self.mapper.deadline.map { max($0, self.now) } ?? self.now
        return self.handle(.timer)
    }

    /// Lets so much time pass, timer by timer, and returns what was put out when.
    mutating func run(for duration: Duration) -> [(at: Instant, output: PortMapper.Output)] {
        let end = self.now + duration
        var all: [(at: Instant, output: PortMapper.Output)] = []
        while let deadline = self.mapper.deadline, deadline <= end {
            for output in self.timer() { all.append((self.now, output)) }
        }
        self.now = end
        return all
    }

    // MARK: What a router says

    mutating func datagram(
        _ bytes: [UInt8], from source: Endpoint = Self.router
    ) -> [PortMapper.Output] {
        self.handle(.datagram(bytes, from: source))
    }

    mutating func pcp(
        external: Endpoint = Self.external, result: PCPResultCode = .success,
        lifetime: UInt32 = 7200, epoch: UInt32 = 1000, from source: Endpoint = Self.router
    ) throws -> [PortMapper.Output] {
        self.datagram(
            try self.pcpResponse(
                external: external, result: result, lifetime: lifetime, epoch: epoch
            ).encoded, from: source)
    }

    /// The answer to what was asked last by PCP.
    func pcpResponse(
        external: Endpoint = Self.external, result: PCPResultCode = .success,
        lifetime: UInt32 = 7200, epoch: UInt32 = 1000
    ) throws -> PCPResponse {
        let request = try #require(self.pcpRequest)
        guard case .map(var mapping) = request.content else { throw PCPError.wrongDirection }
        mapping.external = external
        return PCPResponse(
            result: result, lifetime: lifetime, epoch: epoch, content: .map(mapping))
    }

    mutating func natpmp(
        address: IPAddress = Self.external.address, epoch: UInt32 = 1000
    ) -> [PortMapper.Output] {
        self.datagram(NATPMPResponse(epoch: epoch, content: .externalAddress(address)).encoded)
    }

    mutating func natpmp(
        port: UInt16, lifetime: UInt32 = 7200, epoch: UInt32 = 1000
    ) -> [PortMapper.Output] {
        let mapping = NATPMP.Mapping(
            internalPort: Self.inner.port, externalPort: port, lifetime: lifetime)
        return self.datagram(NATPMPResponse(epoch: epoch, content: .mapped(mapping)).encoded)
    }

    mutating func announcement(epoch: UInt32) -> [PortMapper.Output] {
        self.datagram(PCPResponse(lifetime: 0, epoch: epoch, content: .announce).encoded)
    }

    /// The answer of a router without PCP.
    mutating func noPCP(epoch: UInt32 = 1000) -> [PortMapper.Output] {
        self.datagram(
            NATPMPResponse(
                epoch: epoch, content: .failure(opcode: 1, .unsupportedVersion, mapping: nil)
            ).encoded)
    }

    // MARK: What the machine sends

    func pcpSent(lifetime: UInt32 = 7200) throws -> PortMapper.Output {
        var request = try #require(self.pcpRequest)
        request.lifetime = lifetime
        return .send(request.encoded, to: Self.router, from: Self.inner.address)
    }

    static let addressAsked = PortMapper.Output.send(
        [0, 0], to: Self.router, from: Self.inner.address)

    static func portAsked(_ wish: UInt16 = 4242, lifetime: UInt32 = 7200) -> PortMapper.Output {
        let mapping = NATPMP.Mapping(
            internalPort: 4242, externalPort: wish, lifetime: lifetime)
        return .send(
            NATPMPRequest.map(mapping).encoded, to: Self.router, from: Self.inner.address)
    }

    static let searches = SSDP.Target.allCases.map {
        PortMapper.Output.send(SSDPSearch($0).encoded, to: SSDP.group, from: Self.inner.address)
    }

    static func mapped(
        _ external: Endpoint = Self.external, by method: PortMapper.Method,
        for life: Duration = Self.life
    ) -> PortMapper.Output {
        .mapped(external: external, by: method, lifetime: life)
    }
}
