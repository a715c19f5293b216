// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// A member of a cluster that is linked with another one, and those who send it frames.
struct BridgeScene: Sendable {
    let host: Host
    let now: Moment
    /// Who sends frames: the other end, if this is one; members; people across who have cards.
    let peers: [RelationID]
    /// Writes frames as these would, and as people whom they invent.
    let script: BridgeScript
    /// What of the own cluster may not cross: its UID, and its members' ids and keys.
    let secrets: [[UInt8]]
    /// The node's own cards.
    let ownCards: [CardID]
    /// Whether those across may be told addresses.
    let addressesCross: Bool

    private static let cluster = 0..<3

    /// An end of the bridge; a member; an end that wants no bridges any more, as one voter of two; a member
    /// who may tell those across its addresses.
    static let all: [BridgeScene] = {
        // Other people in each: what one of them signed is worth nothing in another scene.
        let quiet = Self.clusters(seed: 47, addressesCross: false)
        var voting = Self.clusters(seed: 53, addressesCross: false)
        if let id = voting.hosts[0].node.live.first?.id {
            voting.request(0, .forbidBridges(id, isOn: true))
        }
        voting.run(for: .seconds(1))
        let open = Self.clusters(seed: 59, addressesCross: true)
        return [
            BridgeScene(quiet, 0, script: 1), BridgeScene(quiet, 1, script: 0),
            BridgeScene(voting, 0, script: 1), BridgeScene(open, 1, script: 0),
        ]
    }()

    /// Anna, Ben and Carla; Dora and Emil; Anna and Dora are the ends.
    private static func clusters(seed: UInt64, addressesCross: Bool) -> Circle {
        var circle = Circle(
            ["Anna", "Ben", "Carla", "Dora", "Emil"], seed: seed, primitives: StandInPrimitives())
        for (one, other, intent) in [
            (0, 1, Intent.auto), (0, 2, .auto), (3, 4, .auto), (0, 3, .bridge),
        ] {
            let options = MeetingOptions(intent: intent)
            let into = other == 2 ? circle.hosts[0].node.live.first?.id : nil
            guard case .offered(_, let offer, _) = circle.request(one, .offer(options)),
                case .answered(_, let answer, _) = circle.request(other, .answer(offer, options)),
                case .accepted = circle.request(one, .accept(answer, into: into))
            else { preconditionFailure("a meeting") }
            circle.run(for: .seconds(4))
        }
        let policy = BridgePolicy(.relaying, addresses: addressesCross)
        for number in [0, 3] {
            if let id = Self.bridge(of: number, circle) {
                circle.request(number, .setBridge(id, policy))
            }
        }
        for number in circle.hosts.indices {
            guard let bridge = circle.hosts[number].node.status(now: circle.now).bridges.first
            else { preconditionFailure("a bridge") }
            circle.request(number, .giveCard(bridge.cluster, for: bridge.alias, policy))
        }
        circle.run(for: .seconds(8))
        return circle
    }

    private static func bridge(of number: Int, _ circle: Circle) -> BridgeID? {
        circle.hosts[number].node.status(now: circle.now).bridges.first?.id
    }

    private init(_ circle: Circle, _ number: Int, script author: Int) {
        let node = circle.hosts[number].node
        let (ends, members, across) = (
            node.ids.filter { node.relations[$0]?.bridge != nil },
            node.ids.filter { node.relations[$0]?.record.cluster != nil },
            node.ids.filter { node.relations[$0]?.across != nil }
        )
        guard let live = node.live.first, let script = BridgeScript(circle, by: author),
            ends.count == (number == 0 ? 1 : 0), members.count == 2, across.count == 2,
            let writer = members.first(where: {
                node.relations[$0]?.record.member == script.author.member
            }),
            // An end talks with the other one by its card too; that may be by the bridge alone.
            across.allSatisfy({ node.relations[$0]?.isConnected ?? false })
        else { preconditionFailure("two clusters and a bridge") }
        self.host = circle.hosts[number]
        self.now = circle.now
        self.peers = ends + [writer] + across
        self.script = script
        self.ownCards = self.host.store.state.ownCards(script.primitives)
        self.addressesCross = across.contains { node.relations[$0]?.mayTellAddresses ?? false }
        self.secrets =
            [live.id.bytes]
            + circle.hosts[Self.cluster].flatMap { host in
                host.store.state.clusters.flatMap { cluster -> [[UInt8]] in
                    guard let (keys, _) = cluster.membership.keys(script.primitives) else {
                        return []
                    }
                    return [
                        cluster.membership.member.bytes, keys.signingKey.bytes,
                        keys.agreementKey.bytes,
                    ]
                }
            }
    }

    /// Inputs as they come in real life, and such that are put right.
    var seeds: [[UInt8]] {
        func frame(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
            [kind, UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
        }
        let isEnd = self.peers.count == 4
        let (end, member, across): (UInt8, UInt8, UInt8) = isEnd ? (0, 1, 2) : (0, 0, 1)
        func written(_ from: UInt8, _ body: [UInt8], after wait: UInt8 = 0) -> [UInt8] {
            frame(0x40 | wait << 4 | from, body)
        }
        let kinds = (UInt8(0)..<UInt8(BridgeScript.kindCount)).map { number in
            written(end, [number, 0, 0, 0, 0, 0, 0, 0])
                + written(member, [number, 1, 1, 1, 1, 1, 1, 1])
        }
        var raw: [Frame] = [.forget]
        for notice in self.host.node.live[0].notices.notices {
            let cluster = self.host.node.live[0].id
            raw.append(.gossip(GossipFrame(cluster: cluster, body: .notice(notice.bytes))))
            if case .foreign(_, let id, let card?) = notice.body {
                raw += [.bridge(.card(card)), .bridge(.withdrawal(id))]
            }
        }
        let cards =
            written(end, [2, 0, 0, 0, 1, 0, 0, 0]) + written(end, [2, 1, 0, 0, 1, 0, 1, 0])
        let carry: [UInt8] = [4, 0, 0, 2, 9, 40, 0x81, 0]
        let word: [UInt8] = [0, 0, 0, 9, 1, 0, 7, 0]
        let answer: [UInt8] = [1, 0, 5, 0, 2, 4, 6, 8]
        return raw.flatMap { [frame(end, $0.bytes), frame(member, $0.bytes)] } + kinds
            + FrameHarness.contents.prefix(16).map { frame(across, $0) + frame(0x10 | across, $0) }
            + [
                cards + written(end, carry) + written(end, carry, after: 1)
                    + written(member, carry),
                cards + written(end, [3, 0, 0, 0, 0, 0, 0, 0], after: 2) + written(end, word),
                written(member, [6, 0, 0, 1, 1, 0, 0, 1]) + written(end, answer)
                    + written(end, word) + written(end, answer),
                written(member, [8, 0, 0, 0, 0, 0, 0, 0])
                    + written(member, [7, 4, 0, 0, 0, 0, 0, 0x0A]) + written(member, carry),
                written(member, [5, 0, 0, 0, 0, 0, 0, 0]) + written(end, carry),
                written(member, [11, 0, 0, 0, 0, 0, 0, 1]) + written(member, carry)
                    + written(member, [11, 0, 0, 0, 0x40, 0, 0, 0], after: 3),
            ]
    }
}
