// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Who of several members is reached directly across a bridge, and who is not (PROTOCOL.md §14.6).
///
/// Seals leave everything readable here: no datagram that comes to the other side may have an
/// address in it that was not to cross, whatever is carried in whatever.
@Suite struct AddressConsentTests {
    private static let open = BridgePolicy(.messages, addresses: true)

    /// One of three allows it, the two others do not; all of the other side do, and so does the
    /// bridge.
    ///
    /// It may be the end that allows it, or another member; and there may be a second bridge, with
    /// an end who does not.
    @Test(arguments: [0, 1], [1, 2])
    func onlyWhoAllowsItIsReached(allowing: Int, bridgeCount: Int) throws {
        var clusters = try OpenClusters()
        let ends = [(0, 3), (2, 5)].prefix(bridgeCount)
        for (one, other) in ends { try clusters.bridge(one, other, [Self.open, Self.open]) }
        for number in 0..<3 {
            try clusters.give(number, number == allowing ? Self.open : .cardDefault)
        }
        for number in 3..<6 { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(120))
        let hidden = (0..<3).filter { $0 != allowing }
        for other in 3..<6 {
            #expect(clusters.path(allowing, to: other) == .direct)
            #expect(clusters.path(other, to: allowing) == .direct)
            for number in hidden {
                #expect(clusters.path(number, to: other) == .carried)
                #expect(clusters.path(other, to: number) == .carried)
            }
        }
        for number in hidden { clusters.move(number) }
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(60))
        clusters.move(allowing)
        clusters.circle.run(for: .seconds(180))
        for other in 3..<6 {
            #expect(clusters.path(other, to: allowing) == .direct)
            for number in hidden { #expect(clusters.path(other, to: number) == .carried) }
        }
        #expect(clusters.crossings(of: hidden, to: [3, 4, 5]) == [])
    }

    /// All cards allow it, of each bridge one end does not: nobody is reached directly, from either
    /// side.
    @Test(arguments: [0, 3])
    func whatOneEndForbidsDoesNotCross(forbidding: Int) throws {
        var clusters = try OpenClusters()
        let closed = BridgePolicy(.messages)
        for (one, other) in [(0, 3), (2, 5)] {
            try clusters.bridge(
                one, other, forbidding == 0 ? [closed, Self.open] : [Self.open, closed])
        }
        for number in 0..<6 { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(60))
        for number in [1, 4] { clusters.move(number) }
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(60))
        for (one, other) in [(0, 4), (1, 3), (1, 4), (2, 5), (0, 3)] {
            #expect(clusters.path(one, to: other) == .carried)
            #expect(clusters.path(other, to: one) == .carried)
        }
        #expect(clusters.crossings(of: [0, 1, 2], to: [3, 4, 5]) == [])
        #expect(clusters.crossings(of: [3, 4, 5], to: [0, 1, 2]) == [])
    }

    /// A bridge counts for the cards that were given for it: another one's consent is none.
    @Test func anotherBridgesConsentIsNone() throws {
        var clusters = try OpenClusters()
        try clusters.bridge(0, 3, [Self.open, Self.open])
        let other = try clusters.bridge(2, 5, [BridgePolicy(.messages), Self.open])
        try clusters.give(1, Self.open, over: other)
        for number in 3..<6 { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(60))
        clusters.move(1)
        clusters.circle.run(for: .seconds(60))
        for number in 3..<6 { #expect(clusters.path(number, to: 1) == .carried) }
        #expect(clusters.crossings(of: [1], to: [3, 4, 5]) == [])
    }

    /// Who takes it back is left alone at once, and where it moves to nobody hears; so is who was
    /// with it.
    @Test(arguments: TakingBack.allCases)
    func whoTakesItBackIsLeftAlone(how: TakingBack) throws {
        var clusters = try OpenClusters()
        let bridge = try clusters.bridge(0, 3, [Self.open, Self.open])
        for number in [1, 2, 4, 5] { try clusters.give(number, Self.open) }
        clusters.circle.run(for: .seconds(60))
        #expect(clusters.path(4, to: 1) == .direct)
        let policy = BridgePolicy(.messages)
        switch how {
        case .card: try clusters.give(1, policy)
        case .ownEnd: #expect(clusters.circle.request(0, .setBridge(bridge, policy)) == .done)
        case .otherEnd: #expect(clusters.circle.request(3, .setBridge(bridge, policy)) == .done)
        }
        clusters.circle.run(for: .seconds(2))
        clusters.forgetPast()
        clusters.circle.run(for: .seconds(60))
        clusters.move(1)
        for number in 0..<6 { clusters.circle.restart(number) }
        clusters.circle.run(for: .seconds(200))
        for number in [4, 5] {
            #expect(clusters.path(number, to: 1) == .carried)
            #expect(clusters.path(1, to: number) == .carried)
            #expect(clusters.path(number, to: 2) == (how == .card ? .direct : .carried))
        }
        let hidden = how == .card ? [1] : [1, 2]
        #expect(clusters.crossings(of: hidden, to: [3, 4, 5]) == [])
        // Nor does it call the others any more.
        #expect(clusters.calls(of: [4, 5], by: hidden) == [])
    }

    /// Addresses that cross unasked are found: what is looked at above can fail.
    @Test func whatCrossesUnaskedIsFound() throws {
        var clusters = try OpenClusters { $1.mutation = .addressesCross }
        try clusters.bridge(0, 3, [BridgePolicy(.messages), BridgePolicy(.messages)])
        for number in [1, 4] { try clusters.give(number, .cardDefault) }
        clusters.circle.run(for: .seconds(60))
        let crossed = clusters.crossings(of: [1], to: [3, 4, 5])
        for what in ["sent to", "named to", "held by"] {
            #expect(crossed.contains { $0.contains(what) }, "\(what)")
        }
    }
}

/// By whose word addresses do not cross any more.
enum TakingBack: CaseIterable {
    case card, ownEnd, otherEnd
}
