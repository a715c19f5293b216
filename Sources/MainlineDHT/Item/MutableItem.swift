// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// Why an item is none (BEP 44).
public enum MutableItemError: Error, Equatable {
    /// The bencoded value has more than 1,000 bytes.
    case valueTooLong(byteCount: Int)
    /// The salt has more than 64 bytes.
    case saltTooLong(byteCount: Int)
    /// The sequence number is negative.
    case negativeSequence
    /// The signature is not the key's.
    case badSignature
}

/// A value that its maker can replace, as the DHT stores it (BEP 44).
///
/// An `item` exists only with the right signature.
public struct MutableItem: Sendable, Equatable {
    /// What the signature is checked with.
    public let key: PublicKey
    /// Tells several items of one key apart; may be empty, at most 64 bytes.
    public let salt: [UInt8]
    /// A greater one replaces a smaller one.
    public let sequence: Int64
    /// At most 1,000 bytes when it is written.
    public let value: Bencode
    /// Ed25519, 64 bytes.
    public let signature: [UInt8]

    /// Signs a value.
    public init(
        _ value: Bencode, sequence: Int64, salt: [UInt8], signedBy key: SigningKey,
        _ primitives: any Primitives
    ) throws(MutableItemError) {
        try Self.check(value, sequence: sequence, salt: salt)
        let signed = Self.signed(value, sequence: sequence, salt: salt)
        self.init(
            key: key.publicKey, salt: salt, sequence: sequence, value: value,
            signature: primitives.sign(signed, with: key))
    }

    /// Takes what a node said, if the key has signed it with this salt.
    public init(
        checking value: Bencode, sequence: Int64, salt: [UInt8], signature: [UInt8],
        of key: PublicKey, _ primitives: any Primitives
    ) throws(MutableItemError) {
        try Self.check(value, sequence: sequence, salt: salt)
        let signed = Self.signed(value, sequence: sequence, salt: salt)
        guard primitives.isValid(signature, of: signed, by: key) else { throw .badSignature }
        self.init(key: key, salt: salt, sequence: sequence, value: value, signature: signature)
    }

    private init(
        key: PublicKey, salt: [UInt8], sequence: Int64, value: Bencode, signature: [UInt8]
    ) {
        self.key = key
        self.salt = salt
        self.sequence = sequence
        self.value = value
        self.signature = signature
    }

    /// Where in the DHT the item is.
    public var place: ItemPlace { ItemPlace(key: self.key, salt: self.salt) }

    /// What is signed: `4:salt`, the salt, `3:seqi`, the number, `e1:v`, the value; the salt's part
    /// only when there is one.
    public static func signed(_ value: Bencode, sequence: Int64, salt: [UInt8]) -> [UInt8] {
        let salted = salt.isEmpty ? [] : Array("4:salt".utf8) + Bencode.bytes(salt).encoded
        return salted + Array("3:seqi\(sequence)e1:v".utf8) + value.encoded
    }

    private static func check(
        _ value: Bencode, sequence: Int64, salt: [UInt8]
    ) throws(MutableItemError) {
        let byteCount = value.encoded.count
        guard byteCount <= Limits.valueByteCount else { throw .valueTooLong(byteCount: byteCount) }
        guard salt.count <= Limits.saltByteCount else {
            throw .saltTooLong(byteCount: salt.count)
        }
        guard sequence >= 0 else { throw .negativeSequence }
    }
}

/// What an item is found by: the key of its maker and the salt.
public struct ItemPlace: Sendable, Hashable {
    /// The key that signs.
    public let key: PublicKey
    /// At most 64 bytes.
    public let salt: [UInt8]

    /// The place of that key's items with that salt.
    public init(key: PublicKey, salt: [UInt8]) {
        self.key = key
        self.salt = salt
    }

    /// SHA-1 of key and salt: the nodes with the closest ids have the item.
    public var target: NodeID {
        guard let id = NodeID(bytes: LegacyHash.sha1(self.key.bytes + self.salt)) else {
            preconditionFailure("SHA-1 gives 20 bytes")
        }
        return id
    }
}
