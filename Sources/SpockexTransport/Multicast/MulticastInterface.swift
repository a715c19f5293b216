// SPDX-License-Identifier: Apache-2.0
import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An interface of a local network: up, with an address, and able to send to groups.
struct MulticastInterface: Sendable, Hashable {
    /// The system's number of it.
    var index: UInt32
    /// Whether its addresses are of IPv6; an interface with both families is there twice.
    var isIPv6: Bool

    /// All of them at this moment, in order.
    ///
    /// `only`: those alone that have one of these addresses; empty: all. Loopback and links to one
    /// single other side (tunnels, modems) are left out. For IPv6 a link-local address must be there.
    static func current(only addresses: [IPAddress] = []) -> [MulticastInterface] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: Set<MulticastInterface> = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            let flags = Int32(truncatingIfNeeded: entry.ifa_flags)
            guard Self.isSuitable(flags), let address = entry.ifa_addr, let name = entry.ifa_name
            else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let byteCount =
                family == AF_INET
                ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            let bytes = UnsafeRawBufferPointer(start: address, count: byteCount)
            guard let own = SocketAddressBytes.endpoint(bytes)?.address,
                addresses.isEmpty
                    ? !own.isIPv6 || own.isLinkLocal : addresses.contains(own)
            else { continue }
            let index = if_nametoindex(name)
            guard index != 0 else { continue }
            found.insert(MulticastInterface(index: index, isIPv6: own.isIPv6))
        }
        let ordered = found.sorted { ($0.index, $0.isIPv6 ? 1 : 0) < ($1.index, $1.isIPv6 ? 1 : 0) }
        return Array(ordered.prefix(Limits.multicastInterfaceCountMax))
    }

    private static func isSuitable(_ flags: Int32) -> Bool {
        let wanted = Int32(IFF_UP) | Int32(IFF_MULTICAST)
        let unwanted = Int32(IFF_LOOPBACK) | Int32(IFF_POINTOPOINT)
        return flags & wanted == wanted && flags & unwanted == 0
    }
}
