// SPDX-License-Identifier: Apache-2.0

/// An IP address and a UDP port: one place that datagrams can be sent to.
public struct Endpoint: Sendable, Hashable, Comparable {
    /// The address, IPv4 or IPv6.
    public var address: IPAddress
    /// The UDP port, 1 to 65535 (0 only in an endpoint to listen on).
    public var port: UInt16

    /// The endpoint at that address and port.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Ordered by address, then port.
    public static func < (left: Endpoint, right: Endpoint) -> Bool {
        (left.address, left.port) < (right.address, right.port)
    }

    /// Hashes as few words as there are.
    public func hash(into hasher: inout Hasher) {
        switch self.address {
        case .v4(let bits): hasher.combine(UInt64(bits) << 16 | UInt64(self.port))
        case .v6(let high, let low):
            hasher.combine(high)
            hasher.combine(low)
            hasher.combine(self.port)
        }
    }

    /// Whether a datagram may be sent there at all: unicast, not link-local, not discarded, port not 0.
    public var isUsable: Bool {
        self.port != 0 && self.address.isUnicast && !self.address.isLinkLocal
            && !self.address.isDiscardOnly
    }
}

/// One address at which this node may be reached, and how it is known.
public struct Candidate: Sendable, Hashable {
    /// How an own address became known (RFC 8445 §4 calls them host, mapped and reflexive).
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Told by the person with `--external`, or opened on the router.
        case mapped
        /// What peers see (reflexive).
        case observed
        /// What a STUN server told (the IPgetter).
        case ipgetter
        /// A public IPv6 address of an interface.
        case ipv6
        /// A private or otherwise local address of an interface, or a public IPv4 one.
        case lan
    }

    /// Where.
    public var endpoint: Endpoint
    /// How it is known.
    public var kind: Kind

    /// A candidate of that kind.
    public init(endpoint: Endpoint, kind: Kind) {
        self.endpoint = endpoint
        self.kind = kind
    }
}
