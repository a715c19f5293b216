// SPDX-License-Identifier: Apache-2.0

/// What a member who agreed shows to another cluster: keys made for it, and a name
/// (PROTOCOL.md §14.5).
///
/// Nothing in it leads to the member's id, its other keys, or anybody else.
struct Card: Sendable, Equatable {
    /// The cluster that it comes from.
    var origin: ClusterAlias
    /// The cluster that it is for.
    var target: ClusterAlias
    /// The newest one of a member counts.
    var sequence: UInt64
    /// Seconds since 1970.
    var until: UInt64
    /// What the member allows.
    var policy: BridgePolicy
    /// What the member calls itself there.
    var name: String
    /// Ed25519 and X25519, made for this pair of clusters.
    var keys: MemberKeys
    /// By the Ed25519 key.
    var signature: [UInt8] = []

    static let version: UInt8 = 1

    func id(_ primitives: any Primitives) -> CardID { CardID(self.keys, primitives) }

    /// "spockex/1 card" | 0 | everything before the signature.
    var signedBytes: [UInt8] {
        var writer = ByteWriter(text: "spockex/1 card")
        writer.putCard(self)
        return writer.bytes
    }

    var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.put(self)
        return writer.bytes
    }

    func isValid(_ primitives: any Primitives) -> Bool {
        self.origin != self.target
            && primitives.isValid(
                self.signature, of: self.signedBytes, by: self.keys.signingKey)
    }

    /// What a second member signs: "spockex/1 card seen" | 0 | SHA-256 of the card's bytes.
    func voucherBytes(_ primitives: any Primitives) -> [UInt8] {
        var writer = ByteWriter(text: "spockex/1 card seen")
        writer.put(primitives.hash(self.bytes))
        return writer.bytes
    }
}

/// A second member's word that a card is one of its cluster's.
struct CardVoucher: Sendable, Equatable {
    /// Of a bridge's end, or of another card.
    var key: PublicKey
    var signature: [UInt8]

    func isValid(for card: Card, _ primitives: any Primitives) -> Bool {
        self.key != card.keys.signingKey
            && primitives.isValid(
                self.signature, of: card.voucherBytes(primitives), by: self.key)
    }
}

/// A card as it crosses a bridge.
struct VouchedCard: Sendable, Equatable {
    var card: Card
    var voucher: CardVoucher
}

extension ByteWriter {
    mutating func put(_ card: Card) {
        self.putCard(card)
        self.put(card.signature)
    }

    fileprivate mutating func putCard(_ card: Card) {
        self.put(Card.version)
        self.put(card.origin)
        self.put(card.target)
        self.put(card.sequence)
        self.put(card.until)
        self.put(card.policy.code)
        self.put(name: card.name)
        self.put(card.keys)
    }

    mutating func put(_ card: VouchedCard) {
        self.put(card.card)
        self.put(card.voucher.key.bytes)
        self.put(card.voucher.signature)
    }
}

extension ByteReader {
    mutating func card() -> Card? {
        guard self.uint8() == Card.version, let origin: ClusterAlias = self.identifier(),
            let target: ClusterAlias = self.identifier(), let sequence = self.uint64(),
            let until = self.uint64(),
            let policy = self.uint8().flatMap({ BridgePolicy(code: $0) }),
            let name = self.name(), let keys = self.memberKeys(), let signature = self.take(64)
        else { return nil }
        return Card(
            origin: origin, target: target, sequence: sequence, until: until, policy: policy,
            name: name, keys: keys, signature: Array(signature))
    }

    mutating func vouchedCard() -> VouchedCard? {
        guard let card = self.card(), let key = self.take(32).flatMap({ PublicKey(bytes: $0) }),
            let signature = self.take(64)
        else { return nil }
        return VouchedCard(
            card: card, voucher: CardVoucher(key: key, signature: Array(signature)))
    }
}

/// The keys of an own card: of the member's keys and the other cluster, so that a card that was taken back
/// and given again is the same.
struct CardKeys: Sendable {
    let signingKey: Secret
    let agreementKey: Secret

    /// HKDF of the member's Ed25519 seed, with the cluster and the other's alias in the label.
    init(
        _ membership: Membership, of cluster: ClusterID, for alias: ClusterAlias,
        _ primitives: any Primitives
    ) {
        let root = primitives.extract(salt: [], secret: membership.signingKey)
        func key(_ label: String) -> Secret {
            var writer = ByteWriter(domain: label, cluster)
            writer.put(alias)
            return primitives.expand(root, label: writer.bytes, byteCount: 32)
        }
        self.signingKey = key("spockex/1 card Ed25519")
        self.agreementKey = key("spockex/1 card X25519")
    }

    func keys(_ primitives: any Primitives) -> (MemberKeys, SigningKey)? {
        guard let signing = primitives.signingKey(from: self.signingKey),
            let agreement = primitives.agreementKey(from: self.agreementKey)
        else { return nil }
        return (
            MemberKeys(signingKey: signing.publicKey, agreementKey: agreement.publicKey), signing
        )
    }
}
