// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Entanglement

/// Makes the worked example of docs/PROTOCOL.md §10 again, from fixed keys.
///
/// `SPOCKEX_WRITE_EXAMPLE=FILE` writes it to a file instead of only comparing it.
@Suite struct WorkedExampleTests {
    @Test func theProtocolPageHasTheBytesThatThisCodeMakes() throws {
        let example = try WorkedExample().text()
        if let path = ProcessInfo.processInfo.environment["SPOCKEX_WRITE_EXAMPLE"] {
            try example.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/PROTOCOL.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains(example))
    }

    @Test func bothSidesOfTheExampleOpenEachOthersMessages() throws {
        let example = try WorkedExample()
        #expect(example.responderKeys == example.initiatorKeys)
    }
}

struct WorkedExample {
    let primitives = CryptoPrimitives()
    private(set) var initiatorKeys: [[UInt8]]
    private(set) var responderKeys: [[UInt8]]
    private var lines: [(label: String, value: String)] = []

    static let anna = Endpoint(address: .v4(0xc000_0201), port: 41_414)
    static let ben = Endpoint(address: .v4(0xc633_6402), port: 41_414)

    private struct Side {
        let pid: PeerID
        let key: AgreementKey
        let salt: Secret
        let member: SigningKey
        let memberKeys: MemberKeys
        let ephemeral: AgreementKey
        let name: String

        init(_ base: UInt8, name: String, _ primitives: CryptoPrimitives) throws {
            func secret(_ offset: UInt8, _ count: Int) -> Secret {
                Secret([UInt8](repeating: base + offset, count: count))
            }
            self.pid = PeerID(
                high: 0x0000_0000_0000_4000 | UInt64(base) << 56,
                low: 0x8000_0000_0000_0000 | UInt64(base))
            self.key = try #require(primitives.agreementKey(from: secret(1, 32)))
            self.salt = secret(2, 16)
            self.member = try #require(primitives.signingKey(from: secret(3, 32)))
            let agreement = try #require(primitives.agreementKey(from: secret(4, 32)))
            self.memberKeys = MemberKeys(
                signingKey: self.member.publicKey, agreementKey: agreement.publicKey)
            self.ephemeral = try #require(primitives.agreementKey(from: secret(5, 32)))
            self.name = name
        }
    }

    init() throws {
        let a = try Side(0x10, name: "Anna", self.primitives)
        let b = try Side(0x20, name: "Ben", self.primitives)
        let offer = Offer(
            MeetingCode(
                pid: a.pid, hosts: [Self.anna], key: a.key.publicKey, salt: a.salt, totalPeers: 0),
            expiresAtSeconds: 1_795_000_600)
        let answer = Answer(
            MeetingCode(
                pid: b.pid, hosts: [Self.ben], key: b.key.publicKey, salt: b.salt, totalPeers: 0),
            reference: offer.reference(self.primitives))
        self.initiatorKeys = []
        self.responderKeys = []
        var lines: [(String, String)] = []
        func line(_ label: String, _ bytes: [UInt8]) {
            let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            lines.append((label, hex.joined()))
        }
        func line(_ label: String, text: [UInt8]) {
            lines.append((label, String(decoding: text, as: UTF8.self)))
        }
        for (letter, side) in [("A", a), ("B", b)] {
            line("\(letter) private key", side.key.secret.exposedBytes())
            line("\(letter) salt", side.salt.exposedBytes())
            line("\(letter) Ed25519 member seed", side.member.secret.exposedBytes())
            line("\(letter) X25519 member public key", side.memberKeys.agreementKey.bytes)
            line("\(letter) ephemeral private key", side.ephemeral.secret.exposedBytes())
        }
        line("offer", text: offer.bytes)
        line("answer", text: answer.bytes)
        let schedule = KeySchedule(primitives: self.primitives)
        let aKeys = try #require(
            schedule.relationKeys(
                role: .offering, ownKey: a.key, peer: answer.code, ownSalt: a.salt,
                offer: offer.bytes, answer: answer.bytes))
        let bKeys = try #require(
            schedule.relationKeys(
                role: .answering, ownKey: b.key, peer: offer.code, ownSalt: b.salt,
                offer: offer.bytes, answer: answer.bytes))
        line("meeting", aKeys.meeting)
        let prk = schedule.prk(
            meeting: aKeys.meeting, offeringSalt: a.salt, answeringSalt: b.salt)
        line("prk", prk.exposedBytes())
        line("psk", aKeys.psk.exposedBytes())
        line("mac_AB", aKeys.sendMAC.exposedBytes())
        line("mac_BA", aKeys.receiveMAC.exposedBytes())
        line("gone_A", schedule.cancelToken(salt: a.salt, pid: a.pid).exposedBytes())
        line("gone_B", schedule.cancelToken(salt: b.salt, pid: b.pid).exposedBytes())
        lines.append(("safety number", schedule.safetyNumber(meeting: aKeys.meeting)))

        let n: UInt64 = 1_795_000_000 << 16
        let (aIndex, bIndex): (UInt32, UInt32) = (1_111_111_111, 2_222_222_222)
        var initiator = NoiseHandshake.kkpsk0(
            role: .initiator, prologue: aKeys.meeting, staticKey: a.key,
            remoteStatic: aKeys.peerKey, psk: aKeys.psk, ephemeral: a.ephemeral,
            primitives: self.primitives)
        var responder = NoiseHandshake.kkpsk0(
            role: .responder, prologue: bKeys.meeting, staticKey: b.key,
            remoteStatic: bKeys.peerKey, psk: bKeys.psk, ephemeral: b.ephemeral,
            primitives: self.primitives)

        let opening = OpeningContent(
            isTrusted: false, n: n, from: aIndex, intent: .auto, clusterMatches: [],
            endpoints: [Self.anna])
        line("content 1", opening.bytes)
        let openingWriter = EnvelopeWriter.opening(pid: b.pid, from: aIndex, n: n)
        let openingCount = openingWriter.payloadByteCountMax(byteCountMax: 512) - 48
        let openingPadded = try #require(PaddedContent.pad(opening.bytes, to: openingCount))
        let openingPayload = try initiator.write(openingPadded)
        line(
            "message 1",
            text: openingWriter.finish(
                payload: openingPayload, key: aKeys.sendMAC, self.primitives))
        let openingRead = try responder.read(openingPayload)
        #expect(openingRead == openingPadded)

        let response = ResponseContent(
            isTrusted: false, n: n, to: aIndex, from: bIndex, echo: Self.anna, intent: .auto,
            clusterMatches: [], memberKeys: b.memberKeys, endpoints: [Self.ben])
        let responseWriter = EnvelopeWriter.response(
            pid: a.pid, to: aIndex, from: bIndex, echo: Self.anna)
        let responseCount = responseWriter.payloadByteCountMax(byteCountMax: 512) - 48
        let responseContent = response.bytes(byteCountMax: responseCount - 2)
        line("content 2", responseContent)
        let responsePayload = try responder.write(
            try #require(PaddedContent.pad(responseContent, to: responseCount)))
        line(
            "message 2",
            text: responseWriter.finish(
                payload: responsePayload, key: bKeys.sendMAC, self.primitives))
        _ = try initiator.read(responsePayload)
        line("handshake hash", initiator.handshakeHash)
        let split = initiator.split()
        let other = responder.split()
        self.initiatorKeys = [split.0.exposedBytes(), split.1.exposedBytes()]
        self.responderKeys = [other.0.exposedBytes(), other.1.exposedBytes()]
        line("key I to R", split.initiatorToResponder.exposedBytes())
        line("key R to I", split.responderToInitiator.exposedBytes())

        let genesis = Genesis(
            meeting: aKeys.meeting, offering: a.memberKeys, answering: b.memberKeys,
            self.primitives)
        line("genesis content", genesis.content)
        lines.append(("cluster UID", genesis.cluster.description))
        var aSession = Session(
            index: aIndex, remoteIndex: bIndex, keys: aKeys, ownPID: a.pid,
            sendKey: split.initiatorToResponder, receiveKey: split.responderToInitiator,
            createdAt: Instant(nanoseconds: 0))
        var bSession = Session(
            index: bIndex, remoteIndex: aIndex, keys: bKeys, ownPID: b.pid,
            sendKey: split.responderToInitiator, receiveKey: split.initiatorToResponder,
            createdAt: Instant(nanoseconds: 0))
        let now = Instant(nanoseconds: 0)
        let founding = FoundingContent(
            echo: Self.ben,
            part: FoundingPart(
                keys: a.memberKeys,
                signature: self.primitives.sign(genesis.signedBytes, with: a.member)),
            name: a.name, endpoints: [Self.anna])
        line("content 3", founding.bytes)
        let message3 = aSession.seal(
            founding.bytes, as: .founding, echo: Self.ben, now: now, self.primitives)
        line("message 3", text: try #require(message3))
        let foundingAnswer = FoundingAnswerContent(
            echo: Self.anna, signature: self.primitives.sign(genesis.signedBytes, with: b.member),
            name: b.name, endpoints: [Self.ben])
        line("content 4", foundingAnswer.bytes)
        let message4 = bSession.seal(
            foundingAnswer.bytes, as: .foundingAnswer, echo: Self.anna, now: now, self.primitives)
        line("message 4", text: try #require(message4))
        let ping = Frame.ping(token: 0x0102_0304_0506_0708, echo: Self.ben)
        line("ping frame", ping.bytes)
        let packetOfI = aSession.seal(
            ping.bytes, as: .frame, echo: Self.ben, now: now, self.primitives)
        line("packet of I", try #require(packetOfI))
        let pong = Frame.pong(token: 0x0102_0304_0506_0708, echo: Self.anna)
        line("pong frame", pong.bytes)
        let packetOfR = bSession.seal(
            pong.bytes, as: .frame, echo: Self.anna, now: now, self.primitives)
        line("packet of R", try #require(packetOfR))
        self.lines = lines
    }

    /// The block of the page: a label and a value on each pair of lines.
    func text() -> String {
        self.lines.map { "    \($0.label)\n        \($0.value)\n" }.joined()
    }
}
