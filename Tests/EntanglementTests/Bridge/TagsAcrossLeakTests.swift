// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// How often a common peer across is asked tells how many others there are (PROTOCOL.md §14.7).
@Suite struct TagsAcrossLeakTests {
    /// Ben, who has a card, is lost: those across are asked for him, whoever else is there.
    ///
    /// The first 16 helpers are asked, in the order of their relations' ids; each one more on the
    /// own side may push somebody across out of these.
    @Test func whoElseIsThereChangesNoAsking() throws {
        let policy = BridgePolicy(.messages, addresses: true)
        let asked = try [0, 40].map { count in
            var clusters = try OpenClusters(strangers: count)
            try clusters.bridge(0, 3, [policy, policy])
            for number in [0, 1, 3, 4, 5] { try clusters.give(number, policy) }
            for stranger in 0..<count { try #require(clusters.circle.meet(0, 6 + stranger) != nil) }
            clusters.circle.run(for: .seconds(120))
            let (start, places) = (
                clusters.circle.log.count, (3..<6).map { Circle.endpoint(of: $0) }
            )
            clusters.circle.blocked = [(0, 1)]
            clusters.circle.run(for: .seconds(60))
            return places.map { place in
                clusters.circle.log[start...].count { sent in
                    // Frame 16, in a packet that was sent there directly.
                    sent.from == Circle.endpoint(of: 0) && sent.to == place
                        && sent.bytes.first == Constants.packetType && sent.bytes[16] == 16
                }
            }
        }
        #expect(asked[0].allSatisfy { $0 > 2 })
        #expect(asked[0] == asked[1])
    }
}
