// SPDX-License-Identifier: Apache-2.0
import Entanglement
import SpockexTransport
import Testing

struct InterfaceAddressesTests {
    private let interfaces = [
        "10.0.0.5", "127.0.0.1", "169.254.3.4", "192.0.2.7", "::1", "2001:db8::7", "fd00::5",
        "fe80::1",
    ].compactMap { IPAddress($0) }

    private func candidates(_ bound: String...) -> [String] {
        InterfaceAddresses.candidates(
            bound: bound.compactMap { Endpoint($0) }, interfaces: self.interfaces
        ).map { "\($0.kind) \($0.endpoint)" }
    }

    @Test func theWildcardShowsAllUsableAddressesOfItsFamily() {
        #expect(
            self.candidates("0.0.0.0:41414") == ["lan 192.0.2.7:41414", "lan 10.0.0.5:41414"])
        #expect(
            self.candidates("[::]:5000") == ["ipv6 [2001:db8::7]:5000", "lan [fd00::5]:5000"])
    }

    @Test func bothFamiliesAreShownPublicOnesFirst() {
        #expect(
            self.candidates("0.0.0.0:1", "[::]:2") == [
                "lan 192.0.2.7:1", "ipv6 [2001:db8::7]:2", "lan 10.0.0.5:1", "lan [fd00::5]:2",
            ])
    }

    @Test func aCertainAddressIsShownAlone() {
        #expect(self.candidates("10.0.0.5:9") == ["lan 10.0.0.5:9"])
        #expect(self.candidates("127.0.0.1:9") == ["lan 127.0.0.1:9"])
        #expect(self.candidates("[2001:db8::7]:9") == ["ipv6 [2001:db8::7]:9"])
    }

    @Test func anAddressIsShownOnce() {
        #expect(
            self.candidates("10.0.0.5:9", "0.0.0.0:9") == ["lan 192.0.2.7:9", "lan 10.0.0.5:9"])
    }

    @Test func aPortThatNobodyCanSendToIsNotShown() {
        #expect(self.candidates("10.0.0.5:0").isEmpty)
    }

    @Test func theNumberIsLimited() {
        let many = (UInt32(0)..<100).map { IPAddress.v4(0x0a00_0001 + $0) }
        let shown = InterfaceAddresses.candidates(
            bound: [Endpoint(address: .v4(0), port: 1)], interfaces: many)
        #expect(shown.count == 32)
    }

    @Test func thisComputerHasLoopback() {
        #expect(InterfaceAddresses.current().contains { $0.isLoopback })
    }
}
