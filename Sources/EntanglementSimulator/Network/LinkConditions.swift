// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit

/// What a network does to the packets that cross it.
public struct LinkConditions: Sendable, Hashable {
    /// The least time to cross it, one way.
    public var delay: Duration
    /// Up to that much more, evenly.
    public var jitter: Duration
    /// Packets of a thousand that are lost.
    public var lossPerMille: Int
    /// Packets of a thousand that arrive twice.
    public var duplicatePerMille: Int
    /// Packets of a thousand that are overtaken by others.
    public var reorderPerMille: Int
    /// How much later a packet comes that is overtaken, at most.
    public var reorderDelayMax: Duration
    /// Packets of a thousand in which one to three bits are turned.
    public var corruptPerMille: Int
    /// Bytes of UDP payload that pass at most.
    public var byteCountMax: Int

    /// Conditions; by default nothing is lost and everything takes 20 ms.
    public init(
        delay: Duration = .milliseconds(20), jitter: Duration = .milliseconds(2),
        lossPerMille: Int = 0, duplicatePerMille: Int = 0, reorderPerMille: Int = 0,
        reorderDelayMax: Duration = .zero, corruptPerMille: Int = 0, byteCountMax: Int = 1_472
    ) {
        self.delay = delay
        self.jitter = jitter
        self.lossPerMille = lossPerMille
        self.duplicatePerMille = duplicatePerMille
        self.reorderPerMille = reorderPerMille
        self.reorderDelayMax = reorderDelayMax
        self.corruptPerMille = corruptPerMille
        self.byteCountMax = byteCountMax
    }

    /// Whether one packet of ten or more is seconds late.
    var isLate: Bool { self.reorderPerMille >= 100 && self.reorderDelayMax >= .seconds(1) }

    /// A cable at home.
    public static let local = LinkConditions(delay: .microseconds(300), jitter: .microseconds(100))
    /// The internet on a good day.
    public static let internet = LinkConditions()

    /// What becomes of one packet: `body` hears the delay of each copy that arrives, and whether it is
    /// changed.
    func cross(
        byteCount: Int, using generator: inout SeededGenerator,
        _ body: (_ delay: Duration, _ isCorrupt: Bool) -> Void
    ) {
        guard byteCount <= self.byteCountMax, !Self.happens(self.lossPerMille, &generator) else {
            return
        }
        let copies = Self.happens(self.duplicatePerMille, &generator) ? 2 : 1
        for _ in 0..<copies {
            var delay = self.delay + Self.part(of: self.jitter, &generator)
            if Self.happens(self.reorderPerMille, &generator) {
                delay += Self.part(of: self.reorderDelayMax, &generator)
            }
            body(delay, Self.happens(self.corruptPerMille, &generator))
        }
    }

    private static func happens(_ perMille: Int, _ generator: inout SeededGenerator) -> Bool {
        perMille > 0 && Int.random(in: 0..<1_000, using: &generator) < perMille
    }

    private static func part(
        of duration: Duration, _ generator: inout SeededGenerator
    ) -> Duration {
        guard duration > .zero else { return .zero }
        return .nanoseconds(Int64.random(in: 0...duration.nanoseconds, using: &generator))
    }
}
