// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// The way of a packet: out through gateways, across, and in through routers.
extension Network {
    /// One copy of a packet on its way across networks.
    typealias Crossing = (delay: Duration, isCorrupt: Bool)

    /// A packet that has reached the network in which its destination is, or what became of it.
    enum Outward: Sendable {
        /// It is crossing that network; one element for each copy that will arrive.
        case reached(NetworkID, Packet, [Crossing])
        case ended(Fate)
    }

    /// What a packet that has crossed a network meets.
    enum Inward: Sendable {
        case host(HostID, Packet)
        /// All other hosts of a LAN, of which those take it that have joined its group.
        case group([HostID], Packet)
        case server(Packet)
        /// The router of that number itself, by its address inside.
        case router(Int, Packet)
        /// A router has let it into the network behind, which it must cross.
        case entered(NetworkID, Packet)
        case ended(Fate)
    }

    /// More routers than a packet meets on one way.
    private static let hopCountMax = 8

    /// Sends a packet out of a network as far as it must go.
    mutating func goOut(
        _ packet: Packet, from network: NetworkID, now: Instant,
        using generator: inout SeededGenerator
    ) -> Outward {
        var packet = packet
        var network = network
        var copies: [Crossing] = [(.zero, false)]
        let target = packet.destination.address
        for _ in 0..<Self.hopCountMax {
            let here = network.number
            let isHere =
                target.isMulticast
                ? self.parts[here].kind == .lan : self.parts[here].members[target] != nil
            let gateway = self.parts[here].gateway(toward: target)
            if !isHere,
                gateway == nil || target.isMulticast || self.parts[here].isNobodysHere(target)
            {
                return .ended(.noRoute)
            }
            copies = Self.cross(self.parts[here].conditions, packet, copies, &generator)
            if copies.isEmpty { return .ended(.lost) }
            guard !isHere, let gateway else { return .reached(network, packet, copies) }
            if self.parts[here].dropsUDP || self.parts[here].neverPassesUDP {
                return .ended(.blocked)
            }
            let isTurned: Bool
            switch self.leave(&packet, by: gateway, now: now, using: &generator) {
            case .out: isTurned = false
            case .back: isTurned = true
            case .ended(let fate): return .ended(fate)
            }
            if isTurned { return .reached(network, packet, copies) }
            if self.parts[here].isCutOutward { return .ended(.cut) }
            network = self.routers[gateway].outer
        }
        return .ended(.noRoute)
    }

    private enum Exit {
        case out
        /// A hairpin: it stays inside, for another destination.
        case back
        case ended(Fate)
    }

    private mutating func leave(
        _ packet: inout Packet, by gateway: Int, now: Instant,
        using generator: inout SeededGenerator
    ) -> Exit {
        if self.services[gateway] != nil { self.renewForwards(of: gateway, now: now) }
        switch self.routers[gateway].kind {
        case .translating(let nat):
            let isHairpin = self.nats[nat].outer == packet.destination.address
            if isHairpin, !self.nats[nat].behavior.hairpins { return .ended(.hairpin) }
            packet.source = self.nats[nat].send(
                from: packet.source, to: packet.destination, now: now, using: &generator)
            guard isHairpin else { return .out }
            if let fate = self.letIn(&packet, by: gateway, now: now) { return .ended(fate) }
            return .back
        case .filtering(let firewall):
            self.firewalls[firewall].send(from: packet.source, to: packet.destination, now: now)
            return .out
        }
    }

    /// What a network does to a packet that has been let into it; one element for each copy that arrives.
    func cross(
        _ network: NetworkID, _ packet: Packet, using generator: inout SeededGenerator
    ) -> [Crossing] {
        Self.cross(self.parts[network.number].conditions, packet, [(.zero, false)], &generator)
    }

    private static func cross(
        _ conditions: LinkConditions, _ packet: Packet, _ copies: [Crossing],
        _ generator: inout SeededGenerator
    ) -> [Crossing] {
        var crossed: [Crossing] = []
        for copy in copies {
            conditions.cross(byteCount: packet.bytes.count, using: &generator) {
                crossed.append((copy.delay + $0, copy.isCorrupt || $1))
            }
        }
        return crossed
    }

    /// Lets a packet in that has crossed the network.
    mutating func comeIn(_ packet: Packet, at network: NetworkID, now: Instant) -> Inward {
        let target = packet.destination.address
        if target.isMulticast { return self.spread(packet, in: self.parts[network.number]) }
        switch self.parts[network.number].members[target] {
        case nil: return .ended(.noRoute)
        case .host(let host):
            return self.isApart(host, from: packet.origin) ? .ended(.cut) : .host(host, packet)
        case .server: return .server(packet)
        case .gateway(let number): return .router(number, packet)
        case .router(let number):
            let inner = self.routers[number].inner
            if self.parts[inner.number].dropsUDP || self.parts[inner.number].neverPassesUDP {
                return .ended(.blocked)
            }
            if self.parts[inner.number].isCutInward { return .ended(.cut) }
            var packet = packet
            if let fate = self.letIn(&packet, by: number, now: now) { return .ended(fate) }
            return .entered(inner, packet)
        }
    }

    /// The other hosts of a LAN that have an address of the group's family, each once.
    private func spread(_ packet: Packet, in part: NetworkPart) -> Inward {
        guard part.kind == .lan else { return .ended(.noRoute) }
        var hosts: [HostID] = []
        for attachment in part.attachments
        where attachment.address.isIPv6 == packet.destination.address.isIPv6
            && attachment.host != packet.origin && !hosts.contains(attachment.host)
            && !self.isApart(attachment.host, from: packet.origin)
        {
            hosts.append(attachment.host)
        }
        return .group(hosts, packet)
    }

    private func isApart(_ host: HostID, from origin: HostID?) -> Bool {
        guard let origin else { return false }
        return self.isolated.contains(origin) != self.isolated.contains(host)
            || self.cuts.contains(Cut(from: origin, to: host))
    }

    private mutating func letIn(
        _ packet: inout Packet, by number: Int, now: Instant
    ) -> Fate? {
        if self.services[number] != nil { self.renewForwards(of: number, now: now) }
        switch self.routers[number].kind {
        case .translating(let nat):
            switch self.nats[nat].receive(
                at: packet.destination.port, from: packet.source, now: now)
            {
            case .passed(let inner):
                packet.destination = inner
                return nil
            case .unmapped: return .unmapped
            case .filtered: return .filtered
            }
        case .filtering(let firewall):
            return self.firewalls[firewall].lets(
                packet.source, reach: packet.destination, now: now)
                || self.hasPinhole(
                    to: packet.destination, in: self.routers[number].inner, now: now)
                ? nil : .filtered
        }
    }
}
