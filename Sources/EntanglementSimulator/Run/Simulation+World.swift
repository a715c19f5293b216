// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Addresses that the simulated world has given away.
struct AddressPlan: Sendable {
    /// Counts networks of 2^16 addresses: hosts in different ones confirm each other's echoes.
    private var publicCount: UInt32 = 0
    private var carrierCount: UInt32 = 0
    private var lanCount: UInt32 = 0

    /// A public address that nobody had before, in a network of its own.
    mutating func freshPublic() -> IPAddress {
        self.publicCount += 1
        let (network, host) = (self.publicCount % 48, self.publicCount / 48)
        return .v4((20 + network) << 24 | (7 + network) << 16 | (host + 1))
    }

    /// An address inside the carrier's network (RFC 6598).
    mutating func freshCarrier() -> IPAddress {
        self.carrierCount += 1
        return .v4(0x6440_0000 + 10 + self.carrierCount)
    }

    /// A private address; homes use the same ones.
    mutating func freshLAN() -> IPAddress {
        self.lanCount += 1
        return .v4(0xc0a8_0100 + 2 + self.lanCount % 8)
    }

    /// A public IPv6 address.
    mutating func freshIPv6() -> IPAddress {
        self.publicCount += 1
        return .v6(0x2a00_0000_0000_0000 | UInt64(self.publicCount) << 16, 1)
    }
}

// Places: what a host is plugged into, and how it moves.
extension Simulation {
    mutating func freshPublicAddress() -> IPAddress { self.addresses.freshPublic() }

    /// The servers that hosts ask for their own address.
    mutating func addServers() -> [Endpoint] {
        (0..<2).map { _ in
            let address = self.freshPublicAddress()
            self.network.addServer(at: address)
            return Endpoint(address: address, port: 3_478)
        }
    }

    /// Plugs a host in at a new place of that kind.
    mutating func settle(_ id: HostID, in place: Place) {
        self.places[id.number] = place
        switch place {
        case .publicHost:
            let address = self.freshPublicAddress()
            self.network.attach(id, at: address, in: .internet)
            self.plug(id, [(.internet, address)])
        case .fullCone, .restricted, .home, .symmetric, .sequential:
            self.plug(id, [self.addHome(place, below: .internet, self.freshPublicAddress(), id)])
        case .carrier:
            let carrier = self.network.addNetwork(.local)
            self.network.connect(
                carrier, to: .internet, by: .restricted, outerAddress: self.freshPublicAddress(),
                firstPort: self.firstPort())
            self.plug(id, [self.addHome(place, below: carrier, self.addresses.freshCarrier(), id)])
        case .dualStack:
            let home = self.addHome(place, below: .internet, self.freshPublicAddress(), id)
            let network = self.network.addNetwork(.local)
            self.network.connect(network, by: Firewall())
            let address = self.addresses.freshIPv6()
            self.network.attach(id, at: address, in: network)
            self.plug(id, [home, (network, address)])
        }
    }

    private mutating func addHome(
        _ place: Place, below outer: NetworkID, _ outerAddress: IPAddress, _ id: HostID
    ) -> (NetworkID, IPAddress) {
        let network = self.network.addNetwork(.local)
        self.network.connect(
            network, to: outer, by: place.behavior ?? .home, outerAddress: outerAddress,
            firstPort: self.firstPort())
        let address = self.addresses.freshLAN()
        self.network.attach(id, at: address, in: network)
        return (network, address)
    }

    private mutating func firstPort() -> UInt16 {
        UInt16.random(in: 1_024...60_000, using: &self.generator)
    }

    private mutating func plug(_ id: HostID, _ interfaces: [(NetworkID, IPAddress)]) {
        for interface in self.hosts[id.number].interfaces {
            self.network.detach(interface.address, from: interface.network)
        }
        self.hosts[id.number].interfaces = interfaces.map {
            SimulatedHost.Interface(network: $0.0, address: $0.1)
        }
    }

    /// The host is carried to another place.
    mutating func move(_ id: HostID) {
        guard let place = Place.allCases.randomElement(using: &self.generator) else { return }
        self.settle(id, in: place)
        guard self.hosts[id.number].isRunning else { return }
        self.step(id) { $0.networkChanged(at: $1) }
    }
}
