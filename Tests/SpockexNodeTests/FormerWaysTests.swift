// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport
import Testing

@testable import SpockexNode

/// Which peers are served by the way out that was preferred before (docs/decisions/0017).
@Suite struct FormerWaysTests {
    private let now = Instant(nanoseconds: 5)
    private let wifi = Self.route("192.168.1.1", "wifi")
    private let lte = Self.route("100.64.1.1", "lte")
    private let peer = Self.unmoved("198.51.100.9:41414", seeing: "198.51.100.1:41414")
    private let neighbour = Self.unmoved("192.168.1.9:41414", seeing: "192.168.1.10:41414")

    private var end: Instant { self.now + .seconds(130) }

    private static func endpoint(_ text: String) -> Endpoint {
        guard let endpoint = Endpoint(text) else { preconditionFailure("\(text) is no endpoint") }
        return endpoint
    }

    private static func route(_ gateway: String, _ interface: String) -> DefaultRoute {
        DefaultRoute(
            gateway: Self.endpoint(gateway + ":1").address, interface: interface)
    }

    private static func unmoved(_ path: String, seeing echo: String) -> DirectPath {
        DirectPath(endpoint: Self.endpoint(path), echo: Self.endpoint(echo))
    }

    private func changed(to routes: [DefaultRoute]) -> FormerWays {
        var ways = FormerWays(routes: [self.wifi])
        ways.change(to: routes, now: self.now) { [self.peer, self.neighbour] }
        return ways
    }

    @Test func whatLastsServesPeersBeyondTheLocalNetwork() {
        let ways = self.changed(to: [self.lte, self.wifi])
        #expect(ways.interface == "wifi")
        #expect(ways.serves(self.peer.endpoint) && !ways.serves(self.neighbour.endpoint))
    }

    @Test func withoutAnotherPreferenceThereIsNoFormerWay() {
        #expect(self.changed(to: [self.wifi, self.lte]).interface == nil)
        #expect(self.changed(to: [self.lte]).interface == nil)
        #expect(self.changed(to: []).interface == nil)
    }

    @Test func aPeerThatSeesTheNewPlaceNeedsTheFormerWayNoMore() {
        var ways = self.changed(to: [self.lte, self.wifi])
        ways.note([self.peer], now: self.now)
        #expect(ways.serves(self.peer.endpoint))
        ways.note([Self.unmoved("198.51.100.9:41414", seeing: "198.51.100.2:7")], now: self.now)
        #expect(!ways.serves(self.peer.endpoint) && ways.interface == nil && ways.deadline == nil)
    }

    @Test func theFormerWayEndsWithItsRoute() {
        var ways = self.changed(to: [self.lte, self.wifi])
        ways.change(to: [self.lte, self.wifi], now: self.now) { [self.peer] }
        #expect(ways.interface == "wifi")
        ways.change(to: [self.lte], now: self.now) { [self.peer] }
        #expect(ways.interface == nil && !ways.serves(self.peer.endpoint))
    }

    @Test func outsideIsAskedOnceAndOnlyIfNobodyTells() {
        var ways = self.changed(to: [self.lte, self.wifi])
        let due = self.now + .milliseconds(500)
        #expect(ways.deadline == due)
        let answers = [ways.mustAsk(now: self.now), ways.mustAsk(now: due), ways.mustAsk(now: due)]
        #expect(answers == [false, true, false])
        var told = FormerWays(routes: [self.wifi])
        let other = Self.unmoved("198.51.100.8:41414", seeing: "198.51.100.1:41414")
        told.change(to: [self.lte, self.wifi], now: self.now) { [self.peer, other] }
        told.note(
            [self.peer, Self.unmoved("198.51.100.8:41414", seeing: "198.51.100.2:7")],
            now: self.now)
        #expect(told.deadline == self.end && told.serves(self.peer.endpoint))
    }

    @Test func aPeerThatIsLostOrElsewhereNeedsTheFormerWayNoMore() {
        for peers in [[], [Self.unmoved("198.51.100.9:7", seeing: "198.51.100.1:41414")]] {
            var ways = self.changed(to: [self.lte, self.wifi])
            ways.note(peers, now: self.now)
            #expect(ways.interface == nil && ways.deadline == nil)
        }
    }

    @Test func theFormerWayEndsWithItsTime() {
        var ways = self.changed(to: [self.lte, self.wifi])
        _ = ways.mustAsk(now: self.now + .seconds(1))
        #expect(ways.deadline == self.end)
        ways.note([self.peer], now: self.now + .seconds(129))
        #expect(ways.serves(self.peer.endpoint))
        ways.note([self.peer], now: self.end)
        #expect(ways.interface == nil && ways.deadline == nil)
    }

    @Test func peersAreAskedForOnlyWhenAnotherWayIsPreferred() {
        var ways = FormerWays(routes: [self.wifi])
        for routes in [[self.wifi], [self.wifi, self.lte], [self.lte]] {
            ways.change(to: routes, now: self.now) {
                Issue.record("asked for \(routes)")
                return []
            }
        }
    }

    @Test func aPlaceThatIsKnownIsNotAskedFor() {
        let (four, six) = (Self.endpoint("198.51.100.7:1"), Self.endpoint("[2001:db8::1]:1"))
        let shared = Self.endpoint("100.64.0.1:1").address
        #expect(FormerWays.isPlaceKnown(external: [four], own: []))
        #expect(FormerWays.isPlaceKnown(external: [], own: [shared, four.address]))
        #expect(!FormerWays.isPlaceKnown(external: [six], own: [shared, six.address]))
    }
}
