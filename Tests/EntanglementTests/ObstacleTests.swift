// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Entanglement

/// Why somebody is not reached, from what is known.
@Suite struct ObstacleTests {
    static let home = IPAddress.v4(0xc0a8_010a)
    static let away = IPAddress.v4(0xc633_640b)
    static let own6 = IPAddress.v6(0x2001_0db8_0001_0000, 0x10)
    static let local6 = IPAddress.v6(0xfd00_0000_0000_0000, 0x10)
    static let away6 = IPAddress.v6(0x2001_0db8_0002_0000, 0x10)

    private func circumstances(
        own: [IPAddress] = [Self.home], theirs: [IPAddress] = [Self.away],
        _ ownMapping: NATHint? = nil, _ theirMapping: NATHint? = nil, after seconds: Int64 = 30,
        inVain: Bool = false, heard: Bool = false, probed: Bool = true
    ) -> Obstacle {
        ReachCircumstances(
            searchedFor: .seconds(seconds), own: own, theirs: theirs, ownMapping: ownMapping,
            theirMapping: theirMapping, isProbedInVain: probed, isAskedInVain: inVain,
            isOutsideHeard: heard
        ).obstacle
    }

    @Test func theOwnDeviceComesFirst() {
        #expect(self.circumstances(own: []) == .noNetwork)
        #expect(self.circumstances(own: [.v4(0x7f00_0001)]) == .noNetwork)
        #expect(self.circumstances(theirs: []) == .noAddress)
    }

    @Test func familiesMustMeet() {
        #expect(self.circumstances(own: [Self.own6]) == .noCommonFamily)
        #expect(self.circumstances(theirs: [Self.away6]) == .noCommonFamily)
        #expect(
            self.circumstances(own: [Self.home, Self.local6], theirs: [Self.away6])
                == .noCommonFamily)
        #expect(self.circumstances(own: [Self.own6], theirs: [Self.away, Self.away6]) == .silent)
    }

    @Test func aNetworkWithoutUDP() {
        #expect(self.circumstances(inVain: true) == .noUDP)
        #expect(self.circumstances(inVain: true, heard: true) == .silent)
    }

    @Test func timeComesBeforeTheRouters() {
        #expect(self.circumstances(after: 3) == .searching)
        #expect(
            self.circumstances(.addressAndPortDependent, .addressDependent, after: 3) == .searching)
    }

    @Test func routers() {
        #expect(
            self.circumstances(.addressAndPortDependent, .addressDependent) == .bothRandom)
        #expect(self.circumstances(.addressAndPortDependent, .endpointIndependent) == .randomPorts)
        #expect(self.circumstances(nil, .addressAndPortDependent) == .randomPorts)
        #expect(self.circumstances(nil, .addressAndPortDependent, probed: false) == .searching)
        #expect(self.circumstances(.open, .endpointIndependent) == .silent)
    }
}
