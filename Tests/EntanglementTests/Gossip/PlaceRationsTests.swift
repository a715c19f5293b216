// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Entanglement

/// Places of which only records tell are called seldom, however many there are (PROTOCOL.md §12.5).
@Suite struct PlaceRationsTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static let victim = Endpoint(address: .v4(0x0A00_0001), port: 443)

    private static func other(_ number: Int) -> Endpoint {
        Endpoint(address: .v4(0x1400_0000 + UInt32(number)), port: 41_414)
    }

    private static func calls(
        _ place: Endpoint, _ tries: Int, _ rations: inout PlaceRations, now: Instant
    ) -> Int {
        (0..<tries).count { _ in rations.allows(place, now: now) }
    }

    /// 200 guests who name 8 places each do not make the node forget whom it has called often enough.
    @Test func manyOtherPlacesMakeNobodyForgotten() {
        var rations = PlaceRations()
        let first = Self.calls(Self.victim, 100, &rations, now: Self.start)
        #expect(first == Constants.toldCallCountMax)
        for number in 0..<3_000 { _ = rations.allows(Self.other(number), now: Self.start) }
        let again = Self.calls(Self.victim, 100, &rations, now: Self.start)
        #expect(again == 0)
    }

    /// All places for which there is no room have one ration together.
    @Test func placesWithoutRoomShareARation() {
        var rations = PlaceRations()
        for number in 0..<3_000 { _ = rations.allows(Self.other(number), now: Self.start) }
        let burst = Self.calls(Self.victim, 100, &rations, now: Self.start)
        #expect(burst == 0)
        let later = Self.calls(Self.victim, 100, &rations, now: Self.start + .seconds(5))
        #expect(later <= 5)
    }

    /// Whoever was not called for a while makes room.
    @Test func placesThatHaveTheirWholeRationMakeRoom() {
        var rations = PlaceRations()
        for number in 0..<3_000 { _ = rations.allows(Self.other(number), now: Self.start) }
        let later = Self.start + Constants.toldCallPause
        let calls = Self.calls(Self.victim, 100, &rations, now: later)
        #expect(calls == Constants.toldCallCountMax)
    }
}
