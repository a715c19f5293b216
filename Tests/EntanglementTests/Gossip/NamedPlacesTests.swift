// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// What somebody names whom this node never met is its word alone (PROTOCOL.md §12.5).
@Suite struct NamedPlacesTests {
    @Test func placesThatWereNamedInASessionAreCalledSeldom() throws {
        var (circle, cluster) = try Circle.cluster(of: ["Ada", "Ben", "Cem"])
        let victims = (1...4).map { Endpoint(address: .v4(0x1E00_0000 + $0), port: 443) }
        let id = try #require(try circle.relations(2, with: 1, cluster).first?.id)
        let relation = try #require(circle.hosts[2].node.relations[id])
        #expect(relation.record.epoch != nil)
        let view = try #require(relation.sendingSession(circle.now.instant))
        let frame = Frame.addresses(sequence: .max, victims)
        circle.act(2) { host, now, sent in
            host.carryOut(
                .sendSealed(
                    session: view.index, .frame, frame.bytes, to: Circle.endpoint(of: 1)),
                now, &sent)
        }
        while circle.deliverNext() {}
        circle.stopped = [2]
        circle.run(for: .seconds(600))
        let ben = Circle.endpoint(of: 1)
        for victim in victims {
            let count = circle.log.count { $0.from == ben && $0.to == victim }
            #expect(count > 0 && count <= 18 + 600 / 20 + 1)
        }
    }
}
