// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Foundation
import Testing

@testable import SpockexTransport

/// Groups on loopback, and where link-local addresses are.
struct MulticastTests {
    private let linkLocal = IPAddress.v6(0xfe80_0000_0000_0000, 7)

    /// Two programs of one machine both hear what one of them says, and each itself.
    ///
    /// For IPv6 loopback has no route to groups; `scripts/test-lan` shows that on real interfaces.
    @Test func everySocketOfAGroupHearsADatagram() throws {
        let loopback = if_nametoindex("lo")
        guard loopback != 0 else { return }
        let group = Endpoint(address: Hello.groupIPv4, port: 29_415)
        let one = try #require(GroupSocket(group: group))
        let other = try #require(GroupSocket(group: group))
        #expect(one.send([1]).isEmpty)
        for socket in [one, other, one] { #expect(socket.join([loopback]) == 1) }
        #expect(one.send([1, 2, 3]) == [.sent])
        for socket in [one, other] {
            let handle = try #require(socket.duplicate())
            defer { close(handle) }
            var readiness = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
            let readyCount = poll(&readiness, 1, 5_000)
            #expect(readyCount == 1)
            var buffer = [UInt8](repeating: 0, count: 16)
            let count = recv(handle, &buffer, buffer.count, 0)
            #expect(count == 3)
            #expect(Array(buffer[..<3]) == [1, 2, 3])
        }
        #expect(one.join([]) == 0)
        #expect(one.send([1]).isEmpty)
        one.close()
        #expect(one.join([loopback]) == 0 && one.duplicate() == nil)
    }

    @Test func anInterfaceThatIsNotThereIsNotJoined() throws {
        let socket = try #require(
            GroupSocket(group: Endpoint(address: Hello.groupIPv4, port: 29_416)))
        #expect(socket.join([4_000_000]) == 0)
    }

    @Test func loopbackIsNoInterfaceToSayHelloOn() {
        let loopback = if_nametoindex("lo")
        #expect(!MulticastInterface.current().contains { $0.index == loopback })
        #expect(MulticastInterface.current(only: [.v4(0x7f00_0001)]).isEmpty)
    }

    @Test func aZoneTravelsInTheSystemsForm() throws {
        let endpoint = Endpoint(address: self.linkLocal, port: 41_414)
        let back = SocketAddressBytes.with(endpoint, zone: 5) { address, byteCount in
            SocketAddressBytes.source(
                UnsafeRawBufferPointer(start: address, count: Int(byteCount)))
        }
        let (source, zone) = try #require(back)
        #expect(source == endpoint)
        #expect(zone == 5)
    }

    @Test func aProvedZoneCountsMoreThanAClaimedOne() {
        let zones = LinkZones()
        #expect(zones.zone(of: self.linkLocal) == 0)
        zones.note(self.linkLocal, zone: 3, isProved: false)
        #expect(zones.zone(of: self.linkLocal) == 3)
        zones.note(self.linkLocal, zone: 4, isProved: true)
        zones.note(self.linkLocal, zone: 5, isProved: false)
        #expect(zones.zone(of: self.linkLocal) == 4)
        zones.keep([5])
        #expect(zones.zone(of: self.linkLocal) == 5)
        zones.keep([])
        #expect(zones.zone(of: self.linkLocal) == 0)
    }

    @Test func onlyLinkLocalAddressesHaveAZone() {
        let zones = LinkZones()
        for address in [IPAddress.v4(0xa9fe_0101), .v6(0x2a00 << 48, 1)] {
            zones.note(address, zone: 3, isProved: true)
            #expect(zones.zone(of: address) == 0)
        }
    }
}
