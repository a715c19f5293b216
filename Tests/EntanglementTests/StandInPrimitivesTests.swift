// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

/// The stand-in protects nothing, but whatever must fit together must fit here too.
@Suite struct StandInPrimitivesTests {
    private let standIn = StandInPrimitives()
    private let real = CryptoPrimitives()

    @Test func allSizesAreTheRealOnes() throws {
        var generator = SeededGenerator(seed: 7)
        for primitives in [self.standIn, self.real] as [any Primitives] {
            let key = primitives.agreementKey(using: &generator)
            let other = primitives.agreementKey(using: &generator)
            let signer = primitives.signingKey(using: &generator)
            #expect(key.publicKey.bytes.count == 32)
            #expect(primitives.agree(key, other.publicKey)?.byteCount == 32)
            #expect(primitives.sign([1, 2, 3], with: signer).count == 64)
            #expect(primitives.hash([1]).count == 32)
            #expect(primitives.hmac([1], key: key.secret).count == 32)
            #expect(primitives.extract(salt: [], secret: key.secret).byteCount == 32)
            #expect(primitives.expand(key.secret, label: [1], byteCount: 77).byteCount == 77)
            #expect(primitives.seal([1, 2], key: key.secret, nonce: 0, associated: []).count == 18)
            #expect(primitives.agreementKey(from: Secret([1, 2, 3])) == nil)
            #expect(primitives.signingKey(from: Secret([1, 2, 3])) == nil)
        }
    }

    @Test func bothSidesAgreeAndAThirdDoesNot() throws {
        var generator = SeededGenerator(seed: 8)
        let keys = (0..<3).map { _ in self.standIn.agreementKey(using: &generator) }
        let shared = self.standIn.agree(keys[0], keys[1].publicKey)
        #expect(shared != nil)
        #expect(shared == self.standIn.agree(keys[1], keys[0].publicKey))
        #expect(shared != self.standIn.agree(keys[2], keys[1].publicKey))
        let zero = try #require(PublicKey(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(self.standIn.agree(keys[0], zero) == nil)
    }

    @Test(arguments: 0..<32)
    func everyByteOfAPublicKeyCounts(position: Int) throws {
        var generator = SeededGenerator(seed: 9)
        let own = self.standIn.agreementKey(using: &generator)
        let other = self.standIn.agreementKey(using: &generator)
        var bytes = other.publicKey.bytes
        bytes[position] ^= 1
        let changed = try #require(PublicKey(bytes: bytes))
        #expect(self.standIn.agree(own, changed) != self.standIn.agree(other, own.publicKey))
    }

    @Test(arguments: 0..<28)
    func aChangedByteBreaksTheSeal(position: Int) {
        let key = Secret([UInt8](repeating: 1, count: 32))
        let text: [UInt8] = Array(1...12)
        var sealed = self.standIn.seal(text, key: key, nonce: 3, associated: [9])
        #expect(self.standIn.open(sealed, key: key, nonce: 3, associated: [9]) == text)
        sealed[position] ^= 0x80
        #expect(self.standIn.open(sealed, key: key, nonce: 3, associated: [9]) == nil)
    }

    @Test func anotherKeyNonceOrAssociatedByteBreaksTheSeal() {
        let key = Secret([UInt8](repeating: 1, count: 32))
        let other = Secret([UInt8](repeating: 2, count: 32))
        let sealed = self.standIn.seal([1, 2, 3], key: key, nonce: 3, associated: [9])
        #expect(self.standIn.open(sealed, key: other, nonce: 3, associated: [9]) == nil)
        #expect(self.standIn.open(sealed, key: key, nonce: 4, associated: [9]) == nil)
        #expect(self.standIn.open(sealed, key: key, nonce: 3, associated: [8]) == nil)
        #expect(self.standIn.open([1, 2, 3], key: key, nonce: 3, associated: [9]) == nil)
    }

    @Test func aVeiledTextIsReadWithItsKeyAlone() {
        let veiling = StandInPrimitives(isVeiled: true)
        let (key, other) = (Secret([1]), Secret([2]))
        let text = [UInt8](repeating: 7, count: 100)
        let sealed = veiling.seal(text, key: key, nonce: 3, associated: [9])
        #expect(sealed.count == text.count + 16)
        #expect(sealed.prefix(100).count { $0 == 7 } < 10)
        #expect(sealed != veiling.seal(text, key: key, nonce: 4, associated: [9]))
        #expect(veiling.open(sealed[...], key: key, nonce: 3, associated: [9]) == text)
        #expect(veiling.open(sealed[...], key: other, nonce: 3, associated: [9]) == nil)
        #expect(self.standIn.open(sealed[...], key: key, nonce: 3, associated: [9]) == nil)
    }

    @Test func signaturesBelongToOneKeyAndOneMessage() {
        var generator = SeededGenerator(seed: 10)
        let signer = self.standIn.signingKey(using: &generator)
        let other = self.standIn.signingKey(using: &generator)
        var signature = self.standIn.sign([1, 2, 3], with: signer)
        #expect(self.standIn.isValid(signature, of: [1, 2, 3], by: signer.publicKey))
        #expect(!self.standIn.isValid(signature, of: [1, 2, 4], by: signer.publicKey))
        #expect(!self.standIn.isValid(signature, of: [1, 2, 3], by: other.publicKey))
        signature[63] ^= 1
        #expect(!self.standIn.isValid(signature, of: [1, 2, 3], by: signer.publicKey))
    }

    @Test func twoPeopleMeetWithIt() throws {
        var pair = Pair(primitives: StandInPrimitives())
        try #require(pair.meet() != nil)
        pair.run(for: .seconds(1))
        #expect(pair.relation(.alice)?.phase == .trusted)
        #expect(pair.relation(.bob)?.phase == .trusted)
        #expect(pair.relation(.alice)?.cluster == pair.relation(.bob)?.cluster)
    }
}
