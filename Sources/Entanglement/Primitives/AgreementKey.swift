// SPDX-License-Identifier: Apache-2.0
import Crypto

/// An X25519 key pair.
///
/// Made by ``Primitives/agreementKey(from:)``. The prepared form of the library is kept beside the
/// 32 raw bytes, so that an agreement does not compute the public key again.
public struct AgreementKey: Sendable, Equatable {
    /// What the other side sees.
    public let publicKey: PublicKey

    /// The 32 raw private bytes, as they were given (X25519 clamps them when they are used).
    public var secret: Secret { self.raw }

    private let raw: Secret
    let prepared: Curve25519.KeyAgreement.PrivateKey?

    /// Makes a pair whose halves are known to belong together, for an implementation of
    /// ``Primitives`` that is not swift-crypto.
    ///
    /// Such a pair carries no prepared form.
    package init(publicKey: PublicKey, secret: Secret) {
        self.init(publicKey: publicKey, secret: secret, prepared: nil)
    }

    init(publicKey: PublicKey, secret: Secret, prepared: Curve25519.KeyAgreement.PrivateKey?) {
        self.publicKey = publicKey
        self.raw = secret
        self.prepared = prepared
    }

    /// Whether both halves are equal; the secret half is compared in constant time.
    public static func == (left: AgreementKey, right: AgreementKey) -> Bool {
        left.publicKey == right.publicKey && left.raw == right.raw
    }
}
