// SPDX-License-Identifier: Apache-2.0

/// A ChaCha20-Poly1305 key with the number of the next nonce (Noise §5.1).
///
/// Before a handshake has a key, plaintext passes as it is.
package struct CipherState: Sendable {
    private let key: Secret?
    private var nonce: UInt64
    private let primitives: any Primitives

    /// A cipher at its first nonce; without a key nothing is sealed.
    package init(key: Secret?, nonce: UInt64 = 0, primitives: any Primitives) {
        self.key = key
        self.nonce = nonce
        self.primitives = primitives
    }

    /// Whether messages are sealed at all.
    package var hasKey: Bool { self.key != nil }

    /// Seals with the next nonce.
    package mutating func seal(
        _ plaintext: [UInt8], associated: [UInt8] = []
    ) throws(NoiseError) -> [UInt8] {
        guard let key else { return plaintext }
        let nonce = try self.nextNonce()
        self.nonce += 1
        return self.primitives.seal(plaintext, key: key, nonce: nonce, associated: associated)
    }

    /// Opens with the next nonce, which is used up only when the seal was right.
    package mutating func open(
        _ sealed: ArraySlice<UInt8>, associated: [UInt8] = []
    ) throws(NoiseError) -> [UInt8] {
        guard let key else { return Array(sealed) }
        let nonce = try self.nextNonce()
        let plaintext = self.primitives.open(
            sealed, key: key, nonce: nonce, associated: associated)
        guard let plaintext else { throw .badSeal }
        self.nonce += 1
        return plaintext
    }

    /// The number 2^64 - 1 is reserved for rekeying, which we do by a new handshake.
    private func nextNonce() throws(NoiseError) -> UInt64 {
        guard self.nonce < .max else { throw .noncesExhausted }
        return self.nonce
    }
}
