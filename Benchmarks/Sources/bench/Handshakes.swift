// SPDX-License-Identifier: Apache-2.0
import Crypto
import Entanglement
import EntanglementTestKit

/// A whole session handshake of two real nodes against the bare operations it must contain.
func benchHandshakes() {
    print("Handshake of two trusting nodes, both sides: gate, node and a store in memory,")
    print("from the first datagram until the initiator has the pong that confirms the session")
    var pair = Pair()
    guard pair.meet() != nil else { return print("the pair did not meet") }
    pair.settle()
    let calls = 20
    let sentBefore = pair.log.count
    let handshakesBefore = handshakeCount(pair)
    var made = 0
    let figure = measure("one session handshake, both sides", calls: calls) { _ in
        pair.advance(to: pair.now.instant + .seconds(3))
        pair.act(.bob) { $0.handle(.resumed, now: $1, sent: &$2) }
        pair.settle()
        made += 1
    }
    let datagrams = Double(pair.log.count - sentBefore) / Double(made)
    let sessions = Double(handshakeCount(pair) - handshakesBefore) / Double(made)
    print(
        "    \(Figure.number(datagrams)) datagrams and \(Figure.number(sessions)) ends of sessions each"
    )
    let bare = measure("the bare operations", calls: calls) { _ in BareHandshake.run() }
    print(
        "    ratio \(Figure.number(figure.nanoseconds / bare.nanoseconds)) (aim: at most 1.3);",
        "\(Figure.number(1e9 / figure.nanoseconds)) handshakes a second and core, both sides on it")
}

/// Ends of sessions that both nodes have counted.
private func handshakeCount(_ pair: Pair) -> UInt64 {
    Pair.Side.allCases.reduce(0) { sum, side in
        let counters = pair[side].node.status(now: pair.now).counters
        return sum + (counters.first { $0.name == "handshakes" }?.count ?? 0)
    }
}

/// What Noise_KKpsk0 with its outer MACs, a ping and a pong cannot do without, by swift-crypto
/// alone: both sides together.
private enum BareHandshake {
    /// es, ss, ee and se on each side.
    static let agreementCount = 8
    /// Messages 1 and 2, made and checked.
    static let outerMACCount = 4
    /// On each side: psk 4 (HKDF with three outputs), e, es, ss, e, ee, se and split 3 each.
    static let chainCount = 2 * (4 + 7 * 3)
    /// On each side: the prologue, two static keys, two ephemeral keys, the psk's, two ciphertexts.
    static let hashCount = 2 * 8
    /// Bytes of plaintext: messages 1 and 2, a ping, a pong.
    static let plaintexts = [229, 190, 16, 16]

    static func run() {
        let keys = (0..<2).map { _ in Curve25519.KeyAgreement.PrivateKey() }
        let publics = keys.map(\.publicKey)
        for index in 0..<self.agreementCount {
            _ = try? keys[index % 2].sharedSecretFromKeyAgreement(with: publics[(index + 1) % 2])
        }
        let key = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
        let message = [UInt8](repeating: 1, count: 480)
        for _ in 0..<self.outerMACCount {
            _ = HMAC<SHA256>.authenticationCode(for: message, using: key)
        }
        let block = [UInt8](repeating: 2, count: 32)
        for _ in 0..<self.chainCount {
            _ = HMAC<SHA256>.authenticationCode(for: block, using: key)
        }
        for _ in 0..<self.hashCount { _ = SHA256.hash(data: block) }
        guard let nonce = try? ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12)) else {
            return
        }
        for count in self.plaintexts {
            let plaintext = [UInt8](repeating: 3, count: count)
            guard let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce) else {
                return
            }
            _ = try? ChaChaPoly.open(box, using: key)
        }
    }
}
