// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexTransport

struct DefaultRouteTests {
    private let ipv4 = """
        Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
        eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
        eth0\t0002000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
        tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000080\t0\t0\t0
        """
    private let ipv6 = """
        20010db8000000000000000000000000 40 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
        00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
        fe80000000000000020000fffe000001 00000400 00000003 00000000 00450003     eth0
        00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
        00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
        """

    @Test func onlyRoutersOfDefaultRoutesAreListed() {
        #if _endian(little)
            let expected = IPAddress.v4(0x0a00_0201)
        #else
            let expected = IPAddress.v4(0x0102_000a)
        #endif
        #expect(
            DefaultRoute.parse(ipv4: self.ipv4, ipv6: self.ipv6) == [
                DefaultRoute(gateway: expected, interface: "eth0"),
                DefaultRoute(
                    gateway: .v6(0xfe80 << 48, 0x0200_00ff_fe00_0001), interface: "eth0"),
            ])
    }

    @Test func theRouteOfTheSmallestMetricComesFirst() {
        let table = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            wifi\t00000000\t0102000A\t0003\t0\t0\t600\t00000000\t0\t0\t0
            eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
            lte\t00000000\t0102000A\t0003\t0\t0\t600\t00000000\t0\t0\t0
            """
        let routes = DefaultRoute.parse(ipv4: table, ipv6: self.ipv6)
        #expect(routes.map(\.interface) == ["eth0", "wifi", "lte", "eth0"])
    }

    @Test func cutTablesDoNoHarm() {
        for count in 0..<max(self.ipv4.utf8.count, self.ipv6.utf8.count) {
            let ipv4 = String(decoding: self.ipv4.utf8.prefix(count), as: UTF8.self)
            let ipv6 = String(decoding: self.ipv6.utf8.prefix(count), as: UTF8.self)
            #expect(DefaultRoute.parse(ipv4: ipv4, ipv6: ipv6).count <= 2)
        }
    }
}
