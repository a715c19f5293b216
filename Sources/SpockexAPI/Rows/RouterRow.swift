// SPDX-License-Identifier: Apache-2.0

/// The port that the router opened for this node.
public struct RouterRow: Codable, Sendable, Equatable {
    /// `pcp`, `natpmp` or `upnp`; nil: no router answered.
    @Nullable public var `protocol`: String?
    /// Where the port is open, as `ip:port`.
    @Nullable public var externalAddress: String?
    /// Whether the router's own address is behind another NAT.
    public var doubleNat: Bool

    /// A row as filled by the node.
    public init(protocol name: String?, externalAddress: String?, doubleNat: Bool) {
        self.protocol = name
        self.externalAddress = externalAddress
        self.doubleNat = doubleNat
    }
}
