// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Linux's own news about interfaces, addresses and routes (rtnetlink(7)).
///
/// The C headers of netlink are in no Swift module; the few numbers and the two structures that
/// are needed are part of the kernel's stable interface and stand here.
enum Netlink {
    /// What a batch of messages says.
    enum News: Sendable, Equatable {
        /// Something may have changed: compare.
        case maybe
        /// An address that others could reach went away, even if it is back by the time one looks.
        case loss
    }

    /// A socket on which the news arrive, not blocking; nil where there is none.
    static func open() -> CInt? {
        #if os(Linux)
            let handle = socket(Self.family, Self.rawType, Self.routeProtocol)
            guard handle >= 0 else { return nil }
            _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
            _ = fcntl(handle, F_SETFL, O_NONBLOCK)
            // struct sockaddr_nl: family, padding, port (0: the kernel chooses), groups.
            var address = [UInt32](repeating: 0, count: 3)
            address.withUnsafeMutableBytes {
                $0.storeBytes(of: UInt16(truncatingIfNeeded: Self.family), as: UInt16.self)
            }
            address[2] = Self.groups
            let result = address.withUnsafeBytes { bytes in
                guard let base = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else {
                    return CInt(-1)
                }
                return bind(handle, base, socklen_t(bytes.count))
            }
            guard result == 0 else {
                _ = close(handle)
                return nil
            }
            return handle
        #else
            return nil
        #endif
    }

    /// Reads the types of the messages in one read; nil when there is nothing of interest.
    ///
    /// A message is `struct nlmsghdr` (length 4, type 2, flags 2, sequence 4, port 4) and its body,
    /// padded to 4 bytes. A message that is cut counts as `maybe`.
    static func news(in bytes: UnsafeRawBufferPointer) -> News? {
        var news: News?
        var offset = 0
        while bytes.count - offset >= 16 {
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let type = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
            guard length >= 16 else { return news }
            switch type {
            case Self.deletedAddress:
                // struct ifaddrmsg: family, prefix length, flags, scope. Link-local addresses come
                // and go with every container.
                let scope = bytes.count - offset >= 20 ? bytes[offset + 19] : 0
                if scope == Self.universe { return .loss }
                news = .maybe
            case Self.newLink, Self.deletedLink, Self.newAddress, Self.newRoute,
                Self.deletedRoute:
                news = .maybe
            default: break
            }
            guard length <= bytes.count - offset else { return news ?? .maybe }
            offset += (length + 3) & ~3
        }
        return news
    }

    /// Whether a message tells of a default route of IPv4.
    ///
    /// The body is `struct rtmsg`: family, length of the destination's prefix, and what is not read here.
    static func tellsOfDefaultRoute(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while bytes.count - offset >= 18 {
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let type = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self)
            guard length >= 16 else { return false }
            if type == Self.newRoute || type == Self.deletedRoute, length >= 18,
                bytes[offset + 16] == UInt8(AF_INET), bytes[offset + 17] == 0
            {
                return true
            }
            guard length <= bytes.count - offset else { return false }
            offset += (length + 3) & ~3
        }
        return false
    }

    private static let newLink: UInt16 = 16
    private static let deletedLink: UInt16 = 17
    private static let newAddress: UInt16 = 20
    private static let deletedAddress: UInt16 = 21
    private static let newRoute: UInt16 = 24
    private static let deletedRoute: UInt16 = 25
    /// `RT_SCOPE_UNIVERSE`.
    private static let universe: UInt8 = 0

    #if os(Linux)
        private static let family: CInt = 16
        private static let routeProtocol: CInt = 0
        /// `RTMGRP_LINK`, `_IPV4_IFADDR`, `_IPV4_ROUTE`, `_IPV6_IFADDR`, `_IPV6_ROUTE`.
        private static let groups: UInt32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

        private static var rawType: CInt {
            #if canImport(Glibc)
                CInt(SOCK_RAW.rawValue)
            #else
                SOCK_RAW
            #endif
        }
    #endif
}
