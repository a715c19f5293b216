// SPDX-License-Identifier: Apache-2.0
public import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The addresses of the machine's interfaces.
public enum InterfaceAddresses {
    /// All unicast addresses of interfaces that are up, loopback and link-local ones included,
    /// each once and in order; empty when the system does not tell.
    ///
    /// `interface`: only of that one.
    public static func current(of interface: String? = nil) -> [IPAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: Set<IPAddress> = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr,
                interface.map({ $0 == String(cString: entry.ifa_name) }) ?? true
            else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let byteCount =
                family == AF_INET
                ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            let bytes = UnsafeRawBufferPointer(start: address, count: byteCount)
            guard let endpoint = SocketAddressBytes.endpoint(bytes) else { continue }
            if endpoint.address.isUnicast { addresses.insert(endpoint.address) }
        }
        return addresses.sorted()
    }

    /// The addresses at which sockets bound there can be reached.
    ///
    /// A socket on a certain address is reached there alone; one on the wildcard address at every
    /// usable address of its family, loopback apart. Public IPv6 addresses are `ipv6`, all others
    /// `lan`. Public ones come first.
    public static func candidates(
        bound: [Endpoint], interfaces: [IPAddress] = InterfaceAddresses.current()
    ) -> [Candidate] {
        var endpoints: [Endpoint] = []
        for socket in bound {
            if socket.address.isUnicast {
                endpoints.append(socket)
                continue
            }
            let fitting = interfaces.filter {
                $0.isIPv6 == socket.address.isIPv6 && !$0.isLoopback
            }
            endpoints += fitting.map { Endpoint(address: $0, port: socket.port) }
        }
        var seen: Set<Endpoint> = []
        let usable = endpoints.filter { $0.isUsable && seen.insert($0).inserted }
        let ordered = usable.filter(\.address.isPublic) + usable.filter { !$0.address.isPublic }
        return ordered.prefix(Limits.interfaceAddressCountMax).map { endpoint in
            let isPublicIPv6 = endpoint.address.isIPv6 && endpoint.address.isPublic
            return Candidate(endpoint: endpoint, kind: isPublicIPv6 ? .ipv6 : .lan)
        }
    }
}
