// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// What the hosts of a run have computed and would compute again, each in its turn.
///
/// Both ends of an agreement get the same secret, and everybody checks the same signatures of a
/// record: nothing but processor time tells whether that was computed once or twelve times.
final class ComputedBefore: Sendable {
    /// Two public keys, the smaller first.
    private struct Pair: Hashable {
        let first: PublicKey
        let second: PublicKey
    }

    private struct Claim: Hashable {
        let signature: [UInt8]
        let message: [UInt8]
        let key: PublicKey
    }

    private struct Book: Sendable {
        var secrets: [Pair: Secret] = [:]
        var validities: [Claim: Bool] = [:]
    }

    /// More than that are forgotten, all at once.
    private static let countMax = 4_096
    private let book = Mutex(Book())

    /// The secret of two keys; what has none is computed each time.
    func secret(_ one: PublicKey, _ other: PublicKey, _ compute: () -> Secret?) -> Secret? {
        let pair = one < other ? Pair(first: one, second: other) : Pair(first: other, second: one)
        if let known = self.book.withLock({ $0.secrets[pair] }) { return known }
        guard let secret = compute() else { return nil }
        self.book.withLock { book in
            if book.secrets.count >= Self.countMax { book.secrets = [:] }
            book.secrets[pair] = secret
        }
        return secret
    }

    /// Whether a signature is valid.
    func isValid(
        _ signature: [UInt8], of message: [UInt8], by key: PublicKey, _ compute: () -> Bool
    ) -> Bool {
        let claim = Claim(signature: signature, message: message, key: key)
        if let known = self.book.withLock({ $0.validities[claim] }) { return known }
        let isValid = compute()
        self.book.withLock { book in
            if book.validities.count >= Self.countMax { book.validities = [:] }
            book.validities[claim] = isValid
        }
        return isValid
    }
}
