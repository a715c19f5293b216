// SPDX-License-Identifier: Apache-2.0
import Entanglement
import PortMapping
import SpockexTransport

extension LocalNetwork {
    /// What the routers can be asked for: the ways to the sockets that are reached by each link.
    ///
    /// An own address that is public needs no router; then nothing is asked at all.
    init(_ link: RouterLink, bound: [Endpoint]) {
        self.init()
        let inner = Self.inner(of: link.addresses, bound: bound)
        guard !link.addresses.contains(where: \.isPublic) else { return }
        if let inner = inner.first, !inner.address.isLinkLocal {
            self.gateway = link.gateway
            self.inner = inner
        }
        self.inner6 = Self.inner(of: link.addresses6, bound: bound).filter(\.address.isPublic)
        self.gateway6 = self.inner6.isEmpty ? nil : link.gateway6
    }

    /// Whether there is a router that could be asked for something.
    var hasRouter: Bool { self.gateway != nil || self.gateway6 != nil }

    /// The sockets' endpoints at those addresses; loopback is reached from nowhere else.
    private static func inner(of addresses: [IPAddress], bound: [Endpoint]) -> [Endpoint] {
        bound.flatMap { socket in
            socket.address.isUnicast
                ? addresses.contains(socket.address) ? [socket] : []
                : addresses.filter { $0.isIPv6 == socket.address.isIPv6 && !$0.isLoopback }
                    .map { Endpoint(address: $0, port: socket.port) }
        }
    }
}
