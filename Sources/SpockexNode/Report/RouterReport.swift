// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// What became of opening the node's port on the router, for `status`.
public struct RouterReport: Sendable, Equatable {
    /// How far it is.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// A router leads an endpoint of its own to this node.
        case open
        /// The router is being asked.
        case asking
        /// The router opens nothing; it is asked again from time to time.
        case refused
        /// The router is itself behind a NAT: what it opens would lead nowhere.
        case secondNAT
        /// Nothing is asked: there is no default route by a router.
        case noRouter
        /// Nothing is asked: the node has a public address itself.
        case publicAddress
        /// Nothing is asked: the node listens on loopback alone.
        case loopback
        /// Nothing is asked: the node has no peer and no pairing.
        case notNeeded
        /// Nothing is asked: `--no-portmap`.
        case off
    }

    /// One endpoint that leads to this node.
    public struct Opening: Sendable, Equatable {
        /// The endpoint, as others see it.
        public var external: Endpoint
        /// By what it was opened: `pcp`, `natpmp` or `upnp`.
        public var method: String
        /// What is left of the lease.
        public var leaseLeft: Duration
    }

    /// How far it is.
    public var state: State
    /// The router that is asked, the IPv4 one if there is one.
    public var gateway: IPAddress?
    /// What is open, the IPv4 endpoint first.
    public var openings: [Opening]
    /// The private address that the router has itself, if it told one.
    public var secondNAT: IPAddress?
}
