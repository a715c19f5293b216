// SPDX-License-Identifier: Apache-2.0
import Entanglement
import EntanglementTestKit
import Testing

@Suite struct NoiseHandshakeTests {
    private let primitives = CryptoPrimitives()

    @Test(arguments: NoisePattern.allNames.flatMap { [$0, $0 + "psk0", $0 + "psk1+psk0"] })
    func bothSidesOfEveryPatternAgree(name: String) throws {
        let pattern = try #require(NoisePattern(name: name))
        var (initiator, responder) = self.pair(pattern)
        for index in pattern.messages.indices {
            let payload = [UInt8](repeating: UInt8(index), count: 10 * index)
            let isFromInitiator = index.isMultiple(of: 2)
            let message = try isFromInitiator ? initiator.write(payload) : responder.write(payload)
            let read = try isFromInitiator ? responder.read(message) : initiator.read(message)
            #expect(read == payload)
        }
        #expect(initiator.isFinished && responder.isFinished)
        #expect(initiator.handshakeHash == responder.handshakeHash)
        let (mine, theirs) = (initiator.split(), responder.split())
        #expect(mine.initiatorToResponder == theirs.initiatorToResponder)
        #expect(mine.responderToInitiator == theirs.responderToInitiator)
        #expect(mine.initiatorToResponder != mine.responderToInitiator)
    }

    @Test func messagesOfOurPatternAre48BytesLongerThanTheirPayload() throws {
        var (initiator, responder) = self.pair(.kkpsk0)
        let first = try initiator.write([1, 2, 3])
        _ = try responder.read(first)
        let second = try responder.write([])
        #expect([first.count, second.count] == [51, 48])
    }

    @Test func aRefusedMessageChangesNothing() throws {
        var (initiator, responder) = self.pair(.kkpsk0)
        let message = try initiator.write([1, 2, 3])
        for index in message.indices {
            var forged = message
            forged[index] ^= 1
            let hash = responder.handshakeHash
            #expect(throws: NoiseError.self) { try responder.read(forged) }
            #expect(responder.handshakeHash == hash)
        }
        for count in 0..<message.count {
            #expect(throws: NoiseError.self) { try responder.read(Array(message.prefix(count))) }
        }
        let payload = try responder.read(message)
        #expect(payload == [1, 2, 3])
    }

    @Test func aCopyIsAnotherHandshakeInTheSameState() throws {
        var (initiator, responder) = self.pair(.kkpsk0)
        var copy = responder
        let message = try initiator.write([7])
        let first = try responder.read(message)
        let second = try copy.read(message)
        #expect(first == second)
        #expect(try responder.write([8]) == copy.write([8]))
    }

    @Test func onlyTheSideWhoseTurnItIsWrites() throws {
        var (initiator, responder) = self.pair(.kkpsk0)
        #expect(throws: NoiseError.outOfTurn) { try responder.write([]) }
        #expect(throws: NoiseError.outOfTurn) { try initiator.read([]) }
        let first = try initiator.write([])
        #expect(throws: NoiseError.outOfTurn) { try initiator.write([]) }
        _ = try responder.read(first)
        #expect(throws: NoiseError.outOfTurn) { try responder.read(first) }
        _ = try initiator.read(try responder.write([]))
        #expect(throws: NoiseError.outOfTurn) { try initiator.write([]) }
        #expect(throws: NoiseError.outOfTurn) { try responder.read(first) }
    }

    @Test func messagesLongerThan65535BytesAreRefused() throws {
        var (initiator, responder) = self.pair(.kkpsk0)
        let limit = NoiseHandshake.messageByteCountLimit
        let tooLong = [UInt8](repeating: 0, count: limit - 47)
        #expect(throws: NoiseError.tooLong(byteCount: limit + 1)) { try initiator.write(tooLong) }
        #expect(throws: NoiseError.tooLong(byteCount: limit + 1)) {
            try responder.read([UInt8](repeating: 0, count: limit + 1))
        }
        let message = try initiator.write(Array(tooLong.dropLast()))
        #expect(message.count == limit)
        let payload = try responder.read(message)
        #expect(payload.count == limit - 48)
    }

    @Test(arguments: smallOrderPoints)
    func smallOrderKeysAreRefused(point: [UInt8]) throws {
        let weak = try #require(PublicKey(bytes: point))
        var (generator, primitives) = (SeededGenerator(seed: 5), self.primitives)
        let key = primitives.agreementKey(using: &generator)
        var toWeak = NoiseHandshake.kkpsk0(
            role: .initiator, prologue: [], staticKey: key, remoteStatic: weak,
            psk: Secret(byteCount: 32, using: &generator),
            ephemeral: primitives.agreementKey(using: &generator), primitives: primitives)
        #expect(throws: NoiseError.weakKey) { try toWeak.write([]) }

        let pattern = try #require(NoisePattern(name: "NN"))
        var responder = self.pair(pattern).responder
        _ = try responder.read(point)
        #expect(throws: NoiseError.weakKey) { try responder.write([]) }
    }

    @Test func anotherPrologueKeyOrPskIsABadSeal() throws {
        var generator = SeededGenerator(seed: 3)
        let (one, other, third) = (
            self.primitives.agreementKey(using: &generator),
            self.primitives.agreementKey(using: &generator),
            self.primitives.agreementKey(using: &generator)
        )
        let ephemeral = self.primitives.agreementKey(using: &generator)
        let psk = Secret(byteCount: 32, using: &generator)
        func responder(
            prologue: [UInt8] = [1], remote: AgreementKey, psk: Secret
        ) -> NoiseHandshake {
            .kkpsk0(
                role: .responder, prologue: prologue, staticKey: other,
                remoteStatic: remote.publicKey, psk: psk, ephemeral: third,
                primitives: self.primitives)
        }
        var initiator = NoiseHandshake.kkpsk0(
            role: .initiator, prologue: [1], staticKey: one, remoteStatic: other.publicKey,
            psk: psk, ephemeral: ephemeral, primitives: self.primitives)
        let message = try initiator.write([5])
        for var wrong in [
            responder(prologue: [2], remote: one, psk: psk),
            responder(remote: third, psk: psk),
            responder(remote: one, psk: Secret(byteCount: 32, using: &generator)),
        ] {
            #expect(throws: NoiseError.badSeal) { try wrong.read(message) }
        }
        var right = responder(remote: one, psk: psk)
        let payload = try right.read(message)
        #expect(payload == [5])
    }

    @Test(arguments: [
        "", "XY", "KKpsk", "KKpsk3", "KKpsk0+psk0", "KKpsk0+", "KKpsk-1", "XXfallback", "kk",
    ])
    func unknownPatternsAndModifiersAreNotParsed(name: String) {
        #expect(NoisePattern(name: name) == nil)
    }

    @Test func onlyOurSuiteIsParsed() {
        let name = "Noise_KKpsk0_25519_ChaChaPoly_SHA256"
        #expect(NoisePattern(protocolName: name) == .kkpsk0)
        #expect(NoisePattern.kkpsk0.protocolName == name)
        for other in [
            "Noise_KKpsk0_25519_AESGCM_SHA256", "Noise_KKpsk0_448_ChaChaPoly_SHA256",
            "Noise_KKpsk0_25519_ChaChaPoly_BLAKE2s", "KKpsk0",
        ] {
            #expect(NoisePattern(protocolName: other) == nil)
        }
    }

    /// Points of small order, canonical and not: every agreement with them is all zero.
    static let smallOrderPoints: [[UInt8]] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
    ].compactMap { Hex($0)?.bytes }

    private func pair(
        _ pattern: NoisePattern
    ) -> (initiator: NoiseHandshake, responder: NoiseHandshake) {
        var generator = SeededGenerator(seed: 1)
        let primitives = self.primitives
        let keys: [NoiseRole: AgreementKey] = [
            .initiator: primitives.agreementKey(using: &generator),
            .responder: primitives.agreementKey(using: &generator),
        ]
        let psks = (0..<pattern.pskCount).map { _ in Secret(byteCount: 32, using: &generator) }
        func side(_ role: NoiseRole, _ other: NoiseRole) -> NoiseHandshake {
            NoiseHandshake(
                pattern: pattern, role: role, prologue: [1, 2, 3],
                staticKey: pattern.needsStaticKey(role) ? keys[role] : nil,
                remoteStatic: pattern.needsRemoteStatic(role) ? keys[other]?.publicKey : nil,
                psks: psks, ephemeral: primitives.agreementKey(using: &generator),
                primitives: primitives)
        }
        return (side(.initiator, .responder), side(.responder, .initiator))
    }
}

@Suite struct CipherStateTests {
    private let primitives = CryptoPrimitives()

    @Test func aRefusedSealUsesNoNonce() throws {
        let key = Secret([UInt8](0..<32))
        var sender = CipherState(key: key, primitives: self.primitives)
        var receiver = CipherState(key: key, primitives: self.primitives)
        let first = try sender.seal([1])
        let second = try sender.seal([2])
        #expect(throws: NoiseError.badSeal) { try receiver.open(second[...]) }
        #expect(try receiver.open(first[...]) == [1])
        #expect(throws: NoiseError.badSeal) { try receiver.open(first[...]) }
        #expect(try receiver.open(second[...]) == [2])
    }

    @Test func withoutAKeyTheTextPassesAsItIs() throws {
        var cipher = CipherState(key: nil, primitives: self.primitives)
        #expect(!cipher.hasKey)
        #expect(try cipher.seal([1, 2]) == [1, 2])
        #expect(try cipher.open([1, 2]) == [1, 2])
    }

    @Test func theLastNonceIsNeverUsed() throws {
        var cipher = CipherState(
            key: Secret([UInt8](0..<32)), nonce: .max - 1, primitives: self.primitives)
        _ = try cipher.seal([1])
        #expect(throws: NoiseError.noncesExhausted) { try cipher.seal([1]) }
        #expect(throws: NoiseError.noncesExhausted) { try cipher.open([1]) }
    }
}
