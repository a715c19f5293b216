// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// What a host knows of the link it is on: its routers, and where its socket listens there.
public struct LocalNetwork: Sendable, Equatable {
    /// The IPv4 router; without it no IPv4 port is asked for.
    public var gateway: IPAddress?
    /// Our own IPv4 endpoint behind it.
    public var inner: Endpoint?
    /// The IPv6 router, link-local as a rule: who sends there adds the zone.
    public var gateway6: IPAddress?
    /// Our own IPv6 endpoints; only public ones can get a pinhole.
    public var inner6: [Endpoint]

    /// A link with those parts.
    public init(
        gateway: IPAddress? = nil, inner: Endpoint? = nil, gateway6: IPAddress? = nil,
        inner6: [Endpoint] = []
    ) {
        self.gateway = gateway
        self.inner = inner
        self.gateway6 = gateway6
        self.inner6 = inner6
    }
}
