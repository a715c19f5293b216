// SPDX-License-Identifier: Apache-2.0
public import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A way out of the local network: the router's address and the interface to it.
public struct DefaultRoute: Sendable, Hashable {
    /// The router; an IPv6 one is mostly link-local.
    public var gateway: IPAddress
    /// The interface's name.
    public var interface: String

    /// A route by that router.
    public init(gateway: IPAddress, interface: String) {
        self.gateway = gateway
        self.interface = interface
    }

    /// The machine's default routes, as Linux lists them in `/proc/net`; empty elsewhere.
    ///
    /// Those of IPv4 come first, the preferred one before the others.
    public static func current() -> [DefaultRoute] {
        Self.parse(
            ipv4: Self.text(of: "/proc/net/route"), ipv6: Self.text(of: "/proc/net/ipv6_route"))
    }

    /// The same of IPv4 alone, for which one table is read.
    public static func currentIPv4() -> [DefaultRoute] {
        Self.parse(ipv4: Self.text(of: "/proc/net/route"), ipv6: "")
    }

    /// Reads the two tables of Linux; lines that are not understood are left out.
    ///
    /// `/proc/net/route`: interface, destination and gateway as hexadecimal numbers of this
    /// machine's byte order, then flags, two counts, the metric and the mask. `/proc/net/ipv6_route`: destination, its prefix length, source, its
    /// prefix length, next hop, …, interface as the last of ten.
    static func parse(ipv4: String, ipv6: String) -> [DefaultRoute] {
        var known: [(metric: Int, route: DefaultRoute)] = []
        for line in ipv4.split(separator: "\n").dropFirst() {
            let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard fields.count >= 8, fields[1] == "00000000", fields[7] == "00000000",
                let gateway = UInt32(fields[2], radix: 16), gateway != 0
            else { continue }
            let address = IPAddress.v4(UInt32(bigEndian: gateway))
            let route = DefaultRoute(gateway: address, interface: String(fields[0]))
            let metric = Int(fields[6]) ?? .max
            let position = known.firstIndex { $0.metric > metric } ?? known.count
            known.insert((metric, route), at: position)
        }
        var routes = known.map(\.route)
        for line in ipv6.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count == 10, fields[1] == "00", fields[3] == "00",
                fields[4].utf8.count == 32,
                let high = UInt64(fields[4].prefix(16), radix: 16),
                let low = UInt64(fields[4].suffix(16), radix: 16), (high, low) != (0, 0)
            else { continue }
            routes.append(
                DefaultRoute(gateway: .v6(high, low), interface: String(fields[9])))
        }
        return routes
    }

    private static func text(of path: String) -> String {
        let handle = open(path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { return "" }
        defer { _ = close(handle) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count < Limits.routingTableByteCountMax {
            let count = chunk.withUnsafeMutableBytes { fill(handle, $0) }
            guard count > 0 else { break }
            content += chunk[..<count]
        }
        return String(decoding: content, as: UTF8.self)
    }

    private static func fill(_ handle: CInt, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(handle, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            Musl.read(handle, buffer.baseAddress, buffer.count)
        #else
            Darwin.read(handle, buffer.baseAddress, buffer.count)
        #endif
    }
}
