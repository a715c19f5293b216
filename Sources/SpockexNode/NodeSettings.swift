// SPDX-License-Identifier: Apache-2.0
public import Entanglement
import SpockexTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a node is started.
public struct NodeSettings: Sendable, Equatable {
    /// The UDP port when nobody asks for another.
    public static let defaultPort: UInt16 = 41_414

    /// The wildcard address of both families, at the default port.
    ///
    /// With these alone, a family that the system does not have is left out.
    public static let defaultListen = [
        Endpoint(address: .v4(0), port: Self.defaultPort),
        Endpoint(address: .v6(0, 0), port: Self.defaultPort),
    ]

    /// The folder that holds everything of the node, as a path; made when it is missing.
    public var home: String
    /// Where to listen; port 0 takes any free port.
    ///
    /// On the wildcard address all interfaces are shown to others, on another address that one
    /// alone. Loopback is offered and accepted only when one of these is loopback.
    public var listen: [Endpoint]
    /// Endpoints that somebody forwarded to this node by hand.
    public var external: [Endpoint]
    /// What the node calls itself; nil: as before.
    public var name: String?
    /// What a node calls itself that has no name yet.
    public var firstName: String
    /// STUN servers, `HOST:PORT` each.
    ///
    /// Empty unless somebody names one: no server is built in, so that nothing phones home.
    public var stunServers: [String]
    /// Whether `stunServers` may be asked.
    public var usesIPgetter: Bool
    /// Whether common peers are asked for help when a peer cannot be reached, and helped themselves.
    public var usesCommonPeers = true
    /// Whether bridges to other clusters are made.
    public var makesBridges = true
    /// First nodes of the BitTorrent DHT, `HOST:PORT` each, for peers who are lost; nil: it is not used.
    public var dhtEntries: [String]?
    /// A command that stores and fetches notes of peers who are lost (``DeadDrop``); nil: none.
    public var deadDrop: String?
    /// Whether peers are looked for on local networks by multicast.
    public var usesLAN: Bool
    /// Whether the router may be asked to open the node's port.
    public var opensPorts: Bool

    /// Settings with their defaults.
    public init(
        home: String, listen: [Endpoint] = Self.defaultListen, external: [Endpoint] = [],
        name: String? = nil, firstName: String = "", stunServers: [String] = [],
        usesIPgetter: Bool = true, usesLAN: Bool = true, opensPorts: Bool = true
    ) {
        self.home = home
        self.listen = listen
        self.external = external
        self.name = name
        self.firstName = firstName
        self.stunServers = stunServers
        self.usesIPgetter = usesIPgetter
        self.usesLAN = usesLAN
        self.opensPorts = opensPorts
    }

    /// Whether loopback endpoints are offered and accepted.
    public var allowsLoopback: Bool {
        self.listen.contains { $0.address.isLoopback }
    }
}

extension NodeSettings {
    /// The ports that hellos name, given where the sockets are bound; nil: no hellos are said.
    ///
    /// What listens on loopback is on no local network.
    func helloPorts(bound: [Endpoint]) -> HelloPorts? {
        let outside = bound.filter { !$0.address.isLoopback }
        guard self.usesLAN, !outside.isEmpty else { return nil }
        func port(_ isIPv6: Bool) -> UInt16 {
            outside.first { $0.address.isIPv6 == isIPv6 }?.port ?? 0
        }
        return HelloPorts(ipv4: port(false), ipv6: port(true))
    }

    /// Opens what it is told to; when that is the default, without a family that the system lacks.
    ///
    /// Somebody who asked for IPv6 must hear that there is none; most people did not ask.
    static func opening<Sockets: Sendable>(
        _ listen: [Endpoint],
        _ open: ([Endpoint]) async throws(TransportError) -> Sockets
    ) async throws(TransportError) -> Sockets {
        do throws(TransportError) {
            return try await open(listen)
        } catch {
            guard listen == Self.defaultListen, case .cannotListen(let missing, let code) = error,
                code == EAFNOSUPPORT || code == EADDRNOTAVAIL
            else { throw error }
            return try await open(listen.filter { $0 != missing })
        }
    }

    /// Refuses what could not work, before anything is touched.
    func check() throws(NodeError) {
        guard (1...Limits.listenCountMax).contains(self.listen.count) else {
            throw .wrongListenCount(limit: Limits.listenCountMax)
        }
        for endpoint in self.external where !endpoint.isUsable {
            throw .unusableExternal(endpoint)
        }
    }
}
