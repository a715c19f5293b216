// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping

/// One HTTP request of a host to its router, on its way there or with the answer on its way back.
struct RouterExchange: Sendable {
    let host: HostID
    let incarnation: Int
    let id: PortMapper.RequestID
    let target: Endpoint
    let source: IPAddress
    let network: NetworkID
    let request: [UInt8]
    /// Nil: not there yet; empty: nobody answered.
    var answer: [UInt8]?
}

// Routers that open ports on request: what hosts ask them, and what they say.
extension Simulation {
    /// Time of a TCP connection across a LAN, each way.
    private static let linkDelay = Duration.milliseconds(1)

    /// Sends what a host asks its routers.
    mutating func askRouters(_ effects: SimulatedHost.Effects, of id: HostID) {
        for (bytes, target) in effects.toRouters {
            guard
                let interface = self.hosts[id.number].interface(toward: target.address)
            else { continue }
            var packet = Packet(
                number: self.nextPacketNumber(), bytes: bytes,
                source: Endpoint(address: interface.address, port: SimulatedMapper.port),
                destination: target, origin: id)
            packet.digest.absorb(bytes)
            self.emit(packet, from: interface.network)
        }
        for (request, target, bytes) in effects.http {
            guard let interface = self.hosts[id.number].interface(toward: target.address) else {
                continue
            }
            let exchange = RouterExchange(
                host: id, incarnation: self.hosts[id.number].incarnation, id: request,
                target: target, source: interface.address, network: interface.network,
                request: bytes)
            self.put(exchange, after: Self.linkDelay)
        }
    }

    /// A request has arrived at the router, or its answer at the host.
    mutating func goOn(_ exchange: RouterExchange) {
        guard let answer = exchange.answer else {
            var answered = exchange
            answered.answer = []
            if let router = self.network.service(of: exchange.network),
                self.network.innerAddress(of: router) == exchange.target.address
            {
                answered.answer = self.network.ask(
                    router, http: exchange.request, from: exchange.source, now: self.now)
            }
            return self.put(answered, after: Self.linkDelay)
        }
        guard self.hosts[exchange.host.number].power == .running,
            self.hosts[exchange.host.number].incarnation == exchange.incarnation
        else { return }
        self.step(exchange.host) { $0.hearRouter(answer, to: exchange.id, at: $1) }
    }

    /// A datagram has reached a router by its address inside.
    mutating func ask(_ router: Int, _ packet: Packet) {
        let answers = self.network.ask(router, packet, now: self.now)
        self.end(packet, answers.isEmpty ? .blocked : .delivered)
        self.send(answers, of: router, from: packet.destination.port)
    }

    /// A datagram to a group has crossed a LAN: its router may belong to the group of UPnP.
    mutating func hear(_ packet: Packet, inGroupOf network: NetworkID) {
        guard packet.destination.port == SimulatedMapper.searchPort,
            let router = self.network.service(of: network)
        else { return }
        let answers = self.network.ask(router, packet, now: self.now)
        self.send(answers, of: router, from: SimulatedMapper.searchPort)
    }

    /// A router that opens ports has started anew.
    mutating func restartService(of network: NetworkID) {
        guard let router = self.network.service(of: network) else { return }
        let announced = self.network.restartService(of: router, now: self.now)
        self.send(announced, of: router, from: NATPMP.serverPort)
    }

    private mutating func send(_ sent: [RouterService.Sent], of router: Int, from port: UInt16) {
        guard let address = self.network.innerAddress(of: router) else { return }
        for (bytes, target) in sent where !target.address.isIPv6 {
            var packet = Packet(
                number: self.nextPacketNumber(), bytes: bytes,
                source: Endpoint(address: address, port: port), destination: target, origin: nil)
            packet.digest.absorb(bytes)
            self.emit(packet, from: self.network.inner(of: router))
        }
    }
}
