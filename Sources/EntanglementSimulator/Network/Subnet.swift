// SPDX-License-Identifier: Apache-2.0
import Entanglement

/// Addresses that hosts of one network reach without a router: a prefix of IPv4 or IPv6.
struct Subnet: Sendable, Hashable {
    /// The first address.
    let base: IPAddress
    /// Bits that all addresses share: at most 32 of IPv4, at most 64 of IPv6.
    let prefixLength: Int

    /// The router's own address in it, by custom the first one.
    var gateway: IPAddress { self.address(1) }

    /// The address of that number, counted from the base.
    func address(_ number: UInt32) -> IPAddress {
        switch self.base {
        case .v4(let base): .v4(base + number)
        case .v6(let high, let low): .v6(high, low + UInt64(number))
        }
    }

    /// The number of an address in it.
    func number(of address: IPAddress) -> UInt32 {
        switch (self.base, address) {
        case (.v4(let base), .v4(let value)): value &- base
        case (.v6(_, let base), .v6(_, let value)): UInt32(truncatingIfNeeded: value &- base)
        case (.v4, .v6), (.v6, .v4): 0
        }
    }

    func contains(_ address: IPAddress) -> Bool {
        switch (self.base, address) {
        case (.v4(let base), .v4(let value)): (base ^ value) >> UInt32(32 - self.prefixLength) == 0
        case (.v6(let base, _), .v6(let value, _)):
            (base ^ value) >> UInt64(64 - self.prefixLength) == 0
        case (.v4, .v6), (.v6, .v4): false
        }
    }
}

extension IPAddress {
    /// 224.0.0.0/4 or ff00::/8: a group of hosts of one LAN, as far as the simulated world goes.
    var isMulticast: Bool {
        switch self {
        case .v4(let value): value >> 28 == 0xe
        case .v6(let high, _): high >> 56 == 0xff
        }
    }
}
