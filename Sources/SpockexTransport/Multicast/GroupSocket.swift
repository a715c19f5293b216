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

/// One socket of a group: joins it on interfaces, and sends to it by each of them.
///
/// For IPv4 it is bound to the group, so that it hears nothing else that is sent to the port; a group
/// of IPv6 that is link-local can be bound to for one interface alone, so there it is bound to the
/// wildcard address, and whoever reads looks at the source. Several programs of a machine may have one (`SO_REUSEADDR`): each hears every datagram.
final class GroupSocket: Sendable {
    /// The group and its port.
    let group: Endpoint

    private let state: Mutex<State>

    private struct State {
        var handle: CInt?
        var joined: Set<UInt32> = []
    }

    /// A socket that has joined nowhere yet; nil where the system does not give one.
    init?(group: Endpoint) {
        let isIPv6 = group.address.isIPv6
        let handle = socket(isIPv6 ? AF_INET6 : AF_INET, Self.datagramType, 0)
        guard handle >= 0 else { return nil }
        _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
        _ = fcntl(handle, F_SETFL, O_NONBLOCK)
        var isSet = Self.set(handle, SOL_SOCKET, SO_REUSEADDR, CInt(1))
        #if canImport(Darwin)
            isSet = isSet && Self.set(handle, SOL_SOCKET, SO_REUSEPORT, CInt(1))
        #endif
        if isIPv6 {
            let level = Int32(IPPROTO_IPV6)
            isSet = isSet && Self.set(handle, level, IPV6_V6ONLY, CInt(1))
            isSet = isSet && Self.set(handle, level, IPV6_MULTICAST_HOPS, CInt(1))
        } else {
            isSet = isSet && Self.set(handle, Int32(IPPROTO_IP), IP_MULTICAST_TTL, CInt(1))
        }
        let place = isIPv6 ? Endpoint(address: .v6(0, 0), port: group.port) : group
        let isBound = SocketAddressBytes.with(place) { bind(handle, $0, $1) == 0 }
        guard isSet, isBound else {
            _ = Self.closeHandle(handle)
            return nil
        }
        self.group = group
        self.state = Mutex(State(handle: handle))
    }

    deinit {
        self.close()
    }

    /// Belongs to the group on these interfaces from now on, and on no others; how many they are.
    func join(_ interfaces: [UInt32]) -> Int {
        self.state.withLock { state in
            guard let handle = state.handle else { return 0 }
            // The system ends a membership with its interface; then leaving fails, which is as well.
            for index in state.joined where !interfaces.contains(index) {
                _ = self.change(handle, index, isJoining: false)
            }
            state.joined = state.joined.filter(interfaces.contains)
            for index in interfaces where !state.joined.contains(index) {
                // An interface that was away and has come back may be a member already.
                if self.change(handle, index, isJoining: true) || errno == EADDRINUSE {
                    state.joined.insert(index)
                }
            }
            return state.joined.count
        }
    }

    /// Sends by every interface that the group was joined on; each outcome.
    func send(_ bytes: [UInt8]) -> [SendOutcome] {
        self.state.withLock { state in
            guard let handle = state.handle else { return [] }
            return state.joined.sorted().map { self.send(bytes, by: $0, handle) }
        }
    }

    /// Another descriptor of the same socket, which the caller closes.
    func duplicate() -> CInt? {
        self.state.withLock { state in
            guard let handle = state.handle else { return nil }
            let copy = fcntl(handle, F_DUPFD_CLOEXEC, 0)
            return copy < 0 ? nil : copy
        }
    }

    func close() {
        let handle = self.state.withLock { state in
            defer { state.handle = nil }
            return state.handle
        }
        if let handle { _ = Self.closeHandle(handle) }
    }

    private func send(_ bytes: [UInt8], by index: UInt32, _ handle: CInt) -> SendOutcome {
        let isChosen: Bool
        if self.group.address.isIPv6 {
            isChosen = Self.set(handle, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, index)
        } else {
            isChosen = Self.set(
                handle, Int32(IPPROTO_IP), IP_MULTICAST_IF, Self.request(.v4(0), index))
        }
        guard isChosen else { return .failed(code: errno) }
        let code = SocketAddressBytes.with(self.group, zone: index) { address, byteCount in
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

    private func change(_ handle: CInt, _ index: UInt32, isJoining: Bool) -> Bool {
        let request = Self.request(self.group.address, index)
        if self.group.address.isIPv6 {
            return Self.set(
                handle, Int32(IPPROTO_IPV6), isJoining ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, request
            )
        }
        return Self.set(
            handle, Int32(IPPROTO_IP), isJoining ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, request)
    }

    /// `struct ip_mreqn` (group, own address, interface) or `struct ipv6_mreq` (group, interface).
    private static func request(_ group: IPAddress, _ index: UInt32) -> [UInt8] {
        var bytes = group.bytes
        if !group.isIPv6 { bytes += [0, 0, 0, 0] }
        withUnsafeBytes(of: index) { bytes += Array($0) }
        return bytes
    }

    private static func set(
        _ handle: CInt, _ level: Int32, _ option: Int32, _ value: [UInt8]
    ) -> Bool {
        value.withUnsafeBytes {
            setsockopt(handle, level, option, $0.baseAddress, socklen_t($0.count)) == 0
        }
    }

    private static func set(
        _ handle: CInt, _ level: Int32, _ option: Int32, _ value: some FixedWidthInteger
    ) -> Bool {
        var value = value
        return setsockopt(
            handle, level, option, &value, socklen_t(value.bitWidth / 8)) == 0
    }

    private static func closeHandle(_ handle: CInt) -> CInt {
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
}
