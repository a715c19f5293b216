// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An interface by which datagrams leave although the routing table prefers another one.
public struct WayOut: Sendable, Hashable {
    /// The interface's number.
    let interface: UInt32

    /// The way by the interface of that name; nil: there is none.
    public init?(interface name: String) {
        let number = if_nametoindex(name)
        guard number != 0 else { return nil }
        self.interface = number
    }
}

#if os(Linux)
    extension WayOut {
        /// Sends by this way; 0 or the `errno`.
        ///
        /// IP_PKTINFO (ip(7)) names the interface; the kernel takes its address for the source and the
        /// route by it, which must be there: a default route of a higher metric will do. No privilege
        /// is needed. The control message is `struct cmsghdr` (length, level, type) and
        /// `struct in_pktinfo` (interface, source, destination), padded to the size of a word.
        func send(
            _ bytes: UnsafeRawBufferPointer, from handle: CInt,
            to address: UnsafePointer<sockaddr>, _ byteCount: socklen_t
        ) -> CInt {
            let word = MemoryLayout<Int>.size
            let header = word + 8
            let control = UnsafeMutableRawBufferPointer.allocate(
                byteCount: (header + 12 + word - 1) / word * word, alignment: word)
            defer { control.deallocate() }
            control.initializeMemory(as: UInt8.self, repeating: 0)
            control.storeBytes(of: header + 12, as: Int.self)
            control.storeBytes(of: CInt(IPPROTO_IP), toByteOffset: word, as: CInt.self)
            control.storeBytes(of: Self.packetInfo, toByteOffset: word + 4, as: CInt.self)
            control.storeBytes(of: self.interface, toByteOffset: header, as: UInt32.self)
            var part = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                iov_len: bytes.count)
            return withUnsafeMutablePointer(to: &part) { part in
                var message = msghdr()
                message.msg_name = UnsafeMutableRawPointer(mutating: address)
                message.msg_namelen = byteCount
                message.msg_iov = part
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = numericCast(control.count)
                return sendmsg(handle, &message, 0) >= 0 ? 0 : errno
            }
        }

        /// `IP_PKTINFO`.
        private static let packetInfo: CInt = 8
    }
#endif
