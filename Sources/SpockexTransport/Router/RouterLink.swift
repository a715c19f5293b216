// SPDX-License-Identifier: Apache-2.0
public import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The links to the routers of the default routes, as the system knows them.
public struct RouterLink: Sendable, Equatable {
    /// The IPv4 router.
    public var gateway: IPAddress?
    /// Our own addresses on the link to it; first the one that the system sends from.
    public var addresses: [IPAddress]
    /// The IPv6 router, mostly link-local.
    public var gateway6: IPAddress?
    /// The number of the interface to it.
    public var zone6: UInt32
    /// Our own IPv6 addresses on that link.
    public var addresses6: [IPAddress]

    /// A link with those parts.
    public init(
        gateway: IPAddress? = nil, addresses: [IPAddress] = [], gateway6: IPAddress? = nil,
        zone6: UInt32 = 0, addresses6: [IPAddress] = []
    ) {
        self.gateway = gateway
        self.addresses = addresses
        self.gateway6 = gateway6
        self.zone6 = zone6
        self.addresses6 = addresses6
    }

    /// The links of this moment: the first default route of each family.
    public static func current() -> RouterLink {
        let routes = DefaultRoute.current()
        var link = RouterLink()
        if let route = routes.first(where: { !$0.gateway.isIPv6 }) {
            let all = InterfaceAddresses.current(of: route.interface).filter { !$0.isIPv6 }
            let preferred = Self.source(toward: route.gateway)
            link.gateway = route.gateway
            link.addresses = all.filter { $0 == preferred } + all.filter { $0 != preferred }
        }
        if let route = routes.first(where: \.gateway.isIPv6) {
            link.gateway6 = route.gateway
            link.zone6 = if_nametoindex(route.interface)
            link.addresses6 = InterfaceAddresses.current(of: route.interface).filter(\.isIPv6)
        }
        return link
    }

    /// The own address from which the system would send there; nothing is sent.
    private static func source(toward address: IPAddress) -> IPAddress? {
        guard let socket = try? DatagramSocket(bindingTo: Endpoint(address: .v4(0), port: 0))
        else { return nil }
        defer { socket.close() }
        return socket.source(toward: Endpoint(address: address, port: 9))
    }
}

extension DatagramSocket {
    /// Connects the socket, which sends nothing, and looks at the own address that this gives.
    fileprivate func source(toward endpoint: Endpoint) -> IPAddress? {
        guard let handle = self.duplicate() else { return nil }
        defer { _ = Self.closeHandle(handle) }
        let result = SocketAddressBytes.with(endpoint) { connect(handle, $0, $1) }
        return result == 0 ? Self.boundEndpoint(of: handle)?.address : nil
    }
}
