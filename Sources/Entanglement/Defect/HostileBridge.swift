// SPDX-License-Identifier: Apache-2.0

/// A frame of bridges as the simulator sees it.
package enum BridgeFrameView: Sendable, Equatable {
    /// A datagram between two with cards.
    case carry(origin: CardID, id: UInt64, hops: UInt8, bytes: [UInt8])
    /// Anything else between the ends.
    case other

    /// Whose datagram it is.
    package var origin: CardID? {
        guard case .carry(let origin, _, _, _) = self else { return nil }
        return origin
    }

    /// Nil: another frame, or none.
    package init?(frame bytes: [UInt8]) {
        guard let first = bytes.first, (32...36).contains(first),
            case .bridge(let frame)? = Frame(bytes)
        else { return nil }
        guard case .carry(let carried) = frame else {
            self = .other
            return
        }
        self = .carry(
            origin: carried.origin, id: carried.id, hops: carried.hops, bytes: carried.bytes)
    }
}

/// What the end of a bridge, or somebody with a card, does that means harm.
package enum HostileBridge {
    /// A carried datagram with another byte; nil: another frame.
    package static func spoil(_ bytes: [UInt8], at position: Int) -> [UInt8]? {
        guard case .bridge(.carry(var carried))? = Frame(bytes) else { return nil }
        carried.bytes[position % carried.bytes.count] ^= 1
        return Frame.bridge(.carry(carried)).bytes
    }

    /// The same datagram under a new id, or after as many ends as there may be.
    package static func repeated(
        _ bytes: [UInt8], id: UInt64?, hops: UInt8? = nil
    ) -> [UInt8]? {
        guard case .bridge(.carry(var carried))? = Frame(bytes) else { return nil }
        carried.id = id ?? carried.id
        carried.hops = hops ?? carried.hops
        return Frame.bridge(.carry(carried)).bytes
    }

    /// What somebody is called who is not there, and for whom the end of the bridge gives its word.
    package static let inventedName = "nobody of theirs"

    /// A card of somebody who is not there, with a signature by whoever made it alone, or with the word of
    /// the bridge's end too, if it has that key; nil: no card.
    package static func invent(
        from bytes: [UInt8], seed: UInt8, by ends: [SigningKey] = [], _ primitives: any Primitives
    ) -> [UInt8]? {
        guard case .bridge(.card(let vouched))? = Frame(bytes),
            let key = primitives.signingKey(
                from: Secret([UInt8](repeating: seed, count: 32)))
        else { return nil }
        var card = vouched.card
        card.keys.signingKey = key.publicKey
        let end = ends.first { $0.publicKey == vouched.voucher.key }
        card.name = end == nil ? "nobody" : Self.inventedName
        card.signature = primitives.sign(card.signedBytes, with: key)
        var voucher = vouched.voucher
        if let end {
            voucher.signature = primitives.sign(card.voucherBytes(primitives), with: end)
        } else {
            voucher.signature[0] ^= 1
        }
        return Frame.bridge(.card(VouchedCard(card: card, voucher: voucher))).bytes
    }
}

extension Node {
    /// What seals these bytes for everybody across with whom this node is connected by a bridge: a test's
    /// payload, in frames of a type that nobody knows.
    package func sealed(across payload: [UInt8], now: Instant, seed: UInt64) -> [Output] {
        var outputs: [Output] = []
        for id in self.ids {
            guard let relation = self.relations[id], let across = relation.across,
                relation.isConnected, let session = relation.sendingSession(now),
                let relay = relation.relay(at: relation.path),
                let helper = self.relations[relay.helper], helper.canHelp,
                let carrying = helper.sendingSession(now), let to = helper.path
            else { continue }
            let hops =
                helper.bridge == nil ? BridgeLimits.hopCountMax : BridgeLimits.hopCountMax - 1
            let carried = Carried(
                origin: across.cards.own, target: across.cards.other, hops: hops,
                id: seed &+ UInt64(outputs.count), bytes: [])
            outputs.append(
                .sendRelayed(
                    session: session.index, .frame, [200] + payload,
                    by: RelayCarrier(session: carrying.index, header: carried.header, to: to)))
        }
        return outputs
    }

    /// The relations with those across by their cards, and whether each is connected.
    package var connectedAcross: [(own: CardID, other: CardID, isConnected: Bool)] {
        self.ids.compactMap { id in
            guard let relation = self.relations[id], let across = relation.across else {
                return nil
            }
            return (across.cards.own, across.cards.other, relation.isConnected)
        }
    }

    /// The keys with which this node vouches as the end of its bridges.
    package var bridgeKeys: [SigningKey] {
        self.ids.compactMap { id in
            self.relations[id].flatMap { $0.bridge == nil ? nil : $0.memberSigningKey }
        }
    }

    /// The sessions of bridges of which this node is an end.
    package func isBridge(session index: UInt32) -> Bool {
        self.relation(ofSession: index).map { self.relations[$0]?.bridge != nil } ?? false
    }
}
