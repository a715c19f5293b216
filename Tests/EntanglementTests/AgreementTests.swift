// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

/// Single runs in which both sides once did not come to agree.
@Suite struct AgreementTests {
    @Test func aPeerLooksForTheOtherUntilThatOneTrustsToo() throws {
        var pair = Pair()
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1)) { Self.isJSON($0) && !Self.isOpening($0, from: .bob) }
        #expect(pair.relation(.alice)?.phase == .trusted)
        #expect(pair.relation(.bob)?.phase == .connecting)

        // Alice starts again and looks for Bob; only his own handshake passes, without message 4.
        pair.act(.alice) { $0.restart(now: $1, sent: &$2) }
        pair.run(for: .seconds(7)) {
            Self.isJSON($0) && !Self.isOpening($0, from: .alice) && !Self.isFoundingAnswer($0)
        }
        #expect(pair.relation(.bob)?.phase == .connecting)

        // Bob cancels unheard. Alice must find out.
        let id = try #require(pair.relation(.bob)?.id)
        pair.request(.bob, .cancel(id))
        pair.run(for: .seconds(2)) { _ in false }
        pair.run(for: .seconds(120))
        #expect(pair.alice.store.state.relations.isEmpty)
        #expect(pair.alice.store.state.clusters.isEmpty)
    }

    private static func isJSON(_ sent: Host.Sent) -> Bool {
        sent.bytes.first == 0x7b
    }

    private static func isOpening(_ sent: Host.Sent, from side: Pair.Side) -> Bool {
        let endpoint = side == .alice ? Pair.aliceEndpoint : Pair.bobEndpoint
        return sent.from == endpoint && sent.bytes.starts(with: "{\"request\":110,".utf8)
    }

    private static func isFoundingAnswer(_ sent: Host.Sent) -> Bool {
        sent.bytes.starts(with: "{\"response\":200,\"pid\":".utf8)
    }
}
