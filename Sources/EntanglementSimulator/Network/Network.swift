// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// A tree of networks: LANs and carriers' networks, joined by routers, below one internet.
///
/// A packet goes out through gateways until its destination is in the network, crosses every network on
/// its way, and comes in through routers. Routers decide when a packet reaches them.
struct Network: Sendable {
    /// A fault that separates the second host from what the first one sends.
    struct Cut: Sendable, Hashable {
        var from: HostID
        var to: HostID
    }

    var parts: [NetworkPart]
    var routers: [Router] = []
    var nats: [NAT] = []
    var firewalls: [Firewall] = []
    /// What opens ports on request, by the router's number; nil: nothing does.
    var services: [RouterService?] = []
    var cuts: Set<Cut> = []
    /// Hosts in a piece of the world of their own: they hear each other, and nobody else.
    var isolated: Set<HostID> = []

    init(internet: LinkConditions) {
        self.parts = [NetworkPart(.internet, internet)]
    }

    // MARK: Building

    mutating func addNetwork(
        _ conditions: LinkConditions, kind: NetworkPart.Kind = .lan
    ) -> NetworkID {
        self.parts.append(NetworkPart(kind, conditions))
        return NetworkID(number: self.parts.count - 1)
    }

    /// Puts a router between a network and the one outside of it; it has the subnet's first address.
    mutating func connect(
        _ inner: NetworkID, to outer: NetworkID, by behavior: NATBehavior, outerAddress: IPAddress,
        firstPort: UInt16, subnet: Subnet? = nil
    ) {
        let number = self.routers.count
        self.routers.append(
            Router(kind: .translating(self.nats.count), inner: inner, outer: outer))
        self.services.append(nil)
        self.nats.append(NAT(behavior, outer: outerAddress, firstPort: firstPort))
        self.parts[outer.number].members[outerAddress] = .router(number)
        self.parts[inner.number].gatewayIPv4 = number
        if let subnet { self.add(subnet, to: inner) }
    }

    /// Puts a firewall in front of the IPv6 addresses of a network, which are known outside.
    mutating func connect(_ inner: NetworkID, by firewall: Firewall, subnet: Subnet? = nil) {
        self.routers.append(
            Router(kind: .filtering(self.firewalls.count), inner: inner, outer: .internet))
        self.services.append(nil)
        self.firewalls.append(firewall)
        self.parts[inner.number].gatewayIPv6 = self.routers.count - 1
        if let subnet { self.add(subnet, to: inner) }
    }

    /// Addresses of a network that no router leads out of, or in addition to others.
    mutating func add(_ subnet: Subnet, to network: NetworkID) {
        self.parts[network.number].subnets.append(subnet)
        guard let gateway = self.parts[network.number].gateway(toward: subnet.base) else { return }
        self.parts[network.number].members[subnet.gateway] = .gateway(gateway)
    }

    /// Lets a network's routers drop all UDP for good.
    mutating func forbidUDP(in network: NetworkID) {
        self.parts[network.number].neverPassesUDP = true
    }

    /// Puts a STUN server into the internet.
    mutating func addServer(at address: IPAddress) {
        self.parts[NetworkID.internet.number].members[address] = .server
    }

    // MARK: Hosts

    /// Gives a host an address in a network.
    mutating func attach(_ host: HostID, at address: IPAddress, in network: NetworkID) {
        self.parts[network.number].members[address] = .host(host)
        self.parts[network.number].attachments.append(.init(host: host, address: address))
        if let gateway = self.filteringGateway(of: network, toward: address) {
            self.parts[NetworkID.internet.number].members[address] = .router(gateway)
        }
    }

    /// Takes a host's address in a network away.
    mutating func detach(_ address: IPAddress, from network: NetworkID) {
        self.parts[network.number].members[address] = nil
        self.parts[network.number].attachments.removeAll { $0.address == address }
        if self.filteringGateway(of: network, toward: address) != nil {
            self.parts[NetworkID.internet.number].members[address] = nil
        }
    }

    private func filteringGateway(of network: NetworkID, toward address: IPAddress) -> Int? {
        guard let gateway = self.parts[network.number].gateway(toward: address),
            case .filtering = self.routers[gateway].kind
        else { return nil }
        return gateway
    }

    /// Whether somebody in the network has the address.
    func isTaken(_ address: IPAddress, in network: NetworkID) -> Bool {
        self.parts[network.number].members[address] != nil
    }

    /// The network behind a network's router for IPv4; nil: nothing translates there.
    func outer(of network: NetworkID) -> NetworkID? {
        self.parts[network.number].gatewayIPv4.map { self.routers[$0].outer }
    }

    func kind(of network: NetworkID) -> NetworkPart.Kind { self.parts[network.number].kind }

    /// Where in `firewalls` what is in front of a network's IPv6 addresses is.
    func firewall(of network: NetworkID) -> Int? {
        guard let gateway = self.parts[network.number].gatewayIPv6,
            case .filtering(let firewall) = self.routers[gateway].kind
        else { return nil }
        return firewall
    }

    /// Where in `nats` the router is that leads out of a network.
    func nat(of network: NetworkID) -> Int? {
        guard let gateway = self.parts[network.number].gatewayIPv4,
            case .translating(let nat) = self.routers[gateway].kind
        else { return nil }
        return nat
    }
}
