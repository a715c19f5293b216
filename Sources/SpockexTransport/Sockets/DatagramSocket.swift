// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One bound UDP socket: sends at once and lends copies of its descriptor for reading.
///
/// Sending does not go through NIO: its datagram channel closes on the first `ENETUNREACH`,
/// `EACCES` or `EPERM`, and those are everyday answers for a node that tries many addresses. A
/// `sendto` that does not block is also cheaper than a hop to the event loop and a promise.
final class DatagramSocket: Sendable {
    /// Where it is really bound.
    let bound: Endpoint

    private let descriptor: Mutex<CInt?>
    private let refusedCopies = Atomic<Int>(0)
    private let closings = Mutex<[@Sendable () -> Void]?>([])

    /// Binds a socket; port 0 takes any free one.
    ///
    /// IPv6 sockets take IPv6 alone, so that one port can be bound for both. No `SO_REUSEADDR`: two
    /// nodes on one port would take each other's datagrams. `group`: a multicast group instead,
    /// whose port is shared, as each member gets its own copy.
    init(bindingTo listen: Endpoint, group: MulticastGroup? = nil) throws(TransportError) {
        let isIPv6 = listen.address.isIPv6
        let handle = socket(isIPv6 ? AF_INET6 : AF_INET, Self.datagramType, 0)
        guard handle >= 0 else { throw .cannotListen(listen, code: errno) }
        var isOpen = false
        defer { if !isOpen { _ = Self.closeHandle(handle) } }
        _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
        _ = fcntl(handle, F_SETFL, O_NONBLOCK)
        if isIPv6 {
            var on: CInt = 1
            let size = socklen_t(MemoryLayout<CInt>.size)
            guard setsockopt(handle, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) == 0 else {
                throw .cannotListen(listen, code: errno)
            }
        }
        group?.join(handle)
        let zone = group?.interface ?? 0
        let result = SocketAddressBytes.with(listen, zone: zone) { address, byteCount in
            bind(handle, address, byteCount) == 0 ? 0 : errno
        }
        guard result == 0 else {
            throw result == EADDRINUSE
                ? .portInUse(listen) : .cannotListen(listen, code: result)
        }
        guard let bound = Self.boundEndpoint(of: handle) else {
            throw .cannotListen(listen, code: errno)
        }
        self.bound = bound
        self.descriptor = Mutex(handle)
        isOpen = true
    }

    deinit {
        self.close()
    }

    /// Whether datagrams to that address may leave by this socket.
    ///
    /// A socket that is bound to loopback reaches loopback alone, and one that is bound to another
    /// address does not reach loopback.
    func reaches(_ address: IPAddress) -> Bool {
        guard address.isIPv6 == self.bound.address.isIPv6 else { return false }
        let isWildcard = !self.bound.address.isUnicast
        return isWildcard || self.bound.address.isLoopback == address.isLoopback
    }

    /// Sends one datagram without waiting.
    ///
    /// `zone`: the interface of a link-local IPv6 address.
    func send(_ bytes: [UInt8], to endpoint: Endpoint, zone: UInt32 = 0) -> SendOutcome {
        self.descriptor.withLock { handle in
            guard let handle else { return .failed(code: EBADF) }
            let code = SocketAddressBytes.with(endpoint, zone: zone) { address, byteCount in
                bytes.withUnsafeBytes { buffer in
                    sendto(handle, buffer.baseAddress, buffer.count, 0, address, byteCount) >= 0
                        ? 0 : errno
                }
            }
            switch code {
            case 0: return .sent
            case EAGAIN, ENOBUFS: return .congested
            default: return .failed(code: code)
            }
        }
    }

    /// Sends one IPv4 datagram by another interface than the routing table prefers, where the system
    /// can do that.
    func send(_ bytes: [UInt8], to endpoint: Endpoint, by way: WayOut) -> SendOutcome {
        #if os(Linux)
            return self.descriptor.withLock { handle in
                guard let handle else { return .failed(code: EBADF) }
                let code = SocketAddressBytes.with(endpoint) { address, byteCount in
                    bytes.withUnsafeBytes { way.send($0, from: handle, to: address, byteCount) }
                }
                switch code {
                case 0: return .sent
                case EAGAIN, ENOBUFS: return .congested
                default: return .failed(code: code)
                }
            }
        #else
            return .noSocket
        #endif
    }

    /// Another descriptor of the same socket, which the caller closes; nil after `close()`, or
    /// when there is no descriptor left.
    func duplicate() -> CInt? {
        if self.refusedCopies.load(ordering: .relaxed) > 0 {
            self.refusedCopies.subtract(1, ordering: .relaxed)
            return nil
        }
        return self.descriptor.withLock { handle in
            guard let handle else { return nil }
            let copy = fcntl(handle, F_DUPFD_CLOEXEC, 0)
            return copy < 0 ? nil : copy
        }
    }

    /// Runs the action when `close()` is called; at once, if it was.
    func onClose(_ action: @escaping @Sendable () -> Void) {
        let isOpen = self.closings.withLock { closings in
            closings?.append(action)
            return closings != nil
        }
        if !isOpen { action() }
    }

    /// Fails the next copies, as a process without a free descriptor would, for tests.
    func refuseCopies(_ count: Int) {
        self.refusedCopies.store(count, ordering: .relaxed)
    }

    /// Closes this descriptor; the port is free once the lent ones are closed too.
    func close() {
        let handle = self.descriptor.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let handle { _ = Self.closeHandle(handle) }
        let actions = self.closings.withLock { closings in
            defer { closings = nil }
            return closings ?? []
        }
        for action in actions { action() }
    }

    static func closeHandle(_ handle: CInt) -> CInt {
        #if canImport(Glibc)
            Glibc.close(handle)
        #elseif canImport(Musl)
            Musl.close(handle)
        #else
            Darwin.close(handle)
        #endif
    }

    private static var datagramType: CInt {
        #if canImport(Glibc)
            CInt(SOCK_DGRAM.rawValue)
        #else
            SOCK_DGRAM
        #endif
    }

    static func boundEndpoint(of handle: CInt) -> Endpoint? {
        var storage = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutableBytes(of: &storage) { bytes in
            guard let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else {
                return CInt(-1)
            }
            return getsockname(handle, address, &byteCount)
        }
        guard result == 0 else { return nil }
        return withUnsafeBytes(of: &storage) { SocketAddressBytes.endpoint($0) }
    }
}
