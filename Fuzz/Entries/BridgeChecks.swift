// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// What holds at a bridge whatever comes (PROTOCOL.md §14).
struct BridgeChecks {
    private let scene: BridgeScene
    /// Datagrams of others that went on, by origin and id.
    private(set) var carried: Set<Carrying.CarriedID> = []
    /// Own bridges that were closed.
    private var closed: Set<BridgeID> = []
    /// What the own bridges allowed before the last step; nil: not open.
    private var former: BridgeLevel?

    init(_ scene: BridgeScene) {
        self.scene = scene
    }

    /// To be called before each step: what goes out may belong to what was allowed then.
    mutating func notePolicy(_ host: Host) {
        self.former = Self.level(host)
    }

    private static func level(_ host: Host) -> BridgeLevel? {
        let bridges = host.node.live.flatMap { $0.bridges.bridges }
        return bridges.filter(\.isOpen).map(\.policy.level).max()
    }

    /// To be called after each step.
    mutating func check(_ host: Host, _ packet: OpenedPacket?) {
        let node = host.node
        precondition(node.bridgeLinks.count <= self.scene.host.node.bridgeLinks.count)
        for live in node.live {
            let own = host.store.state.clusters.first { $0.id == live.id }?.membership.member
            for notice in live.notices.notices where notice.author == own {
                self.check(own: notice)
            }
            self.checkAcross(node, live.notices.notices, own)
        }
        var carriedCount = 0
        for output in host.lastOutputs {
            switch output {
            case .sendSealed(let session, .frame, let plaintext, _):
                if case .bridge(.carry(let carried))? = Frame(plaintext),
                    !self.scene.ownCards.contains(carried.origin)
                {
                    carriedCount += 1
                    self.check(carried, after: packet, to: session)
                }
                if node.isBridge(session: session) {
                    self.checkCrossing(plaintext)
                    precondition(
                        plaintext.first.map { !(16...19).contains($0) } ?? true,
                        "an end neither helps nor is helped")
                    if plaintext.first == 34 { self.checkLevel(host, .cards) }
                }
                if plaintext.first == 36 { self.checkLevel(host, .messages) }
            case .sendRelayed(_, .frame, let plaintext, _):
                self.checkCrossing(plaintext)
                if !self.scene.addressesCross, case .addresses(_, let places)? = Frame(plaintext) {
                    precondition(places.isEmpty, "no address crosses")
                }
            default: break
            }
        }
        precondition(carriedCount <= 1, "a datagram goes on once")
    }

    /// This node says of itself what its person wants, and what came by the bridge.
    private mutating func check(own notice: Notice) {
        let script = self.scene.script
        switch notice.body {
        case .vote:
            precondition(
                self.scene.host.store.state.notices.contains { $0.key == notice.key },
                "nobody votes for another")
        case .foreign(let bridge, _, let vouched?):
            precondition(bridge == script.bridge)
            precondition(vouched.card.origin == script.otherAlias)
        case .foreign(let bridge, _, nil): precondition(bridge == script.bridge)
        case .bridge(let bridge, let said):
            precondition(bridge == script.bridge)
            precondition(!(said.isOpen && self.closed.contains(bridge)), "closed is closed")
            if !said.isOpen { self.closed.insert(bridge) }
        case .card(_, let own?):
            precondition(
                script.given.contains {
                    $0.keys == own.card.keys && $0.target == own.card.target
                        && $0.policy == own.card.policy && $0.name == own.card.name
                }, "nobody gives another's card away")
            precondition(own.bridges.allSatisfy { $0 == script.bridge })
        case .card(_, nil): preconditionFailure("nobody takes another's card back")
        }
    }

    /// Nobody talks without an own card, and with nobody whose card did not come by a bridge that somebody has.
    private func checkAcross(_ node: Node, _ notices: [Notice], _ own: MemberID?) {
        guard !node.across.isEmpty else { return }
        var (given, ends): (Set<CardID>, Set<BridgeID>) = ([], [])
        for notice in notices {
            switch notice.body {
            case .card(_, let card?)
            where notice.author == own && card.card.policy.level >= .messages:
                given.insert(card.card.id(self.scene.script.primitives))
            case .bridge(let id, let bridge) where bridge.isOpen: ends.insert(id)
            default: break
            }
        }
        let foreign = Set(
            notices.compactMap { notice -> CardID? in
                guard case .foreign(let bridge, let id, let card?) = notice.body,
                    ends.contains(bridge), card.card.policy.level >= .messages
                else { return nil }
                return id
            })
        for pair in node.across.keys {
            precondition(given.contains(pair.own), "nobody talks without a card")
            precondition(foreign.contains(pair.other), "nobody talks with whom nobody knows")
        }
    }

    private func checkLevel(_ host: Host, _ level: BridgeLevel) {
        let allowed = [self.former, Self.level(host)].compactMap { $0 }.max()
        precondition(allowed.map { $0 >= level } ?? false, "nothing crosses that may not")
    }

    /// What goes on is what came, one end further, and not back.
    private mutating func check(
        _ out: Carried, after packet: OpenedPacket?, to session: UInt32
    ) {
        guard let packet, case .bridge(.carry(let came))? = Frame(packet.plaintext)
        else { preconditionFailure("nothing goes on that did not come") }
        precondition(out.origin == came.origin && out.target == came.target && out.id == came.id)
        precondition(out.bytes == came.bytes && out.hops + 1 == came.hops)
        precondition(session != packet.session, "nothing goes back")
        let id = Carrying.CarriedID(origin: out.origin, id: out.id)
        precondition(self.carried.insert(id).inserted, "once")
    }

    /// Nothing of who is in the cluster goes across.
    private func checkCrossing(_ plaintext: [UInt8]) {
        guard let type = plaintext.first else { return }
        precondition(!GossipFrame.Body.isType(type), "no word about a cluster crosses")
        guard type != 36, type != 18 else { return }
        for secret in self.scene.secrets where plaintext.count >= secret.count {
            for start in 0...(plaintext.count - secret.count) where plaintext[start] == secret[0] {
                precondition(
                    !plaintext[start...].starts(with: secret), "no member's id or key crosses")
            }
        }
    }
}
