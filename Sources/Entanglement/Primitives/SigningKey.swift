// SPDX-License-Identifier: Apache-2.0
import Crypto

/// An Ed25519 key pair.
///
/// Made by ``Primitives/signingKey(from:)``. The prepared form of the library is kept beside the
/// 32-byte seed.
public struct SigningKey: Sendable, Equatable {
    /// What others check signatures with.
    public let publicKey: PublicKey

    /// The 32-byte seed (RFC 8032 §5.1.5).
    public var secret: Secret { self.seed }

    private let seed: Secret
    let prepared: Curve25519.Signing.PrivateKey?

    /// Makes a pair whose halves are known to belong together, for an implementation of
    /// ``Primitives`` that is not swift-crypto.
    ///
    /// Such a pair carries no prepared form.
    package init(publicKey: PublicKey, secret: Secret) {
        self.init(publicKey: publicKey, secret: secret, prepared: nil)
    }

    init(publicKey: PublicKey, secret: Secret, prepared: Curve25519.Signing.PrivateKey?) {
        self.publicKey = publicKey
        self.seed = secret
        self.prepared = prepared
    }

    /// Whether both halves are equal; the secret half is compared in constant time.
    public static func == (left: SigningKey, right: SigningKey) -> Bool {
        left.publicKey == right.publicKey && left.seed == right.seed
    }
}
