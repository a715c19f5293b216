// SPDX-License-Identifier: Apache-2.0

/// What the node knows of the network that this device is in (`netcheck`); nobody is asked for it.
public struct NetworkReport: Codable, Sendable, Equatable {
    /// How the router treats UDP (RFC 4787).
    public struct NAT: Codable, Sendable, Equatable {
        /// `none`, `endpointIndependent`, `addressDependent`, `addressAndPortDependent`,
        /// `sequential` or `unknown`.
        public var mapping: String
        /// `none` (somebody got in who was not called) or `unknown`.
        public var filtering: String
        /// What that means for meeting people, in one sentence.
        public var consequence: String

        /// Findings and their meaning.
        public init(mapping: String, filtering: String, consequence: String) {
            self.mapping = mapping
            self.filtering = filtering
            self.consequence = consequence
        }
    }

    /// One IP family of this device.
    public struct Family: Codable, Sendable, Equatable {
        /// The addresses of the interfaces, public ones first.
        public var local: [String]
        /// Where others see this device, as `ip:port`.
        public var outside: [String]
        /// How long what is in front of this device remembers who was called; null: not measured yet.
        @Nullable public var lifetime: Lifetime?
        /// Whether others get in at a port of this device anyway, so that no ping keeps a path open.
        public var isOpen: Bool

        /// The addresses of a family, and what was measured.
        public init(
            local: [String], outside: [String], lifetime: Lifetime? = nil, isOpen: Bool = false
        ) {
            self.local = local
            self.outside = outside
            self.lifetime = lifetime
            self.isOpen = isOpen
        }
    }

    /// How long a router's mapping, or a firewall's flow, lives when nobody uses it.
    public struct Lifetime: Codable, Sendable, Equatable {
        /// It was still there after so many seconds; null: after none that were tried.
        @Nullable public var outlasted: Int?
        /// It was gone after so many seconds; null: after none that were tried.
        @Nullable public var endedWithin: Int?
        /// A path rests for so many seconds until a ping keeps it.
        public var rest: Int

        /// What was measured, and what follows, in seconds.
        public init(outlasted: Int?, endedWithin: Int?, rest: Int) {
            self.outlasted = outlasted
            self.endedWithin = endedWithin
            self.rest = rest
        }
    }

    /// What one peer says.
    public struct Voice: Codable, Sendable, Equatable {
        /// The peer's name.
        public var peer: String
        /// Where it sees this device, as `ip:port`.
        public var endpoint: String

        /// A peer's word.
        public init(peer: String, endpoint: String) {
            self.peer = peer
            self.endpoint = endpoint
        }
    }

    /// The NAT, as far as its work was seen.
    public var nat: NAT
    /// The ports that the router opened.
    @Nullable public var router: RouterRow?
    /// IPv4.
    public var ipv4: Family
    /// IPv6.
    public var ipv6: Family
    /// `none` (somebody got in who was not called) or `unknown`.
    public var firewall: String
    /// Whether UDP gets out at all: `yes`, `no` or `unknown`.
    public var udp: String
    /// Where the connected peers see this device.
    public var peersSay: [Voice]

    /// A report as filled by the node.
    public init(
        nat: NAT, router: RouterRow?, ipv4: Family, ipv6: Family, firewall: String, udp: String,
        peersSay: [Voice]
    ) {
        self.nat = nat
        self.router = router
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.firewall = firewall
        self.udp = udp
        self.peersSay = peersSay
    }
}
