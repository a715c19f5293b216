// SPDX-License-Identifier: Apache-2.0
import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The real ``Primitives``: swift-crypto, with all-zero agreements refused.
public struct CryptoPrimitives: Primitives {
    /// Makes the implementation; it has no state.
    public init() {}

    /// Makes an X25519 pair from 32 private bytes; `nil` for any other length.
    public func agreementKey(from secret: Secret) -> AgreementKey? {
        guard
            let prepared = try? Curve25519.KeyAgreement.PrivateKey(
                rawRepresentation: secret.symmetric),
            let publicKey = PublicKey(bytes: prepared.publicKey.rawRepresentation)
        else { return nil }
        return AgreementKey(publicKey: publicKey, secret: secret, prepared: prepared)
    }

    /// The X25519 shared secret; `nil` when it is all zero.
    ///
    /// swift-crypto accepts small-order points and returns zeros, so the check is here.
    public func agree(_ key: AgreementKey, _ peer: PublicKey) -> Secret? {
        let prepared =
            key.prepared
            ?? (try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: key.secret.symmetric))
        guard
            let prepared,
            let point = try? peer.withBytes({
                try Curve25519.KeyAgreement.PublicKey(rawRepresentation: $0)
            }),
            let shared = try? prepared.sharedSecretFromKeyAgreement(with: point)
        else { return nil }
        return shared.withUnsafeBytes { bytes in
            isAllZeroConstantTime(bytes) ? nil : Secret(copying: bytes)
        }
    }

    /// Makes an Ed25519 pair from a 32-byte seed; `nil` for any other length.
    public func signingKey(from seed: Secret) -> SigningKey? {
        guard
            let prepared = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed.symmetric),
            let publicKey = PublicKey(bytes: prepared.publicKey.rawRepresentation)
        else { return nil }
        return SigningKey(publicKey: publicKey, secret: seed, prepared: prepared)
    }

    /// The 64-byte Ed25519 signature of a message.
    public func sign(_ message: [UInt8], with key: SigningKey) -> [UInt8] {
        let prepared =
            key.prepared
            ?? (try? Curve25519.Signing.PrivateKey(rawRepresentation: key.secret.symmetric))
        guard let signature = try? prepared?.signature(for: message) else {
            preconditionFailure("an Ed25519 key of 32 bytes signs every message")
        }
        return Array(signature)
    }

    /// Whether a signature of any length is the key's Ed25519 signature of the message.
    public func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        let point = try? key.withBytes {
            try Curve25519.Signing.PublicKey(rawRepresentation: $0)
        }
        return point?.isValidSignature(signature, for: message) ?? false
    }
}

extension CryptoPrimitives {
    /// SHA-256, 32 bytes.
    public func hash(_ message: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: message))
    }

    /// SHA-256 of two byte strings after each other, without joining them first.
    public func hash(_ first: [UInt8], _ second: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: first)
        hasher.update(bufferPointer: second)
        return Array(hasher.finalize())
    }

    /// HMAC-SHA-256, 32 bytes; the key may have any length.
    public func hmac(_ message: [UInt8], key: Secret) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: key.symmetric))
    }

    /// HMAC-SHA-256 of lent bytes, without a copy of them.
    public func withHMAC<R>(
        of message: UnsafeRawBufferPointer, key: Secret, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        var hmac = HMAC<SHA256>(key: key.symmetric)
        hmac.update(data: message)
        return hmac.finalize().withUnsafeBytes(body)
    }

    /// HKDF-Extract with SHA-256, 32 bytes.
    public func extract(salt: UnsafeRawBufferPointer, secret: Secret) -> Secret {
        let prk = HKDF<SHA256>.extract(inputKeyMaterial: secret.symmetric, salt: salt)
        return prk.withUnsafeBytes { Secret(copying: $0) }
    }

    /// HKDF-Expand with SHA-256; traps beyond the limit.
    ///
    /// ``expandIfPossible(_:label:byteCount:)`` gives `nil` there instead.
    public func expand(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret {
        guard let expanded = self.expandIfPossible(prk, label: label, byteCount: byteCount) else {
            preconditionFailure("HKDF-SHA-256 gives 0 to 8,160 bytes")
        }
        return expanded
    }

    /// HKDF-Expand with SHA-256; `nil` when more is asked for than it can give.
    package func expandIfPossible(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret? {
        guard (0...Self.expandByteCountLimit).contains(byteCount) else { return nil }
        guard byteCount > 0 else { return Secret([]) }
        let expanded = HKDF<SHA256>.expand(
            pseudoRandomKey: prk.symmetric, info: label, outputByteCount: byteCount)
        return Secret(symmetric: expanded)
    }

    /// The Noise HKDF by HMAC, as its text has it; the second key is set up once for all outputs.
    public func chain(
        _ key: Secret, input: UnsafeRawBufferPointer, outputCount: Int
    ) -> [Secret] {
        var extractor = HMAC<SHA256>(key: key.symmetric)
        extractor.update(data: input)
        let keyed = extractor.finalize().withUnsafeBytes {
            HMAC<SHA256>(key: SymmetricKey(data: $0))
        }
        var outputs: [Secret] = []
        outputs.reserveCapacity(outputCount)
        for number in 1...outputCount {
            var block = keyed
            outputs.last?.withBytes { block.update(data: $0) }
            withUnsafeBytes(of: UInt8(number)) { block.update(data: $0) }
            outputs.append(block.finalize().withUnsafeBytes { Secret(copying: $0) })
        }
        return outputs
    }
}

extension CryptoPrimitives {
    /// ChaCha20-Poly1305 under the Noise nonce: ciphertext, then the 16-byte tag.
    public func seal(
        _ plaintext: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8] {
        let sealed = NoiseNonce(number: nonce).withBytes {
            self.seal(plaintext, key: key, nonce: $0, associated: associated)
        }
        guard let sealed else { preconditionFailure("a sealing key has 32 bytes") }
        return sealed
    }

    /// Opens what ``seal(_:key:nonce:associated:)`` made; `nil` when it is anything else.
    public func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]? {
        NoiseNonce(number: nonce).withBytes {
            self.open(sealed, key: key, nonce: $0, associated: associated)
        }
    }

    /// ChaCha20-Poly1305 under any nonce (RFC 8439 §2.8); `nil` for a key or nonce of wrong length.
    package func seal(
        _ plaintext: [UInt8], key: Secret, nonce: UnsafeRawBufferPointer, associated: [UInt8]
    ) -> [UInt8]? {
        guard
            let nonce = try? ChaChaPoly.Nonce(data: nonce),
            let box = try? ChaChaPoly.seal(
                plaintext, using: key.symmetric, nonce: nonce, authenticating: associated)
        else { return nil }
        return Array(box.combined.dropFirst(Self.nonceByteCount))
    }

    /// Opens ciphertext and tag under any nonce; `nil` for a wrong length, key, nonce or byte.
    package func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UnsafeRawBufferPointer,
        associated: [UInt8]
    ) -> [UInt8]? {
        guard nonce.count == Self.nonceByteCount else { return nil }
        var combined = Data(capacity: nonce.count + sealed.count)
        combined.append(contentsOf: nonce)
        combined.append(contentsOf: sealed)
        guard
            let box = try? ChaChaPoly.SealedBox(combined: combined),
            let plaintext = try? ChaChaPoly.open(
                box, using: key.symmetric, authenticating: associated)
        else { return nil }
        return Array(plaintext)
    }

    private static let nonceByteCount = 12
}

/// The 12-byte nonce of Noise: 4 zero bytes, then a little-endian number (Noise §12.3).
private struct NoiseNonce {
    let number: UInt64

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        let number = self.number.littleEndian
        return withUnsafeTemporaryAllocation(byteCount: 12, alignment: 8) { buffer in
            buffer.storeBytes(of: 0, as: UInt32.self)
            buffer.storeBytes(of: number, toByteOffset: 4, as: UInt64.self)
            return body(UnsafeRawBufferPointer(buffer))
        }
    }
}
