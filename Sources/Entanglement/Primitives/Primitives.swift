// SPDX-License-Identifier: Apache-2.0

/// The cryptography that the protocol is built from: X25519, Ed25519, SHA-256, HMAC, HKDF and
/// ChaCha20-Poly1305.
///
/// ``CryptoPrimitives`` is the real one. The protocol sees only this, so that a simulation may run
/// on a quicker stand-in and the data path on a quicker cipher. Nothing here is generic: the core
/// holds an `any Primitives`. Wrong lengths of *our own* keys trap; bytes of others never do.
public protocol Primitives: Sendable {
    /// Makes an X25519 pair from 32 private bytes; `nil` for any other length.
    func agreementKey(from secret: Secret) -> AgreementKey?

    /// The X25519 shared secret, 32 bytes; `nil` when it is all zero.
    ///
    /// All zero is what every small-order point gives, whatever our key: such a peer contributes
    /// nothing. The check takes the same time for every secret (RFC 7748 §6.1).
    func agree(_ key: AgreementKey, _ peer: PublicKey) -> Secret?

    /// Makes an Ed25519 pair from a 32-byte seed; `nil` for any other length.
    func signingKey(from seed: Secret) -> SigningKey?

    /// The 64-byte Ed25519 signature of a message.
    func sign(_ message: [UInt8], with key: SigningKey) -> [UInt8]

    /// Whether a signature of any length is the key's Ed25519 signature of the message.
    ///
    /// Malleable signatures (RFC 8032 §5.1.7, S out of range) are not.
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool

    /// SHA-256, 32 bytes.
    func hash(_ message: [UInt8]) -> [UInt8]

    /// SHA-256 of two byte strings after each other, without joining them first.
    func hash(_ first: [UInt8], _ second: UnsafeRawBufferPointer) -> [UInt8]

    /// HMAC-SHA-256, 32 bytes; the key may have any length.
    func hmac(_ message: [UInt8], key: Secret) -> [UInt8]

    /// Lends the HMAC-SHA-256, 32 bytes, of lent bytes.
    ///
    /// For the gate, which checks a MAC of every datagram that names one of its pids; an
    /// implementation need not write it.
    func withHMAC<R>(
        of message: UnsafeRawBufferPointer, key: Secret, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R

    /// HKDF-Extract with SHA-256, 32 bytes (RFC 5869 §2.2).
    ///
    /// The salt is lent, for it may be key bytes too.
    func extract(salt: UnsafeRawBufferPointer, secret: Secret) -> Secret

    /// HKDF-Expand with SHA-256 (RFC 5869 §2.3), 0 to ``expandByteCountLimit`` bytes.
    func expand(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret

    /// The Noise HKDF: two or three outputs of 32 bytes (Noise §4.3).
    ///
    /// That is HKDF with the chaining key as salt and no label, cut into blocks. A requirement, so
    /// that key bytes stay in ``Secret``; an implementation need not write it.
    func chain(_ key: Secret, input: UnsafeRawBufferPointer, outputCount: Int) -> [Secret]

    /// ChaCha20-Poly1305: ciphertext, then the 16-byte tag.
    ///
    /// The nonce is 4 zero bytes, then the number with the least significant byte first (Noise
    /// §12.3). The key has 32 bytes.
    func seal(
        _ plaintext: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]

    /// Opens what ``seal(_:key:nonce:associated:)`` made; `nil` when it is anything else.
    func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]?
}

extension Primitives {
    /// The most that HKDF-Expand with SHA-256 can give: 255 blocks (RFC 5869 §2.3).
    public static var expandByteCountLimit: Int { 255 * 32 }

    /// Opens a whole array; `nil` when it is not what was sealed.
    public func open(
        _ sealed: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]? {
        self.open(sealed[...], key: key, nonce: nonce, associated: associated)
    }

    /// Makes a new X25519 pair from the caller's generator.
    public func agreementKey(
        using generator: inout some RandomNumberGenerator
    ) -> AgreementKey {
        let secret = Secret(byteCount: 32, using: &generator)
        guard let key = self.agreementKey(from: secret) else {
            preconditionFailure("32 bytes are always an X25519 key")
        }
        return key
    }

    /// Makes a new Ed25519 pair from the caller's generator.
    public func signingKey(using generator: inout some RandomNumberGenerator) -> SigningKey {
        let seed = Secret(byteCount: 32, using: &generator)
        guard let key = self.signingKey(from: seed) else {
            preconditionFailure("32 bytes are always an Ed25519 seed")
        }
        return key
    }

    /// HMAC-SHA-256 by way of ``hmac(_:key:)``.
    public func withHMAC<R>(
        of message: UnsafeRawBufferPointer, key: Secret, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        self.hmac(Array(message), key: key).withUnsafeBytes(body)
    }

    /// HKDF-Extract with a salt that is no secret.
    public func extract(salt: [UInt8], secret: Secret) -> Secret {
        salt.withUnsafeBytes { self.extract(salt: $0, secret: secret) }
    }

    /// SHA-256 of two byte strings after each other, joined first.
    public func hash(_ first: [UInt8], _ second: UnsafeRawBufferPointer) -> [UInt8] {
        self.hash(first + second)
    }

    /// The Noise HKDF by way of ``extract(salt:secret:)`` and ``expand(_:label:byteCount:)``.
    public func chain(
        _ key: Secret, input: UnsafeRawBufferPointer, outputCount: Int
    ) -> [Secret] {
        let prk = key.withBytes { self.extract(salt: $0, secret: Secret(copying: input)) }
        let blocks = self.expand(prk, label: [], byteCount: 32 * outputCount)
        return blocks.withBytes { bytes in
            (0..<outputCount).map { index in
                Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[(32 * index)...].prefix(32)))
            }
        }
    }
}
