// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexTransport

@Suite struct NetworkStateTests {
    private static let own = IPAddress.v4(0xc0a8_0102)
    private static let linkLocal = [
        IPAddress.v6(0xfe80 << 48, 7), .v4(0xa9fe_0102),
    ]
    private static let route = DefaultRoute(gateway: .v4(0xc0a8_0101), interface: "eth0")

    private static func state(
        _ addresses: [IPAddress], _ routes: [DefaultRoute] = [Self.route]
    ) -> NetworkState {
        NetworkState(addresses: addresses, routes: routes)
    }

    /// Each container that comes or goes has such an address.
    @Test(arguments: Self.linkLocal)
    func addressesOfALinkAloneAreNoOtherNetwork(address: IPAddress) {
        let before = Self.state([Self.own])
        let after = Self.state([Self.own, address])
        #expect(after.change(since: before) == .links)
        #expect(before.change(since: after) == .links)
        #expect(after.change(since: after) == nil)
    }

    /// Where nothing else leads out, they are what peers on the link call.
    @Test(arguments: Self.linkLocal)
    func withoutAWayOutTheyAre(address: IPAddress) {
        let before = Self.state([Self.own], [])
        let after = Self.state([Self.own, address], [])
        #expect(after.change(since: before) == .network)
        #expect(Self.state([Self.own, address]).change(since: before) == .network)
    }

    @Test func otherAddressesAndWaysOutAreAnotherNetwork() {
        let before = Self.state([Self.own])
        #expect(Self.state([.v4(0xc0a8_0103)]).change(since: before) == .network)
        #expect(Self.state([Self.own, .v4(0x0a00_0001)]).change(since: before) == .network)
        let other = DefaultRoute(gateway: .v4(0xc0a8_0101), interface: "wlan0")
        #expect(Self.state([Self.own], [other]).change(since: before) == .network)
        #expect(Self.state([Self.own], []).change(since: before) == .network)
    }
}
