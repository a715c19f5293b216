// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Somebody whose admission is in nobody's records (PROTOCOL.md §12.4, §12.6).
@Suite struct NeverAMemberTests {
    /// The sponsor's device is gone before the record comes to anybody.
    ///
    /// The newcomer meets another member, and gives up. No record brings it back, so that member can forget it.
    @Test func whoIsInNoRecordCanBeForgotten() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"], apart: ["Noa"])
        circle.blocked = [(0, 2), (1, 2)]
        let options = MeetingOptions()
        guard case .offered(_, let offer, _) = circle.request(2, .offer(options)),
            case .answered(_, let answer, _) = circle.request(3, .answer(offer, options)),
            case .accepted = circle.request(2, .accept(answer, into: cluster))
        else {
            Issue.record("no codes")
            return
        }
        for _ in 0..<2_000 where circle.record(3, cluster) == nil {
            if !circle.deliverNext() { circle.run(for: .milliseconds(1)) }
        }
        #expect(circle.record(3, cluster)?.standing == .joining)
        circle.inFlight = []
        circle.stopped = [2]
        circle.run(for: .seconds(60))
        try circle.confirm(1, 3)
        circle.run(for: .seconds(60))
        let met = try #require(
            circle.hosts[1].node.relations.values.first { relation in
                if case .confirming? = relation.record.bond { true } else { false }
            }
        ).id
        #expect(circle.hosts[1].node.relations[met]?.record.phase == .trusted)
        #expect(circle.request(3, .leave(cluster)) == .done)
        circle.run(for: .seconds(90))
        #expect(circle.record(3, cluster) == nil)
        circle.skip(.seconds(31 * 86_400))
        circle.run(for: .seconds(90))
        let isGone = circle.hosts[1].node.relations[met] == nil
        let reply = isGone ? Reply.done : circle.request(1, .forget(met))
        #expect(reply == .done)
        circle.run(for: .seconds(90))
        // It is told until somebody hears it.
        #expect(circle.hosts[1].node.relations[met]?.record.phase != .trusted)
    }
}
