// SPDX-License-Identifier: Apache-2.0
import Crypto
import Entanglement
import EntanglementTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A whole session handshake of two real nodes against the bare operations it must contain.
func benchHandshakes() {
    print("Handshake of two trusting nodes, both sides: gate, node and a store in memory,")
    print("from the first datagram to the first ping and pong")
    var pair = Pair()
    guard pair.meet() != nil else { return print("the pair did not meet") }
    pair.settle()
    let figure = measure("one session handshake, both sides", calls: 20) { _ in
        pair.advance(to: pair.now.instant + .seconds(3))
        pair.act(.bob) { $0.handle(.resumed, now: $1, sent: &$2) }
        pair.settle()
    }
    let bare = measure("the bare operations", calls: 20) { _ in bareOperations() }
    print(
        "    ratio \(Figure.number(figure.nanoseconds / bare.nanoseconds)) (aim: at most 1.3);",
        "\(Figure.number(1e9 / figure.nanoseconds)) handshakes a second and core, both sides on it")
}

/// 2 key pairs, 8 X25519, 4 outer MACs, 2 handshake seals and opens, 22 HMACs of the key
/// schedule, ping and pong: swift-crypto alone.
private func bareOperations() {
    let keys = (0..<2).map { _ in Curve25519.KeyAgreement.PrivateKey() }
    let publics = keys.map(\.publicKey)
    for index in 0..<8 {
        _ = try? keys[index % 2].sharedSecretFromKeyAgreement(with: publics[(index + 1) % 2])
    }
    let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
    let message = [UInt8](repeating: 1, count: 480)
    for _ in 0..<4 { _ = HMAC<SHA256>.authenticationCode(for: message, using: key) }
    let block = [UInt8](repeating: 2, count: 32)
    // psk, es, ss, then ee, se, and split, on both sides; each HKDF of Noise is 3 to 4 HMACs.
    for _ in 0..<40 { _ = HMAC<SHA256>.authenticationCode(for: block, using: key) }
    guard let nonce = try? ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12)) else { return }
    for count in [229, 229, 24, 24] {
        let plaintext = [UInt8](repeating: 3, count: count)
        guard let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce) else { return }
        _ = try? ChaChaPoly.open(box, using: key)
    }
}
