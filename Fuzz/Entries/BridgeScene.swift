// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// A member of a cluster that is linked with another one, and those who send it frames.
struct BridgeScene: Sendable {
    let host: Host
    let now: Moment
    /// Who sends frames: for an end the other end, then a member; for a member its end.
    let peers: [RelationID]
    /// Writes frames as these would, and as people whom they invent.
    let script: BridgeScript
    /// Ids of the own cluster's members, none of which may cross.
    let members: [MemberID]

    /// An end of the bridge, and a member who has a card.
    static let all: [BridgeScene] = {
        var circle = Circle(
            ["Anna", "Ben", "Dora", "Emil"], seed: 47, primitives: StandInPrimitives())
        for (one, other, intent) in [
            (0, 1, Intent.auto), (2, 3, .auto), (0, 2, .bridge),
        ] {
            let options = MeetingOptions(intent: intent)
            guard case .offered(_, let offer, _) = circle.request(one, .offer(options)),
                case .answered(_, let answer, _) = circle.request(other, .answer(offer, options)),
                case .accepted = circle.request(one, .accept(answer))
            else { preconditionFailure("a meeting") }
            circle.run(for: .seconds(4))
        }
        for number in circle.hosts.indices {
            let status = circle.hosts[number].node.status(now: circle.now)
            guard let bridge = status.bridges.first else { preconditionFailure("a bridge") }
            if bridge.isOwn {
                circle.request(number, .setBridge(bridge.id, BridgePolicy(.relaying)))
            }
            circle.request(
                number, .giveCard(bridge.cluster, for: bridge.alias, BridgePolicy(.relaying)))
        }
        circle.run(for: .seconds(4))
        return [BridgeScene(circle, 0, from: 1), BridgeScene(circle, 1, from: 0)]
    }()

    private init(_ circle: Circle, _ number: Int, from member: Int) {
        let host = circle.hosts[number]
        let (node, end) = (host.node, circle.hosts[2].node)
        let peers =
            node.ids.filter { node.relations[$0]?.bridge != nil }
            + node.ids.filter { node.relations[$0]?.record.cluster != nil }
        guard let live = node.live.first, let roster = live.roster,
            let author = circle.hosts[member].store.state.clusters.first?.membership,
            let across = end.bridgeLinks.first, let bridge = across.bridge as BridgeID?,
            let relation = end.relations[across.relation], let word = across.word,
            peers.count == (number == 0 ? 2 : 1)
        else { preconditionFailure("two clusters and a bridge") }
        self.host = host
        self.now = circle.now
        self.peers = peers
        self.members = roster.members.map(\.id)
        self.script = BridgeScript(
            cluster: live.id, author: author, bridge: bridge, endKey: relation.memberSigningKey,
            otherKeys: relation.memberKeys, otherAlias: node.live[0].bridges.bridges[0].alias,
            word: word, foreign: live.bridges.foreign.map(\.card),
            given: live.bridges.given.map(\.card))
    }

    /// Inputs as they come in real life, and such that are put right.
    var seeds: [[UInt8]] {
        func frame(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
            [kind, UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
        }
        let written = (UInt8(0)..<UInt8(BridgeScript.kindCount)).map { number in
            frame(0x40, [number, 0, 0, 0, 0, 0, 0, 0]) + frame(0x41, [number, 1, 1, 1, 1, 1, 1, 1])
        }
        var raw: [Frame] = []
        for notice in self.host.node.live[0].notices.notices {
            let cluster = self.host.node.live[0].id
            raw.append(.gossip(GossipFrame(cluster: cluster, body: .notice(notice.bytes))))
            if case .foreign(_, let id, let card?) = notice.body {
                raw += [.bridge(.card(card)), .bridge(.withdrawal(id))]
            }
        }
        let cards = frame(0x40, [2, 0, 0, 0, 0, 0, 0, 0]) + frame(0x40, [2, 1, 0, 0, 0, 0, 1, 0])
        let carry: [UInt8] = [4, 0, 0, 2, 9, 40, 0x81, 0]
        let closing: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0]
        return raw.flatMap { [frame(0, $0.bytes), frame(1, $0.bytes)] } + written + [
            cards + frame(0x40, carry) + frame(0x50, carry),
            cards + frame(0x70, [3, 0, 0, 0, 0, 0, 0, 0]) + frame(0x60, [0, 3, 0, 1, 0, 0, 0, 0]),
            frame(0x41, [6, 0, 0, 0, 0, 0, 0, 0]) + frame(0x41, closing) + frame(0x51, carry),
        ]
    }
}
