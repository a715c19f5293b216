// SPDX-License-Identifier: Apache-2.0
public import Entanglement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `HOST:PORT` as a person writes it: a name, an IPv4 address, or an IPv6 address in brackets.
public struct HostPort: Sendable, Hashable {
    /// The name or the text of the address, without brackets.
    public let host: String
    /// The port, 1 to 65535.
    public let port: UInt16

    /// Parses the text; nil when a part is missing or the port is not a number.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port != 0
        else { return nil }
        let host = text[..<colon]
        let isBracketed = host.first == "[" && host.last == "]" && host.utf8.count > 2
        let name = isBracketed ? host.dropFirst().dropLast() : host
        guard !name.isEmpty, name.utf8.count <= 253,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x5b && $0 != 0x5d }),
            name.contains(":") == isBracketed
        else { return nil }
        self.host = String(name)
        self.port = port
    }

    /// The endpoint, when the host is an address and needs no look-up.
    public var literal: Endpoint? {
        IPAddress(self.host).map { Endpoint(address: $0, port: self.port) }
    }

    /// Asks the system for the host's addresses and waits: not for an event loop.
    func lookUp() -> [Endpoint] {
        var hints = addrinfo()
        hints.ai_flags = AI_ADDRCONFIG
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        #else
            hints.ai_socktype = SOCK_DGRAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(self.host, String(self.port), &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var endpoints: [Endpoint] = []
        var next = list
        while let entry = next?.pointee, endpoints.count < Limits.resolvedAddressCountMax {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
            guard let endpoint = SocketAddressBytes.endpoint(bytes), endpoint.isUsable,
                !endpoints.contains(endpoint)
            else { continue }
            endpoints.append(endpoint)
        }
        return endpoints
    }
}
