// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// The number of a simulated host.
public struct HostID: Sendable, Hashable, Comparable {
    /// Its place in the list of hosts.
    public let number: Int

    /// Hosts in the order in which they were made.
    public static func < (left: HostID, right: HostID) -> Bool { left.number < right.number }
}

/// The number of a network: 0 is the internet.
struct NetworkID: Sendable, Hashable {
    let number: Int

    static let internet = NetworkID(number: 0)
}

/// One datagram on its way.
struct Packet: Sendable {
    /// Counts all packets of the run.
    let number: UInt64
    var bytes: [UInt8]
    var source: Endpoint
    var destination: Endpoint
    /// Who sent it; nil: an adversary.
    let origin: HostID?
    /// The fingerprint of its bytes as they were sent.
    var digest = TraceHash()
    /// Whether a bit was turned, or an adversary made it up: then nobody may open it.
    var isForged = false
}

/// What became of a packet.
enum Fate: Int, Sendable, Hashable, CaseIterable {
    case delivered, lost, cut, filtered, unmapped, noRoute, hairpin, blocked
}

/// A tree of networks: LANs and carriers' networks, joined by routers, below one internet.
///
/// A packet goes out through gateways until its destination is in the network, crosses that, and
/// comes in through routers. Routers decide when a packet reaches them.
struct Network: Sendable {
    private enum Member: Sendable {
        case host(HostID)
        /// A STUN server.
        case server
        case router(Int)
    }

    private struct Part: Sendable {
        var conditions: LinkConditions
        var members: [IPAddress: Member] = [:]
        /// The router that leads out.
        var gateway: Int?
        var dropsUDP = false
    }

    private enum Kind: Sendable {
        case translating(NAT)
        case filtering(Firewall)
    }

    private struct Router: Sendable {
        var kind: Kind
        let inner: NetworkID
        let outer: NetworkID
    }

    private var parts: [Part]
    private var routers: [Router] = []
    /// Pairs of hosts of which the second hears nothing from the first.
    private var cuts: Set<[HostID]> = []
    /// Hosts in a piece of the world of their own: they hear each other, and nobody else.
    private var isolated: Set<HostID> = []

    init(internet: LinkConditions) {
        self.parts = [Part(conditions: internet)]
    }

    // MARK: Building

    mutating func addNetwork(_ conditions: LinkConditions) -> NetworkID {
        self.parts.append(Part(conditions: conditions))
        return NetworkID(number: self.parts.count - 1)
    }

    /// Puts a router between a network and the one outside of it.
    mutating func connect(
        _ inner: NetworkID, to outer: NetworkID, by behavior: NATBehavior, outerAddress: IPAddress,
        firstPort: UInt16
    ) {
        let nat = NAT(behavior, outer: outerAddress, firstPort: firstPort)
        self.add(Router(kind: .translating(nat), inner: inner, outer: outer), outerAddress)
    }

    /// Puts a firewall in front of a network whose addresses are known outside.
    mutating func connect(_ inner: NetworkID, by firewall: Firewall) {
        self.routers.append(
            Router(kind: .filtering(firewall), inner: inner, outer: .internet))
        self.parts[inner.number].gateway = self.routers.count - 1
    }

    private mutating func add(_ router: Router, _ outerAddress: IPAddress) {
        self.routers.append(router)
        let number = self.routers.count - 1
        self.parts[router.inner.number].gateway = number
        self.parts[router.outer.number].members[outerAddress] = .router(number)
    }

    /// Gives a host an address in a network, and takes its former one there away.
    mutating func attach(_ host: HostID, at address: IPAddress, in network: NetworkID) {
        self.parts[network.number].members[address] = .host(host)
        guard let gateway = self.parts[network.number].gateway,
            case .filtering = self.routers[gateway].kind
        else { return }
        self.parts[NetworkID.internet.number].members[address] = .router(gateway)
    }

    /// Puts a STUN server into the internet.
    mutating func addServer(at address: IPAddress) {
        self.parts[NetworkID.internet.number].members[address] = .server
    }

    mutating func detach(_ address: IPAddress, from network: NetworkID) {
        self.parts[network.number].members[address] = nil
        guard let gateway = self.parts[network.number].gateway,
            case .filtering = self.routers[gateway].kind
        else { return }
        self.parts[NetworkID.internet.number].members[address] = nil
    }

    // MARK: Faults

    mutating func set(_ conditions: LinkConditions, of network: NetworkID = .internet) {
        self.parts[network.number].conditions = conditions
    }

    mutating func cut(from one: HostID, to other: HostID) { self.cuts.insert([one, other]) }

    /// Puts a host into the other piece of the world.
    mutating func isolate(_ host: HostID) { self.isolated.insert(host) }

    /// Ends all faults of networks; the internet is as given.
    mutating func heal(_ internet: LinkConditions) {
        self.cuts = []
        self.isolated = []
        for index in self.parts.indices { self.parts[index].dropsUDP = false }
        self.parts[NetworkID.internet.number].conditions = internet
    }

    mutating func setDropsUDP(_ drops: Bool, in network: NetworkID) {
        self.parts[network.number].dropsUDP = drops
    }

    /// Restarts the router that leads out of a network, with another address if one is given.
    mutating func restartGateway(of network: NetworkID, outerAddress: IPAddress? = nil) {
        guard let number = self.parts[network.number].gateway else { return }
        let outer = self.routers[number].outer.number
        switch self.routers[number].kind {
        case .translating(var nat):
            let address = outerAddress ?? nat.outer
            self.parts[outer].members[nat.outer] = nil
            self.parts[outer].members[address] = .router(number)
            nat.restart(outer: address)
            self.routers[number].kind = .translating(nat)
        case .filtering(var firewall):
            firewall.restart()
            self.routers[number].kind = .filtering(firewall)
        }
    }

    // MARK: Packets

    /// A packet that has reached the network in which its destination is, or what became of it.
    enum Outward: Sendable {
        case reached(NetworkID, Packet)
        case ended(Fate)
    }

    /// What a packet that has crossed a network meets.
    enum Inward: Sendable {
        case host(HostID, Packet)
        case server(Packet)
        case ended(Fate)
    }

    /// Sends a packet out of a network as far as it must go.
    mutating func goOut(
        _ packet: Packet, from network: NetworkID, now: Instant,
        using generator: inout SeededGenerator
    ) -> Outward {
        var packet = packet
        var network = network
        for _ in 0..<8 {
            let part = self.parts[network.number]
            if part.dropsUDP { return .ended(.blocked) }
            if part.members[packet.destination.address] != nil { return .reached(network, packet) }
            guard let gateway = part.gateway else { return .ended(.noRoute) }
            switch self.routers[gateway].kind {
            case .translating(var nat):
                let isHairpin = nat.outer == packet.destination.address
                if isHairpin, !nat.behavior.hairpins { return .ended(.hairpin) }
                packet.source = nat.send(
                    from: packet.source, to: packet.destination, now: now, using: &generator)
                self.routers[gateway].kind = .translating(nat)
            case .filtering(var firewall):
                firewall.send(from: packet.source, to: packet.destination, now: now)
                self.routers[gateway].kind = .filtering(firewall)
            }
            network = self.routers[gateway].outer
        }
        return .ended(.noRoute)
    }

    /// What the network between does to it: the delay of each copy, and whether it is changed.
    func cross(
        _ network: NetworkID, _ packet: Packet, using generator: inout SeededGenerator
    ) -> [(delay: Duration, isCorrupt: Bool)] {
        self.parts[network.number].conditions.cross(
            byteCount: packet.bytes.count, using: &generator)
    }

    /// Lets a packet in that has crossed the network.
    mutating func comeIn(_ packet: Packet, at network: NetworkID, now: Instant) -> Inward {
        var packet = packet
        var network = network
        for _ in 0..<8 {
            let part = self.parts[network.number]
            if part.dropsUDP { return .ended(.blocked) }
            switch part.members[packet.destination.address] {
            case nil: return .ended(.noRoute)
            case .host(let host):
                if let origin = packet.origin {
                    let isApart = self.isolated.contains(origin) != self.isolated.contains(host)
                    if isApart || self.cuts.contains([origin, host]) { return .ended(.cut) }
                }
                return .host(host, packet)
            case .server: return .server(packet)
            case .router(let number):
                guard let fate = self.letIn(&packet, by: number, now: now) else {
                    network = self.routers[number].inner
                    continue
                }
                return .ended(fate)
            }
        }
        return .ended(.noRoute)
    }

    private mutating func letIn(
        _ packet: inout Packet, by number: Int, now: Instant
    ) -> Fate? {
        switch self.routers[number].kind {
        case .translating(var nat):
            let arrival = nat.receive(
                at: packet.destination.port, from: packet.source, now: now)
            self.routers[number].kind = .translating(nat)
            switch arrival {
            case .passed(let inner):
                packet.destination = inner
                return nil
            case .unmapped: return .unmapped
            case .filtered: return .filtered
            }
        case .filtering(let firewall):
            return firewall.lets(packet.source, reach: packet.destination, now: now)
                ? nil : .filtered
        }
    }
}
