// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Foundation
import Testing

@Suite struct PrimitivesTests {
    private let primitives = CryptoPrimitives()
    private let key = Secret([UInt8](0..<32))

    @Test(arguments: [0, 1, 31, 33, 64])
    func keysHaveExactly32Bytes(byteCount: Int) {
        let bytes = [UInt8](repeating: 1, count: byteCount)
        #expect(self.primitives.agreementKey(from: Secret(bytes)) == nil)
        #expect(self.primitives.signingKey(from: Secret(bytes)) == nil)
        #expect(PublicKey(bytes: bytes) == nil)
    }

    @Test func bothSidesAgreeOnOneSecret() throws {
        var generator = SeededGenerator(seed: 1)
        let one = self.primitives.agreementKey(using: &generator)
        let other = self.primitives.agreementKey(using: &generator)
        let shared = try #require(self.primitives.agree(one, other.publicKey))
        #expect(shared == self.primitives.agree(other, one.publicKey))
        let bare = AgreementKey(publicKey: one.publicKey, secret: one.secret)
        #expect(shared == self.primitives.agree(bare, other.publicKey))
        #expect(bare == one)
    }

    @Test(arguments: NoiseHandshakeTests.smallOrderPoints)
    func smallOrderPointsGiveNoSecret(point: [UInt8]) throws {
        let key = try #require(self.primitives.agreementKey(from: self.key))
        let peer = try #require(PublicKey(bytes: point))
        #expect(self.primitives.agree(key, peer) == nil)
    }

    @Test func aSignatureIsValidForItsMessageAndKeyAlone() throws {
        let key = try #require(self.primitives.signingKey(from: self.key))
        let other = try #require(self.primitives.signingKey(from: Secret([UInt8](1...32))))
        let signature = self.primitives.sign([1, 2, 3], with: key)
        #expect(signature.count == 64)
        #expect(self.primitives.isValid(signature, of: [1, 2, 3], by: key.publicKey))
        #expect(!self.primitives.isValid(signature, of: [1, 2, 4], by: key.publicKey))
        #expect(!self.primitives.isValid(signature, of: [1, 2, 3], by: other.publicKey))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!self.primitives.isValid(changed, of: [1, 2, 3], by: key.publicKey))
        }
        for count in 0..<64 {
            let cut = Array(signature.prefix(count))
            #expect(!self.primitives.isValid(cut, of: [1, 2, 3], by: key.publicKey))
        }
        let bare = SigningKey(publicKey: key.publicKey, secret: key.secret)
        let again = self.primitives.sign([9], with: bare)
        #expect(self.primitives.isValid(again, of: [9], by: key.publicKey))
    }

    @Test func aSealOpensOnlyWithEverythingTheSame() {
        let sealed = self.primitives.seal([1, 2, 3], key: self.key, nonce: 5, associated: [9])
        func open(_ sealed: [UInt8], key: Secret? = nil, nonce: UInt64 = 5, ad: [UInt8] = [9])
            -> [UInt8]?
        {
            self.primitives.open(sealed, key: key ?? self.key, nonce: nonce, associated: ad)
        }
        #expect(sealed.count == 19)
        #expect(open(sealed) == [1, 2, 3])
        #expect(open(sealed, nonce: 4) == nil)
        #expect(open(sealed, ad: []) == nil)
        #expect(open(sealed, key: Secret([UInt8](1...32))) == nil)
        #expect(open(sealed, key: Secret([])) == nil)
        for count in 0..<sealed.count { #expect(open(Array(sealed.prefix(count))) == nil) }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x80
            #expect(open(changed) == nil)
        }
    }

    @Test func theNonceIsFourZerosAndALittleEndianNumber() throws {
        let nonce: [UInt8] = [0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1]
        let expected = nonce.withUnsafeBytes {
            self.primitives.seal([1, 2, 3], key: self.key, nonce: $0, associated: [])
        }
        let sealed = self.primitives.seal(
            [1, 2, 3], key: self.key, nonce: 0x0102_0304_0506_0708, associated: [])
        #expect(sealed == expected)
    }

    @Test func aSliceOpensWithoutItsSurroundings() {
        let sealed = self.primitives.seal([7], key: self.key, nonce: 0, associated: [])
        let packet = [1, 2, 3] + sealed + [4]
        let opened = self.primitives.open(
            packet[3..<(3 + sealed.count)], key: self.key, nonce: 0, associated: [])
        #expect(opened == [7])
    }

    @Test func hashingTwoPartsIsHashingTheirJoin() {
        let (first, second): ([UInt8], [UInt8]) = ([1, 2, 3], [4, 5])
        let parts = second.withUnsafeBytes { self.primitives.hash(first, $0) }
        #expect(parts == self.primitives.hash([1, 2, 3, 4, 5]))
    }

    @Test(arguments: [2, 3])
    func theNoiseDerivationIsHKDFWithoutALabel(outputCount: Int) {
        let (input, key): ([UInt8], Secret) = ([1, 2, 3], self.key)
        let outputs = input.withUnsafeBytes {
            self.primitives.chain(key, input: $0, outputCount: outputCount)
        }
        let prk = self.primitives.extract(salt: key.exposedBytes(), secret: Secret(input))
        let expanded = self.primitives.expand(prk, label: [], byteCount: 32 * outputCount)
        #expect(outputs.flatMap { $0.exposedBytes() } == expanded.exposedBytes())
        let byDefault = input.withUnsafeBytes {
            DefaultsOnly().chain(key, input: $0, outputCount: outputCount)
        }
        #expect(byDefault == outputs)
    }

    @Test func derivationStopsAt255Blocks() {
        let limit = CryptoPrimitives.expandByteCountLimit
        #expect(limit == 8160)
        for (count, isPossible) in [(-1, false), (0, true), (limit, true), (limit + 1, false)] {
            let expanded = self.primitives.expandIfPossible(self.key, label: [], byteCount: count)
            #expect(expanded?.byteCount == (isPossible ? count : nil))
        }
    }

    @Test func constantTimeEqualityIsEquality() {
        #expect(isEqualConstantTime([1, 2], [1, 2]))
        #expect(isEqualConstantTime([UInt8](), []))
        #expect(!isEqualConstantTime([1, 2], [1, 3]))
        #expect(!isEqualConstantTime([0, 2], [1, 2]))
        #expect(!isEqualConstantTime([1, 2], [1]))
        #expect(isEqualConstantTime([9, 1, 2][1...], [1, 2]))
    }
}

@Suite struct SecretTests {
    @Test func printingShowsNoByte() {
        let secret = Secret([UInt8](repeating: 0xa7, count: 32))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("167") && !text.lowercased().contains("a7"))
            #expect(text.contains("32 bytes"))
        }
    }

    @Test func oneSeedGivesOneSecret() {
        var (one, same, other) = (
            SeededGenerator(seed: 1), SeededGenerator(seed: 1), SeededGenerator(seed: 2)
        )
        let secret = Secret(byteCount: 20, using: &one)
        #expect(secret == Secret(byteCount: 20, using: &same))
        #expect(secret != Secret(byteCount: 20, using: &other))
        var words = SeededGenerator(seed: 1)
        let bytes = (0..<3).flatMap { _ in
            withUnsafeBytes(of: words.next().littleEndian) { Array($0) }
        }
        #expect(secret.exposedBytes() == Array(bytes.prefix(20)))
    }

    @Test func secretsOfOtherLengthAreOther() {
        #expect(Secret([1, 2]) != Secret([1, 2, 0]))
        #expect(Secret([]) == Secret([]))
        #expect(Secret([]).byteCount == 0)
    }

    @Test func joiningPutsTheFirstInFront() {
        let joined = Secret(joining: Secret([1, 2]), Secret([3]))
        #expect(joined.exposedBytes() == [1, 2, 3])
        #expect(Secret(joining: Secret([]), Secret([])).exposedBytes() == [])
    }
}

@Suite struct PublicKeyTests {
    @Test func bytesComeBackAsTheyWere() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<100 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(PublicKey(bytes: bytes)?.bytes == bytes)
            #expect(PublicKey(bytes: Data(bytes))?.bytes == bytes)
        }
    }

    @Test func keysAreOrderedByTheirBytes() throws {
        for index in 0..<32 {
            var bytes = [UInt8](repeating: 0x80, count: 32)
            let middle = try #require(PublicKey(bytes: bytes))
            bytes[index] = 0x81
            let above = try #require(PublicKey(bytes: bytes))
            bytes[index] = 0x7f
            if index < 31 { bytes[index + 1] = 0xff }
            let below = try #require(PublicKey(bytes: bytes))
            #expect(below < middle && middle < above)
            #expect(!(middle < below) && !(middle < middle))
        }
    }
}

/// Primitives that write only what must be written.
private struct DefaultsOnly: Primitives {
    private let real = CryptoPrimitives()

    func agreementKey(from secret: Secret) -> AgreementKey? { self.real.agreementKey(from: secret) }
    func agree(_ key: AgreementKey, _ peer: PublicKey) -> Secret? { self.real.agree(key, peer) }
    func signingKey(from seed: Secret) -> SigningKey? { self.real.signingKey(from: seed) }
    func sign(_ message: [UInt8], with key: SigningKey) -> [UInt8] {
        self.real.sign(message, with: key)
    }
    func isValid(_ signature: [UInt8], of message: [UInt8], by key: PublicKey) -> Bool {
        self.real.isValid(signature, of: message, by: key)
    }
    func hash(_ message: [UInt8]) -> [UInt8] { self.real.hash(message) }
    func hmac(_ message: [UInt8], key: Secret) -> [UInt8] { self.real.hmac(message, key: key) }
    func extract(salt: UnsafeRawBufferPointer, secret: Secret) -> Secret {
        self.real.extract(salt: salt, secret: secret)
    }
    func expand(_ prk: Secret, label: [UInt8], byteCount: Int) -> Secret {
        self.real.expand(prk, label: label, byteCount: byteCount)
    }
    func seal(_ plaintext: [UInt8], key: Secret, nonce: UInt64, associated: [UInt8]) -> [UInt8] {
        self.real.seal(plaintext, key: key, nonce: nonce, associated: associated)
    }
    func open(
        _ sealed: ArraySlice<UInt8>, key: Secret, nonce: UInt64, associated: [UInt8]
    ) -> [UInt8]? {
        self.real.open(sealed, key: key, nonce: nonce, associated: associated)
    }
}
