// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit

@testable import Entanglement

/// Eight bytes as a frame of somebody at a bridge who has all the keys that such a person can have.
///
/// The first byte says which frame, the others what is in it; whoever reads them wraps around.
struct BridgeScript: Sendable {
    /// The cluster of who reads, and the member of it who writes.
    let cluster: ClusterID
    let author: Membership
    /// What that member says of the bridge as its end, and its key; nil: it is none.
    let own: (bridge: Notice.Bridge, key: SigningKey)?
    let bridge: BridgeID
    /// The other end's key of the bridge, all its keys, and its cluster.
    let endKey: SigningKey
    let otherKeys: MemberKeys
    let otherAlias: ClusterAlias
    /// What it said last.
    let word: BridgeWord
    /// Cards of both sides.
    let foreign: [Card]
    let given: [Card]

    static let kindCount = 12
    let primitives = StandInPrimitives()
    private var alias: ClusterAlias { ClusterAlias(of: self.cluster, self.primitives) }
    private var pool: [(keys: MemberKeys, signing: SigningKey)] { RecordScript.pairs }

    /// The other end is host 3; nil: there is no bridge yet.
    init?(_ circle: Circle, by author: Int) {
        let (node, end) = (circle.hosts[author].node, circle.hosts[3].node)
        guard let live = node.live.first, let link = end.bridgeLinks.first, let word = link.word,
            let relation = end.relations[link.relation], let bridge = live.bridges.bridges.first,
            let membership = circle.hosts[author].store.state.clusters.first?.membership
        else { return nil }
        self.cluster = live.id
        self.author = membership
        self.bridge = link.bridge
        self.endKey = relation.memberSigningKey
        self.otherKeys = relation.memberKeys
        self.otherAlias = bridge.alias
        self.word = word
        self.foreign = live.bridges.foreign.map(\.card)
        self.given = live.bridges.given.map(\.card)
        let key = node.bridgeLinks.first.flatMap { node.relations[$0.relation]?.memberSigningKey }
        let said = live.notices.notices.compactMap { notice -> Notice.Bridge? in
            guard case .bridge(link.bridge, let said) = notice.body else { return nil }
            return said
        }
        self.own = key.flatMap { key in said.first.map { ($0, key) } }
    }

    /// The frame that some bytes stand for, at a time, at a node; nil: too few bytes.
    func frame(_ bytes: [UInt8], at now: WallTime, _ node: Node) -> Frame? {
        guard bytes.count >= 8 else { return nil }
        let seconds = now.unixSeconds
        switch bytes[0] % UInt8(Self.kindCount) {
        case 0: return .bridge(self.word(bytes, seconds))
        case 1:
            let ids = self.ids
            let held = bytes[3...7].map {
                BridgeFrame.Held(
                    card: ids[Int($0 >> 1) % ids.count],
                    sequence: (self.given.first?.sequence ?? 0) &- UInt64($0 & 1))
            }
            let number = (node.bridgeLinks.first?.number ?? 0) &+ UInt32(bytes[1] & 1)
            let count = Int(bytes[2] % 6)
            return .bridge(.wordAnswer(number: number, Array(held.prefix(count))))
        case 2: return .bridge(.card(self.card(bytes, seconds)))
        case 3: return .bridge(.withdrawal(self.ids[Int(bytes[1]) % self.ids.count]))
        case 4: return .bridge(.carry(self.carried(bytes)))
        case 5:
            let bridges = [self.bridge, .all, BridgeID(high: 1, low: UInt64(bytes[1] >> 2))]
            return self.notice(
                .vote(bridges[Int(bytes[1]) % 3], isOn: bytes[2] & 1 == 0), bytes, seconds)
        case 6: return self.notice(self.ownCard(bytes, seconds), bytes, seconds)
        case 7:
            let vouched = self.card(bytes, seconds)
            let id = vouched.card.id(self.primitives)
            let bridge = bytes[3] & 1 == 0 ? self.ownBridge(bytes, seconds).id : self.bridge
            return self.notice(
                .foreign(bridge, id, bytes[3] & 2 == 0 ? vouched : nil), bytes, seconds)
        case 8:
            let own = self.ownBridge(bytes, seconds)
            return self.notice(.bridge(own.id, own.bridge), bytes, seconds)
        case 9:
            var hash = [UInt8](repeating: bytes[1], count: 16)
            if bytes[2] & 1 == 0, let live = node.live.first {
                var table = live.notices
                hash = table.hash(at: seconds, self.primitives)
            }
            return .gossip(GossipFrame(cluster: self.cluster, body: .notices(hash)))
        case 11: return self.closing(bytes, seconds)
        default: return self.list(bytes, now, node)
        }
    }

    /// Whom cards may be of: people who are there, and some who are not.
    var ids: [CardID] {
        (self.foreign + self.given).map { $0.id(self.primitives) }
            + self.pool.map { CardID($0.keys, self.primitives) }
    }

    private func time(_ byte: UInt8, _ now: UInt64) -> UInt64 {
        let month = BridgeLimits.validitySeconds
        let times = [
            now + month, now + 60, now + 86_400, now &- 1, now + month + 86_401, now + month / 2,
            0, .max,
        ]
        return times[Int(byte & 7)]
    }

    private func policy(_ byte: UInt8) -> BridgePolicy {
        BridgePolicy(BridgeLevel.allCases[3 - Int(byte & 3)], addresses: byte & 4 != 0)
    }

    private func word(_ bytes: [UInt8], _ now: UInt64) -> BridgeFrame {
        var word = BridgeWord(
            policy: self.policy(bytes[1]), until: self.time(bytes[2], now) &+ UInt64(bytes[3]),
            name: ["", "family", "hackers", "x"][Int(bytes[4] & 3)])
        if bytes[5] & 7 == 7 { word = self.word }
        word.signature = self.primitives.sign(
            word.signedBytes(of: self.bridge),
            with: bytes[5] & 7 == 6 ? self.pool[0].signing : self.endKey)
        return .word(number: UInt32(bytes[6]), word)
    }

    /// A card of somebody invented, with the word of the other end or of another card.
    private func card(_ bytes: [UInt8], _ now: UInt64) -> VouchedCard {
        let (keys, signing) = self.pool[Int(bytes[1] & 7)]
        var (origin, target) = (self.otherAlias, self.alias)
        switch bytes[2] & 15 {
        case 13: (origin, target) = (target, origin)
        case 14: origin = ClusterAlias(high: 5, low: 5)
        case 15: target = ClusterAlias(high: 5, low: 5)
        default: break
        }
        let sequences = [1, now << 10, now << 10 | 1, UInt64.max]
        var card = Card(
            origin: origin, target: target, sequence: sequences[Int(bytes[4] & 3)],
            until: self.time(bytes[5], now), policy: self.policy(bytes[6]), name: "Nobody",
            keys: keys)
        card.signature = self.primitives.sign(card.signedBytes, with: signing)
        let voucher = bytes[7] & 8 == 0 ? nil : self.pool[Int(bytes[7] & 7)]
        let key = voucher?.keys.signingKey ?? self.otherKeys.signingKey
        let word = self.primitives.sign(
            card.voucherBytes(self.primitives), with: voucher?.signing ?? self.endKey)
        return VouchedCard(card: card, voucher: CardVoucher(key: key, signature: word))
    }

    private func carried(_ bytes: [UInt8]) -> Carried {
        let ids = self.ids
        var body = [UInt8](
            repeating: bytes[6], count: Constants.datagramByteCountMin + Int(bytes[5]) * 4)
        body[0] = bytes[7] & 1 == 0 ? Constants.packetType : bytes[7]
        return Carried(
            origin: ids[Int(bytes[1]) % ids.count],
            target: ids[(self.foreign.count + Int(bytes[2])) % ids.count],
            hops: bytes[3] % (BridgeLimits.hopCountMax + 1), id: UInt64(bytes[4]),
            bytes: Array(body.prefix(Constants.carriedByteCountMax)))
    }

    // MARK: What a member says to its cluster

    private func ownCard(_ bytes: [UInt8], _ now: UInt64) -> Notice.Body {
        guard bytes[3] & 7 != 7 else { return .card(self.otherAlias, nil) }
        var (card, (keys, signing)) = (self.card(bytes, now).card, self.pool[Int(bytes[1] & 7)])
        swap(&card.origin, &card.target)
        card.keys = keys
        card.signature = self.primitives.sign(card.signedBytes, with: signing)
        let proof = self.primitives.sign(
            Notice.proofBytes(
                Notice.holderLabel, of: card.id(self.primitives), by: self.author.member,
                in: self.cluster), with: signing)
        let vouchers = self.given.prefix(Int(bytes[7] & 3)).map { other in
            Notice.Voucher(
                card: self.primitives.hash(other.bytes),
                signature: self.primitives.sign(
                    other.voucherBytes(self.primitives), with: signing))
        }
        let bridges = [self.bridge, BridgeID(high: 1, low: 1)].prefix(Int(bytes[3] % 3))
        let own = Notice.OwnCard(
            card: card, proof: proof, bridges: Array(bridges), vouchers: vouchers)
        return .card(card.target, own)
    }

    /// A bridge of the member's with somebody invented, to the same cluster or another.
    private func ownBridge(
        _ bytes: [UInt8], _ now: UInt64
    ) -> (id: BridgeID, bridge: Notice.Bridge) {
        let (own, other) = (self.pool[Int(bytes[1] & 1)], self.pool[2 + Int(bytes[2] & 1)])
        let alias = bytes[4] & 4 == 0 ? self.otherAlias : ClusterAlias(high: 7, low: 7)
        let meeting = [UInt8](repeating: bytes[4] & 3, count: 32)
        guard
            let statement = BridgeStatement(
                meeting: meeting, role: .offering, own: (self.alias, own.keys),
                peer: (alias, other.keys))
        else { preconditionFailure("two clusters, two keys") }
        let id = statement.id(self.primitives)
        var word = BridgeWord(
            policy: self.policy(bytes[6]), until: self.time(bytes[5], now), name: "over there")
        word.signature = self.primitives.sign(word.signedBytes(of: id), with: other.signing)
        let proof = self.primitives.sign(
            Notice.proofBytes(Notice.endLabel, of: id, by: self.author.member, in: self.cluster),
            with: own.signing)
        let bridge = Notice.Bridge(
            isOpen: bytes[7] & 1 == 0, role: .offering, meeting: meeting, alias: alias,
            own: own.keys, other: other.keys, policy: self.policy(bytes[6] >> 3), name: "home",
            word: word, proof: proof)
        return (id, bridge)
    }

    /// The bridge that is there, as its end says it: closed, or open again, or with another policy.
    private func closing(_ bytes: [UInt8], _ now: UInt64) -> Frame? {
        guard var bridge = self.own?.bridge else { return nil }
        bridge.isOpen = bytes[7] & 1 == 0
        bridge.policy = self.policy(bytes[6])
        if bytes[3] & 1 == 1 {
            bridge.word.until = self.time(bytes[5], now)
            bridge.word.policy = self.policy(bytes[6] >> 3)
            bridge.word.signature = self.primitives.sign(
                bridge.word.signedBytes(of: self.bridge), with: self.endKey)
        }
        return self.notice(.bridge(self.bridge, bridge), bytes, now)
    }

    private func notice(_ body: Notice.Body, _ bytes: [UInt8], _ now: UInt64) -> Frame? {
        guard let (_, signing) = self.author.keys(self.primitives) else { return nil }
        let sequences = [now << 10 | 1, now << 10 | 2, 1, UInt64.max]
        let issued = [now, now, now &- BridgeLimits.validitySeconds, now + 86_401]
        var notice = Notice(
            author: self.author.member, sequence: sequences[Int(bytes[4] >> 6)],
            issuedAt: issued[Int(bytes[5] >> 6)], body)
        notice.signature = self.primitives.sign(
            notice.signedBytes(in: self.cluster), with: signing)
        return .gossip(GossipFrame(cluster: self.cluster, body: .notice(notice.bytes)))
    }

    /// A list of what the node itself holds, with some of it changed or left out.
    private func list(_ bytes: [UInt8], _ now: WallTime, _ node: Node) -> Frame? {
        guard let live = node.live.first(where: { $0.id == self.cluster }) else { return nil }
        var entries = live.notices.entries(at: now.unixSeconds).map(\.entry)
        for index in entries.indices.reversed() {
            let byte = bytes[1 + index % 7]
            if byte & 1 == 1 {
                entries.remove(at: index)
            } else {
                entries[index].sequence ^= UInt64(byte)
            }
        }
        let list = NoticeList(
            first: MemberID(high: 0, low: 0), last: MemberID(high: .max, low: .max),
            entries: Array(entries.prefix(NoticeList.countMax)))
        return .gossip(GossipFrame(cluster: self.cluster, body: .noticeList(list)))
    }
}
