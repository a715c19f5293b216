// SPDX-License-Identifier: Apache-2.0
import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A multicast group on one link.
struct MulticastGroup: Sendable, Hashable {
    /// The group.
    let address: IPAddress
    /// Our own IPv4 address on the link, for an IPv4 group.
    let own: IPAddress?
    /// The number of the link's interface, for an IPv6 group.
    let interface: UInt32

    /// Shares the port with other programs and joins the group, as far as the system lets us.
    ///
    /// A system that knows no such option, or a link without multicast: nothing will be heard.
    func join(_ handle: CInt) {
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, size)
        _ = setsockopt(handle, SOL_SOCKET, SO_REUSEPORT, &on, size)
        // struct ip_mreq: group, own address. struct ipv6_mreq: group, interface.
        let request =
            self.address.isIPv6
            ? self.address.bytes + withUnsafeBytes(of: self.interface) { Array($0) }
            : self.address.bytes + (self.own?.bytes ?? [0, 0, 0, 0])
        let (level, option) =
            self.address.isIPv6
            ? (CInt(IPPROTO_IPV6), CInt(IPV6_JOIN_GROUP))
            : (CInt(IPPROTO_IP), CInt(IP_ADD_MEMBERSHIP))
        _ = request.withUnsafeBytes {
            setsockopt(handle, level, option, $0.baseAddress, socklen_t($0.count))
        }
    }
}
