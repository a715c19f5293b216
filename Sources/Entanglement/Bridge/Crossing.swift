// SPDX-License-Identifier: Apache-2.0

/// The keys of two who have each other's cards (PROTOCOL.md §14.6).
///
/// A is the one with the smaller card id. All of it comes from the shared secret of both cards: nobody else
/// can name a pid, make a MAC or begin a handshake, the ends of the bridge included.
struct Crossing {
    let id: RelationID
    let isOffering: Bool
    let ownPID: PeerID
    let keys: RelationKeys

    init?(
        own: (id: CardID, keys: MemberKeys, secret: Secret, alias: ClusterAlias),
        other: (id: CardID, keys: MemberKeys, alias: ClusterAlias), _ primitives: any Primitives
    ) {
        guard own.id != other.id, let ownKey = primitives.agreementKey(from: own.secret),
            let shared = primitives.agree(ownKey, other.keys.agreementKey)
        else { return nil }
        let isFirst = own.id < other.id
        let sides = [(own.id, own.alias, own.keys), (other.id, other.alias, other.keys)]
        var writer = ByteWriter(text: "spockex/1 cards")
        for (id, alias, keys) in isFirst ? sides : sides.reversed() {
            writer.put(id)
            writer.put(alias)
            writer.put(keys)
        }
        let meeting = primitives.hash(writer.bytes)
        let root = primitives.extract(salt: meeting, secret: shared)
        func expand(_ label: String, _ byteCount: Int = 32) -> Secret {
            primitives.expand(root, label: Array(label.utf8), byteCount: byteCount)
        }
        let pids = ["spockex/1 card pid A", "spockex/1 card pid B"].map {
            expand($0, 16).withBytes { PeerID(bytes: $0) }
        }
        let macs = ["spockex/1 card mac AB", "spockex/1 card mac BA"].map { expand($0) }
        guard let ownPID = pids[isFirst ? 0 : 1], let peerPID = pids[isFirst ? 1 : 0] else {
            return nil
        }
        self.isOffering = isFirst
        self.ownPID = ownPID
        self.keys = RelationKeys(
            peerPID: peerPID, peerKey: other.keys.agreementKey, meeting: meeting,
            psk: expand("spockex/1 card psk"), sendMAC: macs[isFirst ? 0 : 1],
            receiveMAC: macs[isFirst ? 1 : 0])
        self.id = RelationID(hash: primitives.hash(ownPID.bytes + peerPID.bytes))
    }

    func record(
        _ secrets: CardKeys, _ bond: MeetingBond, name: String, at now: WallTime
    ) -> RelationRecord {
        var record = RelationRecord(
            id: self.id, role: self.isOffering ? .offering : .answering, intent: .auto,
            phase: .trusted, createdAt: now, expiresAt: now, ownPID: self.ownPID,
            ownKey: secrets.agreementKey, memberSigningKey: secrets.signingKey,
            memberAgreementKey: secrets.agreementKey)
        record.keys = self.keys
        record.bond = bond
        record.claimedName = name
        return record
    }
}

/// Two cards, this node's first.
struct CardPair: Hashable, Sendable {
    let own: CardID
    let other: CardID
}

/// What a relation across a bridge is between, and what its two ends may tell each other.
struct Across: Sendable, Equatable {
    let cards: CardPair
    var allowsAddresses: Bool
}
