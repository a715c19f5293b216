// SPDX-License-Identifier: Apache-2.0

/// What became of opening the node's port on the router (`status`).
public struct RouterRow: Codable, Sendable, Equatable {
    /// `open`, `asking`, `refused`, `secondNAT`, `noRouter`, `publicAddress`, `loopback`,
    /// `notNeeded` or `off`.
    public var state: String
    /// The router's own address on the local network.
    @Nullable public var gateway: String?
    /// By what the port was opened: `pcp`, `natpmp` or `upnp`.
    @Nullable public var `protocol`: String?
    /// The endpoint that leads to this node, as `ip:port`.
    @Nullable public var externalAddress: String?
    /// What is left of the lease, which is renewed before it ends.
    @Nullable public var leaseSeconds: Int64?
    /// The own IPv6 endpoints that the router lets anybody reach.
    public var pinholes: [String]
    /// The private address that the router has itself, when it is behind another NAT.
    @Nullable public var doubleNat: String?
    /// Why nothing is open, in one sentence.
    @Nullable public var reason: String?

    /// A row as filled by the node.
    public init(
        state: String, gateway: String? = nil, protocol: String? = nil,
        externalAddress: String? = nil, leaseSeconds: Int64? = nil, pinholes: [String] = [],
        doubleNat: String? = nil, reason: String? = nil
    ) {
        self.state = state
        self.gateway = gateway
        self.protocol = `protocol`
        self.externalAddress = externalAddress
        self.leaseSeconds = leaseSeconds
        self.pinholes = pinholes
        self.doubleNat = doubleNat
        self.reason = reason
    }
}
