// SPDX-License-Identifier: Apache-2.0
import Entanglement

extension SimulatedHost {
    /// One address of one of its links to networks.
    struct Interface: Sendable, Equatable {
        /// The link that it is an address of; the system prefers lower ones.
        var link = 0
        var network: NetworkID
        var address: IPAddress
        /// The addresses that are reached by this link without a router; nil: none.
        var subnet: Subnet?
    }

    /// The interface by which the system sends there; nil: none leads there.
    ///
    /// A LAN that the address belongs to comes first, then the first link of that family: the default route.
    func interface(toward address: IPAddress) -> Interface? {
        self.interfaces.first { $0.subnet?.contains(address) ?? false }
            ?? self.interfaces.first { $0.address.isIPv6 == address.isIPv6 }
    }

    /// Whether a datagram to that port finds a socket of the program; in place, as `due` is.
    mutating func listens(at port: UInt16) -> Bool {
        port == SimulatedMapper.port || port == SimulatedMapper.announcementPort
            || port == Hello.port
            || self.fresh.socket(at: port) != nil
    }

    /// A link has an address; it takes its place by the system's preference.
    mutating func plugIn(_ interface: Interface) {
        let later = self.interfaces.firstIndex { $0.link > interface.link }
        self.interfaces.insert(interface, at: later ?? self.interfaces.count)
    }

    /// A link is gone, and may come back.
    mutating func unplug(_ interface: Interface) {
        self.interfaces.removeAll { $0 == interface }
        self.unplugged.append(interface)
    }

    /// The router of a LAN announces another prefix; whether a link that works has a new address.
    mutating func renumber(in network: NetworkID, from old: Subnet, to new: Subnet) -> Bool {
        func isConcerned(_ interface: Interface) -> Bool {
            interface.network == network && interface.subnet == old
        }
        func renumbered(_ interface: Interface) -> Interface {
            guard isConcerned(interface) else { return interface }
            var changed = interface
            changed.address = new.address(old.number(of: interface.address))
            changed.subnet = new
            return changed
        }
        let isToldOf = self.interfaces.contains(where: isConcerned)
        self.interfaces = self.interfaces.map(renumbered)
        self.unplugged = self.unplugged.map(renumbered)
        return isToldOf
    }

    /// The own addresses, as the driver tells them.
    var candidates: [Candidate] {
        let mapped = (self.mapper?.mapped ?? []).map { Candidate(endpoint: $0, kind: .mapped) }
        return mapped
            + self.interfaces.filter { !$0.address.isLinkLocal }.map { interface in
                let isPublicIPv6 = interface.address.isIPv6 && interface.address.isPublic
                return Candidate(
                    endpoint: Endpoint(address: interface.address, port: self.port),
                    kind: isPublicIPv6 ? .ipv6 : .lan)
            }
    }
}
