// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport

/// The way out of this machine that was preferred before another one came, while it lasts.
///
/// Peers behind routers that filter do not let in what comes from a place that they have not called.
/// Until such a peer has seen this node at its new place, what goes to it leaves by both ways.
/// IPv4 alone: an IPv6 socket keeps its source address by itself.
struct FormerWays: Sendable {
    /// A peer that was connected by a direct path when the way changed.
    struct Unmoved: Sendable, Equatable {
        /// Where the peer is.
        let path: Endpoint
        /// Where it saw this node then.
        let echo: Endpoint?
    }

    /// The former way, as the system names its interface; nil: there is none, or nobody needs it.
    private(set) var interface: String?
    private(set) var unmoved: [Unmoved] = []
    /// When an outside service is asked, unless somebody has seen this node at its new place.
    private(set) var deadline: Instant?
    private var preferred: String?

    /// No change yet: the first route is the preferred one.
    init(routes: [DefaultRoute]) {
        self.preferred = Self.interfaces(routes).first
    }

    /// The routes may be others now.
    mutating func change(to routes: [DefaultRoute], peers: [Unmoved], now: Instant) {
        let interfaces = Self.interfaces(routes)
        if let former = self.interface, !interfaces.contains(former) { self.end() }
        guard let next = interfaces.first, next != self.preferred else { return }
        let former = self.preferred
        self.preferred = next
        self.end()
        let served = peers.filter { !$0.path.address.isIPv6 && $0.path.address.isPublic }
        guard let former, interfaces.contains(former), !served.isEmpty else { return }
        self.interface = former
        self.unmoved = served
        self.deadline = now + Limits.newWaySpan
    }

    /// Where peers see this node now: who sees it elsewhere than before needs the former way no more.
    mutating func note(_ peers: [Unmoved]) {
        let count = self.unmoved.count
        self.unmoved.removeAll { former in
            peers.contains { $0.path == former.path && $0.echo != former.echo }
        }
        if self.unmoved.count < count { self.deadline = nil }
        if self.unmoved.isEmpty { self.end() }
    }

    /// Whether the outside service is to be asked now: nobody has told of the new place.
    mutating func mustAsk(now: Instant) -> Bool {
        guard let deadline = self.deadline, deadline <= now else { return false }
        self.deadline = nil
        return true
    }

    /// Whether what goes there leaves by the former way too.
    func serves(_ endpoint: Endpoint) -> Bool {
        self.unmoved.contains { $0.path == endpoint }
    }

    private mutating func end() {
        self.interface = nil
        self.unmoved = []
        self.deadline = nil
    }

    private static func interfaces(_ routes: [DefaultRoute]) -> [String] {
        routes.filter { !$0.gateway.isIPv6 }.map(\.interface)
    }
}
