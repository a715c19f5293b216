// SPDX-License-Identifier: Apache-2.0
public import Entanglement

/// A quick stand-in for the cryptography, for exploring millions of states.
///
/// It protects nothing. All sizes are the real ones, and whatever must fit together must fit here too: another key, nonce
/// or byte fails. Seals leave the text readable, so that an exploration can tell what is on its
/// way (``StateTokens``), or veil it, so that only whoever has the key can read it. Anybody could forge
/// all of it.
public struct StandInPrimitives: Primitives {
    private let isVeiled: Bool

    /// Makes the implementation; with `isVeiled` a sealed text cannot be read without the key.
    public init(isVeiled: Bool = false) { self.isVeiled = isVeiled }

    /// A pair whose public half is `scalar * base` modulo 2^64, then three words that belong to it.
    public func agreementKey(from secret: Secret) -> AgreementKey? {
        guard secret.byteCount == 32 else { return nil }
        let point = Self.scalar(secret) &* Self.base
        return Self.publicKey(point).map { AgreementKey(publicKey: $0, secret: secret) }
    }

    /// `own scalar * the other's point`, the same from both sides; `nil` for the point 0.
    public func agree(_ key: AgreementKey, _ peer: PublicKey) -> Secret? {
        let point = peer.withBytes { $0.loadUnaligned(as: UInt64.self) }
        guard point != 0 else { return nil }
        var digest = MixingDigest()
        if Self.publicKey(point) == peer {
            digest.absorb(Self.scalar(key.secret) &* point)
        } else {
            key.secret.withBytes { digest.absorb($0) }
            peer.withBytes { digest.absorb($0) }
        }
        return Secret(digest.bytes(32))
    }

    /// A pair whose public half is a hash of the seed.
    public func signingKey(from seed: Secret) -> SigningKey? {
        guard seed.byteCount == 32 else { return nil }
        var digest = MixingDigest(domain: 2)
        seed.withBytes { digest.absorb($0) }
        return PublicKey(bytes: digest.bytes(32)).map { SigningKey(publicKey: $0, secret: seed) }
    }

    /// 64 bytes that depend on the public key and on every byte of the message.
    public func sign(_ message: [UInt8], with key: SigningKey) -> [UInt8] {
        Self.signature(of: message, by: key.publicKey)
    }

    /// Whether it is what `sign` gives.
    public func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        signature == Self.signature(of: message, by: key)
    }

    /// 32 bytes that depend on every byte of the message.
    public func hash(_ message: [UInt8]) -> [UInt8] {
        var digest = MixingDigest(domain: 4)
        message.withUnsafeBytes { digest.absorb($0) }
        return digest.bytes(32)
    }

    /// 32 bytes that depend on the key and on every byte of the message.
    public func hmac(_ message: [UInt8], key: Secret) -> [UInt8] {
        var digest = MixingDigest(domain: 5)
        key.withBytes { digest.absorb($0) }
        message.withUnsafeBytes { digest.absorb($0) }
        return digest.bytes(32)
    }

    /// 32 bytes that depend on the salt and the secret.
    public func extract(salt: UnsafeRawBufferPointer, secret: Secret) -> Secret {
        var digest = MixingDigest(domain: 6)
        digest.absorb(salt)
        secret.withBytes { digest.absorb($0) }
        return Secret(digest.bytes(32))
    }

    /// So many bytes that depend on the key and the label.
    public func expand(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret {
        var digest = MixingDigest(domain: 7)
        prk.withBytes { digest.absorb($0) }
        label.withUnsafeBytes { digest.absorb($0) }
        return Secret(digest.bytes(byteCount))
    }

    /// The text as it is, or veiled, then a tag of 16 bytes.
    public func seal(
        _ plaintext: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8] {
        let tag = Self.tag(plaintext[...], key, nonce, associated)
        return (self.isVeiled ? Self.veiled(plaintext[...], key, nonce) : plaintext) + tag
    }

    /// The text, if the tag is right.
    public func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]? {
        guard sealed.count >= 16 else { return nil }
        let text =
            self.isVeiled
            ? Self.veiled(sealed.dropLast(16), key, nonce) : Array(sealed.dropLast(16))
        guard Self.tag(text[...], key, nonce, associated)[...] == sealed.suffix(16) else {
            return nil
        }
        return text
    }

    private static let base: UInt64 = 0x9e37_79b9_7f4a_7c15

    private static func scalar(_ secret: Secret) -> UInt64 {
        var digest = MixingDigest(domain: 1)
        secret.withBytes { digest.absorb($0) }
        return digest.word(0) | 1
    }

    private static func publicKey(_ point: UInt64) -> PublicKey? {
        var digest = MixingDigest(domain: 3)
        digest.absorb(point)
        return PublicKey(bytes: withUnsafeBytes(of: point) { Array($0) } + digest.bytes(24))
    }

    private static func signature(of message: [UInt8], by key: PublicKey) -> [UInt8] {
        var digest = MixingDigest(domain: 8)
        key.withBytes { digest.absorb($0) }
        message.withUnsafeBytes { digest.absorb($0) }
        return digest.bytes(64)
    }

    /// Each byte changed by one that depends on the key, the nonce and its position; twice gives the text.
    private static func veiled(
        _ text: ArraySlice<UInt8>, _ key: Secret, _ nonce: UInt64
    ) -> [UInt8] {
        var digest = MixingDigest(domain: 10)
        key.withBytes { digest.absorb($0) }
        digest.absorb(nonce)
        var veil = digest.bytes(text.count)
        for (position, byte) in zip(veil.indices, text) { veil[position] ^= byte }
        return veil
    }

    private static func tag(
        _ text: ArraySlice<UInt8>, _ key: Secret, _ nonce: UInt64, _ associated: [UInt8]
    ) -> [UInt8] {
        var digest = MixingDigest(domain: 9)
        key.withBytes { digest.absorb($0) }
        digest.absorb(nonce)
        associated.withUnsafeBytes { digest.absorb($0) }
        text.withUnsafeBytes { digest.absorb($0) }
        return digest.bytes(16)
    }
}
