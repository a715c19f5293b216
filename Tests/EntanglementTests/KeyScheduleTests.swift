// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

/// Values computed in Python (hashlib, hmac, `cryptography`) from PROTOCOL.md §4 and §6.
@Suite struct KeyScheduleTests {
    private let schedule = KeySchedule(primitives: CryptoPrimitives())

    private func codes() throws -> (offer: Offer, answer: Answer) {
        guard case .offer(let offer) = try CodeText(scanned: Golden.offer),
            case .answer(let answer) = try CodeText(scanned: Golden.answer)
        else { throw CodeTextError.notOurs }
        return (offer, answer)
    }

    @Test func bothSidesDeriveTheKeysOfTheProtocol() throws {
        let (offer, answer) = try self.codes()
        let primitives = self.schedule.primitives
        let offeringKey = try #require(primitives.agreementKey(from: Secret(Golden.offeringKey)))
        let answeringKey = try #require(primitives.agreementKey(from: Secret(Golden.answeringKey)))
        let offering = try #require(
            self.schedule.relationKeys(
                role: .offering, ownKey: offeringKey, peer: answer.code, ownSalt: offer.code.salt,
                offer: offer.bytes, answer: answer.bytes))
        let answering = try #require(
            self.schedule.relationKeys(
                role: .answering, ownKey: answeringKey, peer: offer.code, ownSalt: answer.code.salt,
                offer: offer.bytes, answer: answer.bytes))
        let meeting = hex("e4f32ff468ad5570cb296868db98baa57ce93965d63c8bbf81867694732137f2")
        let psk = hex("d03161e428a11b8f20fba392ebe7e92505c4b199dfa88b98e59969b8f18ad934")
        let fromOffering = hex("3aae3356baf93336041fab47df1267e692e025631cdc9d1004f438fefd76dcae")
        let fromAnswering = hex("d678633385552ff329d3e6e520ebad4c290643f3f08a212fe0ade543b6c96be2")
        for keys in [offering, answering] {
            #expect(keys.meeting == meeting)
            #expect(keys.psk.exposedBytes() == psk)
        }
        #expect(offering.sendMAC.exposedBytes() == fromOffering)
        #expect(offering.receiveMAC.exposedBytes() == fromAnswering)
        #expect(answering.sendMAC.exposedBytes() == fromAnswering)
        #expect(answering.receiveMAC.exposedBytes() == fromOffering)
        #expect(offering.peerPID == answer.code.pid)
        #expect(answering.peerPID == offer.code.pid)
        let prk = self.schedule.prk(
            meeting: meeting, offeringSalt: offer.code.salt, answeringSalt: answer.code.salt)
        #expect(
            prk.exposedBytes()
                == hex("eb5dc071f45dd56bf98b17dbb8ce7534b45735aa5fe38417085098f3496f7100"))
        let cluster = try #require(ClusterID(bytes: [UInt8](0xa0..<0xb0)))
        #expect(self.schedule.clusterMatch(prk: prk, cluster: cluster) == 0x97b2_ef3a_0d8a_d6d3)
    }

    @Test func cancelTokensAreThoseOfTheProtocol() throws {
        let (offer, answer) = try self.codes()
        let offering = self.schedule.cancelToken(salt: offer.code.salt, pid: offer.code.pid)
        let answering = self.schedule.cancelToken(salt: answer.code.salt, pid: answer.code.pid)
        #expect(offering.exposedBytes() == hex("71706d383fda7645432b2bd48a10509a"))
        #expect(answering.exposedBytes() == hex("f04178a55f3b7315ef052a6f3da7af8f"))
    }

    @Test(arguments: [
        (
            "e4f32ff468ad5570cb296868db98baa57ce93965d63c8bbf81867694732137f2",
            "53285 32087 52445 03912"
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "45491 15815 46857 48575"
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "31769 12538 66211 43195"
        ),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "42066 59726 99909 61081"
        ),
        (
            "000000000000000000000000000000000000000000000000000000000000003f",
            "00014 79973 84920 52244"
        ),
    ])
    func safetyNumbersAreThoseOfBigIntegers(meeting: String, digits: String) {
        #expect(self.schedule.safetyNumber(meeting: hex(meeting)) == digits)
    }

    @Test func anyChangedByteOfACodeChangesEveryKey() throws {
        let (offer, answer) = try self.codes()
        let key = try #require(
            self.schedule.primitives.agreementKey(from: Secret(Golden.offeringKey)))
        func keys(_ offer: [UInt8], _ answer: [UInt8], _ code: MeetingCode, _ salt: Secret)
            -> RelationKeys?
        {
            self.schedule.relationKeys(
                role: .offering, ownKey: key, peer: code, ownSalt: salt, offer: offer,
                answer: answer)
        }
        let right = try #require(keys(offer.bytes, answer.bytes, answer.code, offer.code.salt))
        var changedOffer = offer.bytes
        changedOffer[20] ^= 1
        var changedAnswer = answer.bytes
        changedAnswer[20] ^= 1
        let others = [
            keys(changedOffer, answer.bytes, answer.code, offer.code.salt),
            keys(offer.bytes, changedAnswer, answer.code, offer.code.salt),
            // The same bytes, cut elsewhere between offer and answer.
            keys(
                offer.bytes + [answer.bytes[0]], Array(answer.bytes.dropFirst()), answer.code,
                offer.code.salt),
        ]
        for other in others {
            #expect(other.map { $0.meeting != right.meeting && $0.psk != right.psk } == true)
            #expect(
                other.map { $0.sendMAC != right.sendMAC && $0.receiveMAC != right.receiveMAC }
                    == true)
        }
        let otherSalt = keys(
            offer.bytes, answer.bytes, answer.code, Secret([UInt8](repeating: 1, count: 16)))
        #expect(otherSalt.map { $0.psk != right.psk && $0.sendMAC != right.sendMAC } == true)
    }

    /// The seven points of small order of X25519 (RFC 7748 §6.1, Wycheproof).
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
    func aKeyOfSmallOrderGivesNoRelation(point: String) throws {
        let (offer, answer) = try self.codes()
        let key = try #require(
            self.schedule.primitives.agreementKey(from: Secret(Golden.offeringKey)))
        var code = answer.code
        code.key = try #require(PublicKey(bytes: hex(point)))
        #expect(
            self.schedule.relationKeys(
                role: .offering, ownKey: key, peer: code, ownSalt: offer.code.salt,
                offer: offer.bytes, answer: answer.bytes) == nil)
    }
}

@Suite struct GenesisTests {
    private let meeting = hex("e4f32ff468ad5570cb296868db98baa57ce93965d63c8bbf81867694732137f2")

    private func genesis(_ offering: MemberKeys, _ answering: MemberKeys) -> Genesis {
        Genesis(meeting: self.meeting, offering: offering, answering: answering, CryptoPrimitives())
    }

    @Test func contentAndUIDAreThoseOfTheProtocol() {
        let offering = MemberKeys(signingKey: publicKey(0x41), agreementKey: publicKey(0x42))
        let answering = MemberKeys(signingKey: publicKey(0x43), agreementKey: publicKey(0x44))
        let genesis = self.genesis(offering, answering)
        let keys = [UInt8](0x41...0x44).flatMap { [UInt8](repeating: $0, count: 32) }
        #expect(genesis.content == [1] + self.meeting + keys)
        #expect(genesis.content.count == Genesis.byteCount)
        #expect(genesis.cluster.description == "f90025ad-d8b2-858a-a996-4536d36891ae")
        let signed = Array("spockex/1 genesis".utf8) + [0] + genesis.cluster.bytes + genesis.content
        #expect(genesis.signedBytes == signed)
    }

    @Test func theOrderOfTheMembersCounts() {
        let one = MemberKeys(signingKey: publicKey(1), agreementKey: publicKey(2))
        let other = MemberKeys(signingKey: publicKey(3), agreementKey: publicKey(4))
        #expect(self.genesis(one, other).cluster != self.genesis(other, one).cluster)
    }
}
