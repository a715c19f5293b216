// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

@testable import EntanglementSimulator

/// A simulated world without people, in which a test sends single packets.
final class NetworkFixture {
    var simulation: Simulation

    init(seed: UInt64 = 1) {
        self.simulation = Simulation(
            seed: seed, internet: .internet, defects: [], usesRealCryptography: false)
    }

    /// A host in a place of its own.
    func host(in place: Place) -> HostID {
        let id = self.simulation.addHost("host \(self.simulation.hosts.count)")
        self.simulation.settle(id, in: place)
        return id
    }

    /// A host in the LAN of another.
    func host(besides other: HostID) -> HostID {
        let id = self.simulation.addHost("host \(self.simulation.hosts.count)")
        _ = self.simulation.settle(id, besides: other)
        return id
    }

    /// The endpoint of a host's interface, counted from 0.
    func endpoint(of id: HostID, _ interface: Int = 0) -> Endpoint {
        let host = self.simulation.hosts[id.number]
        return Endpoint(address: host.interfaces[interface].address, port: host.port)
    }

    func network(of id: HostID, _ interface: Int = 0) -> NetworkID {
        self.simulation.hosts[id.number].interfaces[interface].network
    }

    /// What a packet of a host meets in the end, and as what it arrives there.
    func send(
        from id: HostID, to target: Endpoint, byteCount: Int = 100
    ) -> Network.Inward {
        let host = self.simulation.hosts[id.number]
        guard let interface = host.interface(toward: target.address) else {
            return .ended(.noRoute)
        }
        let packet = Packet(
            number: 0, bytes: [UInt8](repeating: 0, count: byteCount),
            source: Endpoint(address: interface.address, port: host.port), destination: target,
            origin: id)
        // The generator and the network are parts of one value: each is taken out to be changed.
        var generator = self.simulation.generator
        defer { self.simulation.generator = generator }
        switch self.simulation.network.goOut(
            packet, from: interface.network, now: self.simulation.now, using: &generator)
        {
        case .ended(let fate): return .ended(fate)
        case .reached(var network, var packet, _):
            while true {
                let inward = self.simulation.network.comeIn(
                    packet, at: network, now: self.simulation.now)
                guard case .entered(let inner, let entering) = inward else { return inward }
                (network, packet) = (inner, entering)
                let copies = self.simulation.network.cross(network, packet, using: &generator)
                if copies.isEmpty { return .ended(.lost) }
            }
        }
    }

    /// Which host gets a packet; nil: none does.
    func receiver(from id: HostID, to target: Endpoint) -> HostID? {
        if case .host(let found, _) = self.send(from: id, to: target) { found } else { nil }
    }

    /// As what a packet of the first to the second's endpoint comes out there.
    func source(from id: HostID, to target: Endpoint) -> Endpoint? {
        guard case .host(_, let packet) = self.send(from: id, to: target) else { return nil }
        return packet.source
    }

    /// Why a packet ends on its way; nil: it does not.
    func fate(from id: HostID, to target: Endpoint, byteCount: Int = 100) -> Fate? {
        if case .ended(let fate) = self.send(from: id, to: target, byteCount: byteCount) {
            fate
        } else {
            nil
        }
    }
}
