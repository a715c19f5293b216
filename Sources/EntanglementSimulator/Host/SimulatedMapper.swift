// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import PortMapping

/// The port mapper of a simulated host: the real machine, and what the driver does around it.
struct SimulatedMapper: Sendable {
    /// The port of its own socket.
    static let port: UInt16 = 41_415
    /// Where routers' announcements come in.
    static let announcementPort = NATPMP.announcementPort
    /// Where routers listen for searches by SSDP.
    static let searchPort: UInt16 = 1_900

    private var machine = PortMapper()
    private var generator: SeededGenerator
    /// What routers have opened for this host.
    private(set) var mapped: [Endpoint] = []

    init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
    }

    /// When `.timer` is due, by the host's clock.
    var deadline: Instant? { self.machine.deadline }

    /// Feeds the machine; whether ``mapped`` has changed.
    mutating func handle(
        _ input: PortMapper.Input, now: Instant, _ effects: inout SimulatedHost.Effects
    ) -> Bool {
        var outputs: [PortMapper.Output] = []
        self.machine.handle(input, now: now, using: &self.generator, into: &outputs)
        let former = self.mapped
        for output in outputs {
            switch output {
            case .send(let bytes, let target, _): effects.toRouters.append((bytes, target))
            case .http(let id, let target, _, let bytes): effects.http.append((id, target, bytes))
            case .mapped(let external, _, _):
                if !self.mapped.contains(external) { self.mapped.append(external) }
            case .lost(let external): self.mapped.removeAll { $0 == external }
            case .secondNAT, .unavailable: break
            }
        }
        return self.mapped != former
    }
}

// The mapper among the parts of a host.
extension SimulatedHost {
    /// The link that the mapper is told: the first IPv4 interface with a router that can be asked.
    private var link: LocalNetwork {
        let first = self.interfaces.first { !$0.address.isIPv6 && $0.subnet != nil }
        return LocalNetwork(
            gateway: first?.subnet?.gateway,
            inner: first.map { Endpoint(address: $0.address, port: self.port) })
    }

    /// The mapper learns where this host is now.
    mutating func tellMapper(at now: Instant, _ effects: inout Effects) {
        self.feedMapper(.networkChanged(self.link), at: now, &effects)
    }

    /// A datagram of a router.
    mutating func hearRouter(_ packet: Packet, at now: Instant) -> Effects {
        var effects = Effects()
        self.feedMapper(.datagram(packet.bytes, from: packet.source), at: now, &effects)
        return effects
    }

    /// What a router said to an HTTP request; nothing: it did not answer.
    mutating func hearRouter(
        _ bytes: [UInt8], to request: PortMapper.RequestID, at now: Instant
    ) -> Effects {
        var effects = Effects()
        let input: PortMapper.Input =
            bytes.isEmpty ? .httpFailed(request) : .httpResponse(request, bytes)
        self.feedMapper(input, at: now, &effects)
        return effects
    }

    mutating func feedMapper(
        _ input: PortMapper.Input, at now: Instant, _ effects: inout Effects
    ) {
        let local = self.clock.local(now)
        let hasChanged = self.mapper?.handle(input, now: local, &effects) ?? false
        self.mapperDue = self.mapper?.deadline
        guard hasChanged else { return }
        self.handle(.ownCandidates(self.candidates), at: now, &effects)
    }
}
