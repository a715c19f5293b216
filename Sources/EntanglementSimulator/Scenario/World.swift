// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// Addresses that the simulated world has given away.
struct AddressPlan: Sendable {
    /// Counts networks of 2^16 addresses: hosts in different ones confirm each other's echoes.
    private var publicCount: UInt32 = 0
    private var carrierCount: UInt32 = 0

    /// A public address that nobody had before, in a network of its own.
    mutating func freshPublic() -> IPAddress {
        self.publicCount += 1
        let (network, host) = (self.publicCount % 48, self.publicCount / 48)
        return .v4((20 + network) << 24 | (7 + network) << 16 | (host + 1))
    }

    /// An address inside a carrier's network (RFC 6598).
    mutating func freshCarrier() -> IPAddress {
        self.carrierCount += 1
        return .v4(0x6440_0000 + 10 + self.carrierCount)
    }

    /// A private subnet; most homes use the same one, and that is the trap.
    func privateSubnet(using generator: inout SeededGenerator) -> Subnet {
        let common: UInt32 = 0xc0a8_0100
        let bases = [common, common, common, 0xc0a8_0000, 0xc0a8_b200, 0x0a00_0000]
        return Subnet(
            base: .v4(bases[Int.random(in: 0..<bases.count, using: &generator)]), prefixLength: 24)
    }

    /// A public prefix of IPv6 that nobody had before.
    mutating func freshPrefix() -> Subnet {
        self.publicCount += 1
        return Subnet(
            base: .v6(0x2a00_0000_0000_0000 | UInt64(self.publicCount) << 16, 0), prefixLength: 64)
    }
}

/// A LAN that hosts may join.
struct Home: Sendable {
    let network: NetworkID
    let place: Place
    let subnetIPv4: Subnet?
    var subnetIPv6: Subnet?
    /// The number that the next host gets in both subnets.
    private var hostNumber: UInt32

    init(
        _ network: NetworkID, _ place: Place, subnetIPv4: Subnet?, subnetIPv6: Subnet?,
        firstNumber: UInt32
    ) {
        self.network = network
        self.place = place
        self.subnetIPv4 = subnetIPv4
        self.subnetIPv6 = subnetIPv6
        self.hostNumber = firstNumber
    }

    /// The number of the next host, 2 to 254; whoever uses it asks whether it is taken.
    mutating func nextHostNumber() -> UInt32 {
        defer { self.hostNumber = self.hostNumber >= 254 ? 2 : self.hostNumber + 1 }
        return self.hostNumber
    }
}

/// A carrier's network, below which homes and telephones may be.
struct Carrier: Sendable {
    let network: NetworkID
    let behavior: NATBehavior
}

/// What hosts can be plugged into.
struct World: Sendable {
    /// No router that is made from now on has room for more mappings; nil: each as it is.
    var tableCountMax: Int?
    var addresses = AddressPlan()
    var homes: [Home] = []
    var carriers: [Carrier] = []

    /// Where in `homes` the LAN of that number is.
    func home(of network: NetworkID) -> Int? {
        self.homes.firstIndex { $0.network == network }
    }
}

extension World {
    /// That router, with as much room as routers may have here.
    func limited(_ behavior: NATBehavior) -> NATBehavior {
        var limited = behavior
        limited.tableCountMax = min(behavior.tableCountMax, self.tableCountMax ?? .max)
        return limited
    }
}
