// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct EnvelopeTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let kind: Envelope.Kind
        let pid: PeerID?
        let echo: String?
        let payload: [UInt8]?
        var testDescription: String { self.name }
    }

    static let key = Secret([UInt8](repeating: 9, count: 32))
    static let pid = PeerID(high: 0x0011_2233_4455_4677, low: 0x8899_aabb_ccdd_eeff)
    static let token = noise(16, seed: 5)
    static let longEcho = at("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")
    static let most = Constants.integerLimit - 1

    static let samples: [Sample] = {
        let primitives = CryptoPrimitives()
        let payload = noise(100, seed: 1)
        func sealed(_ content: SessionContent, _ counter: UInt64, _ echo: Endpoint) -> [UInt8] {
            EnvelopeWriter.sealed(content, pid: Self.pid, to: 12, counter: counter, echo: echo)
                .finish(payload: payload, key: Self.key, primitives)
        }
        let echo = at("192.0.2.1:41414")
        return [
            Sample(
                name: "1",
                bytes: EnvelopeWriter.opening(pid: Self.pid, from: 1, n: 2)
                    .finish(payload: payload, key: Self.key, primitives),
                kind: .opening(from: 1, n: 2), pid: Self.pid, echo: nil, payload: payload),
            Sample(
                name: "1 with the largest numbers",
                bytes: EnvelopeWriter.opening(pid: Self.pid, from: .max, n: Self.most)
                    .finish(payload: [], key: Self.key, primitives),
                kind: .opening(from: .max, n: Self.most), pid: Self.pid, echo: nil, payload: []),
            Sample(
                name: "2",
                bytes: EnvelopeWriter.response(pid: Self.pid, to: 3, from: 4, echo: Self.longEcho)
                    .finish(payload: payload, key: Self.key, primitives),
                kind: .response(to: 3, from: 4), pid: Self.pid, echo: Self.longEcho.description,
                payload: payload),
            Sample(
                name: "3", bytes: sealed(.founding, 0, echo), kind: .founding(to: 12, counter: 0),
                pid: Self.pid, echo: echo.description, payload: payload),
            Sample(
                name: "4", bytes: sealed(.foundingAnswer, Self.most, Self.longEcho),
                kind: .foundingAnswer(to: 12, counter: Self.most), pid: Self.pid,
                echo: Self.longEcho.description, payload: payload),
            Sample(
                name: "400 n",
                bytes: EnvelopeWriter.refusal(pid: Self.pid, .opening(n: 5))
                    .finish(key: Self.key, primitives),
                kind: .refusal(.opening(n: 5)), pid: Self.pid, echo: nil, payload: nil),
            Sample(
                name: "400 ctr",
                bytes: EnvelopeWriter.refusal(pid: Self.pid, .founding(counter: 6))
                    .finish(key: Self.key, primitives),
                kind: .refusal(.founding(counter: 6)), pid: Self.pid, echo: nil, payload: nil),
            Sample(
                name: "409",
                bytes: EnvelopeWriter.resync(pid: Self.pid, n: 7, have: Self.most)
                    .finish(key: Self.key, primitives),
                kind: .resync(n: 7, have: Self.most), pid: Self.pid, echo: nil, payload: nil),
            Sample(
                name: "410", bytes: EnvelopeWriter.gone(pid: Self.pid, token: Self.token),
                kind: .gone, pid: Self.pid, echo: nil, payload: nil),
            Sample(
                name: "410 without pid", bytes: EnvelopeWriter.gone(pid: nil, token: Self.token),
                kind: .gone, pid: nil, echo: nil, payload: nil),
        ]
    }()

    @Test(arguments: Self.samples)
    func everyKindIsReadAsWritten(sample: Sample) throws {
        let read = try #require(envelope(sample.bytes))
        #expect(read.kind == sample.kind)
        #expect(read.pid == sample.pid)
        #expect(read.echo.map { String(decoding: sample.bytes[$0], as: UTF8.self) } == sample.echo)
        let payload = read.payload.flatMap { range in
            sample.bytes.withUnsafeBytes {
                Base64URL.decode(UnsafeRawBufferPointer(rebasing: $0[range]))
            }
        }
        #expect(payload == sample.payload)
        if sample.kind == .gone {
            #expect(read.proofBytes == Self.token)
        } else {
            let covered = Array(sample.bytes[..<read.macOffset])
            let mac = CryptoPrimitives().hmac(covered, key: Self.key).prefix(16)
            #expect(read.proofBytes == Array(mac))
            #expect(sample.bytes[read.macOffset...].starts(with: ",\"mac\":\"".utf8))
        }
        #expect(sample.bytes.count <= Constants.datagramByteCountMax)
        #expect(sample.bytes.count >= Constants.datagramByteCountMin)
    }

    @Test(arguments: Self.samples)
    func everyTruncationIsRefused(sample: Sample) {
        for count in 0..<sample.bytes.count {
            #expect(envelope(Array(sample.bytes[..<count])) == nil)
        }
        #expect(envelope(sample.bytes + [0x20]) == nil)
        #expect(envelope(sample.bytes + sample.bytes) == nil)
    }

    /// Every value of every byte: refused, or another reading, or a change inside text that the
    /// MAC covers; never a trap.
    @Test(arguments: Self.samples)
    func everyChangedByteIsNoticed(sample: Sample) throws {
        let original = try #require(envelope(sample.bytes))
        let primitives = CryptoPrimitives()
        for index in sample.bytes.indices {
            for value in UInt8(0)...255 where value != sample.bytes[index] {
                var changed = sample.bytes
                changed[index] = value
                guard let read = envelope(changed) else { continue }
                if index < original.macOffset {
                    guard value.isMultiple(of: 16) else { continue }
                    let covered = Array(changed[..<read.macOffset])
                    let mac = Array(primitives.hmac(covered, key: Self.key).prefix(16))
                    #expect(mac != read.proofBytes)
                } else {
                    #expect(read.proofBytes != original.proofBytes || read.pid != original.pid)
                }
            }
        }
    }

    @Test(arguments: 1...30)
    func randomDamageNeverTraps(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var acceptedCount = 0
        for round in 0..<1_000 {
            var bytes = Self.samples[round % Self.samples.count].bytes
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                let index = Int.random(in: 0..<bytes.count, using: &dice)
                switch Int.random(in: 0..<4, using: &dice) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &dice)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(UInt8.random(in: 0x20..<0x7f, using: &dice), at: index)
                default: bytes.append(contentsOf: bytes[index...].prefix(30))
                }
            }
            if envelope(bytes) != nil { acceptedCount += 1 }
        }
        #expect(acceptedCount < 1_000)
    }

    @Test func nothingButTheGrammarIsRead() {
        let pid = Self.pid.description
        let mac = ",\"mac\":\"AAAAAAAAAAAAAAAAAAAAAA\"}"
        let right =
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":1,\"n\":2,\"payload\":\"AA\"" + mac
        #expect(envelope(Array(right.utf8)) != nil)
        let wrong = [
            "{\"request\":110, \"pid\":\"\(pid)\",\"from\":1,\"n\":2,\"payload\":\"AA\"" + mac,
            "{\"request\":110,\"from\":1,\"pid\":\"\(pid)\",\"n\":2,\"payload\":\"AA\"" + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":01,\"n\":2,\"payload\":\"AA\"" + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":4294967296,\"n\":2,\"payload\":\"AA\""
                + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":1,\"n\":9007199254740992,\"payload\":\"AA\""
                + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":1,\"n\":-2,\"payload\":\"AA\"" + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":1,\"n\":2,\"n\":2,\"payload\":\"AA\""
                + mac,
            "{\"request\":110,\"pid\":\"\(pid.uppercased())\",\"from\":1,\"n\":2,\"payload\":\"AA\""
                + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":1,\"n\":2,\"payload\":\"A\\u0041\"" + mac,
            "{\"request\":110,\"pid\":\"\(pid)\",\"from\":1,\"n\":2" + mac,
            "{\"request\":130,\"pid\":\"\(pid)\",\"from\":1,\"n\":2,\"payload\":\"AA\"" + mac,
            "{\"response\":409,\"pid\":\"\(pid)\",\"ctr\":1,\"have\":2" + mac,
            "{\"response\":409,\"pid\":\"\(pid)\",\"n\":1" + mac,
            "{\"response\":400,\"pid\":\"\(pid)\",\"n\":1,\"have\":2" + mac,
            "{\"response\":400,\"pid\":\"\(pid)\"" + mac,
            "{\"response\":404,\"pid\":\"\(pid)\",\"n\":1" + mac,
            "{\"response\":410,\"pid\":\"\(pid)\"}", "{\"response\":410}",
            "{\"response\":410,\"pid\":\"\",\"token\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
        ]
        for line in wrong { #expect(envelope(Array(line.utf8)) == nil, "\(line)") }
    }

    @Test(arguments: [UInt32(0), 9, 10, 99_999, 999_999_999, 1_000_000_000, .max])
    func thePayloadFillsTheDatagram(from: UInt32) {
        for n in [UInt64(0), 1 << 20, 1_795_000_000 << 16, Self.most] {
            let writer = EnvelopeWriter.opening(pid: Self.pid, from: from, n: n)
            let count = writer.payloadByteCountMax(byteCountMax: Constants.openingByteCount)
            let bytes = writer.finish(
                payload: [UInt8](repeating: 1, count: count), key: Self.key, CryptoPrimitives())
            #expect((511...512).contains(bytes.count))
            let longer = EnvelopeWriter.opening(pid: Self.pid, from: from, n: n).finish(
                payload: [UInt8](repeating: 1, count: count + 1), key: Self.key, CryptoPrimitives())
            #expect(longer.count > 512)
        }
    }

    @Test func messages3And4AreNeverTooLongAndTheAnswerIsShorter() {
        func longest(_ content: SessionContent, _ counter: UInt64, _ echo: Endpoint, to: UInt32)
            -> Int
        {
            let count =
                content == .founding
                ? Constants.foundingPlaintextByteCount : Constants.foundingAnswerPlaintextByteCount
            return EnvelopeWriter.sealed(
                content, pid: Self.pid, to: to, counter: counter, echo: echo
            )
            .finish(
                payload: [UInt8](repeating: 1, count: count + Constants.tagByteCount),
                key: Self.key, CryptoPrimitives()
            ).count
        }
        #expect(
            longest(.founding, Self.most, Self.longEcho, to: .max) <= Constants.datagramByteCountMax
        )
        let answer = longest(.foundingAnswer, 1 << 20, Self.longEcho, to: .max)
        let question = longest(.founding, 0, at("1.1.1.1:1"), to: 1)
        #expect(answer <= question)
    }
}
