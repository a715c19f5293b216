// SPDX-License-Identifier: Apache-2.0
import Entanglement
import Synchronization

/// Every key that sealed something in a run, and the nonces that it used up.
///
/// A nonce must be greater than all before it under the same key: that is how sessions and Noise
/// count, so one number for each key is enough. Keys are known by a fingerprint of 64 bits.
final class NonceLedger: Sendable {
    /// A nonce that came again.
    struct Reuse: Sendable {
        let host: HostID
        let nonce: UInt64
    }

    private struct Book: Sendable {
        var next: [UInt64: UInt64] = [:]
        var reuse: Reuse?
    }

    private let book = Mutex(Book())

    /// One seal is made.
    func note(key: Secret, nonce: UInt64, by host: HostID) {
        var mark = TraceHash()
        key.withBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                mark.absorb(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
        }
        let fingerprint = mark.word
        self.book.withLock { book in
            if nonce < book.next[fingerprint] ?? 0 { book.reuse = Reuse(host: host, nonce: nonce) }
            book.next[fingerprint] = nonce + 1
        }
    }

    /// The last reuse that was not looked at yet.
    func takeReuse() -> Reuse? {
        self.book.withLock { book in
            defer { book.reuse = nil }
            return book.reuse
        }
    }
}

/// The primitives of one host, watched: the ledger hears of every seal.
struct WatchedPrimitives: Primitives {
    let base: any Primitives
    let ledger: NonceLedger
    /// Nil: nobody looks at it.
    let opened: OpenedTexts?
    /// Shared by the hosts of a run.
    let computed: ComputedBefore
    let host: HostID

    func seal(
        _ plaintext: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8] {
        self.ledger.note(key: key, nonce: nonce, by: self.host)
        return self.base.seal(plaintext, key: key, nonce: nonce, associated: associated)
    }

    func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]? {
        let text = self.base.open(sealed, key: key, nonce: nonce, associated: associated)
        if let text, let opened = self.opened { opened.note(text) }
        return text
    }

    func agreementKey(from secret: Secret) -> AgreementKey? {
        self.base.agreementKey(from: secret)
    }

    func agree(_ key: AgreementKey, _ peer: PublicKey) -> Secret? {
        self.computed.secret(key.publicKey, peer) { self.base.agree(key, peer) }
    }

    func signingKey(from seed: Secret) -> SigningKey? { self.base.signingKey(from: seed) }

    func sign(_ message: [UInt8], with key: SigningKey) -> [UInt8] {
        self.base.sign(message, with: key)
    }

    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        self.computed.isValid(signature, of: message, by: key) {
            self.base.isValid(signature, of: message, by: key)
        }
    }

    func hash(_ message: [UInt8]) -> [UInt8] { self.base.hash(message) }

    func hash(_ first: [UInt8], _ second: UnsafeRawBufferPointer) -> [UInt8] {
        self.base.hash(first, second)
    }

    func hmac(_ message: [UInt8], key: Secret) -> [UInt8] { self.base.hmac(message, key: key) }

    func withHMAC<R>(
        of message: UnsafeRawBufferPointer, key: Secret, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        self.base.withHMAC(of: message, key: key, body)
    }

    func extract(salt: UnsafeRawBufferPointer, secret: Secret) -> Secret {
        self.base.extract(salt: salt, secret: secret)
    }

    func expand(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret {
        self.base.expand(prk, label: label, byteCount: byteCount)
    }

    func chain(_ key: Secret, input: UnsafeRawBufferPointer, outputCount: Int) -> [Secret] {
        self.base.chain(key, input: input, outputCount: outputCount)
    }
}
