// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Empty packets through a copy of the network as it is now.
struct Probe {
    private var network: Network
    private var generator: SeededGenerator
    private let now: Instant

    private init(_ simulation: Simulation, skipping draws: Int) {
        self.network = simulation.network
        self.generator = simulation.generator
        for _ in 0..<draws { _ = self.generator.next() }
        self.now = simulation.now
    }

    /// Copies in each of which the same must be true, after the same was done in each.
    ///
    /// With the mappings that end soon and without them, for their ports may be somebody else's then; and with
    /// several draws of the routers that give random ports: what one draw lets through is luck.
    static func variants(
        _ simulation: Simulation, after body: (inout Self) -> Void = { _ in }
    ) -> [Self] {
        (0..<4).map { number in
            var probe = Self(simulation, skipping: number)
            body(&probe)
            if number.isMultiple(of: 2) { probe.forgetShortLived() }
            return probe
        }
    }

    /// Who would get a packet, and from where.
    mutating func send(
        from sender: SimulatedHost, to endpoint: Endpoint
    ) -> (host: HostID, source: Endpoint)? {
        guard let interface = sender.interface(toward: endpoint.address) else { return nil }
        let packet = Packet(
            number: 0, bytes: [], source: Endpoint(address: interface.address, port: sender.port),
            destination: endpoint, origin: sender.id)
        let outward = self.network.goOut(
            packet, from: interface.network, now: self.now, using: &self.generator)
        guard case .reached(var network, var packet, _) = outward else { return nil }
        while true {
            switch self.network.comeIn(packet, at: network, now: self.now) {
            case .entered(let inner, let entering): (network, packet) = (inner, entering)
            case .host(let found, let arrived): return (found, arrived.source)
            case .group, .server, .router, .ended: return nil
            }
        }
    }

    /// Whether a packet of the first to that endpoint reaches the second, and an answer the first.
    mutating func converse(
        _ one: SimulatedHost, _ other: SimulatedHost, at endpoint: Endpoint
    ) -> Bool {
        guard let asked = self.send(from: one, to: endpoint), asked.host == other.id else {
            return false
        }
        return self.send(from: other, to: asked.source)?.host == one.id
    }

    /// Mappings that live no longer than the pause between two patient attempts have ended.
    private mutating func forgetShortLived() {
        self.network.forgetMappings(
            livingAtMost: Constants.timedOutInterval + Constants.timedOutJitterMax)
    }
}
