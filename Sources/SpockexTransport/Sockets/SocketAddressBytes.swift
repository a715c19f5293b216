// SPDX-License-Identifier: Apache-2.0
import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `sockaddr_in` and `sockaddr_in6` as bytes.
///
/// Port and address stand at the same places on every system that has them: the port at 2, IPv4
/// at 4, IPv6 at 8; only the family differs in width. Reading them as bytes needs no member of a C
/// structure, which NIO's copies of the same structures would make ambiguous.
enum SocketAddressBytes {
    /// The endpoint in a socket address of the system; nil for another family or a short one.
    static func endpoint(_ bytes: UnsafeRawBufferPointer) -> Endpoint? {
        guard bytes.count >= 16 else { return nil }
        #if canImport(Darwin)
            let family = Int32(bytes[1])
        #else
            let family = Int32(bytes.loadUnaligned(fromByteOffset: 0, as: UInt16.self))
        #endif
        let port = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        if family == AF_INET {
            let address = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            return Endpoint(address: .v4(UInt32(bigEndian: address)), port: port)
        }
        guard family == AF_INET6, bytes.count >= 24 else { return nil }
        let high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        if high == 0, low >> 32 == 0xffff {
            return Endpoint(address: .v4(UInt32(truncatingIfNeeded: low)), port: port)
        }
        return Endpoint(address: .v6(high, low), port: port)
    }

    /// Calls the body with the socket address of an endpoint.
    ///
    /// `zone`: the interface's number, which a link-local IPv6 address needs.
    static func with<Result>(
        _ endpoint: Endpoint, zone: UInt32 = 0,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        let isIPv6 = endpoint.address.isIPv6
        let byteCount =
            isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        storage.ss_family = sa_family_t(isIPv6 ? AF_INET6 : AF_INET)
        #if canImport(Darwin)
            storage.ss_len = UInt8(byteCount)
        #endif
        return withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.storeBytes(of: endpoint.port.bigEndian, toByteOffset: 2, as: UInt16.self)
            switch endpoint.address {
            case .v4(let value):
                bytes.storeBytes(of: value.bigEndian, toByteOffset: 4, as: UInt32.self)
            case .v6(let high, let low):
                bytes.storeBytes(of: high.bigEndian, toByteOffset: 8, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt64.self)
                bytes.storeBytes(of: zone, toByteOffset: 24, as: UInt32.self)
            }
            let address = UnsafeRawBufferPointer(bytes).assumingMemoryBound(to: sockaddr.self)
            guard let base = address.baseAddress else {
                preconditionFailure("a variable has an address")
            }
            return body(base, socklen_t(byteCount))
        }
    }
}
