// SPDX-License-Identifier: Apache-2.0
import Entanglement
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension SocketAddress {
    init?(_ endpoint: Endpoint, zone: UInt32 = 0) {
        if endpoint.address.isIPv6, endpoint.address.isLinkLocal {
            self = SocketAddressBytes.with(endpoint, zone: zone) { address, _ in
                SocketAddress(UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self))
            }
            return
        }
        guard
            let address = try? SocketAddress(
                ipAddress: "\(endpoint.address)", port: Int(endpoint.port))
        else { return nil }
        self = address
    }

    init?(_ own: IPAddress) {
        self.init(Endpoint(address: own, port: 0))
    }
}
