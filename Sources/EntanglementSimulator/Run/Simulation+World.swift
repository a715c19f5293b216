// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

// Places: what a host is plugged into, and how it moves.
extension Simulation {
    /// In one of so many moves a host joins a LAN where there is one already.
    private static let sharingRarity = 4

    mutating func freshPublicAddress() -> IPAddress { self.world.addresses.freshPublic() }

    /// The servers that hosts ask for their own address.
    mutating func addServers() -> [Endpoint] {
        (0..<2).map { _ in
            let address = self.freshPublicAddress()
            self.network.addServer(at: address)
            return Endpoint(address: address, port: 3_478)
        }
    }

    // MARK: Settling

    /// Plugs a host in somewhere: at a place of its own, or in the LAN of another host.
    mutating func settleAnywhere(_ id: HostID) {
        let choice = Int.random(in: 0..<Self.sharingRarity, using: &self.generator)
        let number = Int.random(in: 0..<self.hosts.count, using: &self.generator)
        if choice == 0, self.settle(id, besides: HostID(number: number)) {
            return self.count(.lanJoined)
        }
        let places = Bool.random(using: &self.generator) ? Place.common : Place.connected
        guard let place = places.randomElement(using: &self.generator) else { return }
        self.settle(id, in: place)
    }

    /// Plugs a host in at a new place of that kind.
    mutating func settle(_ id: HostID, in place: Place) {
        self.unplugAll(id)
        self.places[id.number] = place
        guard place.hasHome else {
            if place.carrier == nil {
                self.plug(
                    id, [.init(link: 0, network: .internet, address: self.freshPublicAddress())])
            } else {
                self.plug(id, [self.carrierInterface(of: place, link: 0)])
            }
            return
        }
        self.plug(id, self.interfaces(inHome: self.addHome(place)))
        if place.carrier != nil, !place.hasCarriedHome {
            self.plug(id, [self.carrierInterface(of: place, link: 1)])
        }
    }

    /// Plugs a host into the LAN in which another is; false when that one has none.
    mutating func settle(_ id: HostID, besides other: HostID) -> Bool {
        guard id != other,
            let home = self.hosts[other.number].interfaces
                .compactMap({ self.world.home(of: $0.network) }).first
        else { return false }
        self.unplugAll(id)
        self.places[id.number] = self.world.homes[home].place
        self.plug(id, self.interfaces(inHome: home))
        return true
    }

    /// Routers that open ports on request, some of which lie or refuse.
    ///
    /// Routers that a place describes otherwise do not, so that what a measure shows is that behaviour.
    private mutating func addService(to network: NetworkID, _ place: Place) {
        var manner = RouterService.Manner.answers
        var protocols = RouterService.Protocols.all
        switch place {
        case .homeOpen: break
        case .anyRouter:
            if Bool.random(using: &self.generator) {
                let manners = RouterService.Manner.allCases
                manner = manners[Int.random(in: 0..<manners.count, using: &self.generator)]
            }
            protocols = RouterService.Protocols(
                rawValue: UInt8.random(in: 0...7, using: &self.generator))
        default: return
        }
        self.network.addService(
            to: network, manner: manner, protocols: protocols, now: self.now)
    }

    private mutating func addHome(_ place: Place) -> Int {
        let network = self.network.addNetwork(.local)
        if place == .island { return self.addIsland(network) }
        let isIPv6Only = place == .v6Firewall
        var subnet: Subnet?
        if !isIPv6Only {
            subnet = self.world.addresses.privateSubnet(using: &self.generator)
            let behavior = self.world.limited(
                place.home ?? NATBehavior.drawn(using: &self.generator))
            let outer =
                self.carrierBehavior(ofHome: place).map { self.addCarrier($0) } ?? .internet
            self.network.connect(
                network, to: outer, by: behavior, outerAddress: self.freshAddress(in: outer),
                firstPort: self.firstPort(), subnet: subnet)
            self.addService(to: network, place)
        }
        var prefix: Subnet?
        if place.hasIPv6 {
            let fresh = self.world.addresses.freshPrefix()
            self.network.connect(network, by: Firewall(), subnet: fresh)
            prefix = fresh
        }
        if place == .noUDP { self.network.forbidUDP(in: network) }
        self.world.homes.append(
            Home(
                network, place, subnetIPv4: subnet, subnetIPv6: prefix,
                firstNumber: UInt32.random(in: 2...9, using: &self.generator)))
        return self.world.homes.count - 1
    }

    /// A LAN in which hosts give themselves addresses (RFC 3927, RFC 4862 §5.3).
    private mutating func addIsland(_ network: NetworkID) -> Int {
        let subnetIPv4 = Subnet(base: .v4(0xa9fe_0000), prefixLength: 16)
        let subnetIPv6 = Subnet(base: .v6(0xfe80_0000_0000_0000, 0), prefixLength: 64)
        self.network.add(subnetIPv4, to: network)
        self.network.add(subnetIPv6, to: network)
        self.world.homes.append(
            Home(
                network, .island, subnetIPv4: subnetIPv4, subnetIPv6: subnetIPv6,
                firstNumber: UInt32.random(in: 2...9, using: &self.generator)))
        return self.world.homes.count - 1
    }

    /// All go to one new LAN, at one moment.
    mutating func gather(_ ids: [HostID]) {
        guard let place = Place.local.randomElement(using: &self.generator),
            let first = ids.first
        else { return }
        self.settle(first, in: place)
        for id in ids.dropFirst() { _ = self.settle(id, besides: first) }
        for id in ids { self.tellOfNetworks(id) }
    }

    /// The router of the carrier whose customer a new home is; nil: there is none.
    ///
    /// A third of the homes whose router is drawn have one that is drawn too.
    private mutating func carrierBehavior(ofHome place: Place) -> NATBehavior? {
        if place.hasCarriedHome { return place.carrier }
        guard place == .anyRouter, Int.random(in: 0..<3, using: &self.generator) == 0 else {
            return nil
        }
        return NATBehavior.drawn(using: &self.generator)
    }

    /// A carrier's network: sometimes one that has customers already.
    private mutating func addCarrier(_ wanted: NATBehavior) -> NetworkID {
        let behavior = self.world.limited(wanted)
        let choice = Int.random(in: 0..<Self.sharingRarity, using: &self.generator)
        let known = self.world.carriers.filter { $0.behavior == behavior }
        if choice == 0, let one = known.randomElement(using: &self.generator) {
            return one.network
        }
        let carrier = self.network.addNetwork(.local, kind: .carrier)
        self.network.connect(
            carrier, to: .internet, by: behavior, outerAddress: self.freshPublicAddress(),
            firstPort: self.firstPort())
        self.world.carriers.append(Carrier(network: carrier, behavior: behavior))
        return carrier
    }

    private mutating func carrierInterface(
        of place: Place, link: Int
    ) -> SimulatedHost.Interface {
        let carrier = self.addCarrier(place.carrier ?? .remapping)
        return .init(link: link, network: carrier, address: self.freshAddress(in: carrier))
    }

    /// Addresses for one more host of a LAN: one for each family that it has.
    private mutating func interfaces(inHome number: Int) -> [SimulatedHost.Interface] {
        let home = self.world.homes[number]
        let subnets = [home.subnetIPv4, home.subnetIPv6].compactMap { $0 }
        var hostNumber = self.world.homes[number].nextHostNumber()
        while subnets.contains(where: {
            self.network.isTaken($0.address(hostNumber), in: home.network)
        }) {
            hostNumber = self.world.homes[number].nextHostNumber()
        }
        return subnets.map {
            .init(
                link: 0, network: home.network, address: $0.address(hostNumber), subnet: $0)
        }
    }

    /// An address for a router's outer side in that network.
    mutating func freshAddress(in network: NetworkID) -> IPAddress {
        switch self.network.kind(of: network) {
        case .internet: self.world.addresses.freshPublic()
        case .carrier, .lan: self.world.addresses.freshCarrier()
        }
    }

    private mutating func firstPort() -> UInt16 {
        UInt16.random(in: 1_024...60_000, using: &self.generator)
    }

    // MARK: Plugs

    private mutating func plug(_ id: HostID, _ interfaces: [SimulatedHost.Interface]) {
        for interface in interfaces {
            self.network.attach(id, at: interface.address, in: interface.network)
            self.hosts[id.number].plugIn(interface)
        }
    }

    private mutating func unplugAll(_ id: HostID) {
        for interface in self.hosts[id.number].interfaces {
            self.network.detach(interface.address, from: interface.network)
        }
        self.hosts[id.number].interfaces = []
        self.hosts[id.number].unplugged = []
    }

    /// One of a host's links is gone, with all addresses on it; false when it has none.
    mutating func unplugOne(_ id: HostID) -> Bool {
        let links = self.hosts[id.number].interfaces.map(\.link)
        guard let link = links.randomElement(using: &self.generator) else { return false }
        for interface in self.hosts[id.number].interfaces where interface.link == link {
            self.network.detach(interface.address, from: interface.network)
            self.hosts[id.number].unplug(interface)
        }
        self.tellOfNetworks(id)
        return true
    }

    /// Every link that was gone is back, with the addresses that it had; false when none was.
    mutating func plugInAll(_ id: HostID) -> Bool {
        let interfaces = self.hosts[id.number].unplugged
        guard !interfaces.isEmpty else { return false }
        self.hosts[id.number].unplugged = []
        self.plug(id, interfaces)
        self.tellOfNetworks(id)
        return true
    }

    // MARK: Moving

    /// Hosts are carried to other places, all at one moment.
    mutating func move(_ ids: [HostID]) {
        for id in ids { self.settleAnywhere(id) }
        for id in ids { self.tellOfNetworks(id) }
    }

    /// The provider gives a LAN another prefix of IPv6; false when it has none.
    mutating func changePrefix(of network: NetworkID) -> Bool {
        guard let home = self.world.home(of: network), let old = self.world.homes[home].subnetIPv6
        else { return false }
        let new = self.world.addresses.freshPrefix()
        self.world.homes[home].subnetIPv6 = new
        self.network.renumber(network, from: old, to: new)
        var concerned: [HostID] = []
        for number in self.hosts.indices
        where self.hosts[number].renumber(in: network, from: old, to: new) {
            concerned.append(HostID(number: number))
        }
        for id in concerned { self.tellOfNetworks(id) }
        return true
    }

    /// The system tells the program that addresses have changed; a sleeping computer's, when it wakes.
    mutating func tellOfNetworks(_ id: HostID) {
        switch self.hosts[id.number].power {
        case .running: self.step(id) { $0.networkChanged(at: $1) }
        case .asleep: self.hosts[id.number].hasMissedNews = true
        case .stopped: break
        }
    }
}
