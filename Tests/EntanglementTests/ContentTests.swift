// SPDX-License-Identifier: Apache-2.0
import EntanglementTestKit
import Testing

@testable import Entanglement

@Suite struct ByteReaderTests {
    @Test func numbersAreBigEndian() {
        var reader = ByteReader(hex("01" + "0203" + "04050607" + "08090a0b0c0d0e0f" + "ff"))
        #expect(reader.uint8() == 1)
        #expect(reader.uint16() == 0x0203)
        #expect(reader.uint32() == 0x0405_0607)
        #expect(reader.uint64() == 0x0809_0a0b_0c0d_0e0f)
        #expect(!reader.isAtEnd)
        #expect(Array(reader.rest()) == [0xff])
        #expect(reader.isAtEnd)
        #expect(reader.uint8() == nil)
        #expect(reader.take(0)?.isEmpty == true)
        #expect(reader.take(-1) == nil)
        #expect(reader.take(.max) == nil)
    }

    @Test func aSliceIsReadFromItsOwnBeginning() {
        var reader = ByteReader([9, 9, 1, 2, 9].dropFirst(2).dropLast())
        #expect(reader.uint16() == 0x0102)
        #expect(reader.uint8() == nil)
    }

    @Test(arguments: ["192.0.2.1:41414", "[2001:db8::1]:1", "0.0.0.0:0", "[::]:65535"])
    func endpointsComeBack(text: String) {
        var writer = ByteWriter()
        writer.put(at(text))
        #expect(writer.bytes.count == (at(text).address.isIPv6 ? 19 : 7))
        var reader = ByteReader(writer.bytes)
        #expect(reader.endpoint() == at(text))
        #expect(reader.isAtEnd)
        for count in 0..<writer.bytes.count {
            var short = ByteReader(writer.bytes[..<count])
            #expect(short.endpoint() == nil)
        }
    }

    @Test func onlyTwoFamiliesExist() {
        for family in UInt8(0)...255 where family != 4 && family != 6 {
            var reader = ByteReader([family] + [UInt8](repeating: 1, count: 18))
            #expect(reader.endpoint() == nil)
        }
    }

    @Test func anIPv4AddressHasOneForm() {
        let mapped = hex("06" + "00000000000000000000ffffc0000201" + "a1c6")
        var reader = ByteReader(mapped)
        #expect(reader.endpoint() == nil)
    }

    @Test func listsHaveAtMostEightEndpoints() {
        let nine = (1...9).map { at("10.0.0.\($0):1") }
        var writer = ByteWriter()
        writer.put(nine)
        var reader = ByteReader(writer.bytes)
        #expect(reader.endpoints() == Array(nine.prefix(8)))
        var tooMany = ByteReader([9] + [UInt8](repeating: 4, count: 200))
        #expect(tooMany.endpoints() == nil)
    }
}

@Suite struct PaddedContentTests {
    @Test(arguments: [0, 1, 100, 509, 510])
    func whatFitsComesBack(count: Int) {
        let content = noise(count, seed: 1)
        let padded = PaddedContent.pad(content, to: 512)
        #expect(padded?.count == 512)
        #expect(padded.flatMap { PaddedContent.unpad($0) } == content)
    }

    @Test func whatDoesNotFitIsRefused() {
        #expect(PaddedContent.pad([UInt8](repeating: 0, count: 511), to: 512) == nil)
        #expect(PaddedContent.pad([], to: 1) == nil)
        #expect(PaddedContent.pad([], to: -5) == nil)
        #expect(PaddedContent.pad([UInt8](repeating: 0, count: 65_536), to: 70_000) == nil)
    }

    @Test func aLengthThatDoesNotFitIsRefused() {
        #expect(PaddedContent.unpad([]) == nil)
        #expect(PaddedContent.unpad([0]) == nil)
        #expect(PaddedContent.unpad([0, 1]) == nil)
        #expect(PaddedContent.unpad([0xff, 0xff, 1, 2]) == nil)
        #expect(PaddedContent.unpad([0, 0]) == [])
    }

    @Test func everyByteOfThePaddingMustBeZero() throws {
        let padded = try #require(PaddedContent.pad([1, 2, 3], to: 64))
        for index in 5..<64 {
            var changed = padded
            changed[index] = 1
            #expect(PaddedContent.unpad(changed) == nil)
        }
    }
}

@Suite struct SealedContentTests {
    static let endpoints = [at("192.0.2.1:1"), at("[2001:db8::1]:2")]
    static let part = FoundingPart(
        keys: MemberKeys(signingKey: publicKey(1), agreementKey: publicKey(2)),
        signature: noise(64, seed: 1))
    static let opening = OpeningContent(
        isTrusted: true, n: 1 << 52, from: .max, intent: .private, clusterMatches: [1, .max],
        endpoints: Self.endpoints)
    static let response = ResponseContent(
        isTrusted: false, n: 5, to: 6, from: 7, echo: at("[2001:db8::9]:9"), intent: .auto,
        clusterMatches: [], memberKeys: Self.part.keys, endpoints: Self.endpoints)
    static let founding = FoundingContent(
        echo: at("192.0.2.9:9"), part: Self.part, name: "Bärbel 🖖", endpoints: [])
    static let answer = FoundingAnswerContent(
        echo: at("192.0.2.9:9"), signature: noise(64, seed: 2), name: "", endpoints: Self.endpoints)

    @Test func allComeBack() {
        #expect(OpeningContent(Self.opening.bytes) == Self.opening)
        #expect(ResponseContent(Self.response.bytes(byteCountMax: 300)) == Self.response)
        #expect(FoundingContent(Self.founding.bytes) == Self.founding)
        #expect(FoundingAnswerContent(Self.answer.bytes) == Self.answer)
    }

    @Test func truncationsAndAdditionsAreRefused() {
        func check(_ bytes: [UInt8], _ isRead: ([UInt8]) -> Bool) {
            #expect(isRead(bytes))
            #expect(!isRead(bytes + [0]))
            for count in 0..<bytes.count { #expect(!isRead(Array(bytes[..<count]))) }
        }
        check(Self.opening.bytes) { OpeningContent($0) != nil }
        check(Self.response.bytes(byteCountMax: 300)) { ResponseContent($0) != nil }
        check(Self.founding.bytes) { FoundingContent($0) != nil }
        check(Self.answer.bytes) { FoundingAnswerContent($0) != nil }
    }

    @Test func unknownFlagsAndIntentsAreRefused() {
        for value in UInt8(0)...255 {
            var flags = Self.opening.bytes
            flags[0] = value
            #expect((OpeningContent(flags) != nil) == (value <= 2))
            var intent = Self.opening.bytes
            intent[13] = value
            #expect((OpeningContent(intent) != nil) == (value <= 5))
            var matches = Self.opening.bytes
            matches[14] = value
            #expect((OpeningContent(matches) != nil) == (value == 2))
        }
    }

    @Test(arguments: 1...50)
    func damageNeverTraps(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let all = [
            Self.opening.bytes, Self.response.bytes(byteCountMax: 300), Self.founding.bytes,
            Self.answer.bytes,
        ]
        for _ in 0..<500 {
            var bytes = all[Int.random(in: 0..<4, using: &dice)]
            bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(
                in: 0...255, using: &dice)
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &dice)))
            // Each that is read is written as it was.
            if let read = OpeningContent(bytes) { #expect(read.bytes == bytes) }
            if let read = ResponseContent(bytes) { #expect(read.bytes(byteCountMax: 999) == bytes) }
            if let read = FoundingContent(bytes) { #expect(read.bytes == bytes) }
            if let read = FoundingAnswerContent(bytes) { #expect(read.bytes == bytes) }
        }
    }

    @Test func theLargestContentsFit() {
        let many = (1...8).map { at("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:\($0)]:65535") }
        let name = String(repeating: "n", count: 64)
        let founding = FoundingContent(echo: many[0], part: Self.part, name: name, endpoints: many)
        #expect(PaddedContent.pad(founding.bytes, to: Constants.foundingPlaintextByteCount) != nil)
        let answer = FoundingAnswerContent(
            echo: many[0], signature: Self.part.signature, name: name, endpoints: many)
        #expect(
            PaddedContent.pad(answer.bytes, to: Constants.foundingAnswerPlaintextByteCount) != nil)
        let opening = OpeningContent(
            isTrusted: true, n: .max, from: .max, intent: .auto, clusterMatches: [1, 2, 3, 4],
            endpoints: many)
        let room =
            EnvelopeWriter.opening(pid: EnvelopeTests.pid, from: .max, n: EnvelopeTests.most)
            .payloadByteCountMax(byteCountMax: 512) - 48
        #expect(PaddedContent.pad(opening.bytes, to: room) != nil)
        let response = ResponseContent(
            isTrusted: true, n: .max, to: .max, from: .max, echo: many[0], intent: .auto,
            clusterMatches: [1, 2, 3, 4], memberKeys: Self.part.keys, endpoints: many)
        let left =
            EnvelopeWriter.response(
                pid: EnvelopeTests.pid, to: .max, from: .max, echo: EnvelopeTests.longEcho
            ).payloadByteCountMax(byteCountMax: 512) - 48
        let kept = response.bytes(byteCountMax: left - 2)
        #expect(PaddedContent.pad(kept, to: left) != nil)
        #expect(ResponseContent(kept).map { many.starts(with: $0.endpoints) } == true)
    }
}

@Suite struct FrameTests {
    static let frames: [Frame] = [
        .ping(token: 1, echo: at("192.0.2.1:1")), .ping(token: .max, echo: at("[2001:db8::1]:2")),
        .pong(token: 2, echo: at("192.0.2.1:1")), .challenge(3, echo: at("192.0.2.1:1")),
        .challengeAnswer(4, echo: at("192.0.2.1:1")), .addresses(sequence: 5, []),
        .addresses(sequence: .max, (1...8).map { at("[2001:db8::\($0)]:2") }),
        .addressesAnswer(sequence: 6), .forget, .forgetAnswer,
    ]

    @Test(arguments: Self.frames)
    func everyFrameComesBackWholeOnly(frame: Frame) {
        #expect(Frame(frame.bytes) == frame)
        #expect(Frame(frame.bytes + [0]) == nil)
        for count in 0..<frame.bytes.count { #expect(Frame(Array(frame.bytes[..<count])) == nil) }
    }

    @Test func unknownTypesAreNoFrames() {
        for type in UInt8(0)...255 where !(1...8).contains(type) {
            #expect(Frame([type]) == nil)
            #expect(Frame([type] + [UInt8](repeating: 4, count: 15)) == nil)
        }
    }

    @Test(arguments: 1...50)
    func damageNeverTrapsAndHasOneSpelling(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            var bytes = Self.frames[Int.random(in: 0..<Self.frames.count, using: &dice)].bytes
            bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(
                in: 0...255, using: &dice)
            if let frame = Frame(bytes) { #expect(frame.bytes == bytes) }
        }
    }
}

@Suite struct DisplayNameTests {
    @Test(arguments: [
        "", "Anna", "Bärbel 🖖🏽", "名前", "a'b<c>&\"d\\", String(repeating: "ö", count: 32),
    ])
    func cleanNamesStay(name: String) {
        #expect(DisplayName.clean(Array(name.utf8)) == name)
    }

    @Test(arguments: [
        "a\nb", "\t", "\u{0}", "\u{7f}", "\u{85}", "\u{9b}31m", "\u{1b}[31m", "\u{2028}",
        "\u{2029}",
        "\u{202e}gpj.exe", "\u{200e}", "\u{200f}", "\u{061c}", "\u{2066}", "\u{2069}", "\u{202a}",
        String(repeating: "ö", count: 33), String(repeating: "x", count: 65),
    ])
    func hiddenOrLongOnesAreRefused(name: String) {
        #expect(DisplayName.clean(Array(name.utf8)) == nil)
    }

    /// What is assigned differs from one version of Unicode to the next, and so from one machine to
    /// another; a name that one side thinks clean must not be an error on the other.
    @Test(arguments: ["\u{378}", "\u{1fae9}", "\u{e000}", "\u{2fe0}"])
    func aCharacterOfALaterUnicodeIsNoError(name: String) {
        #expect(DisplayName.clean(Array(name.utf8)) == name)
    }

    @Test func whatIsNotUTF8IsRefused() {
        for bytes in [
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82],
        ] {
            #expect(DisplayName.clean(bytes.map { UInt8($0) }) == nil)
        }
    }

    @Test func aNameInAMessageIsCheckedToo() {
        var content = SealedContentTests.founding
        content.name = "a\u{202e}b"
        #expect(FoundingContent(content.bytes) == nil)
    }
}
