// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport

/// The way out of this machine that was preferred before another one came, while it lasts.
///
/// Peers behind routers that filter do not let in what comes from a place that they have not called.
/// Until such a peer has seen this node at its new place, what goes to it leaves by both ways, but no
/// longer than such a peer counts as connected without a word.
/// IPv4 alone: an IPv6 socket keeps its source address by itself.
struct FormerWays: Sendable {
    /// The former way, as the system names its interface; nil: there is none, or nobody needs it.
    private(set) var interface: String?
    /// The interface of the preferred way.
    private(set) var preferred: String?
    /// The peers that have not seen this node at its new place, as they were when the way changed.
    private var unmoved: [DirectPath] = []
    /// When an outside service is asked, unless somebody has seen this node at its new place.
    private var questionAt: Instant?
    /// When everything leaves by the new way alone.
    private var endAt: Instant?

    /// When there is something to be done.
    var deadline: Instant? { [self.questionAt, self.endAt].compactMap { $0 }.min() }

    /// No change yet: the first route is the preferred one.
    init(routes: [DefaultRoute]) {
        self.preferred = Self.interfaces(routes).first
    }

    /// The routes may be others now; `peers`, the connected ones, is asked only if that matters.
    mutating func change(
        to routes: [DefaultRoute], now: Instant, peers: () -> [DirectPath]
    ) {
        let interfaces = Self.interfaces(routes)
        if let former = self.interface, !interfaces.contains(former) { self.end() }
        guard let next = interfaces.first, next != self.preferred else { return }
        let former = self.preferred
        self.preferred = next
        self.end()
        guard let former, interfaces.contains(former) else { return }
        let served = peers().filter {
            !$0.endpoint.address.isIPv6 && $0.endpoint.address.isPublic
        }
        guard !served.isEmpty else { return }
        self.interface = former
        self.unmoved = served
        self.questionAt = now + Limits.newWaySpan
        self.endAt = now + Limits.formerWaySpan
    }

    /// Where connected peers are and see this node now.
    ///
    /// Who sees it elsewhere than before needs the former way no more, nor who is lost or elsewhere.
    mutating func note(_ peers: [DirectPath], now: Instant) {
        if let endAt = self.endAt, endAt <= now { return self.end() }
        var isSeen = false
        self.unmoved.removeAll { former in
            let there = peers.filter { $0.endpoint == former.endpoint }
            let seesNewPlace = there.contains { $0.echo != former.echo }
            if seesNewPlace { isSeen = true }
            return there.isEmpty || seesNewPlace
        }
        if isSeen { self.questionAt = nil }
        if self.unmoved.isEmpty { self.end() }
    }

    /// Whether the outside service is to be asked now: nobody has told of the new place.
    mutating func mustAsk(now: Instant) -> Bool {
        guard let questionAt = self.questionAt, questionAt <= now else { return false }
        self.questionAt = nil
        return true
    }

    /// Whether the new place is known without any question: a port on the router, a forwarding that
    /// the person named, or an address of the new way that needs no router.
    static func isPlaceKnown(external: [Endpoint], own addresses: [IPAddress]) -> Bool {
        external.contains { !$0.address.isIPv6 }
            || addresses.contains { !$0.isIPv6 && $0.isPublic }
    }

    /// Whether what goes there leaves by the former way too.
    func serves(_ endpoint: Endpoint) -> Bool {
        self.unmoved.contains { $0.endpoint == endpoint }
    }

    private mutating func end() {
        self.interface = nil
        self.unmoved = []
        self.questionAt = nil
        self.endAt = nil
    }

    private static func interfaces(_ routes: [DefaultRoute]) -> [String] {
        routes.filter { !$0.gateway.isIPv6 }.map(\.interface)
    }
}
