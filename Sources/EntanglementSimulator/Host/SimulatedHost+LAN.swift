// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Hellos among the hosts of a LAN.
extension SimulatedHost {
    /// Whether there is a LAN to say hello on, as the driver tells the node.
    var hasLAN: Bool { self.interfaces.contains { $0.subnet != nil } }

    mutating func tellLAN(at now: Instant, _ effects: inout Effects) {
        self.handle(.localNetwork(self.hasLAN), at: now, &effects)
    }

    /// A datagram of a group of hellos.
    mutating func hearHello(_ packet: Packet, at now: Instant) -> Effects {
        self.handle(.hello(packet.bytes, from: packet.source), at: now)
    }
}

extension Simulation {
    /// Sends hellos on every LAN that a host is in, once for each family.
    mutating func sayHello(_ effects: SimulatedHost.Effects, of id: HostID) {
        for bytes in effects.hellos {
            self.checker.saysHello(
                bytes, id, incarnation: self.hosts[id.number].incarnation, at: self.now)
            for (group, interface) in self.groups(of: id) {
                var packet = Packet(
                    number: self.nextPacketNumber(), bytes: bytes,
                    source: Endpoint(address: interface.address, port: Hello.port),
                    destination: Endpoint(address: group, port: Hello.port), origin: id)
                packet.digest.absorb(bytes)
                self.emit(packet, from: interface.network)
            }
        }
    }

    private func groups(of id: HostID) -> [(IPAddress, SimulatedHost.Interface)] {
        var found: [(IPAddress, SimulatedHost.Interface)] = []
        for interface in self.hosts[id.number].interfaces where interface.subnet != nil {
            let group = interface.address.isIPv6 ? Hello.groupIPv6 : Hello.groupIPv4
            let isThere = found.contains {
                $0.0 == group && $0.1.network == interface.network
            }
            if !isThere { found.append((group, interface)) }
        }
        return found
    }

    /// Whether two have never begun to meet; of a copied home nobody can say that.
    func areStrangers(_ one: HostID?, _ other: HostID) -> Bool {
        guard let one, self.copies.isEmpty else { return false }
        if let story = self.story, story.areMembers(one, other) { return false }
        if let story = self.bridges, !story.areApart(one, other) { return false }
        return !self.people.meetings.contains {
            let pair = [$0.offering, $0.answering]
            return pair.contains(one) && pair.contains(other)
        }
    }

    /// Whether both are in one LAN, with addresses of one family: then hellos find them, whatever they
    /// know of each other.
    func shareLAN(_ one: HostID, _ other: HostID) -> Bool {
        self.hosts[one.number].interfaces.contains { first in
            self.network.kind(of: first.network) == .lan
                && self.hosts[other.number].interfaces.contains {
                    $0.network == first.network && $0.address.isIPv6 == first.address.isIPv6
                }
        }
    }
}
