// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementSimulator
import EntanglementTestKit
import PortMapping
import Testing

/// A host with a port mapper, and its router, on a hand-driven clock.
struct RouterLink {
    var mapper = PortMapper()
    var router: RouterService
    var now = Instant(nanoseconds: 0)
    let inner = Endpoint(address: .v4(0xc0a8_4d02), port: 41_414)
    private(set) var httpCount = 0
    /// How many of a thousand datagrams and HTTP requests are lost.
    var lossPerMille = 0
    private let gateway6 = IPAddress.v6(0xfe80 << 48, 1)
    private var generator = SeededGenerator(seed: 5)
    private var told: [PortMapper.Output] = []

    init(_ protocols: RouterService.Protocols, manner: RouterService.Manner = .answers) {
        self.router = Self.router(protocols)
        self.router.manner = manner
    }

    static func router(
        _ protocols: RouterService.Protocols, isSecondGeneration: Bool = true
    ) -> RouterService {
        RouterService(
            inner: .v4(0xc0a8_4d01), external: .v4(0x2d2d_2d01), protocols: protocols,
            isSecondGeneration: isSecondGeneration, now: Instant(nanoseconds: 0))
    }

    var external: Endpoint { Endpoint(address: self.router.external, port: 41_414) }

    mutating func join(inner6: [Endpoint] = [], hasGateway6: Bool = false) {
        self.told += self.handle(
            .networkChanged(
                LocalNetwork(
                    gateway: self.router.inner, inner: self.inner,
                    gateway6: hasGateway6 ? self.gateway6 : nil, inner6: inner6)))
    }

    /// Hands an input in, carries everything out that follows, and returns what was told.
    mutating func handle(_ input: PortMapper.Input) -> [PortMapper.Output] {
        var inputs = [input]
        var notices: [PortMapper.Output] = []
        while !inputs.isEmpty {
            var outputs: [PortMapper.Output] = []
            self.mapper.handle(
                inputs.removeFirst(), now: self.now, using: &self.generator, into: &outputs)
            for output in outputs {
                switch output {
                case .send(let bytes, let to, let from):
                    inputs += self.send(bytes, to, from)
                case .http(let id, _, let from, let bytes):
                    self.httpCount += 1
                    if self.isLost() {
                        inputs.append(.httpFailed(id))
                        continue
                    }
                    let answer = self.router.receive(
                        httpRequest: bytes, from: from, now: self.now)
                    inputs.append(answer.isEmpty ? .httpFailed(id) : .httpResponse(id, answer))
                case .mapped, .lost, .secondNAT, .unavailable:
                    notices.append(output)
                }
            }
        }
        return notices
    }

    private mutating func isLost() -> Bool {
        self.lossPerMille > 0
            && Int.random(in: 0..<1000, using: &self.generator) < self.lossPerMille
    }

    private mutating func send(
        _ bytes: [UInt8], _ to: Endpoint, _ from: IPAddress
    ) -> [PortMapper.Input] {
        if self.isLost() { return [] }
        let source = Endpoint(address: from, port: 50_000)
        let address = to.address.isIPv6 ? self.gateway6 : self.router.inner
        return self.router.receive(datagram: bytes, from: source, now: self.now).map {
            .datagram($0.bytes, from: Endpoint(address: address, port: to.port))
        }
    }

    /// Delivers the announcements to the IPv4 group.
    mutating func announce(_ sent: [RouterService.Sent]) -> [PortMapper.Output] {
        var notices: [PortMapper.Output] = []
        let source = Endpoint(address: self.router.inner, port: NATPMP.serverPort)
        for one in sent where one.to.address == NATPMP.announcementGroup {
            notices += self.handle(.datagram(one.bytes, from: source))
        }
        return notices
    }

    /// Lets time pass, and returns what was told since the last time.
    mutating func run(for duration: Duration) -> [PortMapper.Output] {
        let end = self.now + duration
        while let deadline = self.mapper.deadline, deadline <= end {
            self.now = max(self.now, deadline)
            self.told += self.handle(.timer)
            if let next = self.mapper.deadline, next <= self.now {
                Issue.record("the deadline stays in the past")
                break
            }
        }
        self.now = end
        defer { self.told = [] }
        return self.told
    }
}

extension PortMapper.Output {
    func isMapped(_ external: Endpoint) -> Bool {
        if case .mapped(external, _, _) = self { return true }
        return false
    }
}
