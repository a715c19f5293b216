// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// What goes wrong in networks, and how it ends.
extension Network {
    mutating func set(_ conditions: LinkConditions, of network: NetworkID = .internet) {
        self.parts[network.number].conditions = conditions
    }

    /// Lets no larger UDP payload through a network.
    mutating func narrow(_ network: NetworkID, toByteCount byteCountMax: Int) {
        self.parts[network.number].conditions.byteCountMax = byteCountMax
    }

    /// The second host hears nothing from the first any more.
    mutating func cut(from one: HostID, to other: HostID) {
        self.cuts.insert(Cut(from: one, to: other))
    }

    /// Lets nothing out of a network, or nothing in, while the other direction works.
    mutating func cutUplink(of network: NetworkID, isOutward: Bool) {
        if isOutward {
            self.parts[network.number].isCutOutward = true
        } else {
            self.parts[network.number].isCutInward = true
        }
    }

    /// Splits the world: these hosts hear each other and nobody else; of none: it is whole again.
    mutating func partition(_ hosts: [HostID]) { self.isolated = Set(hosts) }

    mutating func setDropsUDP(_ drops: Bool, in network: NetworkID) {
        self.parts[network.number].dropsUDP = drops
    }

    /// Ends all faults of networks; the internet is as given.
    mutating func heal(_ internet: LinkConditions) {
        self.cuts = []
        self.isolated = []
        for index in self.parts.indices { self.parts[index].heal() }
        self.parts[NetworkID.internet.number].conditions = internet
    }

    /// Restarts the routers that lead out of a network; the one that translates gets another address if
    /// one is given.
    mutating func restartGateway(of network: NetworkID, outerAddress: IPAddress? = nil) {
        let part = self.parts[network.number]
        for gateway in [part.gatewayIPv4, part.gatewayIPv6].compactMap({ $0 }) {
            switch self.routers[gateway].kind {
            case .translating(let nat):
                let outer = self.routers[gateway].outer.number
                let former = self.nats[nat].outer
                self.parts[outer].members[former] = nil
                self.nats[nat].restart(outer: outerAddress ?? former)
                self.parts[outer].members[outerAddress ?? former] = .router(gateway)
            case .filtering(let firewall): self.firewalls[firewall].restart()
            }
        }
    }

    /// Empties the tables of routers whose mappings end soon after their last use.
    mutating func forgetMappings(livingAtMost span: Duration) {
        for nat in self.nats.indices where self.nats[nat].behavior.mappingLife <= span {
            self.nats[nat].forgetMappings()
        }
    }

    /// The provider gives a network another prefix of IPv6: every address in it changes.
    ///
    /// Each host keeps its number in the subnet.
    mutating func renumber(_ network: NetworkID, from old: Subnet, to new: Subnet) {
        let part = self.parts[network.number]
        self.parts[network.number].subnets = part.subnets.map { $0 == old ? new : $0 }
        self.parts[network.number].members[old.gateway] = nil
        if let gateway = part.gateway(toward: new.base) {
            self.parts[network.number].members[new.gateway] = .gateway(gateway)
        }
        for former in part.attachments where old.contains(former.address) {
            self.detach(former.address, from: network)
            self.attach(
                former.host, at: new.address(old.number(of: former.address)), in: network)
        }
    }

    /// Other people behind a network's router open so many flows: a small table forgets ours.
    mutating func crowd(
        _ network: NetworkID, flowCount: Int, now: Instant, using generator: inout SeededGenerator
    ) {
        guard let nat = self.nat(of: network) else { return }
        for _ in 0..<flowCount {
            let word = generator.next()
            let inner = Endpoint(
                address: .v4(0x647f_0000 | UInt32(truncatingIfNeeded: word) & 0xffff),
                port: UInt16(truncatingIfNeeded: word >> 16) | 1_024)
            let remote = Endpoint(
                address: .v4(0x0800_0000 | UInt32(truncatingIfNeeded: word >> 32) & 0xff_ffff),
                port: 443)
            _ = self.nats[nat].send(from: inner, to: remote, now: now, using: &generator)
        }
    }

    /// How many mappings the router of a network can hold; nil: nothing translates there.
    func tableCountMax(of network: NetworkID) -> Int? {
        self.nat(of: network).map { self.nats[$0].behavior.tableCountMax }
    }
}
