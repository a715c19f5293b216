// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Frames about bridges at an end of one, from the other end and from a member of the own cluster.
///
/// The first byte says from whom, the rest is the frame.
struct BridgeHarness: Sendable {
    static let shared = BridgeHarness()

    private let host: Host
    private let now: Moment
    /// The other end, and a member.
    private let peers: [RelationID]

    init() {
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
        self.host = circle.hosts[0]
        self.now = circle.now
        let relations = circle.hosts[0].node.relations
        let ids = circle.hosts[0].node.ids
        self.peers =
            ids.filter { relations[$0]?.bridge != nil }
            + ids.filter { relations[$0]?.record.cluster != nil }
        precondition(self.peers.count == 2, "the other end and a member")
    }

    func run(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let frame = Array(input.dropFirst())
        if let notice = Notice(bytes: frame) { precondition(notice.bytes == frame) }
        let id = self.peers[Int(first) % self.peers.count]
        guard let relation = self.host.node.relations[id],
            let session = relation.sessions.last?.index, let path = relation.path
        else { preconditionFailure("a session") }
        var node = self.host.node
        var outputs: [Output] = []
        let packet = OpenedPacket(
            session: session, counter: 1 << 20, content: .frame, plaintext: frame, source: path,
            via: SocketID(0), byteCount: frame.count + 32)
        node.handle(.opened(packet), now: self.now, into: &outputs)
        node.handle(
            .timer,
            now: Moment(
                instant: self.now.instant + .seconds(2), wall: self.now.wall + .seconds(2)),
            into: &outputs)
        for live in node.live {
            precondition(live.notices.notices.count <= BridgeLimits.noticeCountMax)
        }
        // Nothing that one frame says makes another bridge, or somebody else's card.
        precondition(node.bridgeLinks.count <= 1)
        precondition(node.across.count <= self.host.node.across.count)
    }

    var seeds: [[UInt8]] {
        var frames: [Frame] = []
        for link in self.host.node.bridgeLinks {
            if let word = link.other { frames.append(.bridge(.word(number: 9, word))) }
            frames.append(.bridge(.wordAnswer(number: link.number, link.wanted)))
        }
        for live in self.host.node.live {
            for notice in live.notices.notices {
                frames.append(
                    .gossip(GossipFrame(cluster: live.id, body: .notice(notice.bytes))))
                if case .foreign(_, let id, let card?) = notice.body {
                    frames += [.bridge(.card(card)), .bridge(.withdrawal(id))]
                }
            }
            let hash = [UInt8](repeating: 7, count: 16)
            frames.append(.gossip(GossipFrame(cluster: live.id, body: .notices(hash))))
        }
        for pair in self.host.node.connectedAcross {
            for (origin, target) in [(pair.own, pair.other), (pair.other, pair.own)] {
                let carried = Carried(
                    origin: origin, target: target, hops: 2, id: 5,
                    bytes: [UInt8](repeating: 0x81, count: 40))
                frames.append(.bridge(.carry(carried)))
            }
        }
        return frames.flatMap { [[0] + $0.bytes, [1] + $0.bytes] }
    }
}
