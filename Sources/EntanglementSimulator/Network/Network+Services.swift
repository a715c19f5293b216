// SPDX-License-Identifier: Apache-2.0
import Entanglement

// Routers that open ports on request: what reaches them, and what it does to their tables.
extension Network {
    /// Lets the router that leads out of a network open ports; it has the first address of the
    /// network's IPv4 subnet.
    mutating func addService(
        to network: NetworkID, manner: RouterService.Manner, protocols: RouterService.Protocols,
        now: Instant
    ) {
        guard let gateway = self.parts[network.number].gatewayIPv4,
            case .translating(let nat) = self.routers[gateway].kind,
            let subnet = self.parts[network.number].subnets.first(where: { !$0.base.isIPv6 })
        else { return }
        self.services[gateway] = RouterService(
            inner: subnet.gateway, external: self.nats[nat].outer, protocols: protocols,
            manner: manner, now: now)
    }

    /// The router of a network that opens ports; nil: none.
    func service(of network: NetworkID) -> Int? {
        guard let gateway = self.parts[network.number].gatewayIPv4, self.services[gateway] != nil
        else { return nil }
        return gateway
    }

    /// The network in front of which a router stands.
    func inner(of router: Int) -> NetworkID { self.routers[router].inner }

    /// Its own address in there.
    func innerAddress(of router: Int) -> IPAddress? { self.services[router]?.inner }

    /// A datagram reaches the router itself; what it answers.
    mutating func ask(_ router: Int, _ packet: Packet, now: Instant) -> [RouterService.Sent] {
        let answers =
            self.services[router]?.receive(
                datagram: packet.bytes, from: packet.source, now: now) ?? []
        self.renewForwards(of: router, now: now)
        return answers
    }

    /// An HTTP request reaches it; nothing back: no answer.
    mutating func ask(
        _ router: Int, http bytes: [UInt8], from host: IPAddress, now: Instant
    ) -> [UInt8] {
        let answer =
            self.services[router]?.receive(httpRequest: bytes, from: host, now: now) ?? []
        self.renewForwards(of: router, now: now)
        return answer
    }

    /// It starts anew, perhaps with another address outside; what it announces.
    mutating func restartService(of router: Int, now: Instant) -> [RouterService.Sent] {
        guard case .translating(let nat) = self.routers[router].kind else { return [] }
        let external = self.nats[nat].outer
        let announced = self.services[router]?.restart(external: external, now: now) ?? []
        self.renewForwards(of: router, now: now)
        return announced
    }

    /// The table of open ports is as the service has it now: leases end, too.
    mutating func renewForwards(of router: Int, now: Instant) {
        guard case .translating(let nat) = self.routers[router].kind,
            let forwards = self.services[router]?.openForwards(now: now)
        else { return }
        self.nats[nat].setForwards(forwards)
    }

    /// Whether a pinhole lets everybody reach an IPv6 endpoint behind a router.
    func hasPinhole(to inner: Endpoint, in network: NetworkID, now: Instant) -> Bool {
        guard let router = self.service(of: network) else { return false }
        return self.services[router]?.letsIn(to: inner, now: now) ?? false
    }
}
