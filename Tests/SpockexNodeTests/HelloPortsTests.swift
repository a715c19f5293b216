// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Testing

@testable import SpockexNode

/// Who says hello, and with which ports.
@Suite struct HelloPortsTests {
    private func ports(_ bound: String..., usesLAN: Bool = true) -> HelloPorts? {
        NodeSettings(home: "/nowhere", usesLAN: usesLAN)
            .helloPorts(bound: bound.compactMap { Endpoint($0) })
    }

    @Test func aNodeSaysWhereItsSocketsAre() {
        #expect(self.ports("0.0.0.0:5", "[::]:6") == HelloPorts(ipv4: 5, ipv6: 6))
        #expect(self.ports("0.0.0.0:5") == HelloPorts(ipv4: 5, ipv6: 0))
        #expect(self.ports("127.0.0.1:4", "192.0.2.1:5") == HelloPorts(ipv4: 5, ipv6: 0))
    }

    @Test func onLoopbackAndWithNoLANItSaysNothing() {
        #expect(self.ports("127.0.0.1:5", "[::1]:6") == nil)
        #expect(self.ports("0.0.0.0:5", usesLAN: false) == nil)
    }
}
